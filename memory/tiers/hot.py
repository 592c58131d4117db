"""The hot tier: sealed copies of content in Redis, for an hour at most, never the only copy.

It holds content of cold memories, which is dear to fetch from a bucket. A warm memory is not held: a copy would be
read 0.7 ms faster than the row (measured, see docs/tiers.md), but hear of a deletion only by the relay, and the API
promises that what was deleted is gone at once. So the row is always read first, and says which version to take.

An entry is `version | sealed content`, or `version | nothing`, a tombstone. A script sets it and never puts an older
version over a newer one, so a reader that was slow cannot bring back what a writer took away.
"""

import random
import time
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from uuid import UUID

import redis
import structlog
from django.conf import settings

from events import ledger
from events.models import Event
from memory import sealing
from memory.errors import Unreadable
from memory.models import Memory

log = structlog.get_logger(__name__)
PURPOSE = "hot"
KEPT, GRAVE = 3000, 3600  # seconds; an entry lives up to a fifth longer, so that not all go at once
TIMEOUT = 0.25  # seconds
REST = 5.0  # seconds in which Redis is not asked after it failed
LOCKED, WAITED = 5_000, 0.2  # ms for which one reader fetches, seconds for which the others wait for it
NEWER = """
local there = redis.call('HGET', KEYS[1], 'v')
if there and tonumber(there) > tonumber(ARGV[1]) then return 0 end
if there and tonumber(there) == tonumber(ARGV[1]) and redis.call('HGET', KEYS[1], 'c') == '' then return 0 end
redis.call('HSET', KEYS[1], 'v', ARGV[1], 'c', ARGV[2])
redis.call('EXPIRE', KEYS[1], ARGV[3])
redis.call('DEL', KEYS[2])
return 1
"""
GONE = ("memory.updated", "memory.compressed", "memory.deleted", "memory.superseded", "memory.warmed")
LAST = 2**31 - 1  # later than any version
_rests_until = 0.0


@cache
def _redis() -> redis.Redis:
    return redis.Redis.from_url(
        f"{settings.REDIS_URL}/1", socket_timeout=TIMEOUT, socket_connect_timeout=TIMEOUT, retry=None
    )


def get_many(memories: Sequence[Memory]) -> dict[UUID, str]:
    """Content of those that are here in the very version of their rows."""
    tenant = ledger.current_tenant_id()
    found = _ask(lambda pipe: [pipe.hmget(_key(tenant, memory.pk), "v", "c") for memory in memories])
    return {
        memory.pk: content
        for memory, entry in zip(memories, found or [], strict=False)
        if (content := _open(tenant, memory, entry)) is not None
    }


def put(memory: Memory) -> None:
    """Keep a memory's content in its version, unless a newer one is here."""
    tenant = ledger.current_tenant_id()
    sealed = sealing.seal(memory.content.encode(), tenant, PURPOSE, _place(tenant, memory))
    _ask(lambda pipe: _set(pipe, tenant, memory.pk, memory.version, sealed, KEPT))


def tombstone(tenant_id: UUID, versions: Iterable[tuple[str, int]]) -> None:
    """Content of these versions, and of older ones, is not to be kept again: (memory id, version)."""

    def ask(pipe: redis.client.Pipeline) -> None:
        for pk, version in versions:
            _set(pipe, tenant_id, pk, version, b"", GRAVE)

    _ask(ask)


def bury(ids: Sequence[UUID]) -> None:
    """Nothing of these is kept here, nor will be for an hour. Raises Unreadable when Redis does not answer."""
    pipe, tenant = _redis().pipeline(transaction=False), ledger.current_tenant_id()
    for pk in ids:
        _set(pipe, tenant, pk, LAST, b"", GRAVE)
    try:
        pipe.execute()
    except redis.RedisError as error:
        raise Unreadable(f"hot copies cannot be taken away: {type(error).__name__}") from error


def once(memory: Memory, fetch: Callable[[], str]) -> str:
    """Content by `fetch`, kept here. Of many who miss it at once, one fetches and the others wait a little for it."""
    lock = f"{_key(ledger.current_tenant_id(), memory.pk)}:lock"
    got = _ask(lambda pipe: [pipe.set(lock, 1, nx=True, px=LOCKED)])
    until = time.monotonic() + WAITED
    while got is not None and not got[0] and time.monotonic() < until:
        time.sleep(0.02)
        if found := get_many([memory]):
            return found[memory.pk]
    content = fetch()
    put(Memory(pk=memory.pk, version=memory.version, content=content))
    return content


def forget(tenant_id: UUID) -> None:
    """Drop every copy of a tenant that is no more."""
    try:
        for key in _redis().scan_iter(match=_key(tenant_id, "*"), count=1000):
            _redis().delete(key)
    except redis.RedisError as error:
        log.warning("hot copies stay until they expire", error=type(error).__name__)


def notice(tenant_id: UUID, batch: list[Event]) -> None:
    """A reader of the relay: what was changed or deleted is not to be read here again."""
    gone = [(event.subject_id, event.data["version"]) for event in batch if event.type in GONE]
    if gone:
        tombstone(tenant_id, gone)


def _set(pipe: redis.client.Pipeline, tenant: object, pk: object, version: int, content: bytes, seconds: int) -> None:
    lives = seconds + random.randrange(seconds // 5) if content else seconds  # noqa: S311  a spread, not a secret
    key = _key(tenant, pk)
    pipe.eval(NEWER, 2, key, f"{key}:lock", version, content, lives)


def _open(tenant: object, memory: Memory, entry: list[bytes | None]) -> str | None:
    version, sealed = entry
    if not sealed or version != str(memory.version).encode():
        return None
    try:
        return sealing.unseal(sealed, tenant, PURPOSE, _place(tenant, memory)).decode()
    except Unreadable:
        return None  # sealed with a key that has gone: the object says it better


def _key(tenant: object, pk: object) -> str:
    return f"t:{tenant}:hot:{pk}"


def _place(tenant: object, memory: Memory) -> str:
    return f"{tenant}|hot|{memory.pk}|{memory.version}"


def _ask(fill: Callable[[redis.client.Pipeline], object]) -> list | None:
    """The answers of one pipeline; None while Redis is away, and then it is not asked again for REST seconds."""
    global _rests_until
    if time.monotonic() < _rests_until:
        return None
    pipe = _redis().pipeline(transaction=False)
    fill(pipe)
    try:
        return pipe.execute()
    except redis.RedisError as error:
        _rests_until = time.monotonic() + REST
        log.warning("no hot copies for a while", error=type(error).__name__, seconds=REST)
        return None
