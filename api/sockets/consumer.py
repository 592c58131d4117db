"""One open socket: what is told on it, one after the other, and why it ends."""

import asyncio
import random
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any

import structlog
from django.conf import settings
from django.db import DatabaseError

from api.gate import read_json
from api.sockets import door, handlers, memories, rooms, services
from api.sockets.frames import NOBODY, Fact, Frame, Refused, bad, encode, since_of
from api.sockets.hearing import Ears
from api.sockets.outbox import SLOW, Outbox
from api.sockets.pace import Pace
from api.sockets.reasons import Gone, why_closed
from api.sockets.recognise import TOUCHING, recognised, why_not
from api.sockets.searches import Searches
from events import feed
from tenants import limits, seats
from tenants.channels import in_public, in_tenant
from tenants.resolve import Speaker

log = structlog.get_logger(__name__)
AUTH_WITHIN = 5.0  # seconds
CATCH_UP = 100  # facts read at a time
HEARTBEAT = 30.0  # seconds
CHECKED_EVERY = 2.5  # seconds after which an open socket's credential is looked at again
LOOK_IS_GOOD = 1.0  # seconds for which the look of another socket of the same credential will do
MOST_NEWS = 20  # messages of the relay that wait; whoever has more behind it reads the feed
FLUSHED_WITHIN, CLOSED_WITHIN = 1.0, 10.0  # seconds for what waits, and for the farewell
COME_BACK = Refused(1012, "come_back", "This socket is old; connect again, with `since`.")


class FeedConsumer:
    """What handlers and `sync` see of it: `speaker`, `service`, `capabilities`, `ears`, `say`, `go_back`."""

    speaker: Speaker
    seat: seats.Seat

    def __init__(self, scope: dict[str, Any], receive: Callable[[], Awaitable[Any]], send: Any) -> None:
        self.handshake, self._receive, self._send = door.read(scope), receive, send
        self.recognised = False
        self.service = ""  # what it identified itself as
        self.capabilities: tuple[str, ...] = ()
        self.ears = Ears()
        self.seq = 0  # the last number that was told, or passed over
        self.searches = Searches(self)
        self._outbox, self._pace = Outbox(), Pace()
        self._news: deque[list[Fact]] = deque()
        self._waked, self._behind, self._telling = asyncio.Event(), False, asyncio.Lock()

    # --- its life
    async def serve(self) -> None:
        await self._receive()  # websocket.connect
        await self._send({"type": "websocket.accept", "subprotocol": self.handshake.subprotocol})
        works = [self._listen(), self._outbox.write(self._write), self._tell(), self._watch(), self.searches.run()]
        tasks = [asyncio.ensure_future(work) for work in works]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            if refused := why_closed(next(iter(done)).exception()):
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
        since = self._outbox.before(self.seq) if self.recognised else None
        try:
            async with asyncio.timeout(CLOSED_WITHIN):
                await self._write(refused.frame(since))
                await self._send({"type": "websocket.close", "code": refused.code})
        except (TimeoutError, OSError):
            log.info("a socket was cut off", code=refused.code)

    async def _leave(self) -> None:
        if self.recognised:
            await rooms.leave(self.speaker.tenant.id, self)
            await in_public(seats.give_back, self.seat)
            await services.left(self)

    # --- what the other side says
    async def _listen(self) -> None:
        if self.handshake.refused:
            raise self.handshake.refused
        await self._recognise()
        while True:
            message = await self._hear()
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
        async with self._telling:  # what is news already waits until it is known where to begin
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
        self.seq = last
        if since is not None:
            await self._begin_after(since)
        await self.say({"type": "ready", "tenant": speaker.tenant.slug, "seq": last})

    # --- what it is told
    async def say(self, frame: Frame) -> None:
        await self._outbox.put(encode(frame))

    async def _write(self, text: str) -> None:
        await self._send({"type": "websocket.send", "text": text})

    def news(self, facts: list[Fact]) -> None:
        if len(self._news) >= MOST_NEWS:
            self._news.clear()
            self._behind = True
        else:
            self._news.append(facts)
        self._waked.set()

    def look(self) -> None:
        self._behind = True
        self._waked.set()

    async def go_back(self, since: int) -> None:
        """Tell again what came after a number. Raises Refused when the feed cannot go on from there."""
        async with self._telling:
            await self._begin_after(since)
        self.look()

    async def _begin_after(self, since: int) -> None:
        try:
            await in_tenant(self.speaker, feed.check_since, self.speaker.tenant.id, since)
        except feed.OutOfFeed as out:
            where = f"The feed begins after {out.oldest_since} and ends with {out.last_seq}"
            raise Refused(4410, "resync_required", f"{where}: read everything anew.") from None
        self.seq = since

    async def _tell(self) -> None:
        """News as they come. A gap means that one was lost: the feed has what is missing."""
        while True:
            await self._waked.wait()
            self._waked.clear()
            async with self._telling:
                while self._behind or self._news:
                    await self._tell_next()

    async def _tell_next(self) -> None:
        if self._behind:
            self._behind = False
            await self._catch_up()
            return
        facts = self._news.popleft()
        if facts[0].seq > self.seq + 1:
            await self._catch_up()
        await self._tell_these(facts)

    async def _catch_up(self) -> None:
        tenant_id, more = self.speaker.tenant.id, True
        while more:
            wanted = self.ears.narrowest(self.service)
            if wanted is None:
                self.seq = max(self.seq, await in_tenant(self.speaker, feed.last_seq, tenant_id))
                return
            bound = self.speaker.namespaces
            page = await in_tenant(
                self.speaker, feed.page, tenant_id, self.seq, limit=CATCH_UP, wanted=wanted, namespaces=bound
            )
            await self._tell_these([Fact(feed.as_json(event)) for event in page.events])
            self.seq, more = max(self.seq, page.next_since), page.has_more

    async def _tell_these(self, facts: list[Fact]) -> None:
        new = [fact for fact in facts if fact.seq > self.seq]
        if any(fact.type in TOUCHING for fact in new):
            await self._check(asyncio.get_running_loop().time())
        carried = await handlers.carried(self, new)
        heard = [fact for fact in new if handlers.hears(self, fact, carried)]
        beside = await memories.beside(self, heard) if self.ears.memory else {}
        for fact in heard:
            message = carried.get(fact.seq)
            more = beside.get(fact.seq, {}) | ({"message": message} if message else {})
            await self._outbox.put(fact.frame(more), fact.seq)
            self.seq = fact.seq
        self.seq = max([self.seq, *(fact.seq for fact in new)])
        self.searches.notice(new)

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
                await self.say({"type": "heartbeat", "seq": self._outbox.before(self.seq)})
            if self.recognised:
                await self._check(now - LOOK_IS_GOOD)

    async def _check(self, since: float) -> None:
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


async def serve(scope: dict[str, Any], receive: Callable[[], Awaitable[Any]], send: Any) -> None:
    """The ASGI application of /ws."""
    if not door.may_come_from(scope):
        await receive()
        await send({"type": "websocket.close", "code": 4403})  # before it is accepted: HTTP 403
        return
    await FeedConsumer(scope, receive, send).serve()


async def nowhere(scope: dict[str, Any], receive: Callable[[], Awaitable[Any]], send: Any) -> None:
    """Any other path: refused before it is accepted, which is HTTP 403."""
    await receive()
    await send({"type": "websocket.close", "code": 4403})
