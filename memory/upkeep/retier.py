"""Move to cold storage what nobody has asked for, and keep both sides of it in agreement."""

from datetime import timedelta

import structlog
from django.db.models import Q
from django.utils import timezone

from events import ledger
from memory.errors import Unreadable
from memory.models import Memory
from memory.tiers import cold, keeping
from tenants import lifecycle, preferences

log = structlog.get_logger(__name__)
BATCH = 500


def run() -> int:
    """Archive what was not recalled for the tenant's `cold_after_days`, then reconcile; how many moved."""
    moved, tenant_id = 0, ledger.current_tenant_id()
    try:
        if preferences.current().cold_after_days:
            moved = sum(cold.archive(memory_id) for memory_id in _asleep() if lifecycle.is_open(tenant_id))
        keeping.reconcile()
    except Unreadable as error:  # the storage is away: the next tick goes on
        log.warning("cold storage does not do its part", error=str(error), moved=moved)
    return moved


def _asleep() -> list:
    """The longest unasked first. One without a vector stays: the embedder reads its content."""
    since = timezone.now() - timedelta(days=preferences.current().cold_after_days)
    unasked = Q(recalled_at__lt=since) | Q(recalled_at=None, created_at__lt=since)
    ready = Memory.objects.live().filter(unasked, tier=Memory.Tier.WARM).exclude(embedding=None)
    return list(ready.order_by("id").values_list("id", flat=True)[: BATCH * 20])
