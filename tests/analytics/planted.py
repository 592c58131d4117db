"""Counts of some weeks, made up by plain arithmetic: the same each time, busy by day and quiet at night."""

import math
from collections.abc import Iterator
from datetime import datetime, timedelta

from analytics import counts
from analytics.algorithms import histograms
from analytics.counts import HOUR, Cell

KINDS = {"fact": 9, "preference": 4, "event": 6, "conversation": 14}
STATES = {"active": 10_000, "superseded": 800, "silent": 300, "deleted": 120}
TIERS = {"warm": 7_000, "archiving": 60, "cold": 3_000}
AGES = {"day": 300, "week": 1_500, "month": 4_000, "quarter": 2_900, "year": 1_200, "older": 100}
TYPES = {"training": 3, "feedback": 6, "correction": 1, "reinforcement": 2}


def plant(now: datetime, days: int = 30, domain: str = "support", agent: str = "ada") -> None:
    """So many days up to this hour, in one domain and of one agent."""
    end = counts.hour_of(now) + HOUR
    hours = [end - HOUR * ago for ago in range(24 * days, 0, -1)]
    counts.add(cell for place, hour in enumerate(hours) for cell in _of(hour, place / len(hours), domain, agent))


def _busy(hour: datetime) -> float:
    week = 0.45 if hour.weekday() > 4 else 1.0
    return week * (1.15 + math.sin((hour.hour - 8) / 24 * 2 * math.pi)) * (1 + 0.25 * math.sin(hour.day * 2.4))


def _of(hour: datetime, gone: float, domain: str, agent: str) -> Iterator[Cell]:
    busy, where = _busy(hour), {"domain": domain, "agent": agent}

    def cell(metric: str, n: float, kind: str = "", total: float = 0, **more: object) -> Cell:
        return Cell(metric, hour, kind=kind, n=round(n), total=total, **where, **more)  # type: ignore[arg-type]

    for kind, often in KINDS.items():
        yield cell("memories_written", often * busy, kind)
    found, empty = round(60 * busy), round(60 * busy * 0.16 * (1.1 - gone))
    times = [18 * (1 + (place * 37 % 100) / 45) * (2.6 if hour.day == 12 else 1) for place in range(found)]
    times += [95.0] * (found // 12)
    yield cell("searches", found, "found", sum(times), buckets=histograms.of(times))
    yield cell("searches", empty, "empty", 12.0 * empty, buckets=histograms.of([12.0] * empty))
    yield cell("search_hits", found * 6)
    for operation, often in {"search": 65, "store_memories": 40, "list_memories": 12}.items():
        yield cell("requests", often * busy, operation, 20 * often * busy)
    yield cell("request_errors", 2 * busy * (4 if hour.day == 12 else 0.4), "search")
    for type, often in TYPES.items():
        yield cell("learning_events", often * busy, type)
    judged, right = 5 * busy, 0.62 + 0.3 * gone - (0.2 if hour.day == 12 else 0)
    yield cell("learning_feedback", judged, "feedback")
    yield cell("learning_correct", judged, "feedback", round(judged) * right)
    yield cell("learning_confidence", 9 * busy, "", round(9 * busy) * (0.7 + 0.15 * gone))
    yield cell("learning_rating", 2 * busy, "", round(2 * busy) * 4.1)
    yield cell("learning_ms", 9 * busy, "", round(9 * busy) * 180.0)
    yield cell("runs_finished", hour.hour % 6 == 0, "forget", 3)
    yield cell("runs_failed", hour.hour == 6 and hour.day % 9 == 0, "forget")
    grown = 0.55 + 0.45 * gone
    for metric, stock in (("stock_state", STATES), ("stock_tier", TIERS), ("stock_age", AGES)):
        for kind, count in stock.items():
            yield cell(metric, 1, kind, round(count * grown * (1 + gone * (kind == "cold"))))


def midnight(at: datetime) -> datetime:
    return at.replace(hour=0, minute=0, second=0, microsecond=0)


WEEK = timedelta(days=7)
