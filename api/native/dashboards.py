"""/api/v1/analytics/dashboard, /business and /realtime: the numbers of a span, and those of this minute."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import date, datetime
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from analytics import business, dashboard, insights, realtime, spans
from analytics.counts import STEPS, Span
from analytics.dashboard import Dashboard, Total
from analytics.panels import Track
from api.native.base import StrictSerializer, TenantView, hear
from api.native.insights import InsightWords
from api.native.words import Name

READS = {"GET": "analytics.read"}
TOLD = 10  # insights of a dashboard
MOST_STEPS = 2_000
A_DASHBOARD = OpenApiExample(
    "a week",
    {
        "from": "2026-11-15T00:00:00Z", "to": "2026-11-21T19:00:00Z", "step": "day", "domain": "",
        "realtime": {"active_agents": 4, "requests_per_second": 2.5, "average_latency_ms": 31.2, "error_rate": 0.0},
        "today": {"written": 120, "searches": 900, "hit_rate": 0.94},
        "totals": {"written": {"value": 800, "before": 640, "change": 0.25}},
        "trends": [
            {
                "panel": "writes", "metric": "fact",
                "values": [{"at": "2026-11-21T00:00:00Z", "value": 120, "low": None, "high": None}],
            }
        ],
        "insights": [],
        "top_performers": {
            "agents": [
                {"name": "ada", "events": 150, "learning_events": 120, "tracked": 30, "accuracy": 0.91}
            ],
            "domains": [],
        },
    },
    response_only=True,
)  # fmt: skip


class SpanWords(StrictSerializer):
    range = serializers.ChoiceField(
        list(spans.LAST), required=False, help_text="Up to now; `7d`, when neither it nor `from` is given."
    )
    to = serializers.DateField(required=False, help_text="The last day, in UTC, included; today when absent.")
    domain = Name(help_text="A namespace; empty: all.")

    def get_fields(self) -> dict[str, serializers.Field]:
        # `from` is a word of Python
        return {
            "from": serializers.DateField(required=False, help_text="The first day, in UTC.")
        } | super().get_fields()

    def validate(self, told: dict[str, Any]) -> dict[str, Any]:
        first, last = told.pop("from", None), told.pop("to", None)
        if first is None and last is not None:
            raise serializers.ValidationError({"from": "is needed where `to` is given"})
        if first is not None and told.get("range"):
            raise serializers.ValidationError({"range": "is another span than that of `from`"})
        return told | {"span": _span(told.get("range") or "7d", first, last)}


def _span(name: str, first: date | None, last: date | None) -> Span:
    now = timezone.now()
    if first is None:
        return spans.last(name, now)
    try:
        return spans.of_days(first, last or now.date(), now)
    except spans.BadSpan as error:
        raise serializers.ValidationError({error.name: error.detail}) from None


class DashboardAsked(SpanWords):
    step = serializers.ChoiceField(STEPS, required=False, help_text="By the length of the span, when absent.")

    def validate(self, told: dict[str, Any]) -> dict[str, Any]:
        told = super().validate(told)
        hours = (told["span"].end - told["span"].begin).total_seconds() / 3600
        if told.get("step") == "hour" and hours > MOST_STEPS:
            raise serializers.ValidationError({"step": f"would make more than {MOST_STEPS} steps"})
        return told


class TotalWords(serializers.Serializer):
    value = serializers.FloatField(allow_null=True)
    before = serializers.FloatField(allow_null=True, help_text="Of the span before that is as long.")
    change = serializers.FloatField(allow_null=True, help_text="0.1 for a tenth more; null, where nothing was.")


class PanelStepWords(serializers.Serializer):
    at = serializers.DateTimeField()
    value = serializers.FloatField(allow_null=True)
    low = serializers.FloatField(allow_null=True, help_text="Of the 95 % interval of a share.")
    high = serializers.FloatField(allow_null=True)


class PanelWords(serializers.Serializer):
    panel = serializers.CharField()
    metric = serializers.CharField()
    values = PanelStepWords(many=True)


class RealtimeNumbers(serializers.Serializer):
    """Of the last five minutes; null: there was nothing to measure."""

    active_agents = serializers.IntegerField()
    requests_per_second = serializers.FloatField()
    average_latency_ms = serializers.FloatField(allow_null=True, help_text="Of requests.")
    error_rate = serializers.FloatField(allow_null=True)
    average_search_ms = serializers.FloatField(allow_null=True)
    hit_rate = serializers.FloatField(allow_null=True)
    facts_per_minute = serializers.FloatField()
    writes_per_minute = serializers.FloatField()
    learning_events_per_minute = serializers.FloatField()
    searches_per_minute = serializers.FloatField()


class AgentWords(serializers.Serializer):
    name = serializers.CharField()
    events = serializers.IntegerField(help_text="Of all kinds together.")
    learning_events = serializers.IntegerField()
    tracked = serializers.IntegerField(help_text="Events that applications track.")
    accuracy = serializers.FloatField(allow_null=True)


class DomainWords(AgentWords):
    memories_written = serializers.IntegerField()
    searches = serializers.IntegerField()


class PerformersWords(serializers.Serializer):
    agents = AgentWords(many=True)
    domains = DomainWords(many=True)


class SpanTold(serializers.Serializer):
    domain = serializers.CharField()

    def get_fields(self) -> dict[str, serializers.Field]:
        ends = {"from": serializers.DateTimeField(), "to": serializers.DateTimeField(help_text="Not included.")}
        return ends | super().get_fields()


class DashboardWords(SpanTold):
    """A dashboard; each number's formula is in docs/dashboards.md."""

    step = serializers.ChoiceField(STEPS)
    realtime = RealtimeNumbers()
    today = serializers.DictField(child=serializers.FloatField(allow_null=True), help_text="Since midnight, in UTC.")
    totals = serializers.DictField(child=TotalWords())
    trends = PanelWords(many=True)
    insights = InsightWords(many=True)
    top_performers = PerformersWords()


