"""/api/v1/sessions: conversations, their state and what was said in them."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from api.native.base import StrictSerializer, TenantView, hear
from api.native.words import MemoryPage, MemoryWords, Metadata, Name, scope_of
from api.pagination import page, page_by_position
from memory import sessions
from memory.models import Session
from memory.types import SessionDraft

YEAR = 366 * 86_400
A_DAY = OpenApiExample(
    "a day's conversation",
    {"session_id": "chat-17", "user_id": "ada", "title": "Planning the trip", "ttl_seconds": 86_400},
    request_only=True,
)


class Reopening(StrictSerializer):
    ttl_seconds = serializers.IntegerField(
        min_value=1, max_value=YEAR, required=False, allow_null=True, help_text="Until it is closed, when absent."
    )


class SessionChange(StrictSerializer):
    """What can be changed of a session."""

    title = Name()
    agent_id = Name()
    metadata = Metadata(required=False, help_text="Merged into what is there.")


class SessionOpening(SessionChange, Reopening):
    """A session to open."""

    session_id = Name(help_text="Your own name for it; a new one is made when it is empty.")
    user_id = Name()
    namespace = Name(help_text="`default` when empty.")
    ephemeral = serializers.BooleanField(default=False, help_text="Its memories expire with it.")


class SessionWords(serializers.ModelSerializer):
    """A session."""

    state = serializers.SerializerMethodField(help_text="`open`, or `closed`, also when its time is over.")
    memories = serializers.IntegerField(read_only=True, help_text="Live memories said in it.")

    class Meta:
        model = Session
        fields = [
            "id", "session_id", "namespace", "user_id", "agent_id", "title", "metadata", "state", "ephemeral",
            "expires_at", "created_at", "updated_at", "closed_at", "memories",
        ]  # fmt: skip
        read_only_fields = fields

    def get_state(self, session: Session) -> str:
        return sessions.state_of(session)


class SessionPage(serializers.Serializer):
    data = SessionWords(many=True)  # type: ignore[assignment]  # a field, not the property
    next_cursor = serializers.CharField(allow_null=True)
    has_more = serializers.BooleanField()


class SessionListWords(StrictSerializer):
    user_id = Name()
    agent_id = Name()
    namespace = Name()
    session_id = Name()
    state = serializers.ChoiceField(Session.State.choices, required=False)
    cursor = Name(help_text="`next_cursor` of the page before.")
    limit = serializers.IntegerField(min_value=1, max_value=200, default=50)


class ContextWords(StrictSerializer):
    order = serializers.ChoiceField(("oldest", "newest"), default="oldest")
    cursor = Name(help_text="`next_cursor` of the page before.")
    limit = serializers.IntegerField(min_value=1, max_value=200, default=50)


class Counts(serializers.Serializer):
    memories = serializers.IntegerField()
    roles = serializers.DictField(child=serializers.IntegerField())
    kinds = serializers.DictField(child=serializers.IntegerField())
    first_at = serializers.DateTimeField(allow_null=True)
    last_at = serializers.DateTimeField(allow_null=True)


class SessionContext(MemoryPage):
    counts = Counts()


class Deleted(serializers.Serializer):
    deleted_memories = serializers.IntegerField()


class Sessions(TenantView):
    operations = {"POST": "sessions.write", "GET": "sessions.read"}

    @extend_schema(
        tags=["sessions"], operation_id="open_session", summary="Open a session",
        description="One that is there under this name is answered as it is, with 200.",
        request=SessionOpening, responses={201: SessionWords, 200: SessionWords}, examples=[A_DAY],
    )  # fmt: skip
    def post(self, request: Request) -> Response:
        heard = hear(SessionOpening, request.data)
        draft = SessionDraft(
            scope_of(heard), heard.get("title", ""), heard.get("metadata", {}), _ttl(heard), heard["ephemeral"]
        )
        session, created = sessions.open_session(draft)
        return _told(session, status=201 if created else 200)

    @extend_schema(
        tags=["sessions"], operation_id="list_sessions", summary="List sessions, newest first",
        parameters=[SessionListWords], responses=SessionPage,
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        asked = hear(SessionListWords, request.query_params)
        rows = sessions.listed(scope_of(asked), asked.get("state", ""))
        found, rest = page(rows, asked.get("cursor", ""), asked["limit"])
        return Response({"data": SessionWords(found, many=True).data, **rest})


class OneSession(TenantView):
    operations = {"GET": "sessions.read", "PATCH": "sessions.write", "DELETE": "sessions.write"}

    @extend_schema(tags=["sessions"], operation_id="get_session", summary="Read one session", responses=SessionWords)
    def get(self, request: Request, session_key: UUID) -> Response:
        return _told(sessions.read(session_key))

    @extend_schema(
        tags=["sessions"], operation_id="revise_session", summary="Change title, agent or metadata of a session",
        request=SessionChange, responses=SessionWords,
    )  # fmt: skip
    def patch(self, request: Request, session_key: UUID) -> Response:
        return _told(sessions.revise_session(session_key, hear(SessionChange, request.data, partial=True)))

    @extend_schema(
        tags=["sessions"], operation_id="delete_session", summary="Delete a session and its memories",
        description="The memories can be restored until the undo window ends.", responses=Deleted,
    )  # fmt: skip
    def delete(self, request: Request, session_key: UUID) -> Response:
        count = sessions.delete(session_key)
        if count is None:
            raise NotFound
        return Response({"deleted_memories": count})


class CloseSession(TenantView):
    operations = {"POST": "sessions.write"}

    @extend_schema(
        tags=["sessions"], operation_id="close_session", summary="Close a session", request=None,
        description="Nothing more can be said in it. The memories of an ephemeral one expire.", responses=SessionWords,
    )  # fmt: skip
    def post(self, request: Request, session_key: UUID) -> Response:
        return _told(sessions.close(session_key))


class ReopenSession(TenantView):
    operations = {"POST": "sessions.write"}

    @extend_schema(
        tags=["sessions"], operation_id="reopen_session", summary="Open a closed session again",
        request=Reopening, responses=SessionWords,
    )  # fmt: skip
    def post(self, request: Request, session_key: UUID) -> Response:
        return _told(sessions.reopen(session_key, _ttl(hear(Reopening, request.data))))


class SessionMemories(TenantView):
    @extend_schema(
        tags=["sessions"], operation_id="session_context", summary="What was said in a session, in order",
        parameters=[ContextWords], responses=SessionContext,
    )  # fmt: skip
    def get(self, request: Request, session_key: UUID) -> Response:
        asked = hear(ContextWords, request.query_params)
        session = Session.objects.filter(pk=session_key).first()
        if session is None:
            raise NotFound
        rows = sessions.said_in(session).light()
        newest = asked["order"] == "newest"
        found, rest = page_by_position(rows, asked.get("cursor", ""), asked["limit"], newest=newest)
        told = {"data": MemoryWords(found, many=True).data, **rest}
        return Response(told | {"counts": sessions.counts(session)})


def _ttl(heard: dict[str, Any]) -> timedelta | None:
    seconds = heard.get("ttl_seconds")
    return timedelta(seconds=seconds) if seconds else None


def _told(session: Session | None, status: int = 200) -> Response:
    """The session with its count, which a row that was just changed does not carry."""
    if session is None:
        raise NotFound
    if not hasattr(session, "memories"):
        session.memories = sessions.said_in(session).count()
    return Response(SessionWords(session).data, status=status)
