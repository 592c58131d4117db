"""Score anew the importance of memories that nobody stated: what is fresh weighs more, for a day."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from events import ledger
from memory.algorithms import scoring
from memory.models import Memory
from memory.upkeep import slices
from memory.upkeep.options import option
from memory.upkeep.plan import Change, Reach, Touch

BATCH = 500
# A little more than freshness lasts and the tick takes: older ones have their last score.
FRESH = timedelta(hours=scoring.FRESH_HOURS + 3)
LEAST = 0.001
READ = ("kind", "role", "event_time", "importance", "version")


@dataclass(frozen=True)
class Options:
    most: int = option(5_000, "memories, the newest first", least=1, most=100_000)


def plan(reach: Reach, options: Options, now: datetime) -> Iterator[Change]:
    """Score anew the importance of fresh memories that nobody stated."""
    fresh = reach.rows().movable().filter(importance_stated=False, event_time__gt=now - FRESH)
    for memory in slices.read(slices.chosen(fresh, ["-event_time"], options.most), only=READ):
        score = round(scoring.importance_at(memory.kind, memory.role, memory.event_time, now), 6)
        if abs(score - memory.importance) <= LEAST:
            yield Change("keep", memory.pk, effect="", score=score)
            continue
        touch = Touch(memory.pk, memory.version, {"importance": score})
        yield Change("rescore", memory.pk, touches=(touch,), score=score)


def run() -> int:
    """Rescore this tenant's fresh memories; how many changed. Neither their version nor updated_at moves."""
    last, changed = None, 0
    while batch := _batch(last):
        changed += _rescore([memory.pk for memory in batch])
        last = batch[-1].pk
    return changed


def _batch(last: object) -> list[Memory]:
    fresh = Memory.objects.live().filter(importance_stated=False, event_time__gt=timezone.now() - FRESH)
    return list((fresh.filter(pk__gt=last) if last else fresh).order_by("pk").only("pk")[:BATCH])


@transaction.atomic
def _rescore(ids: list[UUID]) -> int:
    now = timezone.now()
    rows = Memory.objects.filter(pk__in=ids, importance_stated=False).order_by("pk")
    changed = []
    for memory in rows.only("kind", "role", "event_time", "importance").select_for_update(skip_locked=True):
        score = scoring.importance_at(memory.kind, memory.role, memory.event_time, now)
        if abs(score - memory.importance) > LEAST:
            memory.importance = score
            changed.append(memory)
    if changed:
        Memory.objects.bulk_update(changed, ["importance"])
        ledger.record("memory.rescored", count=len(changed))
    return len(changed)
