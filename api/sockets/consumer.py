"""One open socket: what is told on it, one after the other, and why it ends."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import Any

import structlog
from django.conf import settings
from django.db import DatabaseError

from api.gate import read_json
from api.sockets import door, events, handlers, rooms, services
from api.sockets.endings import Gone, why
from api.sockets.frames import NOBODY, Fact, Frame, Refused, bad, encode, since_of
from api.sockets.hearing import Ears
from api.sockets.outbox import SLOW, Outbox
from api.sockets.pace import Pace
from api.sockets.recognise import recognised, why_not
from api.sockets.searches import Searches
from api.sockets.telling import Telling
from events import feed
from tenants import limits, seats
from tenants.channels import in_public, in_tenant
from tenants.resolve import Speaker

log = structlog.get_logger(__name__)
AUTH_WITHIN = 5.0  # seconds
HEARTBEAT = 30.0  # seconds
CHECKED_EVERY = 2.5  # seconds after which an open socket's credential is looked at again
LOOK_IS_GOOD = 1.0  # seconds for which the look of another socket of the same credential will do
FLUSHED_WITHIN, CLOSED_WITHIN = 1.0, 10.0  # seconds for what waits, and for the farewell
COME_BACK = Refused(1012, "come_back", "This socket is old; connect again, with `since`.")


class FeedConsumer:
    """What handlers and `sync` see of it: `speaker`, `service`, `capabilities`, `ears`, `telling`, `say`."""

    speaker: Speaker
    seat: seats.Seat
    in_events = False  # it is told everything in the words of api.sockets.events

    def __init__(self, scope: dict[str, Any], receive: Callable[[], Awaitable[Any]], send: Any) -> None:
        self.handshake, self._receive, self._send = door.read(scope), receive, send
        self.recognised = False
        self.service = ""  # what it identified itself as
        self.capabilities: tuple[str, ...] = ()
        self.ears = Ears()
        self.searches, self.telling = Searches(self), Telling(self)
        self._outbox, self._pace = Outbox(), Pace()

    # --- its life
    async def serve(self) -> None:
        await self._receive()  # websocket.connect
        await self._send({"type": "websocket.accept", "subprotocol": self.handshake.subprotocol})
        outbox, telling, searches = self._outbox.write(self._write), self.telling.run(), self.searches.run()
        tasks = [asyncio.ensure_future(work) for work in (self._listen(), outbox, telling, self._watch(), searches)]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            if refused := why(next(iter(done)).exception()):
                await self._refuse(refused)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await self._leave()

    async def _refuse(self, refused: Refused) -> None:
        """Say why, and close; a peer that reads nothing is not waited for."""
        if refused is not SLOW:
            await self._outbox.emptied(FLUSHED_WITHIN)
        since = self._outbox.before(self.telling.seq) if self.recognised else None
        try:
            async with asyncio.timeout(CLOSED_WITHIN):
                await self._write(refused.frame(since))
                await self._send({"type": "websocket.close", "code": refused.code})
        except (TimeoutError, OSError):
            log.info("a socket was cut off", code=refused.code)

    async def _leave(self) -> None:
        """Each of these, also where another one fails."""
        if not self.recognised:
            return
        steps = (rooms.leave(self.speaker.tenant.id, self), in_public(seats.give_back, self.seat), services.left(self))
        for failed in await asyncio.gather(*steps, return_exceptions=True):
            if isinstance(failed, Exception):
                log.error("a socket left something behind", exc_info=failed)

    # --- what the other side says
    async def _listen(self) -> None:
        if self.handshake.refused:
            raise self.handshake.refused
        await self._recognise()
        while True:
            message = events.heard(await self._hear())
            self._pace.step()
            await in_public(limits.spend, self.speaker, "read")
            handler = handlers.HANDLERS.get(_type(message))
            if handler is None:
                raise bad(f"Messages are auth (once, first), {', '.join(handlers.HANDLERS)}.")
            await handler(self, message)

    async def _hear(self) -> Any:
        event = await self._receive()
        if event["type"] == "websocket.disconnect":
            raise Gone
        text = event.get("text")
        return read_json(event.get("bytes") or (text or "").encode("utf-8", "surrogatepass"))

    async def _recognise(self) -> None:
        first: Any = self.handshake.auth or await self._first()
        if _type(first) not in ("auth", "identify"):
            raise Refused(4401, NOBODY, "The first message must be auth, or identify with a token or ticket.")
        speaker, since = await recognised(self.handshake, first), since_of(first)
        async with self.telling.turn:  # what is news already waits until it is known where to begin
            await self._enter(speaker, since)
            if _type(first) == "identify":
                await handlers.HANDLERS["identify"](self, first)
        self.look()

    async def _first(self) -> Any:
        try:
            return await asyncio.wait_for(self._hear(), AUTH_WITHIN)
        except TimeoutError:
            raise Refused(4401, NOBODY, "No auth message came in time.") from None

    async def _enter(self, speaker: Speaker, since: int | None) -> None:
        self.seat = await in_public(seats.take, speaker)
        self.speaker, self.recognised = speaker, True
        self.ears = Ears(bound=speaker.namespaces)
        rooms.enter(speaker.tenant.id, self)
        last = await in_tenant(speaker, feed.last_seq, speaker.tenant.id)
        self.telling.seq = last
        if since is not None:
            await self.telling.begin_after(since)
        await self.say({"type": "ready", "tenant": speaker.tenant.slug, "seq": last})

    # --- what it is told
    async def say(self, frame: Frame) -> None:
        await self._outbox.put(encode(events.told(frame) if self.in_events else frame))

    async def say_fact(self, fact: Fact, more: Frame) -> None:
        """Tell a fact, with what goes beside it to this socket alone."""
        if self.in_events:
            told = encode(events.told({"type": "sync", "seq": fact.seq, "event": fact.json, **more}))
        else:
            told = fact.frame(more)
        await self._outbox.put(told, fact.seq)

    async def _write(self, text: str) -> None:
        await self._send({"type": "websocket.send", "text": text})

    def news(self, facts: list[Fact]) -> None:
        self.telling.news(facts)

    def look(self) -> None:
        self.telling.look()

    # --- what the clock says
    async def _watch(self) -> None:
        loop = asyncio.get_running_loop()
        ends = loop.time() + settings.SOCKET_SECONDS * random.uniform(1.0, 11 / 6)  # noqa: S311  spread, not secret
        beats = loop.time() + HEARTBEAT
        while True:
            await asyncio.sleep(min(CHECKED_EVERY, max(ends - loop.time(), 0)))
            now = loop.time()
            if now >= ends:
                raise COME_BACK
            if self.recognised and now >= beats:
                beats = now + HEARTBEAT
                await self.say({"type": "heartbeat", "seq": self._outbox.before(self.telling.seq)})
            if self.recognised:
                await self.check(now - LOOK_IS_GOOD)

    async def check(self, since: float) -> None:
        """Raises Refused when the credential is not good any more, by a look that began after `since`."""
        try:
            refused = await why_not(self.speaker, since)
        except DatabaseError:
            return  # the next look tells
        if refused:
            raise refused


def _type(message: Any) -> str:
    kind = message.get("type") if isinstance(message, dict) else None
    return kind if isinstance(kind, str) else ""


class EventConsumer(FeedConsumer):
    """The same for a service that knows synchronisation events alone."""

    in_events = True


async def serve(scope: dict[str, Any], receive: Callable[[], Awaitable[Any]], send: Any) -> None:
    """The ASGI application of /ws."""
    await _serve(FeedConsumer, scope, receive, send)


async def serve_events(scope: dict[str, Any], receive: Callable[[], Awaitable[Any]], send: Any) -> None:
    """That of a socket which speaks in synchronisation events."""
    await _serve(EventConsumer, scope, receive, send)


async def _serve(
    consumer: type[FeedConsumer], scope: dict[str, Any], receive: Callable[[], Awaitable[Any]], send: Any
) -> None:
    if not door.may_come_from(scope):
        await receive()
        await send({"type": "websocket.close", "code": 4403})  # before it is accepted: HTTP 403
        return
    await consumer(scope, receive, send).serve()


async def nowhere(scope: dict[str, Any], receive: Callable[[], Awaitable[Any]], send: Any) -> None:
    """Any other path: refused before it is accepted, which is HTTP 403."""
    await receive()
    await send({"type": "websocket.close", "code": 4403})
