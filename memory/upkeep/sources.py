"""What a new memory takes over from those that it is made of: how a writer is told of them, and what is said of it."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Any, TypeVar

from django.db.models import Count, Q

from memory.algorithms import clustering
from memory.algorithms.summarizing import Told
from memory.llm import Written
from memory.models import Memory
from memory.models.memory import MemoryQuerySet
from memory.tiers import cold
from memory.upkeep.plan import Change, Link, Reach, Touch

Part = TypeVar("Part")
TRUST = [Memory.Trust.UNTRUSTED, Memory.Trust.UNVERIFIED, Memory.Trust.TRUSTED]  # the least first
SPEAKERS = {"user": "The user", "assistant": "The assistant", "system": "The system", "tool": "A tool"}
NAMED = 20  # people and tags that are taken over
COLUMNS = (
    "content", "kind", "role", "author", "user_id", "agent_id", "session_id", "namespace", "tags", "people", "topic",
    "language", "trust", "metadata", "confidence", "importance", "event_time", "version", "tier", "cold_key",
)  # fmt: skip


def lasting(rows: MemoryQuerySet) -> MemoryQuerySet:
    """Without what expires: it would live on in what is made of it."""
    return rows.filter(expires_at=None)


def readable(memories: Sequence[Memory]) -> list[Memory]:
    """Those whose content can be had, with it: that of cold ones is fetched."""
    unread = cold.fill(memories)
    return [memory for memory in memories if memory.pk not in unread and memory.content.strip()]


def left(reach: Reach, source: str) -> MemoryQuerySet:
    """What `source` made, with how many memories that are not deleted it is derived from in `left`."""
    derived = Q(outgoing__type="derived_from") & ~Q(outgoing__target__state=Memory.State.DELETED)
    return reach.rows().movable().filter(source=source).annotate(left=Count("outgoing", filter=derived))


def withdrawn(rows: MemoryQuerySet, most: int, why: str) -> Iterator[Change]:
    """These are deleted: what they say is not to outlive those who said it."""
    for key, version in rows.order_by("id").values_list("id", "version")[:most]:
        touch = Touch(key, version, {"state": str(Memory.State.DELETED)})
        yield Change("withdraw", key, touches=(touch,), why=why)


def told(memory: Memory) -> Told:
    """As a writer reads it. A message is said by somebody; a note that nobody signed stands as it is."""
    who = memory.author or (SPEAKERS.get(memory.role, memory.agent_id) if memory.role else "")
    trusted = memory.trust == Memory.Trust.TRUSTED
    return Told(memory.content, memory.event_time, " ".join(who.split()), trusted, memory.confidence)


def fields(memories: Sequence[Memory]) -> dict[str, Any]:
    """Of a draft: whose it is, whom and what it is about, and no more trust than its least trusted source has."""
    first = memories[0]
    agents, languages = {m.agent_id for m in memories}, Counter(m.language for m in memories)
    people = clustering.ordered(name for m in memories for name in (m.author, *m.people) if name)
    topic = clustering.common([[m.topic] for m in memories if m.topic])
    return {
        "namespace": first.namespace,
        "user_id": first.user_id,
        "agent_id": agents.pop() if len(agents) == 1 else "",
        "people": people[:NAMED],
        "tags": clustering.common([m.tags for m in memories])[:NAMED],
        "topic": topic[0] if topic else "",
        "language": max(sorted(languages), key=lambda name: languages[name]),
        "trust": str(min((Memory.Trust(m.trust) for m in memories), key=TRUST.index)),
        "event_time": max(m.event_time for m in memories),
    }


def made_by(written: Written) -> dict[str, Any]:
    """Of the metadata: who wrote it, and why not who was asked to."""
    return {"written_by": written.by} | ({"writer_failed": written.failed} if written.failed else {})


def links(memories: Iterable[Memory]) -> tuple[Link, ...]:
    """What is made is derived from each of these."""
    return tuple(Link(None, memory.pk, "derived_from") for memory in memories)


def parts(whole: Sequence[Part], size: int) -> Iterator[Sequence[Part]]:
    """Even parts of at most `size`, in order: fifty by forty are twice twenty-five."""
    count = -(-len(whole) // size)
    bounds = [len(whole) * place // count for place in range(count + 1)]
    yield from (whole[first:last] for first, last in pairwise(bounds))
