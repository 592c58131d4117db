"""/api/v1/learning: patterns, metrics, trends and recommendations out of the learning history."""

from dataclasses import asdict
from datetime import datetime
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from analytics import advising, patterns, progress, trends
from analytics.history import Asked
from analytics.models import Suggestion
from api.native.base import StrictSerializer, TenantView, hear
from api.native.words import Moment, Name

READS = {"GET": "learning.read"}
TOP = 5  # patterns beside metrics
YEARS = range(1970, 9999)
Share = serializers.FloatField


class OfDomain(StrictSerializer):
    """Of which events; without anything of all."""

    domain = Name()
    service = Name()
    agent = Name()
    until = Moment(required=False, help_text="Before this; now.")

    def validate_until(self, moment: datetime) -> datetime:
        if moment.year not in YEARS:  # so that what begins long before can be said
            raise serializers.ValidationError(f"is not in the years {YEARS.start} to {YEARS.stop - 1}")
        return moment


class OfTime(OfDomain):
    since = Moment(required=False, help_text="Seven days before the end, when it is not said.")

    def validate(self, heard: dict[str, Any]) -> dict[str, Any]:
        if heard.get("since") and heard["since"] >= heard.get("until", timezone.now()):
            raise serializers.ValidationError({"since": "is not before the end"})
        return heard


class OfPatterns(OfTime):
    since = Moment(required=False, help_text="Without it of all time.")
    min_frequency = serializers.IntegerField(min_value=1, max_value=1_000_000, default=5)
    limit = serializers.IntegerField(min_value=1, max_value=200, default=50)


class OfPeriods(OfDomain):
    periods = serializers.IntegerField(min_value=1, max_value=trends.MOST_PERIODS, default=7)
    step = serializers.ChoiceField(list(trends.STEPS), default="day")
    forecast = serializers.ChoiceField(
        ["line", "model"], default="line",
        help_text="By the line through the periods, or by a model that knows of seasons where there is enough history.",
    )  # fmt: skip


class PatternWords(serializers.Serializer):
    """Events of one type that bring the same keys. Null: nobody said."""

    signature = serializers.CharField(help_text="Narrows the history to its events.")
    type = serializers.CharField()
    input_keys = serializers.ListField(child=serializers.CharField())
    context_keys = serializers.ListField(child=serializers.CharField())
    frequency = serializers.IntegerField()
    judged = serializers.IntegerField(help_text="Events that were called right or wrong.")
    success = Share(allow_null=True, help_text="Share of the right ones among them.")
    confidence = Share(allow_null=True)
    rating = serializers.FloatField(allow_null=True, help_text="1 to 5.")
    performance = Share(allow_null=True, help_text="0 to 1: 0.5 success + 0.3 confidence + 0.2 rating / 5.")
    first_at = serializers.DateTimeField()
    last_at = serializers.DateTimeField()


class PatternList(serializers.Serializer):
    data = PatternWords(many=True)  # type: ignore[assignment]  # a field, not the property
    total = serializers.IntegerField()


class LearningMetricWords(serializers.Serializer):
    """Rates are 0 to 1. Null: there is nothing to work it out of."""

    since = serializers.DateTimeField()
    until = serializers.DateTimeField()
    total = serializers.IntegerField()
    by_type = serializers.DictField(child=serializers.IntegerField())
    learning_rate = serializers.FloatField(help_text="Events a day.")
    adaptation_rate = Share(help_text="Share of adaptations.")
    feedback_rate = Share(help_text="Share of events with feedback.")
    accuracy = Share(allow_null=True)
    confidence = Share(allow_null=True)
    rating = serializers.FloatField(allow_null=True)
    processing_ms = serializers.FloatField(allow_null=True)
    improvement = serializers.FloatField(
        allow_null=True, help_text="Per cent: mean confidence of right answers, second half against the first."
    )
    improved = serializers.IntegerField(help_text="Events that made things better.")
    model_updates = serializers.IntegerField(help_text="Events that changed a model.")
    tokens = serializers.IntegerField()
    cost = serializers.FloatField()
    cost_per_event = serializers.FloatField(allow_null=True)
    cost_per_improvement = serializers.FloatField(allow_null=True)
    top_patterns = PatternWords(many=True)


