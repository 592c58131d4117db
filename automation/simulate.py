"""Simulation: what a job would do and what recall would lose by it, worked out now; nothing is written.

A simulation has a `now`. A run that is started with the same job, options, reach and `now` does what was simulated,
save for what was written in between.
"""

import time
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import F
from django.utils import timezone

from automation import policies, registry, runner
from automation.models import Policy, TaskRun
from memory import losing, questions
from memory.losing import Loss
from memory.upkeep import options as told_options
from memory.upkeep.plan import SAMPLES, Change, Forecast, Reach, forecast

RUNS = 5  # whose pace is taken to say how long one takes


@dataclass(frozen=True)
class Rung:
    """One change, as little of it as moving the thresholds needs."""

    subject: UUID | None
    action: str
    score: float | None


@dataclass(frozen=True)
class Made:
    """What a sample of a change would write anew, empty for nothing, and of how many memories."""

    content: str
    sources: int


@dataclass
class Noted:
    """What is kept of each change while the forecast counts them."""

    rungs: list[Rung] = field(default_factory=list)
    gone: dict[UUID, str] = field(default_factory=dict)  # memories that are no answers any more, and by which action
    writes: int = 0  # changes that something is done for
    counts: Counter[str] = field(default_factory=Counter)
    drafts: list[Made] = field(default_factory=list)  # of the forecast's samples, in their order


@dataclass(frozen=True)
class Simulation:
    """`forecast` says what would be done, `losses` what the saved questions would lose, `options` are all of them.

    `seconds` is how long applying it takes at the pace of the latest runs of this job; None while there were none.
    """

    job: registry.Job
    reach: Reach
    options: dict[str, Any]
    now: datetime
    forecast: Forecast
    writes: int
    rungs: tuple[Rung, ...]
    gone: dict[UUID, str]
    drafts: tuple[Made, ...]
    losses: tuple[Loss, ...]
    seconds: float | None
    took_ms: float

    def recalled(self) -> tuple[float | None, float | None]:
        """The share of all expected memories that are among the answers, before and after."""
        expected = sum(len(loss.answers.question.expected) for loss in self.losses)
        hits = (sum(loss.hit_before for loss in self.losses), sum(loss.hit_after for loss in self.losses))
        return (hits[0] / expected, hits[1] / expected) if expected else (None, None)


def simulate(
    job: str, reach: Reach, told: dict[str, Any], now: datetime | None = None, *, asking: bool = True
) -> Simulation:
    """What a job would do; `asking` the saved questions too. Raises UnknownJob, BadOption."""
    began = time.perf_counter()
    found = registry.find(job)
    options = registry.read_options(found, told)
    now = now or timezone.now()
    noted = Noted()
    predicted = forecast(_noting(found.plan(reach, options, now), noted, now))
    return Simulation(
        job=found,
        reach=reach,
        options=told_options.told(options),
        now=now,
        forecast=predicted,
        writes=noted.writes,
        rungs=tuple(noted.rungs),
        gone=noted.gone,
        drafts=tuple(noted.drafts),
        losses=_losses(reach, noted.gone) if asking else (),
        seconds=_seconds(found, noted.writes),
        took_ms=round((time.perf_counter() - began) * 1000, 2),
    )


@dataclass(frozen=True)
class Asked:
    job: str
    options: dict[str, Any]
    reach: Reach


def of_policy(policy: Policy, job: str = "") -> Asked | None:
    """What a policy says of a job, or of the first that it switches on; None when it switches on no such job.

    Its reach leaves out those who have a nearer policy.
    """
    on = [name for name, says in policy.jobs.items() if says.get("enabled") and name in registry.JOBS]
    name = job or next(iter(on), "")
    if name not in on:
        return None
    return Asked(name, policy.jobs[name].get("options", {}), policies.reach_of(policy, name))


def _noting(changes: Iterable[Change], noted: Noted, now: datetime) -> Iterator[Change]:
    for change in changes:
        noted.rungs.append(Rung(change.subject, change.action, change.score))
        noted.gone |= dict.fromkeys(losing.takes_away(change, now), change.action)
        noted.writes += bool(change.effect)
        noted.counts[change.action] += 1
        if noted.counts[change.action] <= SAMPLES:
            noted.drafts.append(Made(str(change.draft.get("content", "")), len({link.target for link in change.links})))
        yield change


def _losses(reach: Reach, gone: dict[UUID, str]) -> tuple[Loss, ...]:
    """Of the questions about those whom the reach is for, and of those about all; those that lose most come first."""
    rows = questions.concerning(reach.user_id, reach.namespace)
    found = [losing.loss(answers, gone) for answers in losing.asked(rows.order_by("-id")[: losing.QUESTIONS])]
    return tuple(sorted(found, key=lambda loss: (loss.hit_after - loss.hit_before, -len(loss.gone))))


def _seconds(job: registry.Job, writes: int) -> float | None:
    """At the pace of the latest runs of this job in this tenant."""
    latest = runner.runs().filter(job=job.name, state=TaskRun.State.SUCCEEDED)
    ended = latest.filter(dry_run=False, total__gt=0, started_at__isnull=False)
    told = list(ended.order_by("-id").values_list("total", F("finished_at") - F("started_at"))[:RUNS])
    spent = sum(took.total_seconds() for _, took in told if took)
    return round(writes * spent / sum(total for total, _ in told), 1) if told and spent else None
