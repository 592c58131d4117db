"""Resolve conflicts: of two memories of a user that contradict each other one holds on; what is unclear is asked."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from memory.algorithms import conflicts, duplicates
from memory.algorithms.conflicts import Conflict, Reading, Statement
from memory.models import Memory, Review
from memory.upkeep.groups import Group, groups
from memory.upkeep.options import option
from memory.upkeep.plan import Change, Reach
from memory.upkeep.settling import Pair, asked, begins, kept, looked_at, settled

KIND = Review.Kind.CONTRADICTION
STRATEGIES = ("temporal", "confidence", "importance")


@dataclass(frozen=True)
class Options:
    strategy: str = option("temporal", "Who wins: the newer, the more believed, the more important.", among=STRATEGIES)
    auto_resolve: bool = option(True, "Resolve what is clear; else a person decides all of it.")
    near: float = option(0.5, "How much alike two must be to be compared.", least=0.0, most=1.0)
    sure: float = option(0.8, "From which score on a contradiction is resolved without asking.", least=0.0, most=1.0)
    gap: float = option(0.1, "A smaller difference of confidence or importance is asked.", least=0.0, most=1.0)
    gap_hours: float = option(1.0, "A smaller difference of time is asked.", least=0.0, most=8_760.0)
    messages: bool = option(False, "Look at the messages of conversations, too.")
    most: int = option(20_000, "Memories that are looked at, user by user.", least=1, most=100_000)


@dataclass(frozen=True)
class _Found:
    one: Memory
    other: Memory
    conflict: Conflict


def plan(reach: Reach, options: Options, now: datetime) -> Iterator[Change]:
    """Finds memories that contradict each other; one of them is superseded, or a person decides. None is deleted."""
    rows = reach.rows().movable()
    rows = rows if options.messages else rows.exclude(kind=Memory.Kind.MESSAGE)
    seen = looked_at(reach, KIND, Review.Kind.DUPLICATE)
    for group in groups(rows.exclude(kind=Memory.Kind.SUMMARY), options.most):
        yield from _resolved(group, options, seen)


def _resolved(group: Group, options: Options, seen: set[Pair]) -> Iterator[Change]:
    """The surest first; what gave way once is left alone for the rest of the run."""
    found = _found(group, options, seen)
    gone: set[UUID] = set()
    busy: set[UUID] = set()
    for each in found:
        ends = {each.one.pk, each.other.pk}
        if ends & gone:
            continue
        winner = _winner(each, options)
        if winner is None:
            busy |= ends
            yield asked(KIND, each.one, each.other, score=each.conflict.score, why=each.conflict.why)
            continue
        loser = each.other if winner is each.one else each.one
        gone.add(loser.pk)
        yield settled(winner, loser, score=each.conflict.score, why=f"{each.conflict.why}; {options.strategy}")
    yield from (kept(row, None) for row in group.rows if row.pk not in gone | busy)


def _found(group: Group, options: Options, seen: set[Pair]) -> list[_Found]:
    pairs, _ = duplicates.alike(group.vectors, group.texts, options.near)
    readings = [_read(row) for row in group.rows] if pairs else []
    found = []
    for (i, j), near in pairs.items():
        one, other = group.rows[i], group.rows[j]
        if (one.pk, other.pk) in seen:
            continue
        if conflict := conflicts.between(readings[i], readings[j], near):
            found.append(_Found(one, other, conflict))
    return sorted(found, key=lambda each: (-each.conflict.score, each.one.pk, each.other.pk))


def _read(row: Memory) -> Reading:
    return conflicts.read(Statement(row.content, row.author, begins(row), row.valid_to))


def _winner(each: _Found, options: Options) -> Memory | None:
    """The one that holds on; None where that is not clear enough."""
    if not options.auto_resolve or each.conflict.score < options.sure:
        return None
    if options.strategy == "temporal":
        newer, older = sorted((each.one, each.other), key=lambda row: (begins(row), row.pk), reverse=True)
        return newer if begins(newer) - begins(older) >= timedelta(hours=options.gap_hours) else None
    more, less = sorted((each.one, each.other), key=lambda row: (getattr(row, options.strategy), row.pk), reverse=True)
    clear = getattr(more, options.strategy) - getattr(less, options.strategy) >= options.gap - 1e-9
    return more if clear else None
