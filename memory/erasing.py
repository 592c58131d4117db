"""Erase many memories at once: all in one transaction, each with a fact of its own, slice by slice."""

from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from uuid_utils.compat import uuid7

from events import ledger
from memory import history, places
from memory.errors import Unconfirmed
from memory.models import Memory
from memory.models.memory import MemoryQuerySet

SLICE = 1_000


@transaction.atomic
def erase_all(rows: MemoryQuerySet, batch_id: UUID | None = None) -> int:
    """Delete every memory of `rows` that is not deleted yet, restorable for UNDO_DAYS; how many there were.

    Locked by id, so that two who erase the same rows take turns. `batch_id` marks them: revise.undelete brings all
    of a batch back.
    """
    told = rows.exclude(state=Memory.State.DELETED).order_by("id").only("id", "kind", "namespace", "user_id", "version")
    count = 0
    while batch := list(told.select_for_update()[:SLICE]):
        _erase(batch, batch_id)
        count += len(batch)
        if len(batch) < SLICE:
            break
    return count


def _erase(batch: list[Memory], batch_id: UUID | None) -> None:
    chosen = Memory.objects.filter(pk__in=[memory.pk for memory in batch])
    now = timezone.now()
    history.keep([memory.pk for memory in batch], ["state"], now)
    chosen.update(
        deleted_batch=batch_id, state=Memory.State.DELETED, deleted_at=now, updated_at=now, version=F("version") + 1
    )
    places.unsettle([memory.pk for memory in batch])
    ledger.record_all("memory.deleted", [(memory, _thin(memory)) for memory in batch])


def _thin(memory: Memory) -> dict[str, object]:
    names = ("kind", "namespace", "user_id")
    return {name: getattr(memory, name) for name in names} | {"version": memory.version + 1}


@transaction.atomic
def erase_confirmed(rows: MemoryQuerySet, confirm_count: int) -> tuple[int, UUID]:
    """Delete what a preview counted, and the batch's id. Raises Unconfirmed when the count is another one by now."""
    count = rows.count()
    if count != confirm_count:
        raise Unconfirmed(count)
    batch = uuid7()
    return erase_all(rows, batch), batch
