"""Close sessions whose time is over; erase for good what expired, was deleted before the undo window, or undoes it."""

from datetime import timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from events import ledger
from memory import places, sessions
from memory.models import Memory
from memory.tiers import cold
from memory.upkeep import steps
from tenants import preferences

BATCH = 500


def run() -> int:
    """Close this tenant's due sessions, then erase its due memories; how many memories there were."""
    sessions.close_due()
    done = 0
    while count := _erase_some():
        done += count
    steps.sweep()
    return done


@transaction.atomic
def _erase_some() -> int:
    """Up to BATCH of them, locked: what is brought back at this moment is not due any more."""
    now = timezone.now()
    over = Q(state=Memory.State.DELETED, deleted_at__lte=now - timedelta(days=preferences.current().undo_days))
    due = Memory.objects.filter(over | Q(expires_at__lte=now)).order_by("id").only("id", "state")
    claimed = list(due.select_for_update(skip_locked=True)[:BATCH])
    rows = Memory.objects.filter(pk__in=[memory.pk for memory in claimed])
    if claimed:
        # Also of deleted ones: who followed what a job of upkeep deletes keeps its vector, in case it comes back.
        places.unsettle([memory.pk for memory in claimed])
        cold.discard_after_commit(cold.keys_of(rows))
        rows.only("id").delete()  # without their contents and vectors, which nobody needs to see once more
        ledger.record("memory.purged", count=len(claimed))
    return len(claimed)
