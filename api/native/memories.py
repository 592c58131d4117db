"""/api/v1/memories: store, list, read, change, delete, search."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiExample, OpenApiParameter, PolymorphicProxySerializer, extend_schema
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from api.native import lists, words
from api.native.base import TenantView, hear
from memory.models import Memory
from memory.recall import recall
from memory.remember import erase, remember_many, revise
from memory.tiers import cold
from memory.types import Hit, Query

WAIT = OpenApiParameter("wait", bool, description="Compute the vectors before answering.")
ONE_OR_MANY = PolymorphicProxySerializer("MemoryDraftOrBatch", [words.MemoryDraft, words.MemoryBatch], None)
A_QUESTION = OpenApiExample("a question", {"query": "How does Ada like her tea?", "user_id": "ada"}, request_only=True)
A_FACT = OpenApiExample(
    "one memory",
    {"content": "Ada takes her tea without sugar.", "user_id": "ada", "kind": "preference"},
    request_only=True,
)


class Memories(TenantView):
    @extend_schema(
        tags=["memories"], operation_id="remember", summary="Store one memory or up to 1,000",
        parameters=[WAIT], request=ONE_OR_MANY, responses={201: words.OutcomeList, 200: words.OutcomeList},
        examples=[A_FACT],
    )  # fmt: skip
    def post(self, request: Request) -> Response:
        many = isinstance(request.data, dict) and "memories" in request.data
        heard = hear(words.MemoryBatch, request.data)["memories"] if many else [hear(words.MemoryDraft, request.data)]
        wait = request.query_params.get("wait", "").lower() in ("true", "1")
        outcomes = remember_many([words.draft_of(item) for item in heard], wait=wait)
        created = any(outcome.status == "created" for outcome in outcomes)
        return Response({"data": [vars(outcome) for outcome in outcomes]}, status=201 if created else 200)

    @extend_schema(
        tags=["memories"], operation_id="list_memories", summary="List memories, newest first",
        parameters=[lists.ListParameters], responses=lists.MemoryList,
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        return lists.told(hear(lists.ListParameters, request.query_params))


class ListMemories(TenantView):
    scopes = {"POST": "read"}

    @extend_schema(
        tags=["memories"], operation_id="list_memories_by_body", summary="List memories, asked for in a body",
        description="As `GET /api/v1/memories`, for filters that are too long for a URL.",
        request=lists.ListBody, responses=lists.MemoryList, examples=[lists.A_LIST],
    )  # fmt: skip
    def post(self, request: Request) -> Response:
        return lists.told(hear(lists.ListBody, request.data))


class OneMemory(TenantView):
    @extend_schema(tags=["memories"], operation_id="get_memory", summary="Read one memory", responses=words.MemoryWords)
    def get(self, request: Request, memory_id: UUID) -> Response:
        return _told(Memory.objects.live().light().filter(pk=memory_id).first())

    @extend_schema(
        tags=["memories"], operation_id="revise_memory", summary="Change the given fields of a memory",
        description="Fields that are not sent keep their values; `metadata` is merged.",
        request=words.MemoryChange, responses=words.MemoryWords,
    )  # fmt: skip
    def patch(self, request: Request, memory_id: UUID) -> Response:
        return _told(revise(memory_id, hear(words.MemoryChange, request.data, partial=True)))

    @extend_schema(
        tags=["memories"], operation_id="erase_memory", summary="Delete a memory",
        description="It can be restored in the console until the undo window ends.", responses={204: None},
    )  # fmt: skip
    def delete(self, request: Request, memory_id: UUID) -> Response:
        if not erase(memory_id):
            raise NotFound
        return Response(status=204)


class Search(TenantView):
    scopes = {"POST": "read"}

    @extend_schema(
        tags=["memories"], operation_id="search_memories", summary="Find memories by meaning and by words",
        request=words.SearchWords, responses=words.SearchAnswer,
        examples=[A_QUESTION],
    )  # fmt: skip
    def post(self, request: Request) -> Response:
        asked = hear(words.SearchWords, request.data)
        query = Query(asked["query"], words.scope_of(asked), asked["limit"], asked.get("filters", {}))
        found = recall(query)
        data = [_hit(hit, asked["explain"]) for hit in found.hits]
        return Response({"data": data, "took_ms": found.took_ms, "candidate_count": found.candidate_count})


def _told(memory: Memory | None) -> Response:
    if memory is None:
        raise NotFound
    return Response(words.MemoryWords(cold.told(memory)).data)


def _hit(hit: Hit, explain: bool) -> dict[str, Any]:
    told = dict(words.MemoryWords(hit.memory).data) | {"score": hit.score}
    return told | {"scores": hit.parts} if explain else told
