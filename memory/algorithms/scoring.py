"""How much a memory matters, and how far it is believed."""

from datetime import datetime

FRESH_HOURS = 24.0
ROLE = {"system": 0.9, "user": 0.7, "assistant": 0.5}
OTHER_ROLE = 0.5
# What a kind says of its weight, where nobody stated one.
KIND = {"preference": 0.7, "goal": 0.7, "habit": 0.6, "summary": 0.6, "fact": 0.5, "event": 0.5}
VERDICTS = ("correct", "incorrect", "outdated")


def importance(kind: str, role: str, age_hours: float) -> float:
    """Importance in [0, 1] of a memory whose importance nobody stated.

    0.4 * max(0, 1 - age / 24 h) + 0.2 * role + 0.4 * explicit, the formula of the AI Memory Layer. Its explicit value
    is here the kind's; kinds that say nothing (message, context) count 0. A stated importance is the score itself.
    """
    fresh = min(max(0.0, 1.0 - age_hours / FRESH_HOURS), 1.0)
    score = 0.4 * fresh + 0.2 * ROLE.get(role, OTHER_ROLE) + 0.4 * KIND.get(kind, 0.0)
    return min(max(score, 0.0), 1.0)


def importance_at(kind: str, role: str, event_time: datetime, now: datetime) -> float:
    """The same at a moment; both are aware."""
    return importance(kind, role, (now - event_time).total_seconds() / 3600)


def confidence_after(confidence: float, verdict: str) -> float:
    """Confidence in [0, 1] after feedback: `correct` goes a fifth of the way to 1, `incorrect` halves it."""
    if verdict == "correct":
        return confidence + (1.0 - confidence) / 5
    return confidence / 2 if verdict == "incorrect" else confidence
