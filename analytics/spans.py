"""Spans of time that numbers are asked for, and the steps they are told in. All in UTC, on whole hours."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from analytics.counts import HOUR, Span, hour_of

DAY = timedelta(days=1)
LAST = {"24h": timedelta(hours=24), "7d": timedelta(days=7), "30d": timedelta(days=30)}
NAMES = (*LAST, "own")
LONGEST = timedelta(days=731)
_HOURLY, _DAILY = timedelta(days=3), timedelta(days=100)  # up to which a span is told by hours, and by days


@dataclass(frozen=True)
class BadSpan(ValueError):
    """What is wrong with which end of it."""

    name: str
    detail: str


def last(name: str, now: datetime) -> Span:
    """One of LAST up to the end of this hour; those of days begin with a day, and today is the last of them."""
    if name == "24h":
        return lately(LAST[name], now)
    return Span(_day(now) + DAY - LAST[name], hour_of(now) + HOUR)


def lately(length: timedelta, now: datetime) -> Span:
    """So long, up to the end of this hour."""
    end = hour_of(now) + HOUR
    return Span(end - length, end)


def of_days(first: date, final: date, now: datetime) -> Span:
    """From the first day to the last one, both included, as far as they are over. Raises BadSpan."""
    begin = datetime.combine(first, time.min, UTC)
    if final < first:
        raise BadSpan("to", "is before the first day")
    if final - first >= LONGEST:
        raise BadSpan("from", f"is more than {LONGEST.days} days before the last day")
    if begin > now:
        raise BadSpan("from", "is still to come")
    if begin < datetime(2000, 1, 1, tzinfo=UTC):
        raise BadSpan("from", "is before the year 2000")
    return Span(begin, min(datetime.combine(final, time.min, UTC) + DAY, hour_of(now) + HOUR))


def before(span: Span) -> Span:
    """What is as long, and ends where this one begins."""
    return Span(span.begin - (span.end - span.begin), span.begin)


def step_of(span: Span) -> str:
    """How fine it is told: hours up to three days, days up to a hundred, else weeks."""
    length = span.end - span.begin
    return "hour" if length <= _HOURLY else "day" if length <= _DAILY else "week"


def _day(at: datetime) -> datetime:
    return at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
