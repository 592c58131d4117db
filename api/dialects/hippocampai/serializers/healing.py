"""Healing in HippocampAI's words. Where it takes its words from the query, the body is heard too."""

from rest_framework import serializers

from api.dialects.base import Words
from api.dialects.hippocampai.serializers.memories import Owner
from api.native import words

MOST_ACTIONS, MOST_SAMPLED = 10_000, 2_000  # more are taken for as many


class HealthHeard(Words):
    user_id = Owner()
    detailed = serializers.BooleanField(default=True)


class UserHeard(Words):
    user_id = words.Name(help_text="Empty: everybody.")


class StaleHeard(UserHeard):
    threshold_days = serializers.IntegerField(min_value=0, max_value=36_500, default=90)


class DuplicatesHeard(UserHeard):
    similarity_threshold = serializers.FloatField(min_value=0, max_value=1, default=0.9)


class FullCheckHeard(Words):
    user_id = Owner()
    dry_run = serializers.BooleanField(default=True)


class CleanupHeard(Words):
    user_id = Owner()
    dry_run = serializers.BooleanField(default=True)
    max_actions = serializers.IntegerField(min_value=1, default=50)


class DeduplicationHeard(Words):
    user_id = Owner()
    similarity_threshold = serializers.FloatField(min_value=0.5, max_value=1, default=0.9)
    dry_run = serializers.BooleanField(default=True)


class ConsolidateHeard(Words):
    user_id = Owner()
    tag = words.Name(help_text="Not served: a consolidation is of all that a user has.")
    max_memories = serializers.IntegerField(min_value=2, default=10)
    dry_run = serializers.BooleanField(default=True)

    def validate_tag(self, tag: str) -> str:
        if tag:
            raise serializers.ValidationError("cannot narrow a consolidation here")
        return tag


class ImportanceHeard(Words):
    user_id = Owner()
    dry_run = serializers.BooleanField(default=True)
    max_adjustments = serializers.IntegerField(min_value=1, default=20)


class HealthTold(serializers.Serializer):
    """The scores are 0 to 100; all behind `memory_count` is there when it is asked for in detail."""

    overall_score = serializers.FloatField()
    status = serializers.CharField()
    memory_count = serializers.IntegerField()
    freshness_score = serializers.FloatField(required=False)
    diversity_score = serializers.FloatField(required=False)
    consistency_score = serializers.FloatField(required=False)
    coverage_score = serializers.FloatField(required=False)
    engagement_score = serializers.FloatField(required=False)
    issues = serializers.ListField(child=serializers.DictField(), required=False)
    recommendations = serializers.ListField(child=serializers.CharField(), required=False)


class StaleTold(serializers.Serializer):
    stale_memories = serializers.ListField(child=serializers.DictField())
    count = serializers.IntegerField()


class DuplicatesTold(serializers.Serializer):
    clusters = serializers.ListField(child=serializers.DictField())
    total_duplicates = serializers.IntegerField()


class GapsTold(serializers.Serializer):
    gaps = serializers.ListField(child=serializers.DictField())
    count = serializers.IntegerField()


class HealedTold(serializers.Serializer):
    """What was done, or would be."""

    success = serializers.BooleanField()
    dry_run = serializers.BooleanField()
    actions_recommended = serializers.ListField(child=serializers.DictField())
    actions_applied = serializers.ListField(child=serializers.DictField())
    health_before = serializers.FloatField()
    health_after = serializers.FloatField()
    summary = serializers.CharField()


class DeduplicatedTold(HealedTold):
    clusters_found = serializers.IntegerField()
    duplicates_removed = serializers.IntegerField(help_text="Merged: superseded, and not deleted.")


class GistsTold(HealedTold):
    consolidations = serializers.ListField(
        child=serializers.DictField(), help_text="action_type, source_memory_ids, consolidated_text, reason"
    )


class AdjustedTold(HealedTold):
    adjustments = serializers.ListField(
        child=serializers.DictField(), help_text="memory_id, new_importance (0 to 10), reason"
    )
    total_adjusted = serializers.IntegerField()


class FullCheckTold(serializers.Serializer):
    success = serializers.BooleanField()
    dry_run = serializers.BooleanField()
    health_before = serializers.FloatField()
    health_after = serializers.FloatField()
    health_improvement = serializers.FloatField()
    total_actions_recommended = serializers.IntegerField()
    total_actions_applied = serializers.IntegerField()
    actions_by_type = serializers.DictField(child=serializers.IntegerField())
    summary = serializers.CharField()
    timestamp = serializers.DateTimeField()
    health = HealthTold()
    cleanup = HealedTold()
    deduplication = HealedTold()
    consolidation = HealedTold()
