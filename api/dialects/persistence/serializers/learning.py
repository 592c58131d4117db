"""Learning: events, questions to their history, feedback, and what they come to."""

from typing import Any

from rest_framework import serializers

from analytics.models import LearningEvent
from analytics.trends import MOST_PERIODS
from api.dialects.persistence.serializers.words import (
    Camel,
    Importance,
    KnownAndBeside,
    Objects,
    Page,
    RangeTold,
    Span,
    SpanBody,
)
from api.native import words

Number = serializers.FloatField
MARK = "persistence"  # of an event's metadata: what this dialect keeps there


class EventMetadata(Camel):
    timestamp = words.Moment(required=False)
    session_id = words.Name()
    user_id = words.Name()
    importance = Importance()


class Metadata(KnownAndBeside):
    known = EventMetadata
    ours = (MARK,)


class JudgementHeard(Camel):
    rating = serializers.IntegerField(min_value=1, max_value=5, required=False)
    correct = serializers.BooleanField(required=False)
    improved = serializers.BooleanField(required=False)
    explanation = serializers.CharField(max_length=10_000, required=False)


class ImpactHeard(Camel):
    model_updated = serializers.BooleanField(default=False)
    performance_change = Number(required=False)
    affected_models = serializers.ListField(
        child=serializers.CharField(max_length=255), max_length=100, required=False, default=list
    )


class CostHeard(Camel):
    processing_time = Number(min_value=0, required=False, help_text="Milliseconds.")
    tokens_used = serializers.IntegerField(min_value=0, max_value=2**53, required=False)
    cost = Number(min_value=0, required=False)


class LessonHeard(Camel):
    service_id = serializers.CharField(max_length=255)
    agent_id = serializers.CharField(max_length=255)
    event_type = serializers.ChoiceField(LearningEvent.Type.choices)
    domain = serializers.CharField(max_length=255)
    metadata = Metadata(required=False)
    input = Objects(required=False, help_text="`data`, and `context`.")
    output = Objects(required=False, help_text="`prediction`, `confidence` (0 to 1), `alternatives`.")
    feedback = JudgementHeard(required=False)
    impact = ImpactHeard(required=False)
    metrics = CostHeard(required=False)

    def validate_output(self, output: dict[str, Any]) -> dict[str, Any]:
        sure = output.get("confidence")
        if sure is not None and (isinstance(sure, bool) or not isinstance(sure, int | float) or not 0 <= sure <= 1):
            raise serializers.ValidationError("its `confidence` is not between 0 and 1")
        return output


class HistoryHeard(SpanBody, Page):
    service_id = words.Name()
    agent_id = words.Name()
    event_type = serializers.ChoiceField(LearningEvent.Type.choices, required=False)
    domain = words.Name()
    session_id = words.Name()
    user_id = words.Name()
    min_importance = Importance()
    has_feedback = serializers.BooleanField(required=False)


class FeedbackHeard(Camel):
    domain = serializers.CharField(max_length=255)
    session_id = serializers.CharField(max_length=255)
    feedback = JudgementHeard()


class PatternsAsked(Span):
    min_frequency = serializers.IntegerField(min_value=1, max_value=1_000_000, default=5)


class TrendsAsked(Camel):
    periods = serializers.IntegerField(min_value=1, max_value=MOST_PERIODS, default=7)


class LearningDashboardAsked(Span):
    domain = words.Name()


class EventTold(Camel):
    """As it was sent, with its id."""

    id = serializers.UUIDField()
    service_id = serializers.CharField()
    agent_id = serializers.CharField()
    event_type = serializers.ChoiceField(LearningEvent.Type.choices)
    domain = serializers.CharField()
    metadata = serializers.DictField()
    input = serializers.DictField()
    output = serializers.DictField()
    feedback = JudgementHeard(required=False)
    impact = ImpactHeard()
    metrics = CostHeard(required=False)


class HistoryTold(serializers.Serializer):
    events = EventTold(many=True)
    total = serializers.IntegerField()


class PatternTold(Camel):
    """Events of one type that bring the same keys. Null: nobody said."""

    id = serializers.CharField()
    signature = serializers.CharField()
    event_type = serializers.CharField()
    input_keys = serializers.ListField(child=serializers.CharField())
    context_keys = serializers.ListField(child=serializers.CharField())
    frequency = serializers.IntegerField()
    success_rate = Number(allow_null=True)
    average_confidence = Number(allow_null=True)
    average_rating = Number(allow_null=True)
    performance = Number(allow_null=True)
    first_seen = serializers.DateTimeField()
    last_seen = serializers.DateTimeField()


class PatternsTold(serializers.Serializer):
    patterns = PatternTold(many=True)
    total = serializers.IntegerField()


class CostTold(Camel):
    total_cost = Number()
    cost_per_event = Number(allow_null=True)
    cost_per_improvement = Number(allow_null=True)


class MetricsTold(Camel):
    domain = serializers.CharField(allow_null=True)
    timeframe = RangeTold()
    total_events = serializers.IntegerField()
    events_by_type = serializers.DictField(child=serializers.IntegerField())
    learning_rate = Number(help_text="Events a day.")
    adaptation_rate = Number()
    feedback_rate = Number()
    performance_improvement = Number(allow_null=True, help_text="Per cent.")
    top_patterns = PatternTold(many=True)
    cost_analysis = CostTold()


class PeriodTold(Camel):
    start = serializers.DateTimeField()
    end = serializers.DateTimeField()
    total_events = serializers.IntegerField()
    success_rate = Number(allow_null=True)
    average_confidence = Number(allow_null=True)
    performance = Number(allow_null=True)


class LineTold(serializers.Serializer):
    slope = Number(allow_null=True)
    values = serializers.ListField(child=Number())


class GuessTold(serializers.Serializer):
    period = serializers.IntegerField(help_text="1 is the next one.")
    value = Number()
    low = Number(help_text="95 of 100 lie between low and high.")
    high = Number()


class DetailsTold(Camel):
    period_metrics = PeriodTold(many=True)
    trend_line = LineTold()
    forecast = GuessTold(many=True)
    insights = serializers.ListField(child=serializers.CharField())


class TrendTold(serializers.Serializer):
    trend = serializers.ChoiceField(["improving", "stable", "declining"])
    details = DetailsTold()


class AdviceTold(Camel):
    type = serializers.CharField()
    priority = serializers.CharField()
    description = serializers.CharField()
    expected_impact = serializers.CharField()
    implementation = serializers.CharField()


class AdviceList(serializers.Serializer):
    recommendations = AdviceTold(many=True)


class LearningDashboardTold(Camel):
    domain = serializers.CharField(allow_null=True)
    metrics = MetricsTold()
    trend = TrendTold()
    recommendations = AdviceTold(many=True)
    recent_events = EventTold(many=True)
    timestamp = serializers.DateTimeField()
