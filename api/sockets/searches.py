"""Searches over a socket: answered once, or again whenever the answer changes."""

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from api.native.base import hear
from api.native.words import MemoryWords, SearchWords, query_of
from api.problems import tell
from api.sockets.frames import Fact, Frame, Refused, bad
from api.sockets.memories import note_reading
from memory.errors import LibraryError
from memory.recall import look, recall
from memory.types import Hit, Query
from tenants import limits
from tenants.channels import in_public, in_tenant
from tenants.errors import LimitError
from tenants.resolve import Speaker

if TYPE_CHECKING:
    from api.sockets.consumer import FeedConsumer

MOST = 5  # live ones of a socket
DEBOUNCE = 0.5  # seconds in which changes are gathered
REST = 5.0  # seconds before one that was over its limit is tried again
PLACES = 3  # of a score; what is beyond them moves with the clock
CHANGING = ("memory.", "entity.", "session.deleted", "import.completed", "embedding.completed", "run.undone")
OWN = {"type", "id", "live", "query", "top_k"}
Answer = list[tuple[str, float]]
MEMORY = MemoryWords()


@dataclass
class Live:
    id: Any
    query: Query
    text: Any  # of the query, as it was asked
    answer: Answer | None = None  # that was told last
    stale: bool = False

    def minds(self, fact: Fact) -> bool:
        """Whether the fact could change the answer: facts name the user and the namespace that they are about."""
        data, scope = fact.json["data"], self.query.scope
        named = ((data.get("user_id"), scope.user_id), (data.get("namespace"), scope.namespace))
        return fact.type.startswith(CHANGING) and all(not told or not asked or told == asked for told, asked in named)


class Searches:
    """The searches of one socket. They run one at a time."""

    def __init__(self, socket: "FeedConsumer") -> None:
        self._socket = socket
        self._live: dict[Any, Live] = {}
        self._woken, self._turn = asyncio.Event(), asyncio.Lock()

    async def ask(self, message: Frame) -> None:
        """Answer a `search`; with `live` keep it. Raises Refused or LimitError."""
        id, live = _id_of(message), message.get("live", False)
        if not isinstance(live, bool):
            raise bad("`live` is true or false.")
        if live and id not in self._live and len(self._live) >= MOST:
            raise Refused(4400, "too_many_searches", f"At most {MOST} live searches of a socket.")
        speaker = self._socket.speaker
        if not speaker.may("memories.read"):
            raise Refused(4403, "not_allowed", "This credential may not read memories.")
        asked = Live(id, query_of(hear(SearchWords, _words_of(message))), message.get("query"))
        await in_public(limits.spend, speaker, "search")
        if live:
            self._live[id] = asked  # before it runs: what changes meanwhile makes it stale
        if not await self._run(asked) and live:
            self._live.pop(id, None)

    async def drop(self, message: Frame) -> None:
        id = _id_of(message)
        self._live.pop(id, None)
        await self._socket.say({"type": "unsearched", "id": id})

    def notice(self, facts: list[Fact]) -> None:
        self._stale([live for live in self._live.values() if any(live.minds(fact) for fact in facts)])

    def missed(self) -> None:
        """Facts went by unread, and any of them may have changed any answer."""
        self._stale(list(self._live.values()))

    def _stale(self, ones: list[Live]) -> None:
        for live in ones:
            live.stale = True
            self._woken.set()

    async def run(self) -> None:
        """Run stale ones again, for ever."""
        while True:
            await self._woken.wait()
            await asyncio.sleep(DEBOUNCE)
            self._woken.clear()
            for live in [one for one in self._live.values() if one.stale]:
                await self._again(live)

    async def _again(self, live: Live) -> None:
        try:
            await in_public(limits.spend, self._socket.speaker, "search")
        except LimitError:
            asyncio.get_running_loop().call_later(REST, self._woken.set)
            return
        if self._live.get(live.id) is live:
            await self._run(live)

    async def _run(self, asked: Live) -> bool:
        """Search, and tell what was found unless that was told already. False when it failed."""
        speaker, known = self._socket.speaker, asked.answer
        async with self._turn:
            asked.stale = False
            try:
                answer, results = await in_tenant(speaker, _found, speaker, asked.query, known)
            except LibraryError as error:
                await self._socket.say({"type": "search_failed", "id": asked.id, **_why(error)})
                return False
            dropped = known is not None and self._live.get(asked.id) is not asked
            if answer != known and not dropped:
                told = {"type": "search_results", "id": asked.id, "query": asked.text, "results": results}
                await self._socket.say(told)
            asked.answer = answer
        return True


def _found(speaker: Speaker, query: Query, again: Answer | None) -> tuple[Answer, list[Frame]]:
    hits = (recall if again is None else look)(query).hits
    answer = [(str(hit.memory.pk), round(hit.score, PLACES)) for hit in hits]
    if answer == again:
        return answer, []
    note_reading(speaker, "ws/search")
    return answer, [_told(hit) for hit in hits]


def _told(hit: Hit) -> Frame:
    return MEMORY.to_representation(hit.memory) | {"score": hit.score}


def _why(error: LibraryError) -> Frame:
    told = tell(error)
    return {"problem": told[1], "detail": told[2]} if told else {"problem": "not_valid", "detail": str(error)}


def _id_of(message: Frame) -> Any:
    """What the client calls a search; without a name, None."""
    id = message.get("id")
    if id is not None and (not isinstance(id, str | int) or len(str(id)) > 100):
        raise bad("`id` of a search is a short text or a number.")
    return id


def _words_of(message: Frame) -> Frame:
    """The words of the API's search; `top_k` says `limit` too."""
    words = {name: value for name, value in message.items() if name not in OWN}
    if message.get("query"):
        words["query"] = message["query"]
    return words | ({"limit": message["top_k"]} if "top_k" in message else {})
