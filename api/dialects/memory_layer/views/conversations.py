"""Conversations, and numbers about them: sessions and counts of the house."""

from datetime import timedelta
from typing import Any

from django.utils import timezone
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from analytics import counts, spans
from api.dialects.memory_layer.presenters import answers
from api.dialects.memory_layer.serializers import conversations as serializers
from api.dialects.memory_layer.views.base import MemoryLayerView
from api.pagination import page, page_by_position
from memory import sessions, stats
from memory.listing import Narrowing
from memory.models import Session
from memory.tiers import cold
from memory.types import Scope


class Conversations(MemoryLayerView):
    """Conversations, the newest first."""

    asked = serializers.ConversationsAsked
    told = {"GET": serializers.ConversationsTold}
    operations = {"GET": "sessions.read"}

    def get(self, request: Request) -> Response:
        asked = self.ask(request)
        found, rest = page(sessions.listed(Scope()), asked["cursor"], asked["limit"])
        told = [answers.conversation(session) for session in found]
        return self.answer({"items": told, "next_cursor": rest["next_cursor"]})


class Conversation(MemoryLayerView):
    """One conversation with its messages in order; of several of that name the newest, first those of no user."""

    asked = serializers.ConversationsAsked
    told = {"GET": serializers.WholeConversationTold, "DELETE": serializers.DeletedTold}
    operations = {"GET": "sessions.read", "DELETE": "sessions.write"}

    def get(self, request: Request, conversation_id: str) -> Response:
        asked, session = self.ask(request), _named(conversation_id)
        rows = sessions.said_in(session).light().exclude(position=None)
        found, rest = page_by_position(rows, asked["cursor"], asked["limit"], newest=False)
        cold.fill(found)
        messages = [answers.message(memory, self.tenant) for memory in found]
        told: dict[str, Any] = answers.conversation(session) | {"messages": messages}
        return self.answer(told | {"next_cursor": rest["next_cursor"]})

    def delete(self, request: Request, conversation_id: str) -> Response:
        return self.answer({"deleted": sessions.delete(_named(conversation_id).pk) or 0})


def _named(conversation_id: str) -> Session:
    """Messages said here are of no user: a user's session that another dialect called the same comes after."""
    found = sessions.listed(Scope(session_id=conversation_id)).order_by("-id")
    session = found.filter(user_id="").first() or found.first()
    if session is None:
        raise NotFound
    return session


class Overview(MemoryLayerView):
    """How much there is, and what was asked in the last days."""

    asked = serializers.DaysAsked
    told = {"GET": serializers.OverviewTold}
    operations = {"GET": "analytics.read"}

    def get(self, request: Request) -> Response:
        days = self.ask(request)["days"]
        told, (groups, _) = stats.overview(), stats.grouped(["role"], Narrowing())
        span = spans.lately(timedelta(days=days), timezone.now())
        searches = counts.together(counts.series("searches", span, step=""), span.end)
        return self.answer(
            {
                "tenant_id": self.tenant,
                "days": days,
                "messages": told.live,
                "conversations": told.sessions,
                "embeddings_pending": told.waiting,
                "by_role": {group["group"]["role"] or "none": group["count"] for group in groups},
                "stored_per_day": [
                    {"day": f"{day:%Y-%m-%d}", "count": count} for day, count in stats.growth(days=days)
                ],
                "searches": searches.n,
                "search_latency_ms": searches.mean,
            }
        )
