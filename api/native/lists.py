"""Lists of memories: the words they are asked for by, in a URL or in a body, and their pages."""

from typing import Any

from drf_spectacular.utils import OpenApiExample
from rest_framework import serializers
from rest_framework.response import Response

from api.gate import read_json
from api.native.base import StrictSerializer
from api.native.words import MemoryPage, MemoryWords, Name, scope_of
from api.pagination import page
from memory.listing import Narrowing, listed
from memory.models import Memory

A_LIST = OpenApiExample(
    "what matters about Ada, oldest first",
    {"user_id": "ada", "filters": {"importance": {"gte": 0.7}}, "order": "oldest", "include_total": True},
    request_only=True,
)


class FiltersText(serializers.CharField):
    """The filter language as JSON in a query parameter."""

    def to_internal_value(self, data: Any) -> Any:
        found = read_json(super().to_internal_value(data).encode())
        if not isinstance(found, dict):
            raise serializers.ValidationError("must be a JSON object")
        return found


class ScopeWords(StrictSerializer):
    user_id = Name()
    agent_id = Name()
    session_id = Name()
    namespace = Name()


class NarrowingWords(ScopeWords):
    kind = serializers.ChoiceField(Memory.Kind.choices, required=False)
    state = serializers.ChoiceField(
        Memory.State.choices, default=Memory.State.ACTIVE, help_text="`active` when absent."
    )
    tag = Name(max_length=100, help_text="One tag; the same as `tags` with one.")
    tags = serializers.ListField(child=serializers.CharField(max_length=100), max_length=100, required=False)
    all_tags = serializers.BooleanField(default=False, help_text="All of `tags`, not any.")
    people = serializers.ListField(child=serializers.CharField(max_length=255), max_length=100, required=False)


class ListBody(NarrowingWords):
    """How a list of memories is narrowed, ordered and paged."""

    filters = serializers.DictField(required=False, help_text="The filter language, see the docs.")
    order = serializers.ChoiceField(
        ("newest", "oldest"), default="newest", help_text="By id, so by when it was stored."
    )
    include_total = serializers.BooleanField(default=False, help_text="Count all that match, on this page and others.")
    cursor = Name(help_text="`next_cursor` of the page before.")
    limit = serializers.IntegerField(min_value=1, max_value=200, default=50)


class ListParameters(ListBody):
    filters = FiltersText(required=False, max_length=20_000, help_text="The filter language as JSON, see the docs.")  # type: ignore[assignment]  # here it is text


class MemoryList(MemoryPage):
    total = serializers.IntegerField(required=False, help_text="With `include_total`.")


def narrowing_of(heard: dict[str, Any]) -> Narrowing:
    tags = (*heard.get("tags", ()), *([heard["tag"]] if heard.get("tag") else []))
    return Narrowing(
        scope=scope_of(heard),
        state=heard["state"],
        kind=heard.get("kind", ""),
        tags=tags,
        all_tags=heard["all_tags"],
        people=tuple(heard.get("people", ())),
        filters=heard.get("filters", {}),
    )


def told(asked: dict[str, Any]) -> Response:
    """A page of the list that was asked for."""
    rows = listed(narrowing_of(asked)).light()
    found, rest = page(rows, asked.get("cursor", ""), asked["limit"], oldest=asked["order"] == "oldest")
    total = {"total": rows.count()} if asked["include_total"] else {}
    return Response({"data": MemoryWords(found, many=True).data, **rest, **total})
