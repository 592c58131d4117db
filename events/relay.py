"""The relay: number new facts per tenant, hand each to the readers named in EVENT_CONSUMERS."""

from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.utils.module_loading import import_string

from events.models import Event, Stream

BATCH = 500


def drain() -> int:
    """Relay everything that waits, tenant by tenant; the number of facts handed on."""
    waiting = Event.objects.filter(seq=None, tenant_id__isnull=False).values_list("tenant_id", flat=True).distinct()
    return sum(_drain_tenant(tenant_id) for tenant_id in list(waiting) if tenant_id)


def _drain_tenant(tenant_id: UUID) -> int:
    done = 0
    while batch := relay_batch(tenant_id):
        done += len(batch)
        if len(batch) < BATCH:
            break
    return done


@transaction.atomic
def relay_batch(tenant_id: UUID) -> list[Event]:
    """Number up to BATCH committed facts of one tenant and hand them on, all in one transaction.

    Numbers are given here and not by the insert: of two overlapping transactions the later number may commit
    first, and a reader that remembers the last number would never see the other one.
    """
    Stream.objects.get_or_create(tenant_id=tenant_id)
    stream = Stream.objects.select_for_update().get(tenant_id=tenant_id)
    batch = list(Event.objects.filter(tenant_id=tenant_id, seq=None).order_by("id")[:BATCH])
    if not batch:
        return []
    for seq, event in enumerate(batch, start=stream.last_seq + 1):
        event.seq = seq
    _save_numbers(batch)
    stream.last_seq += len(batch)
    stream.save(update_fields=["last_seq"])
    for path in settings.EVENT_CONSUMERS:
        import_string(path)(tenant_id, batch)
    return batch


def _save_numbers(batch: list[Event]) -> None:
    """One statement for the whole batch; bulk_update would write a CASE with a branch per row."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE events_event e SET seq = n.seq FROM unnest(%s::uuid[], %s::bigint[]) AS n(id, seq)"
            " WHERE e.id = n.id",
            [[event.id for event in batch], [event.seq for event in batch]],
        )
