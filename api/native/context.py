"""/api/v1/context: what an agent should know before it answers, fitted into a budget of tokens."""

from dataclasses import fields
from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from api.native import words
from api.native.base import StrictSerializer, TenantView, hear
from memory import context
from memory.context import Context, Piece
from memory.types import Query

FOR_A_PROMPT = OpenApiExample(
    "text for a prompt",
    {"query": "What should I cook for Ada?", "user_id": "ada", "shape": "prompt", "max_tokens": 800},
    request_only=True,
)
IN_A_CONVERSATION = OpenApiExample(
    "inside a conversation",
    {"query": "And for dessert?", "user_id": "ada", "session_id": "supper", "include_session": 6},
    request_only=True,
)
A_PACKET = OpenApiExample(
    "a packet",
    {
        "shape": "packet",
        "sections": [
            {
                "name": "about",
                "title": "About the user",
                "items": [
                    {
                        "id": "01a1fc31-325e-776f-a220-14f1782bb309", "content": "Ada eats no fish.",
                        "kind": "preference", "score": 0.61, "role": "", "author": "Ada", "source": "chat",
                        "trust": "trusted", "session_id": "", "event_time": "2026-11-21T09:00:00Z", "tokens": 5,
                        "cut": False,
                    }
                ],
            }
        ],
        "tokens": 5, "budget": 2000, "dropped": 0, "truncated": False, "candidate_count": 12, "took_ms": 9.4,
    },
    response_only=True,
)  # fmt: skip


class Budget(StrictSerializer):
    """How much room there is, and in which shape the answer is wanted."""

    max_tokens = serializers.IntegerField(
        min_value=64, max_value=32_000, default=context.BUDGET, help_text="The budget; the estimate never exceeds it."
    )
    shape = serializers.ChoiceField(context.SHAPES, default="packet")
    include_session = serializers.IntegerField(
        min_value=0, max_value=200, default=0, help_text="So many of the conversation's latest messages come first."
    )
    truncate = serializers.BooleanField(default=False, help_text="Cut the first memory that does not fit.")
    per_session = serializers.IntegerField(
        min_value=0, max_value=200, default=0, help_text="So many of one session, before all others; 0: no matter."
    )


class ContextWords(Budget, words.SearchWords):
    """A question, the room for its answer, and the shape wanted."""

    session_id = words.Name(help_text="The conversation one stands in; it does not narrow what is recalled.")
    limit = serializers.IntegerField(min_value=1, max_value=200, default=50, help_text="How many are recalled.")
    explain = None  # type: ignore[assignment]  # a score's parts are the search's to tell


class ContextItem(serializers.Serializer):
    """A memory that found room."""

    id = serializers.UUIDField()
    content = serializers.CharField(help_text="As stored; its beginning when `cut`.")
    kind = serializers.CharField()
    score = serializers.FloatField(allow_null=True, help_text="Null: there as a message of the conversation.")
    role = serializers.CharField()
    author = serializers.CharField()
    source = serializers.CharField()  # type: ignore[assignment]  # a field, not the property
    trust = serializers.CharField()
    session_id = serializers.CharField()
    event_time = serializers.DateTimeField()
    tokens = serializers.IntegerField()
    cut = serializers.BooleanField()


class ContextSection(serializers.Serializer):
    name = serializers.ChoiceField(list(context.TITLES))
    title = serializers.CharField()
    items = ContextItem(many=True)


class ContextAnswer(serializers.Serializer):
    """`sections` for a packet, `items` for a list, `prompt` and `counts` for a prompt."""

    shape = serializers.ChoiceField(context.SHAPES)
    sections = ContextSection(many=True, required=False)
    items = ContextItem(many=True, required=False, help_text="Best first, the conversation's messages before them.")
    prompt = serializers.CharField(required=False, help_text="Empty when nothing was found.")
    counts = serializers.DictField(child=serializers.IntegerField(), required=False, help_text="Items by section.")
    tokens = serializers.IntegerField(help_text="Estimated; never above `budget`.")
    budget = serializers.IntegerField()
    dropped = serializers.IntegerField(help_text="Found, and left out: no room, or said already.")
    truncated = serializers.BooleanField(help_text="Something was left out or cut for want of room.")
    candidate_count = serializers.IntegerField(help_text="How many memories were scored.")
    took_ms = serializers.FloatField()


class ContextView(TenantView):
    operations = {"POST": "memories.read"}
    buckets = {"POST": "search"}

    @extend_schema(
        tags=["context"], operation_id="get_context", summary="What an agent should know, within a budget of tokens",
        request=ContextWords, responses=ContextAnswer, examples=[FOR_A_PROMPT, IN_A_CONVERSATION, A_PACKET],
    )  # fmt: skip
    def post(self, request: Request) -> Response:
        asked = hear(ContextWords, request.data)
        return Response(told(context.build(query_of(asked), **room_of(asked)), asked["shape"]))


def query_of(asked: dict[str, Any]) -> Query:
    """All that is heard under a name that a Query has; lists as tuples."""
    heard = {field.name: asked[field.name] for field in fields(Query) if field.name in asked}
    heard = {name: tuple(value) if isinstance(value, list) else value for name, value in heard.items()}
    return Query(**heard | {"text": asked.get("query", ""), "scope": words.scope_of(asked)})


def room_of(asked: dict[str, Any]) -> dict[str, Any]:
    return {name: asked[name] for name in ("max_tokens", "shape", "include_session", "truncate", "per_session")}


def told(found: Context, shape: str) -> dict[str, Any]:
    """A context as JSON in its shape."""
    body = {"packet": _packet, "list": _list, "prompt": _prompt}[shape](found)
    counts = {name: getattr(found, name) for name in ("tokens", "budget", "dropped", "truncated")}
    asked = {"candidate_count": found.found.candidate_count, "took_ms": found.found.took_ms}
    return {"shape": shape} | body | counts | asked


def _packet(found: Context) -> dict[str, Any]:
    by_name = {name: [_item(piece) for piece in found.section(name)] for name in context.TITLES}
    sections = [{"name": name, "title": context.TITLES[name], "items": items} for name, items in by_name.items()]
    return {"sections": [section for section in sections if section["items"]]}


def _list(found: Context) -> dict[str, Any]:
    best = sorted(found.pieces, key=lambda piece: -2.0 if piece.score is None else -piece.score)
    return {"items": [_item(piece) for piece in best]}


def _prompt(found: Context) -> dict[str, Any]:
    counts = {name: len(found.section(name)) for name in context.TITLES}
    return {"prompt": found.prompt, "counts": {name: count for name, count in counts.items() if count}}


def _item(piece: Piece) -> dict[str, Any]:
    told = {
        name: getattr(piece.memory, name)
        for name in ("id", "kind", "role", "author", "source", "trust", "session_id", "event_time")
    }
    return told | {"content": piece.text, "score": piece.score, "tokens": piece.tokens, "cut": piece.cut}
