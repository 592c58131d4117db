"""/api/v1/analytics/insights: what stands out in the numbers, and how it was found."""

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from analytics import insights
from analytics.models import Insight
from api.native.base import StrictSerializer, TenantView, hear
from api.native.words import Name
from api.pagination import page


class InsightWords(serializers.ModelSerializer):
    """What stands out. `low` and `high` are what was expected, or the limit of a rule; `at` is when it was."""

    class Meta:
        model = Insight
        fields = [
            "id", "kind", "severity", "metric", "domain", "method", "value", "expected", "low", "high", "says",
            "advice", "at", "state", "created_at",
        ]  # fmt: skip
        read_only_fields = fields


class InsightPage(serializers.Serializer):
    data = InsightWords(many=True)  # type: ignore[assignment]  # a field, not the property
    next_cursor = serializers.CharField(allow_null=True)
    has_more = serializers.BooleanField()
    total = serializers.IntegerField(help_text="All that are asked for, on this page and others.")


class InsightsAsked(StrictSerializer):
    state = serializers.ChoiceField(
        [*Insight.State.choices, ("any", "any")], default=Insight.State.OPEN.value, help_text="`open` when absent."
    )
    kind = serializers.ChoiceField(Insight.Kind.choices, required=False)
    severity = serializers.ChoiceField(Insight.Severity.choices, required=False)
    domain = Name(help_text="A namespace; empty: all.")
    cursor = Name(help_text="`next_cursor` of the page before.")
    limit = serializers.IntegerField(min_value=1, max_value=200, default=50)


class Insights(TenantView):
    operations = {"GET": "analytics.read"}

    @extend_schema(
        tags=["analytics"], operation_id="list_insights", summary="What stands out, newest first",
        description="Found each hour by the methods in docs/dashboards.md: fixed rules, and values outside of what "
        "the weeks before let expect. Nothing is guessed where there is too little to look at.",
        parameters=[InsightsAsked], responses=InsightPage,
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        asked = hear(InsightsAsked, request.query_params)
        state = "" if asked["state"] == "any" else asked["state"]
        named = {name: asked.get(name, "") for name in ("kind", "severity", "domain")}
        rows = insights.listed(state=state, **named)
        found, rest = page(rows, asked.get("cursor", ""), asked["limit"])
        return Response({"data": InsightWords(found, many=True).data, **rest, "total": rows.count()})


class OneInsight(TenantView):
    operations = {"GET": "analytics.read"}

    @extend_schema(tags=["analytics"], operation_id="get_insight", summary="Read one", responses=InsightWords)
    def get(self, request: Request, insight_id: UUID) -> Response:
        return _told(Insight.objects.filter(pk=insight_id).first())


class DismissInsight(TenantView):
    operations = {"POST": "analytics.write"}

    @extend_schema(
        tags=["analytics"], operation_id="dismiss_insight", summary="Show one no more",
        description="It is kept, and found by `state=dismissed`; the same one is not found again.",
        request=None, responses=InsightWords,
    )  # fmt: skip
    def post(self, request: Request, insight_id: UUID) -> Response:
        return _told(insights.dismiss(insight_id))


def _told(row: Insight | None) -> Response:
    if row is None:
        raise NotFound
    return Response(InsightWords(row).data)
