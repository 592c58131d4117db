"""Clearing away: what expired, and live memories that say nothing."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from memory.models import Memory
from memory.upkeep import slices
from memory.upkeep.options import option
from memory.upkeep.plan import Change, Reach, Touch

BLANK = r"^\s*$"


@dataclass(frozen=True)
class Options:
    most: int = option(5_000, "memories, the oldest first", least=1, most=100_000)


def plan(reach: Reach, options: Options, now: datetime) -> Iterator[Change]:
    """Delete what expired, and memories without words."""
    gone = Q(expires_at__lte=now) | Q(tier=Memory.Tier.WARM, content__regex=BLANK)
    rows = reach.rows().filter(gone, state=Memory.State.ACTIVE).free()
    ids = slices.chosen(rows, [], options.most)
    for memory in slices.read(ids, only=("expires_at", "version")):
        if memory.expires_at and memory.expires_at <= now:
            yield Change("delete", memory.pk, effect="purge", why="it expired")
        else:
            touch = Touch(memory.pk, memory.version, {"state": "deleted"})
            yield Change("delete", memory.pk, touches=(touch,), why="it says nothing")
