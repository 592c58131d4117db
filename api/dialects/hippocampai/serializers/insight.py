"""What is heard and told of explanations, freshness, what is to come and health."""

from rest_framework import serializers

from api.dialects.base import Words
from api.dialects.hippocampai.serializers.memories import MemoryTold, Owner
from api.native import words

MOST = 200
WINDOW = 10


class UserAsked(Words):
    user_id = Owner()


class AskedHeard(Words):
    query = serializers.CharField()
    user_id = Owner()
    k = serializers.IntegerField(min_value=1, default=5)


class VisualizeHeard(Words):
    query = serializers.CharField()
    user_id = Owner()
    top_k = serializers.IntegerField(min_value=1, default=10)


class HeatmapHeard(Words):
    user_id = Owner()
    time_period_days = serializers.IntegerField(min_value=1, max_value=36_500, default=30)


class ScoredTold(serializers.Serializer):
    memory_id = serializers.UUIDField()
    text = serializers.CharField()
    score = serializers.FloatField()
    rank = serializers.IntegerField()


class ExplanationTold(ScoredTold):
    scores = serializers.DictField(child=serializers.FloatField())
    explanation = serializers.CharField()


class ExplainTold(serializers.Serializer):
    query = serializers.CharField()
    results_count = serializers.IntegerField()
    candidates = serializers.IntegerField()
    explanations = ExplanationTold(many=True)


class VisibleTold(ScoredTold):
    breakdown = serializers.DictField(child=serializers.FloatField())


class VisualizeTold(serializers.Serializer):
    query = serializers.CharField()
    scores = VisibleTold(many=True)
    stats = serializers.DictField(help_text="mean_score, count, top_k")


class HeatmapTold(serializers.Serializer):
    user_id = serializers.CharField()
    time_period_days = serializers.IntegerField()
    total_memories = serializers.IntegerField()
    total_accesses = serializers.IntegerField(help_text="Ever, of all of them.")
    memory_access_counts = serializers.ListField(
        child=serializers.DictField(),
        help_text="id, access_count: those that were asked for in these days, up to 1,000",
    )


class ProfileTold(serializers.Serializer):
    query = serializers.CharField()
    user_id = serializers.CharField()
    k = serializers.IntegerField()
    results_found = serializers.IntegerField()
    duration_seconds = serializers.FloatField()
    throughput = serializers.FloatField(help_text="Results a second.")
    average_score = serializers.FloatField()
    candidates = serializers.IntegerField()
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
    last_access_days = serializers.IntegerField(help_text="Since it was asked for, or stored where it never was.")
    access_frequency = serializers.ChoiceField(("low", "medium", "high"), help_text="Less than 10 times, 50, or more.")
    days_since_update = serializers.IntegerField()
    recommendation = serializers.CharField()


class MemoryAsked(Words):
    memory_id = serializers.CharField(max_length=255)
    user_id = words.Name()


class DecayHeard(MemoryAsked):
    decay_function = serializers.ChoiceField(
        ("default_exponential", "exponential"), default="default_exponential", help_text="Here all fades so."
    )


class DecayTold(serializers.Serializer):
    memory_id = serializers.UUIDField()
    original_importance = serializers.FloatField(help_text="0 to 10; with which it began.")
    current_importance = serializers.FloatField()
    decayed_importance = serializers.FloatField(help_text="What decay would make of it now.")
    decay_function = serializers.CharField()
    age_days = serializers.IntegerField()
    half_life_days = serializers.FloatField()


class ForecastHeard(Words):
    user_id = Owner()
    forecast_days = serializers.IntegerField(min_value=1, max_value=365, default=30)


class ForecastTold(serializers.Serializer):
    user_id = serializers.CharField()
    forecast_days = serializers.IntegerField()
    forecasts = serializers.DictField(
        help_text="estimated_new_memories, total_memories_forecast, daily_creation_rate: null where there is none; "
        "avg_importance_trend: the mean of what there is, 0 to 10"
    )
    forecast = serializers.ListField(child=serializers.DictField(), help_text="date, new_memories, low, high")
    method = serializers.CharField(allow_null=True)
    why_not = serializers.CharField(allow_null=True, help_text="Why there is none.")


class WindowHeard(Words):
    query = serializers.CharField()
    user_id = Owner()
    context_type = serializers.ChoiceField(
        ("relevant", "recent", "seasonal"), default="relevant", help_text="seasonal: those most often asked for."
    )


class WindowTold(serializers.Serializer):
    query = serializers.CharField()
    context_type = serializers.CharField()
    window_size = serializers.IntegerField()
    memories = MemoryTold(many=True)
    start = serializers.DateTimeField(allow_null=True)
    end = serializers.DateTimeField(allow_null=True)


class HealthScoreTold(serializers.Serializer):
    user_id = serializers.CharField()
    health_score = serializers.FloatField(help_text="0 to 1: the mean of 1 - age/365, 1 - doubles, and the share used.")
    details = serializers.DictField(help_text="memory_count, avg_age_days, duplicate_ratio, retrieval_success_rate")
    overall_score = serializers.FloatField(help_text="0 to 100, of the health report, as what follows.")
    status = serializers.CharField()
    components = serializers.DictField(child=serializers.FloatField())
    issues = serializers.ListField(child=serializers.DictField())
    recommendations = serializers.ListField(child=serializers.CharField())
