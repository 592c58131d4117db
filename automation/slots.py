"""The slots of a schedule: the instants at which it is due. Pure: the clock and the zone are passed in."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import islice
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

# How far back the latest slot is looked for, step by step: the first steps find it for nearly all schedules.
BACK = tuple(timedelta(hours=hours) for hours in (1, 25, 24 * 8, 24 * 40, 24 * 400))
FOREVER = timedelta(days=9 * 366)  # the 29th of February may be eight years away


@dataclass(frozen=True)
class Schedule:
    """Times by a cron expression of five fields, or every so often from `anchor` on. Exactly one of both is told."""

    cron: str = ""
    every: timedelta = timedelta(0)
    anchor: datetime = datetime(2000, 1, 1, tzinfo=UTC)


def wrong(cron: str) -> str:
    """What is wrong with a cron expression; empty for nothing."""
    if len(cron) > 120 or not cron.isascii() or len(cron.split()) != 5:
        return "is a cron expression of five fields, such as 0 3 * * *"
    try:
        _parsed(cron)
    except CronSimError as error:
        return f"is not a cron expression: {str(error).lower()}"
    start = datetime(2000, 1, 1, tzinfo=UTC)
    first = next(_cron(cron, ZoneInfo("UTC"), start), None)
    return "" if first and first - start < FOREVER else "is never due"


def explain(schedule: Schedule) -> str:
    """One plain sentence."""
    if schedule.cron:
        return str(CronSim(schedule.cron, schedule.anchor).explain())
    return f"Every {_said(schedule.every)}"


def after(schedule: Schedule, zone: ZoneInfo, since: datetime) -> Iterator[datetime]:
    """All slots after `since`, in UTC, each later than the one before.

    A local time that does not exist, as clocks go forward, is due at the first instant after it that does; one that
    comes twice is due when it comes first. A schedule of every hour goes by the hours that pass, and misses none.
    """
    return _cron(schedule.cron, zone, since) if schedule.cron else _interval(schedule, since)


def last_due(schedule: Schedule, zone: ZoneInfo, since: datetime, now: datetime) -> datetime | None:
    """The latest slot that is later than `since` and not later than `now`."""
    if not schedule.cron:
        slot = schedule.anchor + (now - schedule.anchor) // schedule.every * schedule.every
        return slot if slot > max(since, schedule.anchor) else None
    for back in (*BACK, now - since):
        start = max(since, now - back)
        found = None
        for slot in _until(schedule, zone, start, now):
            found = slot
        if found or start == since:
            return found
    return None


def count(schedule: Schedule, zone: ZoneInfo, since: datetime, now: datetime, most: int = 1_000) -> int:
    """How many slots there are after `since` up to `now`; no more than `most` are counted."""
    return sum(1 for _ in islice(_until(schedule, zone, since, now), most))


def _until(schedule: Schedule, zone: ZoneInfo, since: datetime, now: datetime) -> Iterator[datetime]:
    for slot in after(schedule, zone, since):
        if slot > now:
            return
        yield slot


def _interval(schedule: Schedule, since: datetime) -> Iterator[datetime]:
    passed = max(0, (since - schedule.anchor) // schedule.every)
    while True:
        passed += 1
        yield schedule.anchor + passed * schedule.every


def _cron(cron: str, zone: ZoneInfo, since: datetime) -> Iterator[datetime]:
    last = since
    for local in CronSim(_plain(cron), since.astimezone(zone)):
        slot = local.astimezone(UTC)
        # Begun in an hour that comes twice, its first time is told too, and is over.
        if slot > last:
            yield slot
            last = slot


@lru_cache(maxsize=1_000)
def _parsed(cron: str) -> CronSim:
    return CronSim(cron, datetime(2000, 1, 1, tzinfo=UTC))


@lru_cache(maxsize=1_000)
def _plain(cron: str) -> str:
    """The expression so that cronsim goes by the clock on the wall, unless it is due in every hour.

    Like Debian's cron it goes by the hours that pass wherever minute or hour begins with a star, so `0 */2 * * *`
    would be due twice in an hour that comes twice, and not at all in one that does not exist.
    """
    minute, _, *days = cron.split()
    sim = _parsed(cron)
    if len(sim.hours) == 24:
        return " ".join([minute, "*", *days])
    return " ".join([_listed(sim.minutes), _listed(sim.hours), *days])


def fields(cron: str) -> dict[str, str]:
    """The expression as numbers, for a program that knows fewer words. Days that it could not say become any day."""
    sim = _parsed(cron)
    told = {"minute": sim.minutes, "hour": sim.hours, "month_of_year": sim.months}
    known = {name: _listed(values, RANGES[name]) for name, values in told.items()}
    days, weekdays = _numbers(sim.days), _numbers(sim.weekdays)
    if not sim.day_and or days is None or weekdays is None:
        return known | {"day_of_month": "*", "day_of_week": "*"}
    week = {day % 7 for day in weekdays}
    return known | {"day_of_month": _listed(days, 31), "day_of_week": _listed(week, 7)}


RANGES = {"minute": 60, "hour": 24, "month_of_year": 12}


def _numbers(values: Iterable[object]) -> set[int] | None:
    """None for what is no plain number: the last day, the second Monday."""
    told = list(values)
    numbers = {value for value in told if isinstance(value, int) and value >= 0}
    return numbers if len(numbers) == len(told) else None


def _listed(values: set[int], full: int = 0) -> str:
    return "*" if len(values) == full else ",".join(map(str, sorted(values)))


def _said(every: timedelta) -> str:
    for name, size in (("day", 86_400), ("hour", 3_600), ("minute", 60), ("second", 1)):
        number, rest = divmod(int(every.total_seconds()), size)
        if number and not rest:
            return name if number == 1 else f"{number} {name}s"
    return f"{every.total_seconds():g} seconds"
