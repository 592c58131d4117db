"""Erase for good what expired, or was deleted longer ago than the undo window; never what is held."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from events import ledger
from memory import holds, places
from memory.models import Memory
from memory.models.memory import MemoryQuerySet
from memory.tiers import cold
from memory.upkeep import slices
from memory.upkeep.options import option
from memory.upkeep.plan import Change, Reach
from tenants import preferences

BATCH = 500


@dataclass(frozen=True)
class Options:
    most: int = option(5_000, "memories, the oldest first", least=1, most=100_000)


def plan(reach: Reach, options: Options, now: datetime) -> Iterator[Change]:
    """Erase for good what expired, or was deleted longer ago than the undo window."""
    for memory in slices.read(slices.chosen(due(reach.rows(), now), [], options.most), only=("state",)):
        deleted = memory.state == Memory.State.DELETED
        why = "it was deleted, and the time to bring it back is over" if deleted else "it expired"
        yield Change("expire", memory.pk, effect="purge", why=why)


def due(rows: MemoryQuerySet, now: datetime) -> MemoryQuerySet:
    """What is over, and not held."""
    over = Q(state=Memory.State.DELETED, deleted_at__lte=now - timedelta(days=preferences.current().undo_days))
    return rows.filter(over | Q(expires_at__lte=now)).unheld()


@transaction.atomic
def purge(rows: MemoryQuerySet) -> set[UUID]:
    """Erase up to BATCH of these that are due; which they were.

    Locked: what is brought back at this moment is not due any more, and no hold is placed meanwhile.
    """
    holds.steady()
    over = due(rows, timezone.now()).order_by("id").only("id")
    keys = [memory.pk for memory in over.select_for_update(skip_locked=True, of=("self",))[:BATCH]]
    if keys:
        there = Memory.objects.filter(pk__in=keys)
        # Also of deleted ones: who followed what a job of upkeep deletes keeps its vector, in case it comes back.
        places.unsettle(keys)
        cold.discard_after_commit(cold.keys_of(there))
        there.only("id").delete()  # without their contents and vectors, which nobody needs to see once more
        ledger.record("memory.purged", count=len(keys))
    return set(keys)
