"""/api/v1/feedback: whether a memory helped as an answer to a question."""

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from analytics import thumbs
from api.native import words
from api.native.base import StrictSerializer, TenantView, hear
from memory.types import Query

UP = OpenApiExample(
    "it helped",
    {
        "query": "What does Ada drink?", "user_id": "ada", "memory_id": "01a1fc31-325e-776f-a220-14f1782bb309",
        "helpful": True,
    },
    request_only=True,
)  # fmt: skip


class ThumbWords(StrictSerializer):
    """A question, by its trace or as it was asked, and one of the memories that were found."""

    memory_id = serializers.UUIDField()
    helpful = serializers.BooleanField()
    trace_id = serializers.UUIDField(required=False)
    query = serializers.CharField(max_length=10_000, required=False)
    user_id = words.Name()
    agent_id = words.Name()
    session_id = words.Name()
    namespace = words.Name()
    filters = serializers.DictField(required=False, help_text="The filter language, see the docs.")

    def validate(self, told: dict[str, Any]) -> dict[str, Any]:
        if ("query" in told) == ("trace_id" in told):
            raise serializers.ValidationError({"query": "is needed, or `trace_id`, and not both"})
        beside = [name for name in ("user_id", "agent_id", "session_id", "namespace", "filters") if told.get(name)]
        if "trace_id" in told and beside:
            raise serializers.ValidationError(dict.fromkeys(beside, "is told by the trace"))
        return told


class ThumbAnswer(serializers.Serializer):
    event_id = serializers.UUIDField(help_text="Of the learning history.")
    question_id = serializers.UUIDField(
        allow_null=True, help_text="The saved question that expects it now, or no longer; null: nothing changed."
    )


class Thumbs(TenantView):
    operations = {"POST": "learning.write"}

    @extend_schema(
        tags=["learning"], operation_id="give_feedback", summary="Say whether a memory helped as an answer",
        description="It is an event of the learning history. A question that was helped by a memory is saved and "
        "expects it from then on; one that was not expects it no longer.",
        request=ThumbWords, responses={201: ThumbAnswer}, examples=[UP],
    )  # fmt: skip
    def post(self, request: Request) -> Response:
        said = hear(ThumbWords, request.data)
        trace_id = said.get("trace_id")
        query = thumbs.of_trace(trace_id) if trace_id else _asked(said)
        told = thumbs.give(query, said["memory_id"], helpful=said["helpful"], trace_id=trace_id)
        question_id = told.question.pk if told.question else None
        return Response(ThumbAnswer({"event_id": told.event.pk, "question_id": question_id}).data, status=201)


def _asked(said: dict[str, Any]) -> Query:
    return Query(said["query"], words.scope_of(said), filters=said.get("filters", {}))
