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


def drain() -> int:
    """Relay everything that waits, tenant by tenant; the number of facts handed on."""
    waiting = Event.objects.filter(seq=None).values_list("tenant_id", flat=True).distinct()
    done = sum(_drain_tenant(tenant_id) for tenant_id in list(waiting))
    for stream in Stream.objects.filter(chained_seq__lt=F("last_seq")):
        _catch_up(stream.tenant_id)
    return done


def _drain_tenant(tenant_id: UUID | None) -> int:
    done = 0
    while batch := relay_batch(tenant_id):
        done += len(batch)
        if len(batch) < BATCH:
            break
    return done


@transaction.atomic
def relay_batch(tenant_id: UUID | None) -> list[Event]:
    """Number up to BATCH committed facts of one tenant and hand them on, all in one transaction.

    Numbers are given here and not by the insert: of two overlapping transactions the later number may commit
    first, and a reader that remembers the last number would never see the other one. For the same reason the
    chain is made here: an insert that had to know the hash before it would wait for every other writer.
    """
    stream = locked(tenant_id)
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
