"""/api/v1/holds: legal holds, placed, listed and released."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from api.native.base import StrictSerializer, TenantView, hear
from api.native.words import Name, scope_of
from api.pagination import page
from memory import holds
from memory.models import Hold

A_USER = OpenApiExample(
    "all of a user", {"name": "Case 2026-14", "reason": "Claim of 3 May", "user_id": "ada"}, request_only=True
)
NAMED = ("namespace", "user_id", "agent_id", "session_id")


class HoldDraft(StrictSerializer):
    """On what: `memory_id`, or the memories that match all of the others that are given."""

    name = serializers.CharField(max_length=100)
    reason = Name(max_length=500)
    namespace = Name()
    user_id = Name()
    agent_id = Name()
    session_id = Name()
    memory_id = serializers.UUIDField(required=False)

    def validate(self, heard: dict[str, Any]) -> dict[str, Any]:
        named = [name for name in NAMED if heard.get(name)]
        if not named and "memory_id" not in heard:
            raise serializers.ValidationError({"user_id": "say what is held"}, code="required")
        if named and "memory_id" in heard:
            raise serializers.ValidationError({named[0]: "cannot be said together with memory_id"})
        return heard


class HoldListWords(StrictSerializer):
    standing = serializers.BooleanField(required=False, allow_null=True, default=None, help_text="Or released: false.")
    cursor = Name(help_text="`next_cursor` of the page before.")
    limit = serializers.IntegerField(min_value=1, max_value=200, default=50)


class HoldWords(serializers.ModelSerializer):
    """A hold. What it stands on is not erased for good until it is released."""

    class Meta:
        model = Hold
        fields = [
            "id", "name", "reason", "namespace", "user_id", "agent_id", "session_id", "memory_id", "placed_by",
            "placed_at", "released_by", "released_at",
        ]  # fmt: skip
        read_only_fields = fields


class HoldPage(serializers.Serializer):
    data = HoldWords(many=True)  # type: ignore[assignment]  # a field, not the property
    next_cursor = serializers.CharField(allow_null=True)
    has_more = serializers.BooleanField()


class Holds(TenantView):
    operations = {"GET": "retention.read", "POST": "retention.manage"}

    @extend_schema(
        tags=["retention"], operation_id="list_holds", summary="List legal holds, newest first",
        parameters=[HoldListWords], responses=HoldPage,
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        asked = hear(HoldListWords, request.query_params)
        found, rest = page(holds.listed(standing=asked["standing"]), asked.get("cursor", ""), asked["limit"])
        return Response({"data": HoldWords(found, many=True).data, **rest})

    @extend_schema(
        tags=["retention"], operation_id="place_hold", summary="Place a legal hold", request=HoldDraft,
        responses={201: HoldWords}, examples=[A_USER],
        description="Nothing under it is erased for good, and no upkeep touches it. It holds what comes later, too.",
    )  # fmt: skip
    def post(self, request: Request) -> Response:
        heard = hear(HoldDraft, request.data)
        hold = holds.place(heard["name"], scope_of(heard), heard.get("memory_id"), heard.get("reason", ""))
        return Response(HoldWords(hold).data, 201)


class ReleaseHold(TenantView):
    operations = {"POST": "retention.manage"}

    @extend_schema(
        tags=["retention"], operation_id="release_hold", summary="Release a legal hold", request=None,
        responses=HoldWords,
    )  # fmt: skip
    def post(self, request: Request, hold_id: UUID) -> Response:
        hold = holds.release(hold_id)
        if hold is None:
            raise NotFound
        return Response(HoldWords(hold).data)
