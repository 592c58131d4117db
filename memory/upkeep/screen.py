"""Screen: memories that are hardly believed, or come from where nobody trusts, are shown to a person."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import chain

from memory.models import Memory, Review
from memory.models.memory import MemoryQuerySet
from memory.upkeep.options import option
from memory.upkeep.plan import Change, Reach
from memory.upkeep.settling import asked, kept, looked_at

SLICE = 1_000
Kind = Review.Kind
WHY = {Kind.QUARANTINE: "an untrusted source", Kind.LOW_CONFIDENCE: "hardly believed"}


@dataclass(frozen=True)
class Options:
    confidence: float = option(0.3, "Under which confidence a memory is shown.", least=0.0, most=1.0)
    untrusted: bool = option(True, "Show what comes from an untrusted source.")
    most: int = option(20_000, "Memories that are looked at, the oldest first.", least=1, most=100_000)


def plan(reach: Reach, options: Options, now: datetime) -> Iterator[Change]:
    """Shows memories of low confidence and of untrusted sources to a person, who says what they are."""
    rows = reach.rows().movable().only("id", "user_id", "namespace", "confidence", "trust").order_by("id")
    seen = {kind: looked_at(reach, kind) for kind in WHY}
    for row in chain.from_iterable(_slices(rows, options.most)):
        kind = _kind(row, options)
        if kind is None or (row.pk, None) in seen[kind]:
            yield kept(row, row.confidence)
        else:
            yield asked(kind, row, None, score=round(1.0 - row.confidence, 4), why=WHY[kind])


def _kind(row: Memory, options: Options) -> Review.Kind | None:
    if options.untrusted and row.trust == Memory.Trust.UNTRUSTED:
        return Kind.QUARANTINE
    return Kind.LOW_CONFIDENCE if row.confidence < options.confidence else None


def _slices(rows: MemoryQuerySet, most: int) -> Iterator[list[Memory]]:
    left, batch = most, list(rows[: min(most, SLICE)])
    while batch:
        yield batch
        left -= len(batch)
        batch = list(rows.filter(pk__gt=batch[-1].pk)[: min(left, SLICE)]) if left > 0 and len(batch) == SLICE else []
