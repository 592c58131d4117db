"""What is heard and told of doubles, consolidation, clearing away, contradictions and tiers."""

from typing import Any

from rest_framework import serializers

from api.dialects.base import Words
from api.dialects.hippocampai.serializers.memories import Owner
from api.native import words
from memory.upkeep import conflicts

DECISIONS = ("keep_both", "merge", "dismiss")
MEANT = {"keep_latest": "temporal", "auto_merge": "merge"}  # its other names for what there is
TIERS = ("hot", "warm", "cold", "archived", "hibernated")


class Tier(serializers.ChoiceField):
    """A tier, in whatever case."""

    def to_internal_value(self, data: Any) -> Any:
        return super().to_internal_value(data.lower() if isinstance(data, str) else data)


class Dry(Words):
    """A user, and whether it is only said what would be done."""

    user_id = Owner()
    dry_run = serializers.BooleanField(default=True)


class ConsolidationHeard(Words):
    user_id = Owner()
    session_id = words.Name()
    similarity_threshold = serializers.FloatField(min_value=0, max_value=1, required=False)
    dry_run = serializers.BooleanField(default=False)


class Trigger(Dry):
    threshold = serializers.FloatField(min_value=0, max_value=1, required=False)


class TidiedTold(serializers.Serializer):
    status = serializers.CharField(help_text="success, failed, or running while it goes on in the background.")
    user_id = serializers.CharField()
    dry_run = serializers.BooleanField()
    run_id = serializers.UUIDField()


class FoundTold(serializers.Serializer):
    memory_id = serializers.CharField(allow_null=True)
    action = serializers.CharField()
    score = serializers.FloatField(allow_null=True)
    reason = serializers.CharField()


class DoubleTold(FoundTold):
    duplicates = serializers.ListField(child=serializers.CharField(), help_text="Of a dry run they are not told.")


class DeduplicateTold(TidiedTold):
    total_memories = serializers.IntegerField()
    duplicates_found = serializers.IntegerField(help_text="Memories that are there more than once.")
    memories_removed = serializers.IntegerField(help_text="Merged: superseded, and not deleted.")
    details = DoubleTold(many=True)


class ConsolidatedTold(FoundTold):
    run_id = serializers.UUIDField()
    dry_run = serializers.BooleanField()


class CleanedTold(TidiedTold):
    success = serializers.BooleanField()
    deleted_count = serializers.IntegerField()
    expired_count = serializers.IntegerField(help_text="The same number, by its other name.")


class BackgroundTold(serializers.Serializer):
    status = serializers.ChoiceField(("idle", "running"))
    pending = serializers.IntegerField()
    running = serializers.IntegerField()
    stuck = serializers.IntegerField()
    active_tasks = serializers.IntegerField()
    total_tasks = serializers.IntegerField()


class DetectHeard(Words):
    user_id = Owner()
    memory_id = words.Name()


class ConflictTold(serializers.Serializer):
    conflict_id = serializers.UUIDField()
    memory_id = serializers.UUIDField()
    conflicting_id = serializers.UUIDField()
    similarity = serializers.FloatField()
    type = serializers.CharField()
    memory_1_id = serializers.UUIDField()
    memory_2_id = serializers.UUIDField()
    memory_1 = serializers.DictField()
    memory_2 = serializers.DictField()
    confidence_score = serializers.FloatField()
    description = serializers.CharField()
    resolved = serializers.BooleanField()
    resolution = serializers.CharField(allow_null=True)
    detected_at = serializers.DateTimeField()


class ConflictsTold(serializers.Serializer):
    user_id = serializers.CharField()
    conflicts_found = serializers.IntegerField()
    conflicts = ConflictTold(many=True)


class ResolvedTold(ConflictTold):
    resolution_status = serializers.ChoiceField(("success", "pending"))
    resolution_strategy = serializers.CharField()


class ResolveHeard(Words):
    user_id = Owner()
    conflict_id = serializers.CharField(max_length=255)
    strategy = serializers.ChoiceField(
        (*conflicts.STRATEGIES, *DECISIONS, *MEANT, "manual"), default="temporal", help_text="manual: it stays open."
    )


class MigrateHeard(Words):
    memory_id = serializers.CharField(max_length=255)
    target_tier = Tier(TIERS, help_text="hot and warm: its text is in the table; else in cold storage.")


class MigratedTold(serializers.Serializer):
    memory_id = serializers.UUIDField()
    target_tier = serializers.ChoiceField(TIERS)
    migrated = serializers.BooleanField()
    tier = serializers.ChoiceField(("warm", "cold"))


class TierTold(serializers.Serializer):
    """Days are since it was stored where it never was asked for."""

    memory_id = serializers.UUIDField()
    tier = serializers.ChoiceField(("warm", "cold"))
    temperature_score = serializers.FloatField(help_text="0 to 100.")
    access_frequency = serializers.FloatField(help_text="A day, since it was stored.")
    recency_score = serializers.FloatField(help_text="0 to 1; halved every 30 days.")
    importance_weight = serializers.FloatField(help_text="0 to 1.")
    last_access = serializers.DateTimeField(allow_null=True)
    created_at = serializers.DateTimeField()
    access_count = serializers.IntegerField()
    days_since_creation = serializers.FloatField()
    days_since_last_access = serializers.FloatField()


class TiersTold(serializers.Serializer):
    user_id = serializers.CharField()
    total_memories = serializers.IntegerField()
    total_size_bytes = serializers.IntegerField()
    total_accesses = serializers.IntegerField()
    tier_counts = serializers.DictField(child=serializers.IntegerField(), help_text="Warm and cold; the others are 0.")


class TiersHeard(Words):
    user_id = Owner()
