"""Erase many memories at once: all in one transaction, each with a fact of its own, slice by slice."""

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from events import ledger
from memory.models import Memory
from memory.models.memory import MemoryQuerySet

SLICE = 1_000


@transaction.atomic
def erase_all(rows: MemoryQuerySet) -> int:
    """Delete every memory of `rows` that is not deleted yet, restorable for UNDO_DAYS; how many there were.

    Locked by id, so that two who erase the same rows take turns.
    """
    told = rows.exclude(state=Memory.State.DELETED).order_by("id").only("id", "kind", "namespace", "user_id", "version")
    count = 0
    while batch := list(told.select_for_update()[:SLICE]):
        _erase(batch)
        count += len(batch)
        if len(batch) < SLICE:
            break
    return count


def _erase(batch: list[Memory]) -> None:
    chosen = Memory.objects.filter(pk__in=[memory.pk for memory in batch])
    now = timezone.now()
    chosen.update(state=Memory.State.DELETED, deleted_at=now, updated_at=now, version=F("version") + 1)
    ledger.record_all("memory.deleted", [(memory, _thin(memory)) for memory in batch])


def _thin(memory: Memory) -> dict[str, object]:
    names = ("kind", "namespace", "user_id")
    return {name: getattr(memory, name) for name in names} | {"version": memory.version + 1}
