"""The demo's task runs, as plain values: the jobs of each night, a few asked for by hand, and some that failed."""

import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from config.demo import rhythm
from config.demo.rhythm import DAYS, Month

# What runs at night, from which day on, how many seconds it takes, and how many memories it touches.
NIGHTLY = {
    "deduplicate": (0, 14.0, 9), "resolve_conflicts": (0, 11.0, 4), "decay": (0, 6.0, 160), "rescore": (3, 4.0, 60),
    "forget": (7, 8.0, 22), "summarize": (5, 21.0, 7), "cleanup": (0, 2.0, 5),
}  # fmt: skip
COUNTED = {
    "deduplicate": "merge", "resolve_conflicts": "resolve", "decay": "decay", "rescore": "rescore",
    "forget": "silence", "summarize": "summarize", "cleanup": "purge", "health_check": "report", "reembed": "embed",
}  # fmt: skip
FAILING = "the embedder did not answer for 5 minutes"


@dataclass(frozen=True)
class Run:
    id: UUID
    job: str
    queued: datetime
    started: datetime
    finished: datetime
    actor: str
    done: int
    error: str = ""

    @property
    def counts(self) -> dict[str, int]:
        return {COUNTED[self.job]: self.done}


def runs(month: Month) -> list[Run]:
    """Oldest first."""
    dice, found = month.dice("runs"), []
    for night in range(DAYS + 1):
        at = month.begin.replace(hour=3) + timedelta(days=night, minutes=1)
        for job, (since, seconds, touches) in NIGHTLY.items():
            if night >= since and at > month.begin:
                run = _run(dice, month, job, at, seconds * (1 + night / DAYS), touches, "system")
                found.append(run)
                at = run.finished + timedelta(seconds=dice.uniform(0.2, 3))
        by_day = month.begin.replace(hour=0) + timedelta(days=night, hours=dice.uniform(9, 17))
        if by_day.weekday() < 5 and dice.random() < 0.5:
            found.append(_run(dice, month, dice.choice(("health_check", "reembed")), by_day, 5.0, 12, "person:mira"))
    return [
        run for run in sorted(found, key=lambda run: run.queued) if month.begin < run.queued < run.finished < month.end
    ]


def _run(
    dice: random.Random, month: Month, job: str, queued: datetime, seconds: float, touches: int, actor: str
) -> Run:
    started = queued + timedelta(seconds=dice.uniform(0.05, 1.5))
    after_bad_day = month.bad_day < queued < month.bad_day + timedelta(days=1, hours=4)
    error = FAILING if after_bad_day and job in ("deduplicate", "resolve_conflicts", "reembed") else ""
    finished = started + timedelta(seconds=300 if error else dice.lognormvariate(0, 0.25) * seconds)
    return Run(
        rhythm.key(dice, queued), job, queued, started, finished, actor,
        0 if error else rhythm.times(dice, touches * (0.5 + month.day(queued) / DAYS)), error,
    )  # fmt: skip
