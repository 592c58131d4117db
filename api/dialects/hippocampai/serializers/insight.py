"""What is heard and told of numbers, explanations, freshness, provenance and facts of the ledger."""

from rest_framework import serializers

from api.dialects.base import Words
from api.dialects.hippocampai.serializers.memories import HitTold, MemoryTold, Owner
from api.native import words

MOST = 200


class UserAsked(Words):
    user_id = Owner()


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


class AskedHeard(Words):
    query = serializers.CharField()
    user_id = Owner()
    k = serializers.IntegerField(min_value=1, default=5)


class VisualizeHeard(Words):
    query = serializers.CharField()
    user_id = Owner()
    top_k = serializers.IntegerField(min_value=1, default=10)


class ExplanationTold(HitTold):
    memory_id = serializers.UUIDField()
    explanation = serializers.CharField()


class ExplainTold(serializers.Serializer):
    query = serializers.CharField()
    count = serializers.IntegerField()
    candidates = serializers.IntegerField()
    explanations = ExplanationTold(many=True)


class VisualizeTold(serializers.Serializer):
    query = serializers.CharField()
    results = serializers.ListField(child=serializers.DictField(), help_text="memory_id, text, rank, score, parts")
    parts = serializers.ListField(child=serializers.CharField())


class ProfileTold(serializers.Serializer):
    query = serializers.CharField()
    total_time_ms = serializers.FloatField()
    candidates = serializers.IntegerField()
    results_count = serializers.IntegerField()
    stages = serializers.ListField(child=serializers.DictField(), help_text="name, ms, left")
    degraded = serializers.ListField(child=serializers.CharField())


class FreshnessHeard(Words):
    memory_id = serializers.CharField(max_length=255)
    user_id = Owner()
    reference_date = words.Moment(required=False)


class FreshnessTold(serializers.Serializer):
    memory_id = serializers.UUIDField()
    freshness_score = serializers.FloatField(help_text="0 to 1.")
    staleness_score = serializers.FloatField(help_text="0 to 1.")
    is_stale = serializers.BooleanField()
    age_days = serializers.IntegerField()
    days_since_update = serializers.IntegerField()
    recommendation = serializers.CharField()


class MemoryAsked(Words):
    memory_id = serializers.CharField(max_length=255)
    user_id = words.Name()


class DecayTold(serializers.Serializer):
    memory_id = serializers.UUIDField()
    original_importance = serializers.FloatField(help_text="0 to 10; with which it began.")
    current_importance = serializers.FloatField()
    decayed_importance = serializers.FloatField(help_text="What decay would make of it now.")
    half_life_days = serializers.FloatField()


class ForecastHeard(Words):
    user_id = Owner()
    forecast_days = serializers.IntegerField(min_value=1, max_value=90, default=30)


class ForecastTold(serializers.Serializer):
    user_id = serializers.CharField()
    forecast_days = serializers.IntegerField()
    forecast = serializers.ListField(child=serializers.DictField(), help_text="date, new_memories, low, high")
    method = serializers.CharField(allow_null=True)
    why_not = serializers.CharField(allow_null=True, help_text="Why there is none.")


class WindowHeard(Words):
    query = serializers.CharField()
    user_id = Owner()
    context_type = serializers.ChoiceField(("relevant", "recent"), default="relevant")


class WindowTold(serializers.Serializer):
    context_type = serializers.CharField()
    memories = MemoryTold(many=True)
    count = serializers.IntegerField()
    start = serializers.DateTimeField(allow_null=True)
    end = serializers.DateTimeField(allow_null=True)


class HealthScoreTold(serializers.Serializer):
    user_id = serializers.CharField()
    health_score = serializers.FloatField(help_text="0 to 100.")
    status = serializers.CharField()
    total_memories = serializers.IntegerField()
    components = serializers.DictField(child=serializers.FloatField())
    issues = serializers.ListField(child=serializers.DictField())
    recommendations = serializers.ListField(child=serializers.CharField())


class ProvenanceTold(serializers.Serializer):
    memory_id = serializers.UUIDField()
    source = serializers.CharField(allow_null=True)  # type: ignore[assignment]  # a field
    created_at = serializers.DateTimeField()
    versions = serializers.ListField(child=serializers.DictField(), help_text="version, since, actor, changed")
    lineage = serializers.ListField(child=serializers.DictField(), help_text="memory_id, relation, direction")


class EventsAsked(Words):
    memory_id = words.Name()
    user_id = words.Name()
    event_type = words.Name()
    limit = serializers.IntegerField(min_value=1, max_value=MOST, default=100)


class EventsTold(serializers.Serializer):
    events = serializers.ListField(child=serializers.DictField())
    count = serializers.IntegerField()


class MonitoringTold(AnalyticsTold):
    total_accesses = serializers.IntegerField()
    never_accessed = serializers.IntegerField()


class AccessTold(serializers.Serializer):
    memory_id = serializers.UUIDField()
    access_count = serializers.IntegerField()
    last_accessed_at = serializers.DateTimeField(allow_null=True)
    created_at = serializers.DateTimeField()


class AccessesTold(serializers.Serializer):
    user_id = serializers.CharField()
    patterns = AccessTold(many=True)
    count = serializers.IntegerField()


class HistoryHeard(Words):
    memory_id = serializers.CharField(max_length=255)
    user_id = Owner()
    limit = serializers.IntegerField(min_value=1, max_value=MOST, default=100)


class HistoryTold(serializers.Serializer):
    memory_id = serializers.UUIDField()
    history = serializers.ListField(child=serializers.DictField(), help_text="version, since, importance, confidence")
    count = serializers.IntegerField()
