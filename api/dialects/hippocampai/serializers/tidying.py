"""What is heard and told of doubles, consolidation, clearing away, contradictions and tiers."""

from rest_framework import serializers

from api.dialects.base import Words
from api.dialects.hippocampai.serializers.memories import Owner
from api.native import words
from memory.upkeep import conflicts

DECISIONS = ("keep_both", "merge", "dismiss")
TIERS = ("hot", "warm", "cold", "archived", "hibernated")


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


class DoubleTold(serializers.Serializer):
    memory_id = serializers.CharField(allow_null=True)
    action = serializers.CharField()
    score = serializers.FloatField(allow_null=True)
    reason = serializers.CharField()


class DeduplicateTold(TidiedTold):
    duplicates_found = serializers.IntegerField()
    duplicates_removed = serializers.IntegerField(help_text="Merged: superseded, and not deleted.")
    duplicates = DoubleTold(many=True)


class ConsolidatedTold(DoubleTold):
    run_id = serializers.UUIDField()
    dry_run = serializers.BooleanField()


class CleanedTold(TidiedTold):
    deleted_count = serializers.IntegerField()
    expired_count = serializers.IntegerField(help_text="The same number, by its other name.")


class BackgroundTold(serializers.Serializer):
    status = serializers.ChoiceField(("idle", "running"))
    pending = serializers.IntegerField()
    running = serializers.IntegerField()
    stuck = serializers.IntegerField()


class DetectHeard(Words):
    user_id = Owner()
    memory_id = words.Name()


class ConflictTold(serializers.Serializer):
    conflict_id = serializers.UUIDField()
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
    conflicts = ConflictTold(many=True)
    count = serializers.IntegerField()


class ResolveHeard(Words):
    user_id = Owner()
    conflict_id = serializers.CharField(max_length=255)
    strategy = serializers.ChoiceField((*conflicts.STRATEGIES, *DECISIONS), default="temporal")


class MigrateHeard(Words):
    memory_id = serializers.CharField(max_length=255)
    target_tier = serializers.ChoiceField(
        TIERS, help_text="hot and warm: its text is in the table; else in cold storage."
    )


class TierTold(serializers.Serializer):
    memory_id = serializers.UUIDField()
    tier = serializers.ChoiceField(("warm", "cold"))
    access_count = serializers.IntegerField()
    last_accessed_at = serializers.DateTimeField(allow_null=True)
    created_at = serializers.DateTimeField()
    importance = serializers.FloatField(help_text="0 to 10.")


class TiersTold(serializers.Serializer):
    user_id = serializers.CharField()
    total_memories = serializers.IntegerField()
    by_tier = serializers.DictField(child=serializers.IntegerField())


class TiersHeard(Words):
    user_id = Owner()
