"""The learning history, read: events narrowed by what they are of, and by when they were."""
# ruff: noqa: S608  what is put together are our own words; values are bound

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import reduce
from operator import or_
from typing import Any

from django.db import connection
from django.db.models import Q, QuerySet

from analytics.counts import HOUR
from analytics.models import LearningEvent
from tenants import bounds

WEEK = timedelta(days=7)
# What is added up of many events: how many there are, how many have feedback, and how well they went.
SUMS = (
    "count(*), count(judged_at), count(*) FILTER (WHERE correct)::float8 / nullif(count(correct), 0), avg(confidence),"
    " sum(rating)::float8 / nullif(count(rating), 0)"
)
_READ = (
    "id", "type", "signature", "occurred_at", "judged_at", "correct", "improved", "confidence", "rating", "cost",
    "model_updated", "processing_ms", "tokens",
)  # fmt: skip
# From one domain to the next along the index: to look at each event takes a second with a million of them.
_DOMAINS = """
WITH RECURSIVE told(domain) AS (
  (SELECT domain FROM analytics_learningevent ORDER BY domain LIMIT 1)
  UNION ALL
  SELECT (SELECT e.domain FROM analytics_learningevent e WHERE e.domain > told.domain ORDER BY e.domain LIMIT 1)
  FROM told WHERE told.domain IS NOT NULL
)
SELECT domain FROM told WHERE domain IS NOT NULL LIMIT %s
"""
NAMED = ("domain", "service", "agent", "user_id", "session_id", "type", "signature")


@dataclass(frozen=True, kw_only=True)
class Asked:
    """Which events: of all that is named, of the half-open time from `since` to before `until`.

    `judged` and `correct` None: whether or not. `least_importance` is 0 to 1.
    """

    domain: str = ""
    service: str = ""
    agent: str = ""
    user_id: str = ""
    session_id: str = ""
    type: str = ""
    signature: str = ""  # of a pattern
    since: datetime | None = None
    until: datetime | None = None
    judged: bool | None = None
    correct: bool | None = None
    least_importance: float | None = None


def found(asked: Asked) -> QuerySet[LearningEvent]:
    """The events, unordered."""
    rows = LearningEvent.objects.filter(**{name: getattr(asked, name) for name in NAMED if getattr(asked, name)})
    told = {
        "occurred_at__gte": asked.since, "occurred_at__lt": asked.until, "correct": asked.correct,
        "importance__gte": asked.least_importance,
    }  # fmt: skip
    rows = rows.filter(**{name: value for name, value in told.items() if value is not None})
    return rows if asked.judged is None else rows.filter(judged_at__isnull=not asked.judged)


def within(asked: Asked, now: datetime, span: timedelta = WEEK) -> Asked:
    """With both ends of its time: to now, and so long before its end, where it names none."""
    until = asked.until or now
    return replace(asked, since=asked.since or until - span, until=until)


def over(
    asked: Asked, select: str, rest: str, *after: Any, before: tuple[Any, ...] = (),
    hours: Collection[datetime] | None = None,
) -> list[Any]:  # fmt: skip
    """The rows of a statement over the events asked for; `before` and `after` are what the words around them bind.

    With `hours` over those events alone that were in one of them.
    """
    if hours is not None and not hours:
        return []
    rows = found(asked).filter(*[_any_of(hours)] if hours else [])
    sql, params = rows.order_by().values(*_READ).query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {select} FROM ({sql}) AS f {rest}", [*before, *params, *after])
        return cursor.fetchall()


def _any_of(hours: Collection[datetime]) -> Q:
    """Each hour by its two ends, which the index finds."""
    ends = ({"occurred_at__gte": hour, "occurred_at__lt": hour + HOUR} for hour in sorted(hours))
    return reduce(or_, (Q(**each) for each in ends))


def domains(most: int = 200) -> list[str]:
    """Domains that have events, by name; of those that one is bound to, these. One statement."""
    if bound := bounds.current():
        return sorted(bound)[:most]
    with connection.cursor() as cursor:
        cursor.execute(_DOMAINS, [most])
        return [name for (name,) in cursor.fetchall()]
