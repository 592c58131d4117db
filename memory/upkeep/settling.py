"""What becomes of memories of which one gives way to another: the Changes that jobs and the review desk share.

Nothing is deleted: whoever gives way is superseded, its validity ends, and it is linked to what took its place.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from memory.algorithms import duplicates
from memory.algorithms.duplicates import Standing
from memory.models import Memory, Relation, Review
from memory.upkeep.plan import Change, Link, Reach, Touch

TAGS, PEOPLE = 100, 100  # of one memory
Type = Relation.Type
Pair = tuple[UUID, UUID | None]


def merged(keeper: Memory, others: Sequence[Memory], *, score: float, why: str) -> Change:
    """`keeper` gets what the others have of tags and people and the greatest importance, and takes their place."""
    gained: dict[str, Any] = {
        "tags": _union([keeper, *others], "tags")[:TAGS],
        "people": _union([keeper, *others], "people")[:PEOPLE],
        "importance": max(memory.importance for memory in (keeper, *others)),
    }
    gained = {name: value for name, value in gained.items() if getattr(keeper, name) != value}
    touches = [Touch(keeper.pk, keeper.version, gained)] if gained else []
    touches += [gone(other, keeper) for other in others]
    links = tuple(Link(keeper.pk, other.pk, Type.SUPERSEDES) for other in others)
    return Change("merge", keeper.pk, touches=tuple(touches), links=links, score=score, why=why)


def settled(winner: Memory, loser: Memory, *, score: float, why: str, contradicts: bool = True) -> Change:
    """Of two memories `winner` holds on, and `loser` does not any more."""
    types = (Type.SUPERSEDES, Type.CONTRADICTS) if contradicts else (Type.SUPERSEDES,)
    links = tuple(Link(winner.pk, loser.pk, type) for type in types)
    return Change("resolve", loser.pk, touches=(gone(loser, winner),), links=links, score=score, why=why)


def asked(kind: str, one: Memory, other: Memory | None, *, score: float, why: str) -> Change:
    """Let a person look at them."""
    first, second = sorted((one, other), key=lambda memory: memory.pk) if other else (one, None)
    told = {
        "kind": kind, "first": first.pk, "second": second.pk if second else None, "score": score, "reason": why,
        "namespace": one.namespace, "user_id": one.user_id,
    }  # fmt: skip
    return Change("review", first.pk, effect="review", told=told, score=score, why=why)


def kept(memory: Memory, score: float | None, why: str = "") -> Change:
    return Change("keep", memory.pk, effect="", score=score, why=why)


def gone(loser: Memory, winner: Memory) -> Touch:
    """Superseded; it held until the other one began, or, where it began later itself, at no time."""
    ends = max(begins(loser), begins(winner))
    ends = min(ends, loser.valid_to) if loser.valid_to else ends
    return Touch(
        loser.pk, loser.version, {"state": Memory.State.SUPERSEDED, "valid_to": ends, "superseded_by": winner.pk}
    )


def begins(memory: Memory) -> datetime:
    return memory.valid_from or memory.event_time


def best_of(rows: Sequence[Memory]) -> Memory:
    """The one to keep of several that say the same, see duplicates.best."""
    return rows[duplicates.best([Standing(row.confidence, row.event_time, row.recalls, str(row.pk)) for row in rows])]


def looked_at(reach: Reach, *kinds: str) -> set[Pair]:
    """Pairs that wait for a decision, or got one by which both stay: nothing is asked or done again. One statement."""
    named = {"namespace": reach.namespace, "user_id": reach.user_id}
    rows = quiet().filter(kind__in=kinds, **{name: value for name, value in named.items() if value})
    return set(rows.values_list("first_id", "second_id"))


def quiet() -> Any:
    """Reviews that leave everything as it is."""
    return Review.objects.exclude(state__in=[Review.State.MERGED, Review.State.RESOLVED])


def _union(rows: Sequence[Memory], name: str) -> list[str]:
    """In the order in which they come, the keeper's own first."""
    return list(dict.fromkeys(word for memory in rows for word in getattr(memory, name)))
