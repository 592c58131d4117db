"""Quotas of memories and bytes: exact however many write at once, and writers wait for each other only near the end."""

from collections.abc import Mapping
from functools import cache
from typing import Any, TypeVar

from django.conf import settings
from django.db import connection

from memory.errors import Contended
from memory.models import Memory
from tenants import plans
from tenants.errors import QuotaExceeded
from tenants.models import Tenant

AT_ONCE = 1_000  # memories that one transaction adds at most without waiting, see api.native.words.BATCH
FOLD_FROM = 200  # rows of the tally
FULL = {"memories": "the plan holds no more memories", "bytes": "the plan holds no more bytes of content"}
Key = TypeVar("Key")
FOLD = """
WITH gone AS (DELETE FROM memory_tally WHERE id IN (SELECT id FROM memory_tally FOR UPDATE SKIP LOCKED)
  RETURNING memories, bytes)
INSERT INTO memory_tally (memories, bytes) SELECT sum(memories), sum(bytes) FROM gone HAVING count(*) > 0
"""
# Counts in one statement, so in one state of the tables: what it finds wrong is wrong.
SETTLE = """
INSERT INTO memory_tally (memories, bytes) SELECT m.n - t.n, m.b - t.b
FROM (SELECT count(*) n, coalesce(sum(octet_length(content) + cold_bytes), 0) b
      FROM memory_memory WHERE state <> 'deleted') m,
     (SELECT coalesce(sum(memories), 0) n, coalesce(sum(bytes), 0) b FROM memory_tally) t
WHERE (m.n, m.b) <> (t.n, t.b)
"""


def kept() -> dict[str, int]:
    """How many memories and bytes the tenant one stands in keeps now."""
    memories, size, _ = _look()
    return {"memories": memories, "bytes": size}


def size_of(memory: Memory) -> int:
    return len(memory.content.encode()) + memory.cold_bytes


def refused(memories: Mapping[Key, Memory], *, alone: bool = False) -> dict[Key, str]:
    """Of new memories those for which there is no room, with the reason. To be called in the transaction that stores.

    One that says what is said already takes no room. `alone` waits for other writers in any case: for those who add
    more than AT_ONCE memories, or more than a request's body of bytes.
    """
    room = _room(alone)
    if room is None or (len(memories) <= room["memories"] and sum(map(size_of, memories.values())) <= room["bytes"]):
        return {}
    prints = [memory.fingerprint for memory in memories.values()]
    active = Memory.objects.filter(fingerprint__in=prints, state=Memory.State.ACTIVE)
    said, full = set(active.values_list("fingerprint", flat=True)), {}
    for key, memory in memories.items():
        if memory.fingerprint in said:
            continue
        if lacking := _lacking(room, 1, size_of(memory)):
            full[key] = FULL[lacking]
            continue
        said.add(memory.fingerprint)
        room = {"memories": room["memories"] - 1, "bytes": room["bytes"] - size_of(memory)}
    return full


def admit(memories: int, size: int) -> None:
    """Let so much more be kept, in the transaction that keeps it. Raises QuotaExceeded."""
    room = _room(False) if memories > 0 or size > 0 else None
    if room and (lacking := _lacking(room, memories, size)):
        raise exceeded({0: FULL[lacking]})


def exceeded(full: Mapping[Any, str]) -> QuotaExceeded:
    """The error that says what `refused` found."""
    reason = next(iter(full.values()))
    quota = next(name for name, told in FULL.items() if told == reason)
    return QuotaExceeded(quota, kept()[quota], int(_hard()[quota]))


def fold() -> None:
    """Make one row of the tally's many, as far as nobody else is at it."""
    with connection.cursor() as cursor:
        cursor.execute(FOLD)


def settle() -> bool:
    """Count anew, and put right what the tally had wrong: whether it had anything wrong."""
    with connection.cursor() as cursor:
        cursor.execute(SETTLE)
        return cursor.rowcount > 0


def _lacking(room: dict[str, float], memories: int, size: int) -> str:
    if memories > room["memories"]:
        return "memories"
    return "bytes" if size > room["bytes"] else ""


def _hard() -> dict[str, float]:
    """What may be kept of each; infinity where the plan says nothing."""
    tenant = getattr(connection, "tenant", None)
    limits = plans.limits_of(tenant) if isinstance(tenant, Tenant) else {}
    told = {quota: limits.get(f"{quota}_hard") for quota in FULL}
    return {quota: float("inf") if most is None else most for quota, most in told.items()}


def _room(alone: bool) -> dict[str, float] | None:
    """How much more may be kept; None without quotas.

    Others may be adding in transactions that nobody sees yet. While all that they can add leaves room, each holds a
    shared lock and nobody waits. Nearer to the end writers take turns: whoever holds the lock alone sees all of it.
    """
    hard = _hard()
    if min(hard.values()) == float("inf"):
        return None
    near = alone or not _far(hard, 2)
    _lock("" if near else "_shared")
    if not near and not _far(hard, 1):
        raise Contended  # the room of as many full batches as there are connections was filled between two statements
    memories, size, rows = _look()
    if rows > FOLD_FROM:
        fold()
    return {"memories": hard["memories"] - memories, "bytes": hard["bytes"] - size}


def _far(hard: dict[str, float], times: int) -> bool:
    """Whether there is room for so many times what all connections can be adding now."""
    memories, size, _ = _look()
    most = times * _connections()
    enough = hard["memories"] - memories >= most * AT_ONCE
    return enough and hard["bytes"] - size >= most * settings.BODY_LIMIT_BYTES


def _lock(how: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT pg_advisory_xact_lock{how}(hashtextextended('quota ' || current_schema(), 0))")


def _look() -> tuple[int, int, int]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(sum(memories), 0), coalesce(sum(bytes), 0), count(*) FROM memory_tally")
        memories, size, rows = cursor.fetchone()
    return int(memories), int(size), rows


@cache
def _connections() -> int:
    """How many the server has at most: nobody else can be adding."""
    with connection.cursor() as cursor:
        cursor.execute("SHOW max_connections")
        return int(cursor.fetchone()[0])
