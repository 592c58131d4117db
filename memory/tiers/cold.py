"""The cold tier: content of memories that nobody asks for, as sealed objects outside the database.

A cold row keeps everything but its content, so it is found as before; `fill` brings content for reading. No
transaction spans database and storage, so each step leaves a state that readers can live with:

    warm -> archiving (commit) -> object stored and read back -> cold, content gone from the row (commit)

Until the last step the row has its content; after it, the object. What a crash leaves over, `reconcile` clears.
"""

import hashlib
import json
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any
from uuid import UUID

import structlog
from django.db import connection, transaction
from django.db.models import F

from events import ledger
from memory import sealing
from memory.errors import Unreadable
from memory.models import Memory
from memory.tiers import hot
from memory.tiers.objects import Objects

log = structlog.get_logger(__name__)
PURPOSE = "cold"
LARGEST = 16 * 1024 * 1024  # what an object may unpack to: content of 1 MiB, and every escape that JSON knows
objects = Objects("cold")


def archive(memory_id: UUID) -> bool:
    """Move one live memory's content to cold storage; False when it is not there to move, or changed meanwhile.

    Raises Unreadable when the storage fails: the memory is warm then, as before.
    """
    with alone(memory_id) as mine:
        memory = _start(memory_id) if mine else None
        if memory is None:
            return False
        try:
            name, sealed = pack(memory)
            objects.put(name, sealed)
        except Unreadable:
            call_back(memory_id)
            raise
        if _finish(memory, name, len(sealed)):
            return True
        call_back(memory_id)
        discard([name])
        return False


def _start(memory_id: UUID) -> Memory | None:
    """Say that it is on its way. One that is already belongs to a dead worker: whoever lives holds its lock."""
    ready = Memory.objects.live().filter(pk=memory_id, tier__in=(Memory.Tier.WARM, Memory.Tier.ARCHIVING))
    ready.update(tier=Memory.Tier.ARCHIVING)
    return Memory.objects.live().filter(pk=memory_id, tier=Memory.Tier.ARCHIVING).light().first()


@transaction.atomic
def _finish(memory: Memory, name: str, size: int) -> bool:
    """Let the content go, if it is still the content that was stored."""
    same = Memory.objects.filter(
        pk=memory.pk, tier=Memory.Tier.ARCHIVING, version=memory.version, state=Memory.State.ACTIVE
    )
    # In one statement: the lexemes that it keeps are those that the row has before the content goes.
    moved = same.update(tier=Memory.Tier.COLD, cold_key=name, cold_bytes=size, cold_search=F("search"), content="")
    if moved:
        ledger.record("memory.archived", memory, version=memory.version)
    return bool(moved)


def call_back(memory_id: UUID) -> None:
    """What is on its way is warm again."""
    Memory.objects.filter(pk=memory_id, tier=Memory.Tier.ARCHIVING).update(tier=Memory.Tier.WARM)


def warm(memory_id: UUID) -> bool:
    """Move a cold memory's content back into its row; False when it is not cold. Raises Unreadable.

    One at a time for each memory: who comes second waits, and finds it done.
    """
    with alone(memory_id, wait=True):
        memory = Memory.objects.filter(pk=memory_id, tier=Memory.Tier.COLD).light().first()
        if memory is None:
            return False
        content = unpack(memory)
        return _warmed(memory, content)


@transaction.atomic
def _warmed(memory: Memory, content: str) -> bool:
    cold = Memory.objects.filter(pk=memory.pk, tier=Memory.Tier.COLD, cold_key=memory.cold_key)
    moved = cold.update(tier=Memory.Tier.WARM, content=content, cold_key="", cold_bytes=0, cold_search=None)
    if moved:
        ledger.record("memory.warmed", memory, version=memory.version)
        discard_after_commit([memory.cold_key])
    return bool(moved)


def take_back(memory: Memory) -> None:
    """Make a locked row warm before it is changed and saved; its object goes once that is committed.

    One on its way is called back: whoever archives it sees that, and gives up. Raises Unreadable.
    """
    told(memory)
    if memory.cold_key:
        discard_after_commit([memory.cold_key])
    memory.tier, memory.cold_key, memory.cold_bytes, memory.cold_search = Memory.Tier.WARM, "", 0, None


