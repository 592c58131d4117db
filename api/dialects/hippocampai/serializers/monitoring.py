"""What is heard and told of numbers, provenance, facts of the ledger and how often memories were asked for."""

from rest_framework import serializers

from api.dialects.base import Words
from api.dialects.hippocampai.serializers.insight import MOST
from api.dialects.hippocampai.serializers.memories import Owner
from api.native import words


class AnalyticsTold(serializers.Serializer):
    user_id = serializers.CharField()
    total_memories = serializers.IntegerField()
    avg_importance = serializers.FloatField(help_text="0 to 10.")
    memory_types = serializers.DictField(child=serializers.IntegerField())
    top_tags = serializers.ListField(child=serializers.DictField())
    top_entities = serializers.ListField(child=serializers.DictField(), help_text="People that memories name.")


class StatsTold(serializers.Serializer):
    total_memories = serializers.IntegerField()
    total_users = serializers.IntegerField()
    total_sessions = serializers.IntegerField()
    pending_embeddings = serializers.IntegerField()
    superseded_memories = serializers.IntegerField()
    deleted_memories = serializers.IntegerField()
    total_bytes = serializers.IntegerField()


class ProvenanceTold(serializers.Serializer):
    memory_id = serializers.UUIDField()
    chain = serializers.ListField(
        child=serializers.DictField(),
        help_text="memory_id, timestamp, type, metadata: of itself and what it is made of",
    )
    source = serializers.CharField(allow_null=True)  # type: ignore[assignment]  # a field
    created_at = serializers.DateTimeField()
    versions = serializers.ListField(child=serializers.DictField(), help_text="version, since, actor, changed")
    lineage = serializers.ListField(child=serializers.DictField(), help_text="memory_id, relation, direction")


class EventsAsked(Words):
    memory_id = words.Name()
    user_id = words.Name()
    event_type = words.Name()
    limit = serializers.IntegerField(min_value=1, default=100, help_text=f"Up to {MOST} are told.")


class EventTold(serializers.Serializer):
    event_id = serializers.UUIDField()
    memory_id = serializers.CharField(allow_null=True)
    user_id = serializers.CharField(allow_null=True)
    event_type = serializers.CharField()
    severity = serializers.CharField()
    timestamp = serializers.DateTimeField()
    metadata = serializers.DictField()
    duration_ms = serializers.FloatField(allow_null=True)
    success = serializers.BooleanField()
    error_message = serializers.CharField(allow_null=True)


class EventsTold(serializers.Serializer):
    total = serializers.IntegerField()
    events = EventTold(many=True)


class MonitoringTold(AnalyticsTold):
    total_memories_tracked = serializers.IntegerField()
    total_accesses = serializers.IntegerField()
    never_accessed = serializers.IntegerField()
    most_accessed_memories = serializers.ListField(
        child=serializers.DictField(), help_text="memory_id, access_count, last_accessed"
    )


class AccessTold(serializers.Serializer):
    """Null is not known: only what questions found is counted, and when it was last."""

    memory_id = serializers.UUIDField()
    user_id = serializers.CharField()
    access_count = serializers.IntegerField()
    last_accessed = serializers.DateTimeField(allow_null=True)
    first_accessed = serializers.DateTimeField(allow_null=True)
    search_hits = serializers.IntegerField()
    direct_retrievals = serializers.IntegerField(allow_null=True)
    access_frequency = serializers.FloatField(help_text="A day.")
    access_sources = serializers.DictField(child=serializers.IntegerField())
    created_at = serializers.DateTimeField()


class AccessesTold(serializers.Serializer):
    user_id = serializers.CharField()
    total_memories = serializers.IntegerField()
    patterns = AccessTold(many=True)


class HistoryHeard(Words):
    memory_id = serializers.CharField(max_length=255)
    user_id = Owner()
    limit = serializers.IntegerField(min_value=1, default=100, help_text=f"Up to {MOST} are told.")


class HistoryTold(serializers.Serializer):
    memory_id = serializers.UUIDField()
    user_id = serializers.CharField()
    total_snapshots = serializers.IntegerField()
    history = serializers.ListField(child=serializers.DictField(), help_text="version, since, importance, confidence")
