"""The demo's learning history, as plain values: curves of how often each desk is right.

Bookings learns fast and then has learned, support learns slowly, fleet stays what it is, and pricing gets worse from
the day on which its prices changed: nobody gave it feedback on the new ones.
"""

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from config.demo import rhythm, saying
from config.demo.rhythm import DAYS, Month
from config.demo.talks import Talk
from config.demo.words import MODELS

PRICES_CHANGED = 16  # days after the month began
TYPES = {"training": 50, "reinforcement": 18, "feedback": 14, "correction": 11, "adaptation": 7}
EACH = 4  # events of a talk in the mean
JUDGED = {"bookings": 0.68, "support": 0.52, "pricing": 0.22, "fleet": 0.45}  # how many somebody judges
SAYS = {
    True: ("That was right.", "Exactly what I asked for.", "Booked at once, thank you."),
    False: ("That was the price of last year.", "Wrong traveller.", "It had to be done by hand in the end."),
}
ANSWERS = ("book", "offer", "ask back", "hand over", "refuse")


@dataclass(frozen=True)
class Learned:
    """One learning event. `lesson` has fields of analytics.types.Lesson; feedback came at `judged_at`, if ever."""

    id: UUID
    at: datetime
    talk: Talk
    type: str
    lesson: dict[str, Any]
    judged_at: datetime | None = None
    correct: bool | None = None
    improved: bool | None = None
    rating: int | None = None
    explanation: str = ""


def right(desk: str, day: float) -> float:
    """How often a desk is right on a day of the month, 0 to 1."""
    if desk == "bookings":
        return 0.94 - 0.50 * math.exp(-day / 6)
    if desk == "support":
        return 0.88 - 0.30 * math.exp(-day / 13)
    if desk == "pricing":
        return 0.86 - 0.40 * max(day - PRICES_CHANGED, 0) / (DAYS - PRICES_CHANGED)
    return 0.79


def learned(month: Month, talks: list[Talk]) -> list[Learned]:
    """Oldest first."""
    return sorted(_learned(month, talks), key=lambda one: one.at)


def _learned(month: Month, talks: list[Talk]) -> Iterator[Learned]:
    dice = month.dice("learned")
    for talk in talks:
        at = talk.at
        for _ in range(rhythm.times(dice, EACH)):
            at += timedelta(milliseconds=dice.randrange(4_000, 150_000))
            if at < month.end:
                yield _one(dice, month, talk, at)


def _one(dice: random.Random, month: Month, talk: Talk, at: datetime) -> Learned:
    type = dice.choices(list(TYPES), list(TYPES.values()))[0]
    share = right(talk.desk.name, month.day(at)) - (0.2 if month.is_bad(at) else 0)
    good = dice.random() < share
    sure = min(0.99, max(0.05, dice.gauss(0.35 + 0.6 * share if good else 0.2 + 0.45 * share, 0.09)))
    id = rhythm.key(dice, at)
    lesson = _told(dice, month, talk, at, type, sure)
    judged = at + timedelta(milliseconds=dice.randrange(20_000, 5_400_000))
    if dice.random() > JUDGED[talk.desk.name] or judged >= month.end:
        return Learned(id, at, talk, type, lesson)
    rating = min(5, max(1, round(dice.gauss(4.4 if good else 2.0, 0.7))))
    explained = dice.choice(SAYS[good]) if dice.random() < 0.3 else ""
    return Learned(id, at, talk, type, lesson, judged, good, good and dice.random() < 0.55, rating, explained)


def _told(dice: random.Random, month: Month, talk: Talk, at: datetime, type: str, sure: float) -> dict[str, Any]:
    slow = 4.5 if month.is_bad(at) else 1.0
    tokens = int(dice.lognormvariate(6.3, 0.5))
    first, second = dice.sample(ANSWERS, 2)
    adapted = type == "adaptation"
    return {
        "importance": round(dice.uniform(0.3, 0.9), 2),
        "input": _input(dice, talk, type),
        "context": {"channel": dice.choice(saying.CHANNELS), "agent_version": f"1.{int(month.day(at) // 10)}"},
        "output": {"prediction": first, "alternatives": [second]},
        "confidence": round(sure, 3),
        "model_updated": adapted,
        "performance_change": round(dice.gauss(0.02, 0.03), 4) if adapted else None,
        "affected_models": (dice.choice(MODELS),) if adapted else (),
        "processing_ms": round(dice.lognormvariate(5.4, 0.45) * slow, 1),
        "tokens": tokens,
        "cost": round(tokens * 0.00002 * dice.uniform(0.8, 1.3), 5),
    }


def _input(dice: random.Random, talk: Talk, type: str) -> dict[str, Any]:
    blanks = saying.blanks(dice, talk.name)
    told = {"question": saying.capital(dice.choice(talk.desk.asks).format(**blanks))}
    if type == "correction":
        return {**told, "corrected": dice.choice(ANSWERS)}
    return {**told, "language": "en"} if dice.random() < 0.4 else told
