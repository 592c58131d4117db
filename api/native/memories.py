"""/api/v1/memories: store, list, read, change, delete, search."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiExample, OpenApiParameter, PolymorphicProxySerializer, extend_schema
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from api.native import lists, words
from api.native.base import TenantView, hear
from api.native.versions import IF_MATCH, etag_of, expected, told
from api.problems import wrong
from memory.models import Memory
from memory.recall import recall
from memory.revise import erase, replace, revise
from memory.types import Draft, Hit, Outcome
from memory.upsert import upsert_many

WAIT = OpenApiParameter("wait", bool, description="Compute the vectors before answering.")
ONE_OR_MANY = PolymorphicProxySerializer("MemoryDraftOrBatch", [words.MemoryDraft, words.MemoryBatch], None)
A_QUESTION = OpenApiExample("a question", {"query": "How does Ada like her tea?", "user_id": "ada"}, request_only=True)
LAST_WEEK = OpenApiExample(
    "what Ben said last week",
    {"query": "the boots", "people": ["Ben"], "when": "last week", "timezone": "Europe/London"},
    request_only=True,
)
THEN = OpenApiExample(
    "what was believed in spring", {"query": "Where does Ada live?", "as_of": "2026-04-01T00:00:00Z"}, request_only=True
)
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
        drafts, failed, partial = _heard(request.data)
        wait = request.query_params.get("wait", "").lower() in ("true", "1")
        told = iter(upsert_many(list(drafts.values()), wait=wait, partial=partial))
        outcomes = failed | {index: next(told) for index in drafts}
        data = words.told_of(outcomes[index] for index in sorted(outcomes))
        return Response({"data": data}, status=201 if any(item["status"] == "created" for item in data) else 200)

    @extend_schema(
        tags=["memories"], operation_id="list_memories", summary="List memories, newest first",
        parameters=[lists.ListParameters], responses=lists.MemoryList,
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        return lists.told(hear(lists.ListParameters, request.query_params))


class ListMemories(TenantView):
    operations = {"POST": "memories.read"}

    @extend_schema(
        tags=["memories"], operation_id="list_memories_by_body", summary="List memories, asked for in a body",
        description="As `GET /api/v1/memories`, for filters that are too long for a URL.",
        request=lists.ListBody, responses=lists.MemoryList, examples=[lists.A_LIST],
    )  # fmt: skip
    def post(self, request: Request) -> Response:
        return lists.told(hear(lists.ListBody, request.data))


class OneMemory(TenantView):
    @extend_schema(
        tags=["memories"], operation_id="get_memory", summary="Read one memory", responses=words.MemoryWords,
        description="`ETag` is its version; with `If-None-Match` the answer is 304 while that is the present one.",
    )  # fmt: skip
    def get(self, request: Request, memory_id: UUID) -> Response:
        memory = Memory.objects.readable().light().filter(pk=memory_id).first()
        if memory and etag_of(memory) == request.headers.get("If-None-Match"):
            return Response(status=304, headers={"ETag": etag_of(memory)})
        return told(memory)

    @extend_schema(
        tags=["memories"], operation_id="revise_memory", summary="Change the given fields of a memory",
        description="Fields that are not sent keep their values; `metadata` is merged, key by key.",
        parameters=[IF_MATCH], request=words.MemoryChange, responses=words.MemoryWords,
    )  # fmt: skip
    def patch(self, request: Request, memory_id: UUID) -> Response:
        changes = hear(words.MemoryChange, request.data, partial=True)
        return told(revise(memory_id, changes, expected=expected(request)))

    @extend_schema(
        tags=["memories"], operation_id="replace_memory", summary="Say all of a memory anew",
        description="Fields that are not sent get their defaults; its scope stays.",
        parameters=[IF_MATCH], request=words.MemoryReplacement, responses=words.MemoryWords,
    )  # fmt: skip
    def put(self, request: Request, memory_id: UUID) -> Response:
        return told(replace(memory_id, hear(words.MemoryReplacement, request.data), expected=expected(request)))

    @extend_schema(
        tags=["memories"], operation_id="erase_memory", summary="Delete a memory",
        description="It can be restored until the undo window ends.", parameters=[IF_MATCH], responses={204: None},
    )  # fmt: skip
    def delete(self, request: Request, memory_id: UUID) -> Response:
        if not erase(memory_id, expected=expected(request)):
            raise NotFound
        return Response(status=204)


class Search(TenantView):
    operations = {"POST": "memories.read"}
    buckets = {"POST": "search"}

    @extend_schema(
        tags=["memories"], operation_id="search_memories", summary="Find memories by meaning and by words",
        request=words.SearchWords, responses=words.SearchAnswer,
        examples=[A_QUESTION, LAST_WEEK, THEN],
    )  # fmt: skip
    def post(self, request: Request) -> Response:
        asked = hear(words.SearchWords, request.data)
        found = recall(words.query_of(asked))
        numbers = {name: getattr(found, name) for name in ("took_ms", "candidate_count", "truncated", "degraded")}
        return Response({"data": [_hit(hit, asked["explain"]) for hit in found.hits], **numbers})


def _heard(body: Any) -> tuple[dict[int, Draft], dict[int, Outcome], bool]:
    """The drafts of a body by their place, those that failed to be understood, and whether that is allowed."""
    if not isinstance(body, dict) or "memories" not in body:
        return {0: words.draft_of(hear(words.MemoryDraft, body))}, {}, False
    if body.get("partial") is not True:
        batch = hear(words.MemoryBatch, body)["memories"]
        return dict(enumerate(map(words.draft_of, batch))), {}, False
    drafts, failed = {}, {}
    for index, item in enumerate(hear(words.PartialBatch, body)["memories"]):
        try:
            drafts[index] = words.draft_of(hear(words.MemoryDraft, item))
        except ValidationError as error:
            failed[index] = Outcome("failed", None, "; ".join(f"{at} {why}" for at, why in wrong(error)))
    return drafts, failed, True


# Made once: to find its fields takes a serializer ten times as long as to tell a memory.
MEMORY = words.MemoryWords()


def _hit(hit: Hit, explain: bool) -> dict[str, Any]:
    told = MEMORY.to_representation(hit.memory) | {"score": hit.score}
    return told | {"scores": hit.parts} if explain else told
