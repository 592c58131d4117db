"""The assembly of a context: what an agent should know, within a budget of tokens."""

from datetime import timedelta
from typing import Any

from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from api.dialects.hippocampai.presenters import context as present
from api.dialects.hippocampai.serializers import context as words
from api.dialects.hippocampai.serializers import types
from api.dialects.hippocampai.views.base import HippocampView
from memory import context
from memory.context import Context
from memory.models import Memory
from memory.types import Query, Scope

ROOM = 32_000  # tokens at most


def query_of(said: dict[str, Any]) -> Query:
    """Names to focus on are asked for with the question; a bias twice the usual one doubles what recency weighs.

    A session narrows, as it does where one recalls.
    """
    return Query(
        " ".join([said["query"], *said.get("entity_focus", ())]),
        Scope(user_id=said["user_id"], session_id=said.get("session_id", "")),
        said["max_items"],
        filters_of(said),
        min_score=said["min_relevance"],
        weights={"recency": said["recency_bias"] / words.USUAL_BIAS},
    )


def filters_of(said: dict[str, Any]) -> dict[str, Any]:
    told: list[dict[str, Any]] = []
    if session_id := said.get("session_id"):
        told.append({"session_id": {"eq": session_id}})
    if said.get("type_filter"):
        kinds = [kind for word in said["type_filter"] for kind in types.kinds_of(word)]
        told.append({"kind": {"in": kinds or ["none"]}})
    if not said["allow_summaries"]:
        told.append({"NOT": {"kind": Memory.Kind.SUMMARY.value}})
    if days := said.get("time_range_days"):
        told.append({"event_time": {"gte": (timezone.now() - timedelta(days=days)).isoformat()}})
    return {"AND": told} if told else {}


class Assembling(HippocampView):
    operations = {"POST": "memories.read"}
    buckets = {"POST": "search"}
    heard = words.Assemble

    def heard_of(self, request: Request) -> dict[str, Any]:
        """What is asked for, as far as there is room."""
        said = self.hear(request)
        return said | {"token_budget": min(said["token_budget"], ROOM)}

    def found(self, said: dict[str, Any]) -> Context:
        return context.build(query_of(said), said["token_budget"], "prompt")


class Assemble(Assembling):
    """What an agent should know, with what was chosen and what was left out."""

    told = {"POST": words.PackTold}

    def post(self, request: Request) -> Response:
        said = self.heard_of(request)
        return self.answer(present.pack(self.found(said), said))


class AssembleText(Assembling):
    """The text alone."""

    told = {"POST": words.TextTold}

    def post(self, request: Request) -> Response:
        said = self.heard_of(request)
        return self.answer(present.text(self.found(said), said))