def fill(memories: Iterable[Memory]) -> list[UUID]:
    """Give cold ones among these their content, for reading; rows stay as they are.

    The ids of those whose content cannot be had now: theirs stays empty, and the others are told all the same.
    """
    missing = [memory for memory in memories if memory.tier == Memory.Tier.COLD and not memory.content]
    known = hot.get_many(missing) if missing else {}
    unread = []
    for memory in missing:
        try:
            memory.content = known[memory.pk] if memory.pk in known else hot.once(memory, partial(_read, memory))
        except Unreadable as error:
            log.error("content of a cold memory cannot be read", error=str(error))
            unread.append(memory.pk)
    return unread


def told(memory: Memory) -> Memory:
    """The memory with its content. Raises Unreadable."""
    if fill([memory]):
        raise Unreadable(f"the content of memory {memory.pk} cannot be read from cold storage now")
    return memory


def _read(memory: Memory) -> str:
    """From the object; where the row moved since it was read, from where it is now."""
    try:
        return unpack(memory)
    except Unreadable:
        now = Memory.objects.filter(pk=memory.pk).exclude(cold_key=memory.cold_key).light().first()
        if now is None:
            raise
        return now.content if now.tier != Memory.Tier.COLD else unpack(now)


def pack(memory: Memory) -> tuple[str, bytes]:
    """The object's name and its bytes. The name holds the digest of the bytes, so it is never written twice."""
    tenant = ledger.current_tenant_id()
    said = json.dumps({"content": memory.content}, ensure_ascii=False).encode()
    sealed = sealing.seal(zlib.compress(said, 6), tenant, PURPOSE, _place(memory.pk, memory.version))
    digest = hashlib.sha256(sealed).hexdigest()
    return f"{folder()}/{memory.pk}/{memory.version}-{digest}.bin", sealed


def unpack(memory: Memory) -> str:
    """The content of a cold memory, proved to be its own. Raises Unreadable."""
    sealed = objects.get(memory.cold_key)
    version, _, digest = memory.cold_key.rpartition("/")[2].removesuffix(".bin").partition("-")
    if hashlib.sha256(sealed).hexdigest() != digest:
        raise Unreadable(f"{memory.cold_key} is not what was stored there")
    packed = sealing.unseal(sealed, ledger.current_tenant_id(), PURPOSE, _place(memory.pk, int(version)))
    content: str = json.loads(zlib.decompressobj().decompress(packed, LARGEST))["content"]
    return content


def _place(memory_id: object, version: int) -> str:
    return f"{ledger.current_tenant_id()}|{memory_id}|{version}"


def folder() -> str:
    """Where the objects of this tenant are."""
    return f"v1/{ledger.current_tenant_id()}"


def discard_after_commit(names: Sequence[str]) -> None:
    """Delete objects that no row will name once this is committed; what fails is left to the reconciler."""
    if kept := [name for name in names if name]:
        transaction.on_commit(lambda: discard(kept))


def discard(names: Iterable[str]) -> None:
    for name in names:
        try:
            objects.delete(name)
        except Unreadable as error:
            log.warning("object left over, the reconciler will delete it", error=str(error))


@contextmanager
def alone(memory_id: UUID, *, wait: bool = False) -> Iterator[bool]:
    """Hold the lock on moving one memory; false when another has it. It ends with the connection, so with a crash."""
    key = lock_of(memory_id)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT pg_{'' if wait else 'try_'}advisory_lock(%s)", [key])
        got = wait or cursor.fetchone()[0]
    try:
        yield got
    finally:
        if got:
            _release(key)


@contextmanager
def all_alone(ids: Iterable[UUID]) -> Iterator[None]:
    """Hold the locks on moving these, waiting for whoever moves one. Taken in one order, so that two do not cross."""
    keys = sorted(map(lock_of, ids))
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(key) FROM unnest(%s::bigint[]) key", [keys])
    try:
        yield
    finally:
        for key in keys:
            _release(key)


def purge(memory_id: UUID) -> int:
    """Delete every object of a memory that is gone, also those that no row named; how many. Raises Unreadable."""
    names = [name for name, _ in objects.under(f"{folder()}/{memory_id}")]
    for name in names:
        objects.delete(name)
    return len(names)


def lock_of(memory_id: UUID) -> int:
    """The number of its advisory lock; locks are the whole database's, so the tenant is in it."""
    return int.from_bytes(hashlib.sha256(f"{folder()}/{memory_id}".encode()).digest()[:8], signed=True)


def _release(key: int) -> None:
    if connection.needs_rollback or not connection.is_usable():
        return  # an aborted transaction or a lost connection: the lock goes with its end
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_unlock(%s)", [key])


def keys_of(rows: Any) -> list[str]:
    """The objects of a queryset's memories."""
    return list(rows.exclude(cold_key="").values_list("cold_key", flat=True))
