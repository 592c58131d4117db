"""The demo's searches, requests and tracked events, as plain values: what was counted, and what was tracked."""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from config.demo import rhythm
from config.demo.rhythm import Month
from config.demo.talks import Talk
from config.demo.words import DESKS, Desk

SEARCHES = 30.0  # of a busy hour
QUICK, WIDE = 3.25, 0.42  # of a search's milliseconds, as a lognormal has them: 26 ms in the middle
BAD_SLOWER, BAD_FAILED, FAILED = 18.0, 0.22, 0.0012
# Operations of the API, how many there are to a search, and how long they take beside one.
OPERATIONS = {
    "search_memories": (1.0, 1.1), "create_memories": (0.42, 0.5), "list_memories": (0.2, 0.4),
    "record_learning": (0.5, 0.35), "judge_learning": (0.22, 0.3), "get_context": (0.3, 1.6),
}  # fmt: skip
# What the agency's programs track, and at which desk; the last three are what business metrics are made of.
EVENTS = {
    "trip_booked": "bookings", "offer_sent": "bookings", "ticket_closed": "support", "coach_left": "fleet",
    "quote_made": "pricing", "document_analyzed": "support", "risk_identified": "pricing", "cost_saved": "bookings",
}  # fmt: skip


@dataclass(frozen=True)
class Counted:
    """What was measured of a metric in an hour, one value each time."""

    metric: str
    hour: datetime
    kind: str
    domain: str  # requests are not told apart by it
    values: tuple[float, ...]


@dataclass(frozen=True)
class Tracked:
    id: UUID
    at: datetime
    name: str
    talk: Talk
    data: dict[str, Any]


def counted(month: Month) -> Iterator[Counted]:
    dice = month.dice("traffic")
    for hour in month.hours():
        mean = SEARCHES * rhythm.busy(month, hour)
        for desk in DESKS:
            yield from _searched(dice, month, hour, desk, mean * desk.share)
        yield from _requested(dice, month, hour, mean)


def _searched(dice: random.Random, month: Month, hour: datetime, desk: Desk, mean: float) -> Iterator[Counted]:
    took = [ms(dice, month, hour) for _ in range(rhythm.times(dice, mean))]
    misses = desk.misses * (2.2 if month.is_bad(hour) else 1)
    empty = [dice.random() < misses for _ in took]
    for kind, which in (("found", False), ("empty", True)):
        values = tuple(ms for ms, none in zip(took, empty, strict=True) if none == which)
        if values:
            yield Counted("searches", hour, kind, desk.name, values)
    hits = sum(dice.randrange(3, 11) for none in empty if not none)
    if hits:
        yield Counted("search_hits", hour, "", desk.name, (1.0,) * hits)


def _requested(dice: random.Random, month: Month, hour: datetime, mean: float) -> Iterator[Counted]:
    for operation, (often, longer) in OPERATIONS.items():
        took = [ms(dice, month, hour) * longer for _ in range(rhythm.times(dice, mean * often))]
        failing = BAD_FAILED if month.is_bad(hour) else FAILED
        failed = sum(dice.random() < failing for _ in took)
        if took:
            yield Counted("requests", hour, operation, "", tuple(took))
        if failed:
            yield Counted("request_errors", hour, operation, "", (0.0,) * failed)


def ms(dice: random.Random, month: Month, hour: datetime) -> float:
    """How long a search takes in that hour."""
    slower = BAD_SLOWER if month.is_bad(hour) else 1 + 0.35 * month.day(hour) / rhythm.DAYS  # a growing house slows
    return round(dice.lognormvariate(QUICK, WIDE) * slower, 2)


def tracked(month: Month, talks: list[Talk]) -> list[Tracked]:
    """What the agency's own programs tell: some events of most talks. Oldest first."""
    dice, found = month.dice("tracked"), []
    for talk in talks:
        for name, desk in EVENTS.items():
            at = rhythm.within(dice, talk.at)
            if desk == talk.desk.name and at < month.end and dice.random() < 0.62:
                found.append(Tracked(rhythm.key(dice, at), at, name, talk, DATA[name](dice)))
    return sorted(found, key=lambda one: one.at)


def _sold(dice: random.Random) -> dict[str, Any]:
    return {"euros": round(dice.lognormvariate(6.4, 0.5)), "nights": dice.randrange(1, 12)}


DATA: dict[str, Callable[[random.Random], dict[str, Any]]] = {
    "trip_booked": _sold,
    "offer_sent": _sold,
    "quote_made": _sold,
    "ticket_closed": lambda dice: {"hours_open": round(dice.expovariate(1 / 9), 1), "solved": dice.random() < 0.87},
    "coach_left": lambda dice: {"minutes_late": max(0, round(dice.gauss(3, 5)))},
    "document_analyzed": lambda dice: {"ms": round(dice.lognormvariate(6.8, 0.4))},
    "risk_identified": lambda dice: {"score": round(dice.betavariate(2, 4), 2)},
    "cost_saved": lambda dice: {"amount": round(dice.lognormvariate(3.6, 0.6), 2)},
}
