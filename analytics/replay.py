"""Replaying a recall: the question of a trace asked again, now, as of then, or with other weights, and what moved."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from analytics import tracing
from analytics.errors import CannotReplay
from analytics.models import Trace
from memory.recall import look
from memory.types import Found, Query

NOW, THEN = "now", "then"
LIMIT = 50  # hits that are compared, as many as a trace keeps
HEAVIEST = 10.0


@dataclass(frozen=True)
class Setting:
    """How it is asked again. `at` is NOW or THEN; `weights` multiply parts of the score, by name, 0 to HEAVIEST.

    None and empty: as it was asked then.
    """

    at: str = NOW
    limit: int | None = None
    min_score: float | None = None
    weights: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Moved:
    """A memory's place and score before and after, counted from 1; None: it is not among the hits."""

    memory_id: UUID
    before: int | None
    after: int | None
    score_before: float | None
    score_after: float | None

    @property
    def how(self) -> str:
        """`entered`, `left`, `up`, `down` or `same`."""
        if self.before is None or self.after is None:
            return "entered" if self.before is None else "left"
        return "same" if self.before == self.after else "up" if self.after < self.before else "down"


def ask(trace: Trace, setting: Setting) -> tuple[Found, list[Moved]]:
    """Ask the question of a trace again, noted nowhere: what is found now, and what moved, in the order of now.

    Raises CannotReplay, and what recall raises.
    """
    found = look(_query(trace, setting))
    now = [(hit.memory.pk, hit.score) for hit in found.hits]
    then = [(UUID(hit["id"]), hit["score"]) for hit in trace.told["hits"]]
    return found, moved(then, now)


def _query(trace: Trace, setting: Setting) -> Query:
    if why := why_not(trace):
        raise CannotReplay(why)
    query = tracing.query_of(trace.told["asked"])
    changed: dict[str, Any] = {"limit": min(query.limit if setting.limit is None else setting.limit, LIMIT)}
    changed["weights"] = dict(setting.weights)
    if setting.min_score is not None:
        changed["min_score"] = setting.min_score
    if setting.at == THEN and query.as_of is None:
        changed["as_of"] = trace.occurred_at
    return replace(query, **changed)


def why_not(trace: Trace) -> str:
    """Why a trace cannot be replayed; empty: it can be."""
    if trace.kind != Trace.Kind.RECALL or "asked" not in trace.told:
        return "it is of no recall"
    if trace.told.get("by_vector"):
        return "it was asked by a vector, which is not kept"
    return "its question was too long to be kept whole" if trace.told.get("cut") else ""


def moved(then: list[tuple[UUID, float]], now: list[tuple[UUID, float]]) -> list[Moved]:
    """What moved between two lists of hits, best first: first those of now, then those that are gone."""
    places = [{key: (at, score) for at, (key, score) in enumerate(hits, 1)} for hits in (then, now)]
    keys = [key for key, _ in now] + [key for key, _ in then if key not in places[1]]
    told = []
    for key in keys:
        (before, score_before), (after, score_after) = (place.get(key, (None, None)) for place in places)
        told.append(Moved(key, before, after, score_before, score_after))
    return told
