"""Versions on the wire: ETag and If-Match, history, diff, restore."""

import re
from dataclasses import asdict
from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from api.native.base import StrictSerializer, TenantView, hear
from api.native.words import MemoryWords
from memory import history
from memory.models import Memory
from memory.revise import restore, restore_version
from memory.tiers import cold

IF_MATCH = OpenApiParameter(
    "If-Match", str, OpenApiParameter.HEADER, description="The `ETag` that was read; 412 when it is not it any more."
)
LAST = 2**31 - 1


def etag_of(memory: Memory) -> str:
    return f'"{memory.version}"'


def expected(request: Request) -> int | None:
    """The version that `If-Match` names; None when any will do. Raises ValidationError."""
    told = request.headers.get("If-Match", "*").strip()
    if told == "*":
        return None
    if not re.fullmatch(r'"[0-9]{1,9}"', told):
        raise ValidationError({"If-Match": "is not an ETag that this API gave"})
    return int(told.strip('"'))


def told(memory: Memory | None) -> Response:
    """A memory with its ETag; 404 for none."""
    if memory is None:
        raise NotFound
    return Response(MemoryWords(cold.told(memory)).data, headers={"ETag": etag_of(memory)})


class HistoryParameters(StrictSerializer):
    cursor = serializers.IntegerField(min_value=1, max_value=LAST, required=False, help_text="`next_cursor` before.")
    limit = serializers.IntegerField(min_value=1, max_value=200, default=50)


class StateWords(serializers.Serializer):
    """A memory as it was; `until` is null for the present. `changed` are the fields that the next one changed."""

    version = serializers.IntegerField()
    since = serializers.DateTimeField()
    until = serializers.DateTimeField(allow_null=True)
    actor = serializers.CharField(help_text="Who ended it.")
    changed = serializers.ListField(child=serializers.CharField())
    said = serializers.DictField()


class HistoryPage(serializers.Serializer):
    data = StateWords(many=True)  # type: ignore[assignment]  # a field, not the property
    next_cursor = serializers.IntegerField(allow_null=True)
    has_more = serializers.BooleanField()


class History(TenantView):
    @extend_schema(
        tags=["memories"], operation_id="read_history", summary="What a memory said before, newest first",
        parameters=[HistoryParameters], responses=HistoryPage,
    )  # fmt: skip
    def get(self, request: Request, memory_id: UUID) -> Response:
        asked = hear(HistoryParameters, request.query_params)
        states = history.states(memory_id, below=asked.get("cursor"), limit=asked["limit"] + 1)
        if states is None:
            raise NotFound
        shown = states[: asked["limit"]]
        more = len(states) > len(shown)
        page = {"next_cursor": shown[-1].version if more else None, "has_more": more}
        return Response({"data": [asdict(state) for state in shown], **page})


class DiffParameters(StrictSerializer):
    before = serializers.IntegerField(min_value=1, max_value=LAST, help_text="A version.")
    after = serializers.IntegerField(min_value=1, max_value=LAST, help_text="Another one.")


class DiffAnswer(serializers.Serializer):
    fields_changed = serializers.DictField(
        help_text="Per field `before` and `after`; for content also `words`: runs of equal, delete and insert."
    )


class Diff(TenantView):
    @extend_schema(
        tags=["memories"], operation_id="read_diff", summary="What differs between two versions of a memory",
        parameters=[DiffParameters], responses=DiffAnswer,
    )  # fmt: skip
    def get(self, request: Request, memory_id: UUID) -> Response:
        asked = hear(DiffParameters, request.query_params)
        found = history.diff(memory_id, asked["before"], asked["after"])
        if found is None:
            raise NotFound
        return Response({"fields_changed": found})


class RestoreWords(StrictSerializer):
    version = serializers.IntegerField(
        min_value=1, max_value=LAST, required=False, help_text="Say again what this version said."
    )


class Restore(TenantView):
    @extend_schema(
        tags=["memories"], operation_id="restore_memory", summary="Bring a memory or one of its versions back",
        description="Without `version` a deleted or superseded memory comes back as it was. With it a live memory"
        " says again what that version said, as a new version. 404 when there is nothing to bring back, or the same"
        " words have been stored anew.",
        parameters=[IF_MATCH], request=RestoreWords, responses=MemoryWords,
    )  # fmt: skip
    def post(self, request: Request, memory_id: UUID) -> Response:
        asked: dict[str, Any] = hear(RestoreWords, request.data)
        if version := asked.get("version"):
            return told(restore_version(memory_id, version, expected=expected(request)))
        return told(restore(memory_id, expected=expected(request)))
