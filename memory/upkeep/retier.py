"""Move to cold storage what nobody has asked for, and keep both sides of it in agreement."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from django.db.models import Q
from django.utils import timezone

from events import ledger
from memory.errors import Unreadable
from memory.models import Memory
from memory.models.memory import MemoryQuerySet
from memory.tiers import cold, keeping
from memory.upkeep.options import option
from memory.upkeep.plan import EVERYBODY, Change, Reach
from tenants import lifecycle, preferences

log = structlog.get_logger(__name__)
MOST = 10_000


@dataclass(frozen=True)
class Options:
    days: int = option(0, "not recalled for so long; 0: as the tenant's settings say", least=0, most=36_500)
    most: int = option(5_000, "memories, the oldest first", least=1, most=100_000)


def plan(reach: Reach, options: Options, now: datetime) -> Iterator[Change]:
    """Move to cold storage what nobody has asked for in a long time."""
    if days := options.days or preferences.current().cold_after_days:
        for memory_id in _asleep(reach.rows(), now - timedelta(days=days), options.most):
            yield Change("archive", memory_id, effect="archive", why=f"nobody asked for it in {days} days")


def run() -> int:
    """Archive what was not recalled for the tenant's `cold_after_days`, then reconcile; how many moved."""
    moved, tenant_id = 0, ledger.current_tenant_id()
    try:
        if days := preferences.current().cold_after_days:
            asleep = _asleep(EVERYBODY.rows(), timezone.now() - timedelta(days=days), MOST)
            moved = sum(cold.archive(memory_id) for memory_id in asleep if lifecycle.is_open(tenant_id))
        keeping.reconcile()
    except Unreadable as error:  # the storage is away: the next tick goes on
        log.warning("cold storage does not do its part", error=str(error), moved=moved)
    return moved


def _asleep(rows: MemoryQuerySet, since: datetime, most: int) -> list[UUID]:
    """The oldest first. One without a vector stays: the embedder reads its content."""
    unasked = Q(recalled_at__lt=since) | Q(recalled_at=None, created_at__lt=since)
    ready = rows.movable().filter(unasked, tier=Memory.Tier.WARM).exclude(embedding=None)
    return list(ready.order_by("id").values_list("id", flat=True)[:most])