class BusinessWords(SpanTold):
    """The metrics of a domain, in four groups; each number's formula is in docs/dashboards.md."""

    ai_performance = serializers.DictField(child=serializers.FloatField(allow_null=True))
    business_impact = serializers.DictField(child=serializers.FloatField(allow_null=True))
    user_engagement = serializers.DictField(child=serializers.FloatField(allow_null=True))
    memory_utilization = serializers.DictField(child=serializers.FloatField(allow_null=True))


class MinuteWords(serializers.Serializer):
    at = serializers.DateTimeField()
    counts = serializers.DictField(child=serializers.FloatField(), help_text="`search_ms`, `request_ms`: sums.")


class RealtimeWords(serializers.Serializer):
    timestamp = serializers.DateTimeField()
    metrics = RealtimeNumbers()
    minutes = MinuteWords(many=True, help_text="The last sixty, oldest first.")


def ends(span: Span, domain: str) -> dict[str, Any]:
    return {"from": span.begin, "to": span.end, "domain": domain}


def total(told: Total) -> dict[str, Any]:
    return {"value": told.value, "before": told.before, "change": told.change}


def trends(told: Dashboard, panels: Mapping[str, list[Track]]) -> list[dict[str, Any]]:
    return [
        {"panel": panel, "metric": track.name, "values": _values(told.steps, track)}
        for panel, tracks in panels.items()
        for track in tracks
    ]


def _values(starts: list[datetime], track: Track) -> list[dict[str, Any]]:
    none = [None] * len(starts)
    rows = zip(starts, track.values, track.low or none, track.high or none, strict=True)
    return [{"at": at, "value": value, "low": low, "high": high} for at, value, low, high in rows]


class DashboardView(TenantView):
    operations = READS

    @extend_schema(
        tags=["analytics"], operation_id="get_dashboard", summary="Dashboard data of a span",
        description="Numbers with those of the span before, trends step by step, what happens now, what stands out, "
        "and who did most. It is read from counts of hours, which are at most a minute behind.",
        parameters=[DashboardAsked], responses=DashboardWords, examples=[A_DASHBOARD],
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        asked, now = hear(DashboardAsked, request.query_params), timezone.now()
        span, domain = asked["span"], asked.get("domain", "")
        told = dashboard.read(span, now, step=asked.get("step", ""), domain=domain)
        rows = insights.listed(domain=domain, span=span).order_by("-at", "-id")[:TOLD]
        answer = ends(span, domain) | {
            "step": told.step,
            "realtime": realtime.read(now, domain).metrics,
            "today": told.today,
            "totals": {name: total(each) for name, each in told.totals.items()},
            "trends": trends(told, told.panels),
            "insights": rows,
            "top_performers": dashboard.top(span, domain=domain),
        }
        return Response(DashboardWords(answer).data)


class BusinessView(TenantView):
    operations = READS

    @extend_schema(
        tags=["analytics"], operation_id="get_business_metrics", summary="Business metrics of a domain",
        parameters=[SpanWords], responses=BusinessWords,
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        asked = hear(SpanWords, request.query_params)
        span, domain = asked["span"], asked.get("domain", "")
        return Response(BusinessWords(ends(span, domain) | business.read(span, domain)).data)


class RealtimeView(TenantView):
    operations = READS

    @extend_schema(
        tags=["analytics"], operation_id="get_realtime", summary="What happens now, and in the last hour",
        responses=RealtimeWords,
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        told = realtime.read()
        minutes = [asdict(minute) for minute in told.minutes]
        return Response(RealtimeWords({"timestamp": told.at, "metrics": told.metrics, "minutes": minutes}).data)
