"""Erase for good what was deleted longer ago than the undo window, or has expired."""

from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from events import ledger
from memory.models import Memory


@transaction.atomic
def run() -> int:
    """Erase this tenant's due memories; how many there were."""
    now = timezone.now()
    over = Q(state=Memory.State.DELETED, deleted_at__lte=now - timedelta(days=settings.UNDO_DAYS))
    count, _ = Memory.objects.filter(over | Q(expires_at__lte=now)).delete()
    if count:
        ledger.record("memory.purged", count=count)
    return count
