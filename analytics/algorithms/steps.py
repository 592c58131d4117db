"""The steps of a span: hours, and the days, weeks (from Monday) and months of a time zone."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

HOUR = timedelta(hours=1)


def begin_of(at: datetime, step: str, zone: str = "UTC") -> datetime:
    """The beginning of the step in which a time lies, in UTC; as PostgreSQL's date_trunc has it."""
    if step == "hour":
        return at.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    day = at.astimezone(ZoneInfo(zone)).replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
    if step == "week":
        day -= timedelta(days=day.weekday())
    return (day.replace(day=1) if step == "month" else day).astimezone(UTC)


def after(at: datetime, step: str, zone: str = "UTC") -> datetime:
    """The beginning of the next step, in UTC, where `at` is the beginning of one."""
    if step == "hour":
        return at + HOUR
    day = at.astimezone(ZoneInfo(zone)).replace(fold=0)
    if step == "month":
        return (day.replace(day=1) + timedelta(days=32)).replace(day=1, hour=0).astimezone(UTC)
    # On the wall's clock: a day is 23 or 25 hours long where clocks change.
    return begin_of(day + timedelta(days=7 if step == "week" else 1), step, zone)


def starts(begin: datetime, end: datetime, step: str, zone: str = "UTC", most: int = 10_000) -> list[datetime]:
    """The beginnings of all steps from that of `begin` on and before `end`, at most `most`."""
    told: list[datetime] = []
    at = begin_of(begin, step, zone)
    while at < end and len(told) < most:
        told.append(at)
        at = after(at, step, zone)
    return told
