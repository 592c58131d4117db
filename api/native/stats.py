"""/api/v1/stats: numbers about the memories of a scope."""

from dataclasses import asdict
from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from api.native.base import TenantView, hear
from api.native.lists import FiltersText, NarrowingWords, narrowing_of
from api.native.words import scope_of
from memory import stats
from memory.models import Memory

NARROWING = ("kind", "state", "tag", "tags", "all_tags", "people", "filters")  # what the overview does not know
STATES = [*Memory.State.choices, ("any", "any")]


class StatsParameters(NarrowingWords):
    group_by = serializers.ListField(
        child=serializers.ChoiceField(stats.GROUPS), max_length=2, required=False,
        help_text="One or two; without it the overview is answered.",
    )  # fmt: skip
    state = serializers.ChoiceField(STATES, required=False, help_text="`active` when absent; any when grouped by it.")
    filters = FiltersText(required=False, max_length=20_000, help_text="The filter language as JSON, see the docs.")
    limit = serializers.IntegerField(min_value=1, max_value=1000, default=100)

    def validate(self, told: dict[str, Any]) -> dict[str, Any]:
        keys = told.get("group_by", [])
        if len(set(keys)) != len(keys):
            raise serializers.ValidationError({"group_by": "names the same key twice"})
        if not keys and (unused := [name for name in NARROWING if told.get(name)]):
            raise serializers.ValidationError(dict.fromkeys(unused, "needs group_by"))
        return told


class GroupWords(serializers.Serializer):
    group = serializers.DictField(help_text="The value of each key; a day, week or month by its first day, in UTC.")
    count = serializers.IntegerField()
    average_importance = serializers.FloatField()
    first_event = serializers.DateTimeField()
    last_event = serializers.DateTimeField()
    bytes = serializers.IntegerField(help_text="Of content, in UTF-8.")


class DayWords(serializers.Serializer):
    day = serializers.DateField()
    count = serializers.IntegerField()


class StatsAnswer(serializers.Serializer):
    """Groups, or with no `group_by` the overview."""

    data = GroupWords(many=True, required=False)  # type: ignore[assignment]  # a field, not the property
    truncated = serializers.BooleanField(required=False)
    live = serializers.IntegerField(required=False)
    waiting = serializers.IntegerField(required=False, help_text="Live, without a vector yet.")
    users = serializers.IntegerField(required=False)
    sessions = serializers.IntegerField(required=False)
    superseded = serializers.IntegerField(required=False)
    deleted = serializers.IntegerField(required=False, help_text="And still restorable.")
    bytes = serializers.IntegerField(required=False)
    growth = DayWords(many=True, required=False)


class Stats(TenantView):
    @extend_schema(
        tags=["statistics"], operation_id="stats", summary="Count memories, whole or in groups",
        parameters=[StatsParameters, OpenApiParameter("group_by", str, many=True, enum=list(stats.GROUPS))],
        responses=StatsAnswer,
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        asked = hear(StatsParameters, request.query_params)
        keys = asked.get("group_by", [])
        if not keys:
            return Response(_overview(asked))
        default = "any" if "state" in keys else Memory.State.ACTIVE.value
        state = asked.get("state", default)
        narrowing = narrowing_of(asked | {"state": "" if state == "any" else state})
        groups, truncated = stats.grouped(keys, narrowing, asked["limit"])
        return Response({"data": GroupWords(groups, many=True).data, "truncated": truncated})


def _overview(asked: dict[str, Any]) -> dict[str, Any]:
    scope = scope_of(asked)
    days = [{"day": day.date(), "count": count} for day, count in stats.growth(scope)]
    return asdict(stats.overview(scope)) | {"growth": days}
