"""/api/v1/messages: what was said in conversations. A message is a memory of kind `message`."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from api.native import words
from api.native.base import StrictSerializer, TenantView, hear
from api.pagination import page_by_position
from memory.models import Memory
from memory.remember import remember
from memory.tiers import cold
from memory.types import Draft

ROLES = ("user", "assistant", "system", "tool")
MESSAGE_LIMIT = 100_000  # characters
MAX_DEPTH = 4  # the metadata object itself is the first level
MAX_ENTRIES = 50
SCOPE = ("namespace", "user_id", "agent_id", "session_id")
A_MESSAGE = OpenApiExample(
    "a message",
    {"content": "I would like fish.", "role": "user", "author": "Ada", "user_id": "ada", "session_id": "supper"},
    request_only=True,
)


class Entries(words.Metadata):
    """Metadata of a message: small and flat."""

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        found = super().to_internal_value(data)
        depth, entries = _measured(found)
        if depth > MAX_DEPTH:
            raise serializers.ValidationError(f"is nested deeper than {MAX_DEPTH}", code="max_depth")
        if entries > MAX_ENTRIES:
            raise serializers.ValidationError(f"has more than {MAX_ENTRIES} entries", code="max_length")
        return found


def _measured(data: Any) -> tuple[int, int]:
    """How deep JSON is nested, and how many keys and list items it has in all."""
    inside = list(data.values()) if isinstance(data, dict) else data if isinstance(data, list) else None
    if inside is None:
        return 0, 0
    measured = [_measured(item) for item in inside]
    return 1 + max((depth for depth, _ in measured), default=0), len(inside) + sum(count for _, count in measured)


class MessageDraft(StrictSerializer):
    """Something said in a conversation."""

    content = words.Content(max_length=MESSAGE_LIMIT)
    role = serializers.ChoiceField(ROLES)
    session_id = serializers.CharField(max_length=255, help_text="The conversation.")
    user_id = words.Name()
    agent_id = words.Name()
    namespace = words.Name(help_text="`default` when empty.")
    author = words.Name(help_text="Who said it.")
    event_time = words.Moment(required=False, help_text="When it was said; now, when you do not say.")
    metadata = Entries(required=False, help_text=f"{MAX_DEPTH} levels and {MAX_ENTRIES} entries at most.")
    importance_override = serializers.FloatField(
        min_value=0, max_value=1, required=False, allow_null=True, help_text="0 to 1; worked out when you do not say."
    )


class ConversationWords(StrictSerializer):
    """Which conversation, and in which order."""

    session_id = serializers.CharField(max_length=255)
    user_id = words.Name()
    agent_id = words.Name()
    namespace = words.Name()
    order = serializers.ChoiceField(["oldest", "newest"], default="oldest", help_text="What comes first.")
    cursor = words.Name(max_length=400, help_text="`next_cursor` of the page before.")
    limit = serializers.IntegerField(min_value=1, max_value=200, default=50)


class Messages(TenantView):
    @extend_schema(
        tags=["messages"], operation_id="say", summary="Store a message of a conversation",
        request=MessageDraft, responses={201: words.OutcomeList, 200: words.OutcomeList}, examples=[A_MESSAGE],
    )  # fmt: skip
    def post(self, request: Request) -> Response:
        heard = hear(MessageDraft, request.data)
        importance = heard.pop("importance_override", None)
        said = {name: value for name, value in heard.items() if name not in SCOPE}
        outcome = remember(
            Draft(scope=words.scope_of(heard), kind=Memory.Kind.MESSAGE, importance=importance, source="chat", **said)
        )
        return Response({"data": words.told_of([outcome])}, status=201 if outcome.status == "created" else 200)

    @extend_schema(
        tags=["messages"], operation_id="list_messages", summary="Read a conversation in order",
        parameters=[ConversationWords], responses=words.MemoryPage,
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        asked = hear(ConversationWords, request.query_params)
        rows = _messages().scoped(words.scope_of(asked)).exclude(position=None)
        found, rest = page_by_position(rows, asked.get("cursor", ""), asked["limit"], newest=asked["order"] == "newest")
        return Response({"data": words.MemoryWords(found, many=True).data, **rest})


class OneMessage(TenantView):
    @extend_schema(
        tags=["messages"], operation_id="get_message", summary="Read one message", responses=words.MemoryWords
    )
    def get(self, request: Request, memory_id: UUID) -> Response:
        found = _messages().filter(pk=memory_id).first()
        if found is None:
            raise NotFound
        return Response(words.MemoryWords(cold.told(found)).data)


def _messages() -> Any:
    return Memory.objects.live().light().filter(kind=Memory.Kind.MESSAGE)
