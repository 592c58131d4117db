"""Writing and reading memories, at once or as a stream, and a turn of a conversation."""

import json
from collections.abc import AsyncGenerator
from dataclasses import replace
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.http import StreamingHttpResponse
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from api.dialects.base import Words
from api.dialects.cml.presenters import memories, reading
from api.dialects.cml.serializers import memories as words
from api.dialects.cml.views.base import CmlView
from memory.recall import recall
from memory.remember import remember, remember_many
from memory.turns import turn
from memory.types import Draft, Found, Query, Scope

EPISODE, MESSAGE = "episodic_event", "message"
RECALLED, RELEVANT = 10, 0.3  # memories that a turn asks for, and the score that they have at least
LEAST_TOKENS = 64  # that context.build takes


def draft_of(heard: dict[str, Any], scope: Scope, usual: str = EPISODE) -> Draft:
    """A memory to write; what nobody says a type of is an episode, as consolidation makes facts of those."""
    kind, source = memories.kind_of(heard.get("memory_type") or usual)
    turn_id = {"turn_id": heard["turn_id"]} if heard.get("turn_id") else {}
    return Draft(
        heard["content"],
        scope,
        kind=kind,
        source=source,
        tags=tuple(heard.get("context_tags", ())),
        metadata=heard.get("metadata", {}) | turn_id,
        event_time=heard.get("timestamp"),
    )


def query_of(heard: dict[str, Any], scope: Scope) -> Query:
    times = {"gte": heard.get("since"), "lte": heard.get("until")}
    when = {name: moment.isoformat() for name, moment in times.items() if moment}
    filters: dict[str, Any] = {"event_time": when} if when else {}
    if heard.get("memory_types"):
        filters |= memories.of_types(heard["memory_types"])
    return Query(
        heard["query"],
        scope,
        limit=heard["max_results"],
        filters=filters,
        tags=tuple(heard.get("context_filter", ())),
        timezone=heard.get("user_timezone", ""),
    )


class Write(CmlView):
    """Store a memory."""

    heard: type[Words] = words.WriteHeard
    told = {"POST": words.WriteTold}

    def post(self, request: Request, session_id: str = "") -> Response:
        heard = self.hear(request)
        session = session_id or heard.get("session_id", "")
        scope = self.scope(namespace=heard.get("namespace", ""), agent_id=heard.get("agent_id", ""), session_id=session)
        evaluated = request.headers.get("X-Eval-Mode", "").lower() in ("true", "1")
        return self.answer(reading.written(remember(draft_of(heard, scope)), evaluated=evaluated))


class WriteBatch(CmlView):
    """Store up to 500 turns of conversations."""

    heard = words.BatchHeard
    told = {"POST": words.BatchTold}

    def post(self, request: Request) -> Response:
        turns = self.hear(request)["turns"]
        drafts = [draft_of(one, self.scope(session_id=one.get("session_id", "")), MESSAGE) for one in turns]
        return self.answer(reading.written_many(remember_many(drafts)))


class Read(CmlView):
    """Find memories by meaning and by words."""

    operations = {"POST": "memories.read"}
    buckets = {"POST": "search"}
    heard = words.ReadHeard
    told = {"POST": words.ReadTold}

    def post(self, request: Request, session_id: str = "") -> Response:
        heard = self.hear(request)
        found = self.found(heard, session_id)
        return self.answer(reading.read(heard["query"], found, heard["format"], self.elapsed_ms()))

    def found(self, heard: dict[str, Any], session_id: str = "") -> Found:
        """In all namespaces unless one is named."""
        return recall(query_of(heard, self.scope(namespace=heard.get("namespace", ""), session_id=session_id)))


class ReadStream(Read):
    """The same as server-sent events: a `data:` line a memory, then `event: done`."""

    told: dict[str, Any] = {}

    def perform_content_negotiation(self, request: Request, force: bool = False) -> tuple[Any, str]:
        """Whatever is accepted: what is wrong is told as JSON, before the stream begins."""
        return JSONRenderer(), JSONRenderer.media_type

    def post(self, request: Request, session_id: str = "") -> Any:
        items = [memories.item(hit.memory, hit.score) for hit in self.found(self.hear(request)).hits]
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        return StreamingHttpResponse(_frames(items), content_type="text/event-stream", headers=headers)


async def _frames(items: list[dict[str, Any]]) -> AsyncGenerator[bytes]:
    for one in items:
        yield f"data: {json.dumps(one, cls=DjangoJSONEncoder, ensure_ascii=False)}\n\n".encode()
    yield f"event: done\ndata: {json.dumps({'total_count': len(items)})}\n\n".encode()


class Turn(CmlView):
    """Recall for what a user says, then remember it and the answer."""

    tells_content = True
    heard = words.TurnHeard
    told = {"POST": words.TurnTold}

    def post(self, request: Request) -> Response:
        heard = self.hear(request)
        scope = self.scope(session_id=heard.get("session_id", ""))
        when = heard.get("timestamp")
        message = Draft(heard["user_message"], scope, MESSAGE, role="user", source="turn", event_time=when)
        reply = heard.get("assistant_response")
        answer = replace(message, content=reply, role="assistant") if reply else None
        tokens = heard["max_context_tokens"]
        room = {"max_tokens": max(tokens, LEAST_TOKENS), "shape": "prompt", "truncate": True}
        query = Query(limit=RECALLED, min_score=RELEVANT, timezone=heard.get("user_timezone", ""))
        return self.answer(reading.turned(turn(message, answer, query, anywhere=True, **room), tokens))
