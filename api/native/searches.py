"""/api/v1/analytics/searches: how much is searched, what finds nothing, what is slow, what is asked again and again."""

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from analytics import searches
from analytics.counts import HOUR, Span, hour_of
from api.native.base import StrictSerializer, TenantView, hear
from api.native.words import Moment, Name

DAYS = timedelta(days=7)  # when no span is asked for


class SearchesAsked(StrictSerializer):
    since = Moment(required=False, help_text="From the beginning of its hour; seven days before `until` when absent.")
    until = Moment(required=False, help_text="To the end of its hour; now when absent.")
    namespace = Name(help_text="Searches of this namespace; empty: all.")
    limit = serializers.IntegerField(min_value=1, max_value=200, default=searches.LISTED, help_text="Of each list.")

    def validate(self, told: dict[str, Any]) -> dict[str, Any]:
        if span_of(told).begin >= span_of(told).end:
            raise serializers.ValidationError({"since": "is not before `until`"})
        return told


def span_of(told: dict[str, Any]) -> Span:
    until: datetime = told.get("until") or timezone.now()
    return Span(hour_of(told.get("since") or until - DAYS), hour_of(until) + HOUR)


class AskedWords(serializers.Serializer):
    query = serializers.CharField()
    times = serializers.IntegerField(help_text="In how many traces.")
    took_ms = serializers.FloatField(help_text="In the mean; of a slow one, its own.")
    at = serializers.DateTimeField(help_text="The latest time.")
    trace_id = serializers.UUIDField(help_text="Of the latest.")


class SearchesWords(serializers.Serializer):
    """Numbers of all searches, and questions of those that were traced."""

    searches = serializers.IntegerField()
    empty = serializers.IntegerField(help_text="Those that found nothing.")
    empty_rate = serializers.FloatField(allow_null=True, help_text="0 to 1; null where nothing was searched.")
    hits_mean = serializers.FloatField(allow_null=True)
    p50_ms = serializers.FloatField(allow_null=True)
    p95_ms = serializers.FloatField(allow_null=True)
    traces = serializers.IntegerField(help_text="How many searches of the span were traced.")
    zero_result = AskedWords(many=True, help_text="Found nothing, most often asked first.")
    slow = AskedWords(many=True, help_text="Slowest first.")
    frequent = AskedWords(many=True, help_text="Most often asked first.")


class Searches(TenantView):
    operations = {"GET": "traces.read"}

    @extend_schema(
        tags=["traces"], operation_id="searches", summary="How much is searched, how fast, and what finds nothing",
        parameters=[SearchesAsked], responses=SearchesWords,
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        asked = hear(SearchesAsked, request.query_params)
        return Response(
            SearchesWords(searches.overview(span_of(asked), asked.get("namespace", ""), asked["limit"])).data
        )
