"""Analytics: questions to metrics, business metrics, dashboards, reports, events, insights, exports."""

import re
from typing import Any

from django.utils import timezone
from rest_framework import serializers

from analytics import counts, exports, spans
from analytics.metrics import AGGREGATIONS
from analytics.queries import TYPES
from api.dialects.persistence.serializers.words import Camel, RangeTold, Span, SpanBody
from api.native import words

Number = serializers.FloatField
MANY = 20  # metrics of one question
# Names of the service, and those of the catalogue; any other is looked for as it is, in snake_case.
METRICS = {
    "confidence": "learning_confidence",
    "response_time": "learning_ms",
    "processing_time": "learning_ms",
    "learning_rate": "learning_events",
    "error_rate": "unjudged_rate",
    "total_memories": "memories_total",
    "average_retrieval_time": "search_ms",
    "tokens_used": "learning_tokens",
    "cost": "learning_cost",
}
WAYS = {"avg": "mean", "average": "mean", "min": "least", "minimum": "least", "max": "most", "maximum": "most"}
WAYS_TOLD = {"mean": "avg", "least": "min", "most": "max"}
GROUPS = {"serviceId": "service", "agentId": "agent", "type": "kind", "eventType": "kind", "memoryType": "kind"}


def snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", name).lower()


class Days(Span):
    """Whole days in UTC; the last seven, when none is named."""

    def validate(self, heard: dict[str, Any]) -> dict[str, Any]:
        told = super().validate(heard)
        return told | {"span": _span(told["since"], told["until"])}


def _span(since: Any, until: Any) -> counts.Span:
    now = timezone.now()
    last = until or now
    if not since and not until:
        return spans.last("7d", now)
    try:
        return spans.of_days((since or last - spans.LAST["7d"]).date(), last.date(), now)
    except spans.BadSpan as error:
        end = "startDate" if error.name == "from" else "endDate"
        raise serializers.ValidationError({end: error.detail}) from None


class GroupBy(serializers.ListField):
    """A word, or a list of such: one step of time, and one thing to group by."""

    child = serializers.ChoiceField([*counts.STEPS, *counts.GROUPS, *GROUPS])

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=2, required=False, **options)

    def to_internal_value(self, data: Any) -> Any:
        told = super().to_internal_value([data] if isinstance(data, str) else data)
        if len(told) == 2 and (told[0] in counts.STEPS) == (told[1] in counts.STEPS):
            raise serializers.ValidationError("names one step of time and one thing to group by at most")
        return told


class Filters(Camel):
    kind = words.Name(max_length=64)
    domain = words.Name()
    service_id = words.Name()
    agent_id = words.Name()


class MetricsQueryHeard(SpanBody):
    type = serializers.ChoiceField(TYPES)
    domain = serializers.CharField(max_length=255)
    metrics = serializers.ListField(child=serializers.CharField(max_length=48), min_length=1, max_length=MANY)
    aggregation = serializers.ChoiceField(
        [*WAYS, *AGGREGATIONS], required=False, allow_blank=True,
        help_text="sum, avg, min, max, count, p50, p90, p95, p99",
    )  # fmt: skip
    group_by = GroupBy(help_text="hour, day, week or month; domain, serviceId, agentId or type.")
    filters = Filters(required=False)


class OfDomain(Days):
    domain = words.Name()


class TrackedHeard(Camel):
    event_name = serializers.CharField(max_length=64)
    domain = serializers.CharField(max_length=255)
    data = words.Metadata(required=False)  # type: ignore[assignment]  # a field, not the property
    service_id = words.Name()
    agent_id = words.Name()
    user_id = words.Name()


class InsightsAsked(Camel):
    domain = words.Name()
    limit = serializers.IntegerField(min_value=1, max_value=200, default=50)


class ExportAsked(Days):
    format = serializers.ChoiceField(exports.FORMATS, default="json")
    domain = words.Name()


class PointTold(serializers.Serializer):
    timestamp = serializers.DateTimeField()
    group = serializers.CharField()
    value = Number(allow_null=True)


class ForeseenTold(serializers.Serializer):
    timestamp = serializers.DateTimeField()
    value = Number()
    low = Number()
    high = Number()
    confidence = Number(help_text="Of the interval: so much of what was lies in one like it.")


class PredictionTold(serializers.Serializer):
    group = serializers.CharField()
    trend = serializers.ChoiceField(["increasing", "decreasing", "stable"])
    method = serializers.CharField()
    reason = serializers.CharField(help_text="Why there are no points; empty with some.")
    points = ForeseenTold(many=True)


class ResultTold(serializers.Serializer):
    metric = serializers.CharField()
    unit = serializers.CharField()
    aggregation = serializers.CharField()
    data = PointTold(many=True)  # type: ignore[assignment]  # a field, not the property
    totals = serializers.DictField(child=Number(allow_null=True), help_text="Of the span, by group.")
    predictions = PredictionTold(many=True, required=False)


class AnswerTold(serializers.Serializer):
    query = serializers.DictField()
    results = ResultTold(many=True)
    timestamp = serializers.DateTimeField()


class Numbers(serializers.DictField):
    child = Number(allow_null=True)


class BusinessTold(Camel):
    ai_performance = Numbers(help_text="accuracy, confidence, responseTime, errorRate, learningRate")
    business_impact = Numbers()
    user_engagement = Numbers()
    memory_utilization = Numbers()


class TrackTold(serializers.Serializer):
    metric = serializers.CharField()
    series = serializers.CharField()
    values = serializers.ListField(child=serializers.DictField())


class InsightTold(Camel):
    id = serializers.UUIDField()
    type = serializers.CharField()
    severity = serializers.CharField()
    metric = serializers.CharField()
    domain = serializers.CharField(allow_null=True)
    description = serializers.CharField()
    recommendation = serializers.CharField()
    value = Number()
    expected = Number(allow_null=True)
    low = Number(allow_null=True)
    high = Number(allow_null=True)
    timestamp = serializers.DateTimeField()


class InsightsTold(serializers.Serializer):
    insights = InsightTold(many=True)
    total = serializers.IntegerField()


class PerformersTold(serializers.Serializer):
    agents = serializers.ListField(child=serializers.DictField())
    domains = serializers.ListField(child=serializers.DictField())


class DashboardTold(Camel):
    realtime = Numbers(help_text="activeAgents, requestsPerSecond, averageLatency, errorRate …")
    today = BusinessTold()
    trends = TrackTold(many=True)
    insights = InsightTold(many=True)
    top_performers = PerformersTold()


class ReportTold(Camel):
    report_type = serializers.CharField()
    domain = serializers.CharField()
    time_range = RangeTold()
    report = serializers.DictField()
    generated_at = serializers.DateTimeField()


class RealtimeTold(serializers.Serializer):
    metrics = Numbers()
    timestamp = serializers.DateTimeField()
