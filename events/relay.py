"""The relay: number new facts per tenant, chain them, hand each to the readers named in EVENT_CONSUMERS."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F
from django.utils.module_loading import import_string

from events import chain
from events.models import PLATFORM, Event, Stream

BATCH = 500
BEHIND = 20  # batches of old facts that one run chains, so that new ones need not wait long


# Each tenant with facts that wait, found by as many steps through the index and not by reading all of them.
_WAITING = """
WITH RECURSIVE waiting(tenant_id) AS (
    (SELECT tenant_id FROM events_event WHERE seq IS NULL AND tenant_id IS NOT NULL ORDER BY tenant_id LIMIT 1)
    UNION ALL
    SELECT (SELECT e.tenant_id FROM events_event e WHERE e.seq IS NULL AND e.tenant_id > w.tenant_id
            ORDER BY e.tenant_id LIMIT 1)
    FROM waiting w WHERE w.tenant_id IS NOT NULL
)
SELECT tenant_id FROM waiting WHERE tenant_id IS NOT NULL
UNION ALL SELECT NULL WHERE EXISTS (SELECT FROM events_event WHERE seq IS NULL AND tenant_id IS NULL)
"""


def drain() -> int:
    """Relay everything that waits, a batch of each tenant in turn; the number of facts handed on.

    A tenant that another relay is at is passed over: that relay looks again after its own batch. Where it found no
    batch, or something else had the lock, the next tick finds what was passed over.
    """
    done = 0
    while moved := sum(len(relay_batch(tenant_id, wait=False)) for tenant_id in _waiting()):
        done += moved
    for stream in Stream.objects.filter(chained_seq__lt=F("last_seq")):
        _catch_up(stream.tenant_id)
    return done


def _waiting() -> list[UUID | None]:
    with connection.cursor() as cursor:
        cursor.execute(_WAITING)
        return [tenant_id for (tenant_id,) in cursor.fetchall()]


@transaction.atomic
def relay_batch(tenant_id: UUID | None, *, wait: bool = True) -> list[Event]:
    """Number up to BATCH committed facts of one tenant and hand them on, all in one transaction.

    Without `wait` none while another relay is at this tenant.

    Numbers are given here and not by the insert: of two overlapping transactions the later number may commit
    first, and a reader that remembers the last number would never see the other one. For the same reason the
    chain is made here: an insert that had to know the hash before it would wait for every other writer.
    """
    stream = locked(tenant_id) if wait else _free(tenant_id)
    if stream is None:
        return []
    batch = list(Event.objects.filter(tenant_id=tenant_id, seq=None).order_by("id")[:BATCH])
    if not batch:
        return []
    for seq, event in enumerate(batch, start=stream.last_seq + 1):
        event.seq = seq
    if stream.chained_seq == stream.last_seq:
        _chain(stream, batch)
    _save(batch)
    stream.last_seq += len(batch)
    stream.save(update_fields=["last_seq", "chained_seq", "head"])
    if tenant_id:
        for path in settings.EVENT_CONSUMERS:
            import_string(path)(tenant_id, batch)
    return batch


def locked(tenant_id: UUID | None) -> Stream:
    """The stream of a tenant, locked until the transaction ends."""
    key = tenant_id or PLATFORM
    Stream.objects.get_or_create(tenant_id=key)
    return Stream.objects.select_for_update().get(tenant_id=key)


def _free(tenant_id: UUID | None) -> Stream | None:
    """The same, or None while another one has it."""
    key = tenant_id or PLATFORM
    Stream.objects.get_or_create(tenant_id=key)
    return Stream.objects.select_for_update(skip_locked=True).filter(tenant_id=key).first()


def _catch_up(key: UUID) -> None:
    """Chain facts that an older version numbered; a new fact is chained after them."""
    for _ in range(BEHIND):
        if not _chain_old(None if key == PLATFORM else key):
            return


@transaction.atomic
def _chain_old(tenant_id: UUID | None) -> bool:
    stream = locked(tenant_id)
    rows = Event.objects.filter(tenant_id=tenant_id, seq__gt=stream.chained_seq).order_by("seq")
    batch = list(rows[:BATCH])
    if batch:
        _chain(stream, batch)
        _save(batch)
    else:
        stream.chained_seq = stream.last_seq
    stream.save(update_fields=["chained_seq", "head"])
    return stream.chained_seq < stream.last_seq


def _chain(stream: Stream, batch: list[Event]) -> None:
    stream.head = chain.extend(batch, stream.head or chain.BEGINNING)
    stream.chained_seq = batch[-1].seq or 0


def _save(batch: list[Event]) -> None:
    """One statement for the whole batch; bulk_update would write a CASE with a branch per row."""
    columns: list[Any] = [[getattr(event, name) for event in batch] for name in ("id", "seq", "salt", "hash")]
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE events_event e SET seq = n.seq, salt = n.salt, hash = n.hash"
            " FROM unnest(%s::uuid[], %s::bigint[], %s::text[], %s::text[]) AS n(id, seq, salt, hash)"
            " WHERE e.id = n.id",
            columns,
        )