class LearningPeriodWords(serializers.Serializer):
    since = serializers.DateTimeField()
    until = serializers.DateTimeField()
    events = serializers.IntegerField()
    judged = serializers.IntegerField()
    success = Share(allow_null=True)
    confidence = Share(allow_null=True)
    rating = serializers.FloatField(allow_null=True)
    performance = Share(allow_null=True)


class LearningGuessWords(serializers.Serializer):
    value = serializers.FloatField()
    low = serializers.FloatField(help_text="The true one lies between low and high in 95 of 100 cases.")
    high = serializers.FloatField()


class LearningTrendWords(serializers.Serializer):
    """Where performance goes. `unknown`: fewer than three periods say how well they went."""

    trend = serializers.ChoiceField(["improving", "stable", "declining", "unknown"])
    slope = serializers.FloatField(allow_null=True, help_text="A period; beyond ±0.05 it is a trend.")
    slope_interval = serializers.ListField(child=serializers.FloatField(), allow_null=True)
    periods = LearningPeriodWords(many=True)
    line = serializers.ListField(child=serializers.FloatField())
    forecast = LearningGuessWords(many=True)
    method = serializers.CharField(help_text="Of the forecast; empty without one.")
    insights = serializers.ListField(child=serializers.CharField())


class AdviceWords(serializers.Serializer):
    """What the numbers ask for."""

    rule = serializers.ChoiceField(["little_feedback", "weak_pattern", "declining", "dear_improvement"])
    type = serializers.CharField()
    priority = serializers.ChoiceField(Suggestion.Priority.choices)
    description = serializers.CharField()
    expected_impact = serializers.CharField()
    implementation = serializers.CharField()
    numbers = serializers.DictField(help_text="What the rule was decided by.")


class AdviceList(serializers.Serializer):
    data = AdviceWords(many=True)  # type: ignore[assignment]  # a field, not the property


def asked_of(heard: dict[str, Any]) -> Asked:
    names = ("domain", "service", "agent", "since", "until")
    return Asked(**{name: heard[name] for name in names if heard.get(name)})


class LearningPatterns(TenantView):
    operations = READS

    @extend_schema(
        tags=["learning"], operation_id="learning_patterns", summary="What looks alike, and how well it goes",
        parameters=[OfPatterns], responses=PatternList,
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        heard = hear(OfPatterns, request.query_params)
        found = patterns.found(asked_of(heard), heard["min_frequency"], heard["limit"])
        return Response(PatternList({"data": found, "total": len(found)}).data)


class LearningMetrics(TenantView):
    operations = READS

    @extend_schema(
        tags=["learning"], operation_id="learning_metrics", summary="What learning comes to",
        parameters=[OfTime], responses=LearningMetricWords,
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        asked = asked_of(hear(OfTime, request.query_params))
        told = progress.metrics(asked, timezone.now())
        top = patterns.found(Asked(**vars(asked) | {"since": told.since, "until": told.until}), most=TOP)
        return Response(LearningMetricWords(asdict(told) | {"top_patterns": top}).data)


class LearningTrends(TenantView):
    operations = READS

    @extend_schema(
        tags=["learning"], operation_id="learning_trends", summary="How well it goes, period by period, and where to",
        parameters=[OfPeriods], responses=LearningTrendWords,
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        heard = hear(OfPeriods, request.query_params)
        modelled = heard["forecast"] == "model"
        found = trends.trend(asked_of(heard), timezone.now(), heard["periods"], heard["step"], modelled=modelled)
        return Response(LearningTrendWords(found).data)


class LearningRecommendations(TenantView):
    operations = READS

    @extend_schema(
        tags=["learning"], operation_id="learning_recommendations", summary="What the numbers ask for, urgent first",
        parameters=[OfTime], responses=AdviceList,
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        found = advising.recommendations(asked_of(hear(OfTime, request.query_params)), timezone.now())
        return Response(AdviceList({"data": found}).data)
