"""/api/v1/analytics/metrics and /query: the catalogue of metrics, and questions to it."""

from datetime import timedelta
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from analytics import counts, queries, rollups
from analytics.algorithms import shares
from analytics.counts import GROUPS, STEPS, Span
from analytics.metrics import AGGREGATIONS, CATALOGUE, Metric
from analytics.queries import MOST_AHEAD, TYPES, Answer
from api.native.base import StrictSerializer, TenantView, hear
from api.native.words import Moment, Name

MANY = 20  # metrics of one question
BY_DOMAIN = OpenApiExample(
    "what was written in each domain, and how often searches found something, this week and the one before",
    {"metrics": ["memories_written", "hit_rate"], "group_by": "domain", "step": "day", "compare": True},
    request_only=True,
)
NEXT_WEEK = OpenApiExample(
    "the next seven days of searches", {"type": "predictive", "metrics": ["searches"], "ahead": 7}, request_only=True
)


class FilterWords(StrictSerializer):
    """Only what is of these."""

    kind = Name(max_length=64, help_text="What a metric is split by, see its `kinds`.")
    domain = Name()
    service = Name()
    agent = Name()


class QueryWords(StrictSerializer):
    """A question to metrics of the catalogue."""

    type = serializers.ChoiceField(
        TYPES, default="historical",
        help_text="`realtime`: the hour that runs and the one before it; `predictive`: with forecasts.",
    )  # fmt: skip
    metrics = serializers.ListField(child=serializers.CharField(max_length=48), min_length=1, max_length=MANY)
    domain = Name(help_text="The same as `filters.domain`.")
    since = Moment(required=False, help_text="7 days before `until`; 30 for a forecast.")
    until = Moment(required=False, help_text="Before this; now.")
    step = serializers.ChoiceField(STEPS, required=False, help_text="A day; an hour up to two days.")
    group_by = serializers.ChoiceField(GROUPS, required=False)
    filters = FilterWords(required=False)
    aggregation = serializers.ChoiceField(
        AGGREGATIONS, required=False, help_text="In another way than the metric's own, where it can be."
    )
    time_zone = serializers.CharField(max_length=64, default="UTC", help_text="Whose days: `Europe/Berlin`.")
    compare = serializers.BooleanField(default=False, help_text="With the totals of the span before.")
    ahead = serializers.IntegerField(min_value=1, max_value=MOST_AHEAD, default=7, help_text="Steps of a forecast.")


class MetricWords(serializers.Serializer):
    """A metric of the catalogue."""

    name = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]  # a field, not the argument
    says = serializers.CharField()
    unit = serializers.CharField(help_text="Empty: a number, or a share.")
    source = serializers.CharField(source="__class__.source", help_text="ledger, runs, learning, tracked, stock, live")  # type: ignore[assignment]  # likewise
    kinds = serializers.CharField(help_text="What its kinds are; empty: it has none.")
    splits = serializers.ListField(child=serializers.CharField(), help_text="What it can be grouped and narrowed by.")
    aggregation = serializers.CharField(help_text="How it is put together.")
    aggregations = serializers.ListField(child=serializers.CharField(), help_text="And how else it can be.")
    better = serializers.IntegerField(help_text="1: more is better; -1: less is; 0: neither.")


class MetricList(serializers.Serializer):
    data = MetricWords(many=True)  # type: ignore[assignment]  # a field, not the property


class MeasuredPoint(serializers.Serializer):
    at = serializers.DateTimeField()
    group = serializers.CharField()
    value = serializers.FloatField(allow_null=True, help_text="Null: there is nothing to say.")
    n = serializers.IntegerField(help_text="How many things it was made of.")


class MeasuredTotal(serializers.Serializer):
    group = serializers.CharField()
    value = serializers.FloatField(allow_null=True)
    before = serializers.FloatField(allow_null=True, required=False, help_text="Of the span before, with `compare`.")
    change = serializers.FloatField(allow_null=True, required=False, help_text="Of it: 0.1 is a tenth more.")


class ForeseenPoint(serializers.Serializer):
    at = serializers.DateTimeField()
    value = serializers.FloatField()
    low = serializers.FloatField(help_text="95 of 100 lie between low and high, if what was goes on.")
    high = serializers.FloatField()


