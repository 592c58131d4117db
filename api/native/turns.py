"""/api/v1/turns: one turn of a conversation, recalled for and remembered."""

from dataclasses import replace
from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from api.native import words
from api.native.base import TenantView, hear
from api.native.context import Budget, ContextAnswer, room_of, told
from api.native.messages import MESSAGE_LIMIT, ROLES, Entries
from memory.turns import turn
from memory.types import Draft, Query

A_TURN = OpenApiExample(
    "a turn",
    {
        "message": "What shall I cook tonight?", "user_id": "ada", "session_id": "supper", "author": "Ada",
        "max_tokens": 800, "shape": "prompt",
    },
    request_only=True,
)  # fmt: skip
WITH_A_REPLY = OpenApiExample(
    "with the answer that was given",
    {"message": "Thanks!", "reply": "Enjoy your supper, Ada.", "user_id": "ada", "session_id": "supper"},
    request_only=True,
)


class TurnWords(Budget):
    """What is said, by whom and where, and what should be recalled for it."""

    message = words.Content(max_length=MESSAGE_LIMIT)
    reply = words.Content(max_length=MESSAGE_LIMIT, required=False, help_text="The assistant's answer to it.")
    role = serializers.ChoiceField(ROLES, default="user", help_text="Of who says the message.")
    author = words.Name(help_text="Who says the message.")
    user_id = words.Name()
    agent_id = words.Name()
    session_id = words.Name(help_text="The conversation; it does not narrow what is recalled.")
    namespace = words.Name(help_text="`default` when empty, for recalling too.")
    event_time = words.Moment(required=False, help_text="When it was said; now, when you do not say.")
    metadata = Entries(required=False, help_text="Of message and reply.")
    limit = serializers.IntegerField(min_value=1, max_value=200, default=50, help_text="How many are recalled.")
    filters = serializers.DictField(required=False, help_text="The filter language, see the docs.")


class TurnAnswer(serializers.Serializer):
    context = ContextAnswer()  # type: ignore[assignment]  # a field, not the property
    remembered = words.OutcomeWords(many=True, help_text="Of the message, then of the reply.")


class Turns(TenantView):
    @extend_schema(
        tags=["context"], operation_id="turn", summary="Recall for what is said, then remember it",
        request=TurnWords, responses=TurnAnswer, examples=[A_TURN, WITH_A_REPLY],
    )  # fmt: skip
    def post(self, request: Request) -> Response:
        asked = hear(TurnWords, request.data)
        message = _message(asked)
        reply = replace(message, content=asked["reply"], role="assistant", author="") if "reply" in asked else None
        query = Query(limit=asked["limit"], filters=asked.get("filters", {}))
        done = turn(message, reply, query, **room_of(asked))
        remembered = words.told_of(done.remembered)
        return Response({"context": told(done.context, asked["shape"]), "remembered": remembered})


def _message(asked: dict[str, Any]) -> Draft:
    return Draft(
        asked["message"],
        words.scope_of(asked),
        kind="message",
        role=asked["role"],
        author=asked.get("author", ""),
        metadata=asked.get("metadata", {}),
        event_time=asked.get("event_time"),
        source="turn",
    )
