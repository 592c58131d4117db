"""What a job of upkeep would do, said before it is done.

A job is one function, `plan(reach, options, now)`, which reads and yields Changes and writes nothing. A dry run counts
them, a real run lays them down as steps and applies these, see memory.upkeep.steps. So a dry run cannot differ from
the run that follows it, and what was applied can be undone.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from memory.models import Memory
from memory.models.memory import MemoryQuerySet

NEW = "$new"  # in the fields of a touch: the id of the memory that the change makes
BINS = 20
SAMPLES = 5


@dataclass(frozen=True)
class Reach:
    """Whose memories a run is for; empty means all. Who has a nearer policy is left out."""

    namespace: str = ""
    user_id: str = ""
    except_users: tuple[str, ...] = ()
    except_namespaces: tuple[str, ...] = ()

    def rows(self) -> MemoryQuerySet:
        rows = Memory.objects.all()
        rows = rows.filter(namespace=self.namespace) if self.namespace else rows
        rows = rows.filter(user_id=self.user_id) if self.user_id else rows
        rows = rows.exclude(user_id__in=self.except_users) if self.except_users else rows
        return rows.exclude(namespace__in=self.except_namespaces) if self.except_namespaces else rows


EVERYBODY = Reach()


@dataclass(frozen=True)
class Touch:
    """New values of columns of one memory, as it was read in `version`. One that has moved on is left alone."""

    memory_id: UUID
    version: int
    fields: dict[str, Any]


@dataclass(frozen=True)
class Link:
    """A relation that the change makes; `source` None is the new memory."""

    source: UUID | None
    target: UUID
    type: str
    weight: float = 1.0


@dataclass(frozen=True)
class Change:
    """One thing that a job would do, whole or not at all.

    `action` is what it is counted as (keep, decay, silence, summarize …), `subject` the memory it is about. `draft`
    holds the fields of a types.Draft, with those of its Scope beside them. `effect` is what applies it: `write` does
    touches, draft and links; `purge`, `archive` and `embed` do so to the subject; `report` and `measure` keep what
    is `told`, and `review` asks a person about it; and for an empty one nothing is done.
    """

    action: str
    subject: UUID | None = None
    effect: str = "write"
    touches: tuple[Touch, ...] = ()
    draft: dict[str, Any] = field(default_factory=dict)
    links: tuple[Link, ...] = ()
    told: dict[str, Any] = field(default_factory=dict)  # of a report, an evaluation or a review
    score: float | None = None  # 0 to 1
    parts: dict[str, float] = field(default_factory=dict)  # what the score is the sum of
    why: str = ""  # one short clause, without content


@dataclass(frozen=True)
class Forecast:
    """What a plan comes to, without content. `histogram` has, by action, how many scores are in each of BINS bins."""

    total: int
    counts: dict[str, int]
    histogram: dict[str, list[int]]
    samples: list[dict[str, Any]]  # SAMPLES of each action: action, subject, score, parts, why


def forecast(changes: Iterable[Change]) -> Forecast:
    counts: Counter[str] = Counter()
    histogram: dict[str, list[int]] = {}
    samples: list[dict[str, Any]] = []
    for change in changes:
        counts[change.action] += 1
        if change.score is not None:
            bins = histogram.setdefault(change.action, [0] * BINS)
            bins[min(int(change.score * BINS), BINS - 1)] += 1
        if counts[change.action] <= SAMPLES:
            samples.append(sample(change))
    return Forecast(counts.total(), dict(counts), histogram, samples)


def sample(change: Change) -> dict[str, Any]:
    return {
        "action": change.action,
        "subject": str(change.subject) if change.subject else None,
        "score": change.score,
        "parts": change.parts,
        "why": change.why,
    }
