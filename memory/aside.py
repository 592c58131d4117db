"""Many memories at once put aside: kept and readable, and not among the answers. `revise.restore` takes each back."""

from collections.abc import Callable
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from events import ledger
from memory import history
from memory.erasing import SLICE, THIN, next_thin
from memory.models import Memory
from memory.models.memory import MemoryQuerySet


def silence(rows: MemoryQuerySet) -> int:
    """Silence every live memory of `rows`; how many there were."""
    return _put_aside(rows, "memory.silenced", lambda memory: {}, state=Memory.State.SILENT)


def outdate(rows: MemoryQuerySet) -> int:
    """Say of every live memory of `rows` that it is outdated, as `revise.judge` does of one; how many there were."""
    now = timezone.now()
    return _put_aside(rows, "memory.judged", _verdict, state=Memory.State.SUPERSEDED, valid_to=now)


def _verdict(memory: Memory) -> dict[str, Any]:
    return {"verdict": "outdated", "confidence": round(memory.confidence, 4)}


@transaction.atomic
def _put_aside(rows: MemoryQuerySet, fact: str, told: Callable[[Memory], dict[str, Any]], **values: Any) -> int:
    """Locked by id, so that two who put the same rows aside take turns; slice by slice, each with a fact of its own."""
    live = rows.live().order_by("id").only(*THIN, "confidence")
    count = 0
    while batch := list(live.select_for_update()[:SLICE]):
        keys, now = [memory.pk for memory in batch], timezone.now()
        history.keep(keys, values, now)
        Memory.objects.filter(pk__in=keys).update(**values, updated_at=now, version=F("version") + 1)
        ledger.record_all(fact, [(memory, next_thin(memory) | told(memory)) for memory in batch])
        count += len(batch)
    return count
