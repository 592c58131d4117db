"""Compaction and consolidation in HippocampAI's words."""

from rest_framework import serializers

from api.dialects.base import Words
from api.dialects.hippocampai.serializers.memories import Owner
from api.native import words

LONGEST_HOURS = 87_600


class Compact(Words):
    user_id = Owner()
    session_id = words.Name()
    lookback_hours = serializers.IntegerField(min_value=1, max_value=LONGEST_HOURS, default=168)
    min_memories = serializers.IntegerField(
        min_value=0, max_value=1_000, default=5, help_text="A summary is of two at least."
    )
    dry_run = serializers.BooleanField(default=True)
    memory_types = serializers.ListField(child=serializers.CharField(max_length=32), max_length=20, required=False)


class PreviewAsked(Words):
    user_id = Owner()
    session_id = words.Name()
    lookback_hours = serializers.IntegerField(min_value=1, max_value=LONGEST_HOURS, default=168)
    memory_types = words.Name(help_text="With commas between.")


class HistoryAsked(Words):
    user_id = Owner()
    limit = serializers.IntegerField(min_value=1, max_value=1_000, default=20)


class CompactionMetrics(serializers.Serializer):
    """Characters and what follows from them; a token is four. No price is known, so costs are 0."""

    input_memories = serializers.IntegerField()
    input_tokens = serializers.IntegerField()
    input_characters = serializers.IntegerField()
    output_memories = serializers.IntegerField()
    output_tokens = serializers.IntegerField()
    output_characters = serializers.IntegerField()
    compression_ratio = serializers.FloatField()
    tokens_saved = serializers.IntegerField()
    memories_merged = serializers.IntegerField()
    clusters_found = serializers.IntegerField()
    llm_calls = serializers.IntegerField()
    duration_seconds = serializers.FloatField()
    estimated_input_cost = serializers.FloatField()
    estimated_output_cost = serializers.FloatField()
    estimated_storage_saved_bytes = serializers.IntegerField()
    avg_memory_size_before = serializers.FloatField()
    avg_memory_size_after = serializers.FloatField()
    types_compacted = serializers.DictField()
    key_facts_preserved = serializers.IntegerField()
    entities_preserved = serializers.IntegerField()
    context_retention_score = serializers.FloatField()


class CompactionTold(serializers.Serializer):
    id = serializers.UUIDField()
    user_id = serializers.CharField()
    session_id = serializers.CharField(allow_null=True)
    status = serializers.CharField()
    started_at = serializers.DateTimeField()
    completed_at = serializers.DateTimeField(allow_null=True)
    metrics = CompactionMetrics()
    actions = serializers.ListField(child=serializers.DictField())
    summary = serializers.CharField(allow_null=True)
    insights = serializers.ListField(child=serializers.CharField())
    preserved_facts = serializers.ListField(child=serializers.CharField())
    preserved_entities = serializers.ListField(child=serializers.CharField())
    config = serializers.DictField()
    dry_run = serializers.BooleanField()
    error = serializers.CharField(allow_null=True)


class PreviewTold(serializers.Serializer):
    user_id = serializers.CharField()
    session_id = serializers.CharField(allow_null=True)
    lookback_hours = serializers.IntegerField()
    memory_types_filter = serializers.ListField(child=serializers.CharField(), allow_null=True)
    total_memories = serializers.IntegerField()
    total_tokens = serializers.IntegerField()
    total_characters = serializers.IntegerField()
    clusters = serializers.IntegerField()
    compactable_clusters = serializers.IntegerField()
    by_type = serializers.DictField()
    available_types = serializers.ListField(child=serializers.CharField())
    estimated_output_memories = serializers.IntegerField()
    estimated_compression = serializers.CharField()
    estimated_tokens_saved = serializers.IntegerField()


class TypesTold(serializers.Serializer):
    types = serializers.ListField(child=serializers.CharField())
    descriptions = serializers.DictField(child=serializers.CharField())


class CompactionLine(serializers.Serializer):
    id = serializers.UUIDField()
    user_id = serializers.CharField()
    session_id = serializers.CharField(allow_null=True)
    status = serializers.CharField()
    started_at = serializers.DateTimeField()
    completed_at = serializers.DateTimeField(allow_null=True)
    input_memories = serializers.IntegerField()
    output_memories = serializers.IntegerField()
    compression_ratio = serializers.FloatField()
    tokens_saved = serializers.IntegerField()
    dry_run = serializers.BooleanField()
    error = serializers.CharField(allow_null=True)


class ConsolidationTrigger(Words):
    dry_run = serializers.BooleanField(default=True)
    lookback_hours = serializers.IntegerField(min_value=1, max_value=LONGEST_HOURS, default=24)
    user_id = words.Name()


class RunsAsked(Words):
    limit = serializers.IntegerField(min_value=1, max_value=1_000, default=50)


class RunTold(serializers.Serializer):
    id = serializers.UUIDField()
    user_id = serializers.CharField()
    status = serializers.CharField()
    dry_run = serializers.BooleanField(help_text="Only tried: the numbers are of what it would do.")
    started_at = serializers.DateTimeField()
    completed_at = serializers.DateTimeField(allow_null=True)
    duration_seconds = serializers.FloatField()
    memories_reviewed = serializers.IntegerField()
    memories_deleted = serializers.IntegerField()
    memories_archived = serializers.IntegerField()
    memories_promoted = serializers.IntegerField()
    memories_updated = serializers.IntegerField()
    memories_synthesized = serializers.IntegerField()
    dream_report = serializers.CharField(allow_null=True)


class ConsolidationStatus(serializers.Serializer):
    enabled = serializers.BooleanField()
    dry_run = serializers.BooleanField()
    schedule_hour = serializers.IntegerField(allow_null=True)
    last_run = RunTold(allow_null=True)
    total_runs = serializers.IntegerField()


class ConsolidationStats(serializers.Serializer):
    total_runs = serializers.IntegerField()
    successful_runs = serializers.IntegerField()
    failed_runs = serializers.IntegerField()
    total_memories_reviewed = serializers.IntegerField()
    total_memories_deleted = serializers.IntegerField()
    total_memories_promoted = serializers.IntegerField()
    total_memories_synthesized = serializers.IntegerField()
    avg_duration_seconds = serializers.FloatField()
    last_run_at = serializers.DateTimeField(allow_null=True)
    next_run_at = serializers.DateTimeField(allow_null=True)


class ConsolidationConfig(serializers.Serializer):
    """What the tenant's policy says of consolidation. The hour is null where it is not one hour of each day."""

    enabled = serializers.BooleanField()
    schedule_hour = serializers.IntegerField(allow_null=True)
    lookback_hours = serializers.IntegerField(help_text="0: any age.")
    min_importance = serializers.FloatField(help_text="0 to 10.")
    max_memories_per_user = serializers.IntegerField()
    dry_run = serializers.BooleanField()
