"""Many memories at once, erased or brought back: in one transaction, each with a fact of its own, slice by slice."""

from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone
from uuid_utils.compat import uuid7

from events import ledger
from memory import history, places
from memory.errors import Unconfirmed
from memory.models import Memory
from memory.models.memory import MemoryQuerySet
from memory.revise import restore

SLICE = 1_000
THIN = ("id", "kind", "namespace", "user_id", "version")


@transaction.atomic
def erase_all(rows: MemoryQuerySet, batch_id: UUID | None = None) -> int:
    """Delete every memory of `rows` that is not deleted yet, restorable for UNDO_DAYS; how many there were.

    Locked by id, so that two who erase the same rows take turns. `batch_id` marks them: `undelete` brings all
    of a batch back.
    """
    told = rows.exclude(state=Memory.State.DELETED).order_by("id").only(*THIN)
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
    ledger.record_all("memory.deleted", [(memory, next_thin(memory)) for memory in batch])


def next_thin(memory: Memory) -> dict[str, object]:
    """What a fact tells of a memory that was read before its version moved on."""
    names = ("kind", "namespace", "user_id")
    return {name: getattr(memory, name) for name in names} | {"version": memory.version + 1}


@transaction.atomic
def erase_with_older(memory_id: UUID) -> int:
    """Delete a memory, and all whose place it took, step by step back; how many, 0 when it is not there."""
    there = Memory.objects.readable().exclude(state=Memory.State.SUPERSEDED)
    found = set(there.filter(pk=memory_id).values_list("pk", flat=True))
    newest = found
    while newest:
        newest = set(Memory.objects.filter(superseded_by__in=newest).values_list("pk", flat=True)) - found
        found = found | newest
    return erase_all(Memory.objects.filter(pk__in=found))


@transaction.atomic
def erase_confirmed(rows: MemoryQuerySet, confirm_count: int) -> tuple[int, UUID]:
    """Delete what a preview counted, and the batch's id. Raises Unconfirmed when the count is another one by now."""
    count = rows.count()
    if count != confirm_count:
        raise Unconfirmed(count)
    batch = uuid7()
    deleted = erase_all(rows, batch)
    if deleted != confirm_count:  # somebody wrote or deleted since they were counted
        raise Unconfirmed(deleted)
    return deleted, batch


@transaction.atomic
def undelete(batch: UUID) -> int:
    """Bring back what one bulk deletion took; how many came back. Those whose words were said anew stay deleted."""
    gone = Memory.objects.filter(deleted_batch=batch, state=Memory.State.DELETED)
    keys = list(gone.order_by("id").values_list("pk", flat=True))
    return sum(_bring_back(gone, keys[first : first + SLICE]) for first in range(0, len(keys), SLICE))


def _bring_back(gone: MemoryQuerySet, keys: list[UUID]) -> int:
    told = gone.filter(pk__in=keys).order_by("id").only(*THIN, "fingerprint").select_for_update()
    memories = _unsaid(list(told))
    try:
        with transaction.atomic():
            _restore(memories)
    except IntegrityError:  # the same words are being stored at this moment
        return sum(restore(memory.pk) is not None for memory in memories)
    return len(memories)


def _unsaid(memories: list[Memory]) -> list[Memory]:
    """Those whose words no live memory says; of twins the first."""
    said = Memory.objects.filter(state=Memory.State.ACTIVE, fingerprint__in=[memory.fingerprint for memory in memories])
    first = {memory.fingerprint: memory for memory in reversed(memories)}
    for fingerprint in said.values_list("fingerprint", flat=True):
        first.pop(fingerprint, None)
    return list(first.values())


def _restore(memories: list[Memory]) -> None:
    keys, now = [memory.pk for memory in memories], timezone.now()
    history.keep(keys, ["state"], now)
    Memory.objects.filter(pk__in=keys).update(
        deleted_batch=None, state=Memory.State.ACTIVE, deleted_at=None, updated_at=now, version=F("version") + 1
    )
    places.unsettle(keys)
    ledger.record_all("memory.restored", [(memory, next_thin(memory)) for memory in memories])