class ForecastWords(serializers.Serializer):
    group = serializers.CharField()
    method = serializers.CharField(help_text="The model that fits best; empty without a forecast.")
    why_not = serializers.CharField(help_text="Why there is none; empty with one.")
    points = ForeseenPoint(many=True)


class ResultWords(serializers.Serializer):
    metric = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]  # a field, not the argument
    unit = serializers.CharField()
    aggregation = serializers.CharField()
    points = MeasuredPoint(many=True)
    totals = MeasuredTotal(many=True)
    forecasts = ForecastWords(many=True)
    more_groups = serializers.IntegerField(help_text="How many groups are not told, of more than 100.")


class AnswerWords(serializers.Serializer):
    query = serializers.DictField(help_text="What was asked, with what was settled.")
    results = ResultWords(many=True)
    rolled_at = serializers.DateTimeField(allow_null=True, help_text="When counts last stood for all that was told.")
    timestamp = serializers.DateTimeField()


class Metrics(TenantView):
    operations = {"GET": "analytics.read"}

    @extend_schema(
        tags=["analytics"], operation_id="list_metrics", summary="The catalogue of metrics", responses=MetricList
    )
    def get(self, request: Request) -> Response:
        return Response({"data": [_metric(metric) for metric in CATALOGUE.values()]})


class Query(TenantView):
    operations = {"POST": "analytics.read"}

    @extend_schema(
        tags=["analytics"], operation_id="query_metrics", summary="Ask for metrics over a span",
        description="Points without gaps, step by step and by group, and what the span comes to.",
        request=QueryWords, responses=AnswerWords, examples=[BY_DOMAIN, NEXT_WEEK],
    )  # fmt: skip
    def post(self, request: Request) -> Response:
        asked, now = hear(QueryWords, request.data), timezone.now()
        only = {name: value for name, value in asked.get("filters", {}).items() if value}
        only |= {"domain": asked["domain"]} if asked.get("domain") else {}
        answers = queries.ask(
            asked["metrics"], _span(asked, now), type=asked["type"], step=asked.get("step", ""),
            group=asked.get("group_by", ""), only=only, aggregation=asked.get("aggregation", ""),
            zone=asked["time_zone"], compare=asked["compare"], ahead=asked["ahead"], now=now,
        )  # fmt: skip
        results = [_result(answer, asked["compare"]) for answer in answers]
        told = {"query": asked, "results": results, "rolled_at": rollups.rolled_at(), "timestamp": now}
        return Response(told)


def _span(asked: dict[str, Any], now: Any) -> Span | None:
    since, until = asked.get("since"), asked.get("until")
    if not since and not until:
        return None
    end = until or counts.hour_of(now) + counts.HOUR
    days = queries.LEARNED_FROM if asked["type"] == "predictive" else queries.USUAL
    return Span(since or end - timedelta(days=days), end)


def _metric(metric: Metric) -> dict[str, Any]:
    names = ("name", "label", "says", "unit", "source", "kinds", "splits", "aggregation", "better")
    return {name: getattr(metric, name) for name in names} | {"aggregations": metric.ways()}


def _result(answer: Answer, compared: bool) -> dict[str, Any]:
    metric = answer.metric
    return {
        "metric": metric.name, "label": metric.label, "unit": metric.unit, "aggregation": metric.aggregation,
        "points": [vars(point) for point in answer.points],
        "totals": [_total(answer, group, compared) for group in answer.totals],
        "forecasts": [_forecast(answer, group) for group in answer.forecasts],
        "more_groups": answer.more_groups,
    }  # fmt: skip


def _total(answer: Answer, group: str, compared: bool) -> dict[str, Any]:
    now, before = answer.totals[group], answer.before.get(group)
    return {"group": group, "value": now} | (
        {"before": before, "change": shares.change(now, before)} if compared else {}
    )


def _forecast(answer: Answer, group: str) -> dict[str, Any]:
    told = answer.forecasts[group]
    rows = zip(answer.ahead, told.values, told.low, told.high, strict=False) if told.values else ()
    points = [{"at": at, "value": value, "low": low, "high": high} for at, value, low, high in rows]
    return {"group": group, "method": told.method, "why_not": told.why_not, "points": points}
