"""What one socket is told of the feed: news as they come, and what was lost on its way out of the feed itself."""

import asyncio
from collections import deque
from typing import TYPE_CHECKING

from api.sockets import handlers, memories
from api.sockets.frames import Fact, Refused
from api.sockets.recognise import TOUCHING
from events import feed
from tenants.channels import in_tenant

if TYPE_CHECKING:
    from api.sockets.consumer import FeedConsumer

CATCH_UP = 100  # facts read at a time
MOST_NEWS = 20  # messages of the relay that wait; whoever has more behind it reads the feed


class Telling:
    """`seq` is the last number that was told, or passed over. Who holds `turn` may move it."""

    def __init__(self, socket: "FeedConsumer") -> None:
        self.seq, self.turn = 0, asyncio.Lock()
        self._socket = socket
        self._news: deque[list[Fact]] = deque()
        self._waked, self._behind = asyncio.Event(), False

    def news(self, facts: list[Fact]) -> None:
        """New facts, in order."""
        if len(self._news) >= MOST_NEWS:
            self._news.clear()
            self._behind = True
        else:
            self._news.append(facts)
        self._waked.set()

    def look(self) -> None:
        """Something may have been missed: read the feed."""
        self._behind = True
        self._waked.set()

    async def go_back(self, since: int) -> None:
        """Tell again what came after a number. Raises Refused when the feed cannot go on from there."""
        async with self.turn:
            await self.begin_after(since)
        self.look()

    async def begin_after(self, since: int) -> None:
        """The same, for whoever has the turn and looks later."""
        speaker = self._socket.speaker
        try:
            await in_tenant(speaker, feed.check_since, speaker.tenant.id, since)
        except feed.OutOfFeed as out:
            where = f"The feed begins after {out.oldest_since} and ends with {out.last_seq}"
            raise Refused(4410, "resync_required", f"{where}: read everything anew.") from None
        self.seq = since

    async def run(self) -> None:
        """Tell news for ever. A gap between them means that one was lost: the feed has what is missing."""
        while True:
            await self._waked.wait()
            self._waked.clear()
            async with self.turn:
                while self._behind or self._news:
                    await self._next()

    async def _next(self) -> None:
        if self._behind:
            self._behind = False
            await self._catch_up()
            return
        facts = self._news.popleft()
        if facts[0].seq > self.seq + 1:
            await self._catch_up()
        await self._tell(facts)

    async def _catch_up(self) -> None:
        began = self.seq
        while await self._read_on():
            pass
        if self.seq > began:  # what this socket does not want to hear went by unread, and a search may mind it
            self._socket.searches.missed()

    async def _read_on(self) -> bool:
        """Tell a page of the feed; whether there is more."""
        socket, speaker = self._socket, self._socket.speaker
        wanted = socket.ears.narrowest(socket.service)
        if wanted is None:
            self.seq = max(self.seq, await in_tenant(speaker, feed.last_seq, speaker.tenant.id))
            return False
        page = await in_tenant(
            speaker, feed.page, speaker.tenant.id, self.seq, limit=CATCH_UP, wanted=wanted,
            namespaces=speaker.namespaces,
        )  # fmt: skip
        await self._tell([Fact(feed.as_json(event)) for event in page.events])
        self.seq = max(self.seq, page.next_since)
        return page.has_more

    async def _tell(self, facts: list[Fact]) -> None:
        socket, new = self._socket, [fact for fact in facts if fact.seq > self.seq]
        if any(fact.type in TOUCHING for fact in new):
            await socket.check(asyncio.get_running_loop().time())
        carried = await handlers.carried(socket, new)
        heard = [fact for fact in new if handlers.hears(socket, fact, carried)]
        beside = await memories.beside(socket, heard) if socket.ears.memory else {}
        for fact in heard:
            message = carried.get(fact.seq)
            await socket.say_fact(fact, beside.get(fact.seq, {}) | ({"message": message} if message else {}))
            self.seq = fact.seq
        self.seq = max([self.seq, *(fact.seq for fact in new)])
        socket.searches.notice(new)
