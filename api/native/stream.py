"""/api/v1/memories/stream: hits, or everything of a scope, as server-sent events.

The view runs as any other and answers with a problem document while nothing is sent. What streams afterwards runs in
the event loop: each piece is fetched in one sync hop that enters the tenant's schema, so nothing lives across a yield.
"""

import asyncio
import json
from collections.abc import AsyncGenerator, Awaitable
from typing import Any
from uuid import UUID

import structlog
from django.core.serializers.json import DjangoJSONEncoder
from django.http import StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request

from api import problems
from api.native import words
from api.native.base import StrictSerializer, TenantView, hear
from memory.recall import recall
from memory.types import Found, Query, Scope
from memory.walk import walk
from tenants.channels import in_tenant
from tenants.errors import Unauthenticated
from tenants.resolve import Speaker, still_speaks

log = structlog.get_logger(__name__)
BATCH = 50  # memories fetched at a time: of the longest contents 50 MiB
BEAT = 15.0  # seconds of silence until a comment says that somebody is here
HEARTBEAT = b": still here\n\n"
LAST = OpenApiParameter("Last-Event-ID", str, OpenApiParameter.HEADER, description="With `all`: go on after this id.")
EVENTS = {(200, "text/event-stream"): OpenApiTypes.STR}
HITS = OpenApiExample("hits", {"query": "tea", "user_id": "ada", "limit": 5}, request_only=True)
EVERYTHING = OpenApiExample("everything of a user", {"all": True, "user_id": "ada"}, request_only=True)


class EventStream(JSONRenderer):
    """Admits `Accept: text/event-stream`. What it renders is a problem, before the stream begins."""

    media_type = "text/event-stream"
    format = "events"


class StreamParameters(StrictSerializer):
    """A question, or `all`."""

    query = serializers.CharField(max_length=10_000, required=False)
    all = serializers.BooleanField(default=False, help_text="Everything of the scope, oldest first, without a query.")
    limit = serializers.IntegerField(min_value=1, max_value=200, default=10, help_text="Hits at most.")
    user_id = words.Name()
    agent_id = words.Name()
    session_id = words.Name()
    namespace = words.Name()

    def validate(self, told: dict[str, Any]) -> dict[str, Any]:
        if ("query" in told) == told["all"]:
            raise ValidationError({"query": "is needed, or `all`, and not both"})
        return told


class StreamWords(StreamParameters):
    filters = serializers.DictField(required=False, help_text="The filter language, see the docs.")


class Stream(TenantView):
    operations = {"POST": "memories.read"}
    buckets = {"GET": "search", "POST": "search"}
    renderer_classes = [EventStream]

    @extend_schema(
        tags=["memories"], operation_id="stream_memories", summary="Stream hits, or everything, as server-sent events",
        parameters=[StreamParameters, LAST], responses=EVENTS,
    )  # fmt: skip
    def get(self, request: Request) -> StreamingHttpResponse:
        return self._stream(request, hear(StreamParameters, request.query_params))

    @extend_schema(
        tags=["memories"], operation_id="stream_memories_filtered", summary="The same with filters",
        parameters=[LAST], request=StreamWords, responses=EVENTS, examples=[HITS, EVERYTHING],
    )  # fmt: skip
    def post(self, request: Request) -> StreamingHttpResponse:
        return self._stream(request, hear(StreamWords, request.data))

    def _stream(self, request: Request, asked: dict[str, Any]) -> StreamingHttpResponse:
        scope, given = words.scope_of(asked), asked.get("filters", {})
        if asked["all"]:
            frames = _everything(self.speaker, scope, given, _fetch(scope, given, _last_event(request)))
        else:
            frames = _hits(recall(Query(asked["query"], scope, asked["limit"], given)))
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        return StreamingHttpResponse(_guarded(request, frames), content_type="text/event-stream", headers=headers)


def _last_event(request: Request) -> UUID | None:
    told = request.headers.get("Last-Event-ID", "")
    try:
        return UUID(told) if told else None
    except ValueError:
        raise ValidationError({"Last-Event-ID": "is not the id of an event of this stream"}) from None


def frame(event: str, data: Any, id: str = "") -> bytes:
    """One server-sent event; JSON has no line breaks outside its escapes."""
    named = f"id: {id}\n" if id else ""
    return f"event: {event}\n{named}data: {json.dumps(data, cls=DjangoJSONEncoder, ensure_ascii=False)}\n\n".encode()


async def _hits(found: Found) -> AsyncGenerator[bytes]:
    for hit in found.hits:
        yield frame("hit", dict(words.MemoryWords(hit.memory).data) | {"score": hit.score}, str(hit.memory.pk))
    counts = {"count": len(found.hits), "candidate_count": found.candidate_count, "took_ms": found.took_ms}
    yield frame("end", counts)


Told = list[tuple[str, dict[str, Any]]]


async def _everything(speaker: Speaker, scope: Scope, given: dict[str, Any], batch: Told) -> AsyncGenerator[bytes]:
    """From a first batch to the end, a batch at a time; the last id is all that is remembered between them."""
    count = 0
    while batch:
        for key, told in batch:
            yield frame("memory", told, key)
        count += len(batch)
        if len(batch) < BATCH:
            break
        fetching = asyncio.ensure_future(in_tenant(speaker, _fetch_on, speaker, scope, given, UUID(batch[-1][0])))
        async for beat in beats(fetching):
            yield beat
        batch = fetching.result()
    yield frame("end", {"count": count})


def _fetch_on(speaker: Speaker, scope: Scope, given: dict[str, Any], after: UUID) -> Told:
    if not still_speaks(speaker, "memories.read"):
        raise Unauthenticated
    return _fetch(scope, given, after)


def _fetch(scope: Scope, given: dict[str, Any], after: UUID | None) -> Told:
    return [(told["id"], dict(told)) for told in words.MemoryWords(walk(scope, given, after, BATCH), many=True).data]


async def beats(work: Awaitable[Any], every: float = BEAT) -> AsyncGenerator[bytes]:
    """Heartbeats until the work is done. It is given up when nobody listens any more."""
    task = asyncio.ensure_future(work)
    try:
        while not (await asyncio.wait({task}, timeout=every))[0]:
            yield HEARTBEAT
    finally:
        task.cancel()


async def _guarded(request: Request, frames: AsyncGenerator[bytes]) -> AsyncGenerator[bytes]:
    """The frames; what goes wrong after the first of them is told as an event, and ends the stream."""
    try:
        async for told in frames:
            yield told
    except Exception as error:
        yield frame("error", _problem(request, error))
    finally:
        await frames.aclose()


def _problem(request: Request, error: Exception) -> Any:
    known = problems.handle(error, {"request": request})
    if known is not None:
        return known.data
    log.exception("a stream broke", exc_info=error)
    return problems.problem(request, 500, "server_error", "Something went wrong here; come back with the last id.")
