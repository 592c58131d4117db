"""Stretches of time, and what recurs: the values that time words are read as, and the calendar behind them."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

Span = tuple[datetime, datetime]  # from (inclusive) to (exclusive), aware


@dataclass(frozen=True)
class When:
    """A time is in it when it lies in one of `spans`, and its month, weekday and hour are among those given.

    An empty part does not narrow. Months are 1 to 12, weekdays 1 (Monday) to 7, hours 0 to 23: all in the zone in
    which the words were read.
    """

    spans: tuple[Span, ...] = ()
    months: frozenset[int] = frozenset()
    weekdays: frozenset[int] = frozenset()
    hours: frozenset[int] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.spans or self.months or self.weekdays or self.hours)


DAY, HOUR, SECOND = timedelta(days=1), timedelta(hours=1), timedelta(seconds=1)
EARLIEST, LATEST = datetime(2, 1, 1, tzinfo=UTC), datetime(9998, 1, 1, tzinfo=UTC)


def start_of(unit: str, at: datetime) -> datetime:
    """The beginning of the day, week (Monday), weekend (Saturday), month, quarter or year that a moment is in."""
    day = at.replace(hour=0, minute=0, second=0, microsecond=0)
    if unit == "week":
        return day - at.weekday() * DAY
    if unit == "weekend":
        return day + (5 - at.weekday()) * DAY
    if unit == "month":
        return day.replace(day=1)
    if unit == "quarter":
        return day.replace(month=(at.month - 1) // 3 * 3 + 1, day=1)
    return day.replace(month=1, day=1) if unit == "year" else day


def later(unit: str, at: datetime, steps: int) -> datetime:
    """A moment so many units later; the 31st becomes the last of a shorter month. Raises OverflowError, ValueError."""
    if unit in ("day", "week", "weekend"):
        return at + steps * DAY * (1 if unit == "day" else 7)
    months = steps * {"month": 1, "quarter": 3, "year": 12}[unit] + at.month - 1
    year, month = at.year + months // 12, months % 12 + 1
    return at.replace(year=year, month=month, day=min(at.day, monthrange(year, month)[1]))


def whole(unit: str, at: datetime, steps: int = 0) -> When:
    first = later(unit, start_of(unit, at), steps)
    return When(((first, first + 2 * DAY if unit == "weekend" else later(unit, first, 1)),))


def months_of(at: datetime, year: int, month: int, count: int = 1) -> When:
    first = start_of("year", at).replace(year=year, month=month)
    return When(((first, later("month", first, count)),))


def begun(now: datetime, month: int, count: int) -> When:
    found = months_of(now, now.year, month, count)
    return found if found.spans[0][0] <= now else months_of(now, now.year - 1, month, count)


def both(one: When, other: When) -> When:
    """Two spans are alternatives, and so are two months; a span with a part of the day is both at once."""
    return When(
        one.spans + other.spans, one.months | other.months, one.weekdays | other.weekdays, one.hours | other.hours
    )
