"""Importance fades with time, by kind.

It is computed from where it began, never from what the last run left: the mark `importance_decay` in the metadata
keeps the importance that was given (`from`), since when it stood (`since`), and what a run made of it (`to`). So two
runs at the same time are one, a missed day costs nothing, and daily runs end where a yearly one does. Whoever gives a
memory another importance begins anew: then `to` is not what it has.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from memory.algorithms import decaying
from memory.algorithms.decaying import Fading
from memory.models import Memory
from memory.upkeep import marks, slices
from memory.upkeep.options import option
from memory.upkeep.plan import Change, Reach, Touch

MARK = "importance_decay"
LEAST = 0.001  # a smaller change is not worth a version
READ = ("kind", "importance", "confidence", "recalls", "metadata", "created_at", "updated_at", "version")
DAY = 86_400


@dataclass(frozen=True)
class Options:
    half_life_days: float = option(0.0, "for every kind; 0: each kind has its own", least=0, most=36_500)
    most: int = option(5_000, "memories that are looked at, the weightiest first", least=1, most=100_000)


def plan(reach: Reach, options: Options, now: datetime) -> Iterator[Change]:
    """Let the importance of every memory fade by its half life."""
    rows = reach.rows().movable().filter(importance__gt=decaying.FLOOR)
    for memory in slices.read(slices.chosen(rows, ["-importance"], options.most), only=READ):
        base, since = began(memory)
        yield _change(memory, faded(memory, now, options.half_life_days), base, since)


def faded(memory: Memory, now: datetime, half_life_days: float = 0.0) -> float:
    """What its importance comes to at `now`; a half life of 0 is that of its kind."""
    base, since = began(memory)
    days = (now - since).total_seconds() / DAY
    return decaying.faded(Fading(memory.kind, base, days, memory.recalls, memory.confidence), half_life_days)


def began(memory: Memory) -> tuple[float, datetime]:
    """The importance that fades, and since when."""
    mark = marks.of(memory).get(MARK)
    if not isinstance(mark, dict):
        return memory.importance, memory.created_at
    base, since = marks.number(mark.get("from")), marks.moment(mark.get("since"))
    if base is None or since is None or mark.get("to") != memory.importance:
        return memory.importance, memory.updated_at
    return min(max(base, 0.0), 1.0), since


def _change(memory: Memory, value: float, base: float, since: datetime) -> Change:
    if abs(value - memory.importance) < LEAST:
        return Change("keep", memory.pk, effect="", score=value)
    marked = marks.added(memory, **{MARK: {"from": base, "since": since.isoformat(), "to": value}})
    touch = Touch(memory.pk, memory.version, {"importance": value, "metadata": marked})
    return Change("decay", memory.pk, touches=(touch,), score=value)
