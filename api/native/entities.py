"""/api/v1/entities and /api/v1/namespaces: whom and what the memories are about, and erasing all of one."""

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from api.gate import check_storable
from api.native.base import TenantView, hear
from api.native.lists import ScopeWords
from api.native.words import Name, scope_of
from api.pagination import read_place, write_place
from memory import entities

NAMED = [
    OpenApiParameter("type", str, OpenApiParameter.PATH, enum=list(entities.TYPES)),
    OpenApiParameter("name", str, OpenApiParameter.PATH),
]


class Paged(ScopeWords):
    q = Name(help_text="Only names that begin with this.")
    order = serializers.ChoiceField(("count", "name"), default="count")
    cursor = serializers.CharField(max_length=2000, required=False, help_text="`next_cursor` of the page before.")
    limit = serializers.IntegerField(min_value=1, max_value=200, default=50)


class EntityParameters(Paged):
    type = serializers.ChoiceField(entities.TYPES)


class Confirmation(ScopeWords):
    confirm_count = serializers.IntegerField(
        min_value=0, required=False, help_text="How many memories it is; without it the answer is a 409 that says so."
    )


class CountedWords(serializers.Serializer):
    name = serializers.CharField()
    memories = serializers.IntegerField()
    last_seen = serializers.DateTimeField(help_text="When the last of them was stored.")


class EntityPage(serializers.Serializer):
    data = CountedWords(many=True)  # type: ignore[assignment]  # a field, not the property
    next_cursor = serializers.CharField(allow_null=True)
    has_more = serializers.BooleanField()


class EntityWords(CountedWords):
    type = serializers.CharField()
    kinds = serializers.DictField(child=serializers.IntegerField())
    sessions = serializers.IntegerField()
    users = serializers.IntegerField()
    first_seen = serializers.DateTimeField()


class Erased(serializers.Serializer):
    count = serializers.IntegerField(help_text="Memories that were deleted, or that the label was taken off.")


class Namespaces(TenantView):
    @extend_schema(
        tags=["entities"], operation_id="list_namespaces", summary="List namespaces with their memories",
        parameters=[Paged], responses=EntityPage,
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        return _page("namespace", hear(Paged, request.query_params))


class Entities(TenantView):
    @extend_schema(
        tags=["entities"], operation_id="list_entities",
        summary="List users, agents, sessions, namespaces, tags or people with their memories",
        parameters=[EntityParameters], responses=EntityPage,
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        asked = hear(EntityParameters, request.query_params)
        return _page(asked["type"], asked)


class OneEntity(TenantView):
    operations = {"DELETE": "memories.erase"}

    @extend_schema(
        tags=["entities"], operation_id="get_entity", summary="Read one entity",
        parameters=[*NAMED, ScopeWords], responses=EntityWords,
    )  # fmt: skip
    def get(self, request: Request, type: str, name: str) -> Response:
        asked = hear(ScopeWords, request.query_params)
        _check(type, name)
        found = entities.read(type, name, scope_of(asked))
        if found is None:
            raise NotFound
        return Response(EntityWords(found).data)

    @extend_schema(
        tags=["entities"], operation_id="erase_entity", summary="Erase everything of one entity",
        description="A user's, agent's, session's or namespace's memories are deleted, restorable until the undo "
        "window ends. A tag or a person is taken off the memories that carry it.",
        parameters=[*NAMED, Confirmation], responses=Erased,
    )  # fmt: skip
    def delete(self, request: Request, type: str, name: str) -> Response:
        asked = hear(Confirmation, request.query_params)
        _check(type, name)
        return Response({"count": entities.erase_entity(type, name, asked.get("confirm_count"), scope_of(asked))})


def _check(type: str, name: str) -> None:
    if type not in entities.TYPES:
        raise NotFound
    check_storable(name)


def _page(type: str, asked: dict[str, Any]) -> Response:
    place = read_place(asked.get("cursor", ""), int, str)
    told = {"prefix": asked.get("q", ""), "by_name": asked["order"] == "name", "limit": asked["limit"] + 1}
    after = (place[0], place[1]) if place else None
    found = entities.listed(type, scope_of(asked), after=after, **told)
    has_more, found = len(found) > asked["limit"], found[: asked["limit"]]
    last = write_place([found[-1].memories, found[-1].name]) if has_more else None
    data = CountedWords(found, many=True).data
    return Response({"data": data, "next_cursor": last, "has_more": has_more})
