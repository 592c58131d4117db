"""Close sessions whose time is over; erase for good what expired, or was deleted longer ago than the undo window."""

from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from events import ledger
from memory import sessions
from memory.models import Memory
from memory.tiers import cold


def run() -> int:
    """Close this tenant's due sessions, then erase its due memories; how many memories there were."""
    sessions.close_due()
    return _erase_due()


@transaction.atomic
def _erase_due() -> int:
    now = timezone.now()
    over = Q(state=Memory.State.DELETED, deleted_at__lte=now - timedelta(days=settings.UNDO_DAYS))
    rows = Memory.objects.filter(over | Q(expires_at__lte=now))
    cold.discard_after_commit(cold.keys_of(rows))
    _, counts = rows.delete()
    count = counts.get(Memory._meta.label, 0)  # not of their versions and relations
    if count:
        ledger.record("memory.purged", count=count)
    return count
