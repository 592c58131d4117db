"""/api/v1/memories: supersede, feedback, and deleting many at once with a preview and an undo."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from api.native import words
from api.native.base import StrictSerializer, TenantView, hear
from api.native.lists import NarrowingWords, narrowing_of
from api.native.versions import IF_MATCH, expected, told
from memory import erasing
from memory.algorithms import scoring
from memory.listing import listed
from memory.models import Memory
from memory.revise import judge, supersede
from memory.types import Scope

SAMPLE = 5
NARROWS = ("user_id", "agent_id", "session_id", "namespace", "kind", "tag", "tags", "people", "filters")


class Supersede(TenantView):
    @extend_schema(
        tags=["memories"], operation_id="supersede_memory", summary="Put a new memory in the place of an old one",
        description="The old one's validity ends where the new one's begins (`valid_from`, else `event_time`, else"
        " now). It leaves search and lists, and stays readable with its history. The scope is the old one's.",
        parameters=[IF_MATCH], request=words.MemoryReplacement,
        responses={201: words.OutcomeWords, 200: words.OutcomeWords},
        examples=[OpenApiExample("she moved", {"content": "Ada lives in Porto."}, request_only=True)],
    )  # fmt: skip
    def post(self, request: Request, memory_id: UUID) -> Response:
        heard = hear(words.MemoryReplacement, request.data)
        old = Memory.objects.live().filter(pk=memory_id).values(*vars(Scope()), "kind", "author", "role").first()
        if old is None:
            raise NotFound
        outcome = supersede(memory_id, words.draft_of(old | heard), expected=expected(request))
        if outcome is None:
            raise NotFound
        return Response(words.told_of([outcome])[0], status=201 if outcome.status == "created" else 200)


class FeedbackWords(StrictSerializer):
    verdict = serializers.ChoiceField(scoring.VERDICTS)


class Feedback(TenantView):
    @extend_schema(
        tags=["memories"], operation_id="judge_memory", summary="Say that a memory is correct, incorrect or outdated",
        description="`correct` moves its confidence a fifth of the way to 1, `incorrect` halves it, `outdated` ends"
        " its validity now.",
        parameters=[IF_MATCH], request=FeedbackWords, responses=words.MemoryWords,
    )  # fmt: skip
    def post(self, request: Request, memory_id: UUID) -> Response:
        verdict = hear(FeedbackWords, request.data)["verdict"]
        return told(judge(memory_id, verdict, expected=expected(request)))


class BulkDeletion(NarrowingWords):
    """Which memories, as in a list; at least one of them must narrow. `confirm_count` is what the preview counted."""

    filters = serializers.DictField(required=False, help_text="The filter language, see the docs.")
    confirm_count = serializers.IntegerField(min_value=0, max_value=2**53, required=False)

    def validate(self, heard: dict[str, Any]) -> dict[str, Any]:
        if not any(heard.get(name) for name in NARROWS):
            raise ValidationError({"filters": "name what to delete: a filter, a scope or a label"}, code="empty_filter")
        return heard


class BulkAnswer(serializers.Serializer):
    count = serializers.IntegerField(help_text="How many match.")
    deleted = serializers.IntegerField()
    sample = words.MemoryWords(many=True, help_text="A few of them, in a preview.")
    batch = serializers.UUIDField(allow_null=True, help_text="Brings them back: `POST /api/v1/memories/undelete`.")


class DeleteMany(TenantView):
    operations = {"POST": "memories.erase"}

    @extend_schema(
        tags=["memories"], operation_id="erase_memories", summary="Delete many memories: preview, then confirm",
        description="Without `confirm_count` nothing is deleted: the answer counts and shows a sample. With it all are"
        " deleted in one transaction, if there are still so many.",
        request=BulkDeletion, responses=BulkAnswer,
        examples=[OpenApiExample("preview", {"user_id": "ada", "filters": {"kind": "message"}}, request_only=True)],
    )  # fmt: skip
    def post(self, request: Request) -> Response:
        heard = hear(BulkDeletion, request.data)
        rows = listed(narrowing_of(heard)).exclude(state=Memory.State.DELETED)
        if "confirm_count" in heard:
            deleted, batch = erasing.erase_confirmed(rows, heard["confirm_count"])
            return Response({"count": deleted, "deleted": deleted, "sample": [], "batch": batch})
        sample = words.MemoryWords(rows.light().order_by("-id")[:SAMPLE], many=True).data
        return Response({"count": rows.count(), "deleted": 0, "sample": sample, "batch": None})


class UndeleteWords(StrictSerializer):
    batch = serializers.UUIDField()


class UndeleteAnswer(serializers.Serializer):
    restored = serializers.IntegerField()


class Undelete(TenantView):
    @extend_schema(
        tags=["memories"], operation_id="undelete_memories", summary="Bring back what one bulk deletion took",
        request=UndeleteWords, responses=UndeleteAnswer,
    )  # fmt: skip
    def post(self, request: Request) -> Response:
        return Response({"restored": erasing.undelete(hear(UndeleteWords, request.data)["batch"])})
