"""Remedies: which job of the housekeeper answers which recommendation, and how much more of it is asked for."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

EVERY_NIGHT = {"enabled": True, "cron_expression": "0 3 * * *", "interval_hours": None, "run_immediately": False}
MEMORIES = 100  # of a user, from which on the job runs where a policy goes by thresholds


@dataclass(frozen=True)
class Remedy:
    """A job and the option of it that is turned, weakest value first; where the job is off it begins with that."""

    job: str
    option: str
    values: tuple[float, ...]
    says: str
    impact: str


REMEDIES: Mapping[str, Remedy] = {
    "little_feedback": Remedy(
        "screen", "confidence", (0.3, 0.5, 0.7),
        "Show memories that are hardly believed to a person.",
        "More is judged, and what is wrong is found before it is answered.",
    ),
    "weak_pattern": Remedy(
        "resolve_conflicts", "near", (0.5, 0.4, 0.3),
        "Look for memories that contradict each other, and resolve that.",
        "Answers do not rest on what is not so any more.",
    ),
    "declining": Remedy(
        "decay", "half_life_days", (90.0, 45.0, 30.0),
        "Let what is old fade sooner.",
        "What was learned lately comes before what was true once.",
    ),
    "dear_improvement": Remedy(
        "consolidate", "similarity", (0.7, 0.65, 0.6),
        "Keep the gist of what is alike instead of all of it.",
        "The agent reads less for each answer, so that it costs less.",
    ),
}  # fmt: skip


def change(remedy: Remedy, enabled: bool, options: Mapping[str, Any]) -> dict[str, Any] | None:
    """What a policy should say of the remedy's job, when it says `enabled` and `options` now; None: no more of it.

    In the words of automation.checking, with all that can be said of a job. It runs every night, or by a threshold,
    whichever the policy goes by.
    """
    now = options.get(remedy.option) if enabled else None
    value = remedy.values[0] if not now else _stronger(remedy, float(now))
    if value is None:
        return None
    told = dict(options) | {remedy.option: value}
    return {"enabled": True, "threshold": MEMORIES, "schedule": dict(EVERY_NIGHT), "options": told}


def _stronger(remedy: Remedy, now: float) -> float | None:
    """The next value beyond the one that holds."""
    falls = remedy.values[-1] < remedy.values[0]
    return next((value for value in remedy.values if (value < now if falls else value > now)), None)
