"""Rows and objects of the cold tier compared, and how much is where."""

import heapq
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from django.db import transaction
from django.db.models import Count, F, IntegerField, Sum
from django.db.models.expressions import Func
from django.db.models.functions import Coalesce
from django.utils import timezone

from events import ledger
from memory.models import Memory
from memory.tiers import cold

GRACE = timedelta(hours=24)  # a younger object may be one that is just being moved


@dataclass(frozen=True)
class Reconciled:
    orphans: int  # objects that no row names, deleted
    dangling: int  # rows whose object is missing
    stuck: int  # rows that a dead worker had left on their way


def reconcile() -> Reconciled:
    """Compare both sides, delete what no row names and is older than a day, and tell what is missing.

    Both sides are read in the order of their names and merged, so that memory stays small. They change while they
    are read: what seems wrong is looked at once more. Raises Unreadable.
    """
    stuck = _take_up()
    orphans = dangling = 0
    for name, sides in groupby(heapq.merge(_objects(), _rows()), key=lambda side: side[0]):
        kinds = {kind: written for _, kind, written in sides}
        if "row" not in kinds:
            orphans += _delete_orphan(name, kinds["object"])
        elif "object" not in kinds:
            dangling += _is_dangling(name)
    if dangling:
        with transaction.atomic():
            ledger.record("tier.dangling", count=dangling)
    return Reconciled(orphans, dangling, stuck)


Side = tuple[str, str, float]


def _objects() -> Iterator[Side]:
    for name, written in cold.objects.under(cold.folder()):
        yield name, "object", written.timestamp()


def _rows() -> Iterator[Side]:
    # In the order of bytes, as the storage lists its names.
    keys = Memory.objects.exclude(cold_key="").order_by(Func(F("cold_key"), template='%(expressions)s COLLATE "C"'))
    for name in keys.values_list("cold_key", flat=True).iterator(chunk_size=1000):
        yield name, "row", 0.0


def _delete_orphan(name: str, written: float) -> bool:
    old = datetime.fromtimestamp(written, tz=timezone.get_default_timezone()) < timezone.now() - GRACE
    if not old or Memory.objects.filter(cold_key=name).exists():
        return False
    cold.objects.delete(name)
    return True


def _is_dangling(name: str) -> bool:
    return not cold.objects.exists(name) and Memory.objects.filter(cold_key=name).exists()


def _take_up() -> int:
    """Archive again what is on its way while nobody holds its lock."""
    waiting = list(Memory.objects.filter(tier=Memory.Tier.ARCHIVING).values_list("id", flat=True))
    done = 0
    for memory_id in waiting:
        with cold.alone(memory_id) as mine:
            if mine:
                cold.call_back(memory_id)
        done += mine and cold.archive(memory_id)
    return done


def distribution() -> list[dict[str, Any]]:
    """Per tier how many memories are there and how many bytes their content takes: {tier, count, bytes}."""
    # As stored, compressed or not: to ask for the length would unpack each long content.
    stored = Sum(Func(F("content"), function="pg_column_size", output_field=IntegerField()))
    rows = (
        Memory.objects.exclude(state=Memory.State.DELETED)
        .values("tier")
        .annotate(count=Count("id"), row_bytes=Coalesce(stored, 0), object_bytes=Coalesce(Sum("cold_bytes"), 0))
        .order_by()
        .values_list("tier", "count", "row_bytes", "object_bytes")
    )
    found = {tier: (count, kept if tier == Memory.Tier.COLD else row) for tier, count, row, kept in rows}
    return [
        {"tier": str(tier), "count": count, "bytes": size}
        for tier in Memory.Tier.values
        for count, size in [found.get(tier, (0, 0))]
    ]
