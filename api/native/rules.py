"""/api/v1/retention-rules: how long memories of a kind are kept, and what happens then."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from api.native.base import StrictSerializer, TenantView, hear
from api.native.words import Name
from api.pagination import page
from memory import rules
from memory.models import Memory, Rule

A_YEAR = OpenApiExample(
    "events for a year",
    {"name": "events", "kind": "event", "retention_days": 365, "action": "delete", "tags_to_preserve": ["tax"]},
    request_only=True,
)


class RuleChange(StrictSerializer):
    """What is left out stays, and in a new rule does not narrow."""

    name = serializers.CharField(max_length=100)
    namespace = Name(help_text="Empty: all.")
    user_id = Name(help_text="Empty: all.")
    kind = serializers.ChoiceField(Memory.Kind.choices, required=False, allow_blank=True, help_text="Empty: all.")
    retention_days = serializers.IntegerField(min_value=1, max_value=36_500)
    min_importance = serializers.FloatField(
        min_value=0, max_value=1, required=False, allow_null=True, help_text="What weighs so much stays."
    )
    min_recalls = serializers.IntegerField(
        min_value=1, max_value=2**31 - 1, required=False, allow_null=True, help_text="What was recalled so often stays."
    )
    tags_to_preserve = serializers.ListField(
        child=serializers.CharField(max_length=100), max_length=100, required=False, help_text="Any of them."
    )
    action = serializers.ChoiceField(Rule.Action.choices, required=False, help_text="`archive` when absent.")
    enabled = serializers.BooleanField(required=False)


class RuleWords(serializers.ModelSerializer):
    class Meta:
        model = Rule
        fields = [
            "id", "name", "namespace", "user_id", "kind", "retention_days", "min_importance", "min_recalls",
            "tags_to_preserve", "action", "enabled", "created_at", "updated_at",
        ]  # fmt: skip
        read_only_fields = fields


class ConflictWords(serializers.Serializer):
    """Two enabled rules that meet on some memories."""

    one = serializers.UUIDField()
    other = serializers.UUIDField()
    wins = serializers.UUIDField(help_text="The one that decides where both apply.")
    why = serializers.CharField()


class RulePage(serializers.Serializer):
    data = RuleWords(many=True)  # type: ignore[assignment]  # a field, not the property
    next_cursor = serializers.CharField(allow_null=True)
    has_more = serializers.BooleanField()
    conflicts = ConflictWords(many=True, help_text="Of all rules, on this page and others.")


class RuleListWords(StrictSerializer):
    cursor = Name(help_text="`next_cursor` of the page before.")
    limit = serializers.IntegerField(min_value=1, max_value=200, default=50)


class Rules(TenantView):
    operations = {"GET": "retention.read", "POST": "retention.manage"}

    @extend_schema(
        tags=["retention"], operation_id="list_retention_rules", summary="List retention rules, and where they differ",
        parameters=[RuleListWords], responses=RulePage,
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        asked = hear(RuleListWords, request.query_params)
        found, rest = page(rules.listed(), asked.get("cursor", ""), asked["limit"])
        conflicts = [vars(conflict) for conflict in rules.conflicts()]
        return Response({"data": RuleWords(found, many=True).data, **rest, "conflicts": conflicts})

    @extend_schema(
        tags=["retention"], operation_id="create_retention_rule", summary="Make a retention rule",
        request=RuleChange, responses={201: RuleWords}, examples=[A_YEAR],
    )  # fmt: skip
    def post(self, request: Request) -> Response:
        return Response(RuleWords(rules.create(dict(hear(RuleChange, request.data)))).data, 201)


class OneRule(TenantView):
    operations = {"GET": "retention.read", "PATCH": "retention.manage", "DELETE": "retention.manage"}

    @extend_schema(
        tags=["retention"], operation_id="get_retention_rule", summary="Read a retention rule", responses=RuleWords
    )
    def get(self, request: Request, rule_id: UUID) -> Response:
        return _told(rules.listed().filter(pk=rule_id).first())

    @extend_schema(
        tags=["retention"], operation_id="change_retention_rule", summary="Change a retention rule",
        request=RuleChange, responses=RuleWords,
    )  # fmt: skip
    def patch(self, request: Request, rule_id: UUID) -> Response:
        told: dict[str, Any] = hear(RuleChange, request.data, partial=True)
        return _told(rules.change(rule_id, dict(told)))

    @extend_schema(
        tags=["retention"], operation_id="delete_retention_rule", summary="Delete a retention rule",
        responses={204: None},
    )  # fmt: skip
    def delete(self, request: Request, rule_id: UUID) -> Response:
        if not rules.delete(rule_id):
            raise NotFound
        return Response(status=204)


def _told(rule: Rule | None) -> Response:
    if rule is None:
        raise NotFound
    return Response(RuleWords(rule).data)
