"""Ladders: jobs whose action follows from one score and some thresholds, so that others can be tried without asking.

What protects a memory decides which lane it climbs in, and the lane says what is done to it on each rung. The lanes
are found by asking the job itself, with thresholds between which all scores lie; so they cannot say something else.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from automation import registry
from automation.registry import Job
from memory import losing
from memory.upkeep.plan import Reach

# The options of a job that are thresholds of its score, the highest first.
THRESHOLDS = {"forget": ("keep", "decay", "silence", "compress")}
UNREACHED = 1.01  # no score is so high


@dataclass(frozen=True)
class Ladder:
    """`lanes` are the actions at or above each threshold and, last, below all; `lane_of` is which one a memory is in.

    Of `taking` are the actions after which a memory is no answer any more.
    """

    thresholds: tuple[str, ...]
    lanes: tuple[tuple[str, ...], ...]
    lane_of: dict[UUID, int]
    taking: tuple[str, ...]

    def action(self, subject: UUID, score: float, options: dict[str, Any]) -> str:
        """What a memory comes to with other thresholds; the console's simulator.js does the same."""
        met = (at for at, name in enumerate(self.thresholds) if score >= options[name])
        return self.lanes[self.lane_of[subject]][next(met, len(self.thresholds))]


def ladder(job: Job, reach: Reach, told: dict[str, Any], now: datetime) -> Ladder | None:
    """None for a job without thresholds. It costs one plan more for each rung. Raises BadOption."""
    names = THRESHOLDS.get(job.name, ())
    if not names:
        return None
    options = registry.read_options(job, told)
    climbed: dict[UUID, tuple[str, ...]] = {}
    taking: set[str] = set()
    for rung in range(len(names) + 1):
        bounds = {name: UNREACHED if at < rung else 0.0 for at, name in enumerate(names)}
        for change in job.plan(reach, replace(options, **bounds), now):
            if change.subject:
                climbed[change.subject] = (*climbed.get(change.subject, ()), change.action)
            if losing.takes_away(change, now):
                taking.add(change.action)
    climbed = {subject: lane for subject, lane in climbed.items() if len(lane) > len(names)}  # others moved meanwhile
    lanes = sorted(set(climbed.values()))
    places = {lane: at for at, lane in enumerate(lanes)}
    return Ladder(names, tuple(lanes), {subject: places[lane] for subject, lane in climbed.items()}, tuple(taking))
