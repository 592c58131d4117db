"""When things happen in the demo's month: office hours, weekdays, growth, and one bad day. Plain Python."""

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

DAYS = 30
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
# How busy an hour of the day is, from midnight on; the busiest has 1.
HOURS = (
    0.05, 0.03, 0.02, 0.02, 0.03, 0.06, 0.14, 0.33, 0.66, 0.91, 1.0, 0.96,
    0.71, 0.80, 0.94, 0.97, 0.88, 0.69, 0.46, 0.33, 0.25, 0.19, 0.13, 0.08,
)  # fmt: skip
WEEKDAYS = (1.0, 1.06, 1.04, 1.0, 0.84, 0.31, 0.24)  # from Monday on
GROWN = 2.1  # times as busy at the end as at the beginning
BAD_BEGINS, BAD_ENDS = 10, 15  # hours of the bad day
BAD_DAYS_AGO = 9


@dataclass(frozen=True)
class Month:
    """Which month it is: everything in it follows from these two. `end` is a whole hour in UTC.

    It begins with a whole day, so that 30 days, as they are looked at, have nothing before them to be held against.
    """

    seed: int
    end: datetime

    @property
    def begin(self) -> datetime:
        return self.end.replace(hour=0) - (DAYS - 1) * DAY

    def dice(self, what: str) -> random.Random:
        """The same dice for the same thing; what one kind of history throws moves no other."""
        return random.Random(f"{self.seed}/{what}")  # noqa: S311  a play, not a secret

    def hours(self) -> Iterator[datetime]:
        """The beginnings of its hours."""
        return (self.begin + at * HOUR for at in range(round((self.end - self.begin) / HOUR)))

    def day(self, at: datetime) -> float:
        """How many days of it are over, 0 to less than DAYS."""
        return (at - self.begin) / DAY

    @property
    def bad_day(self) -> datetime:
        """The midnight of the working day on which searches were slow and failed."""
        day = (self.end - BAD_DAYS_AGO * DAY).replace(hour=0)
        return day - max(day.weekday() - 4, 0) * DAY

    def is_bad(self, at: datetime) -> bool:
        return self.bad_day + BAD_BEGINS * HOUR <= at < self.bad_day + BAD_ENDS * HOUR


def busy(month: Month, hour: datetime) -> float:
    """How much happens in an hour; the busiest working hour in the middle of the month has about 1."""
    grown = 1 + (GROWN - 1) * month.day(hour) / DAYS
    return HOURS[hour.hour] * WEEKDAYS[hour.weekday()] * grown / ((1 + GROWN) / 2)


def times(dice: random.Random, mean: float) -> int:
    """How often something happens that happens so often in the mean: Poisson's, by multiplication (Knuth)."""
    limit, product, count = math.exp(-min(mean, 500.0)), dice.random(), 0
    while product > limit:
        product *= dice.random()
        count += 1
    return count


def within(dice: random.Random, hour: datetime) -> datetime:
    """A moment of the hour, on a whole millisecond."""
    return hour + timedelta(milliseconds=dice.randrange(3_600_000))


def key(dice: random.Random, at: datetime) -> UUID:
    """A UUID of version 7 that begins with that time (RFC 9562, 5.7)."""
    moment = round(at.astimezone(UTC).timestamp() * 1000)
    rest = dice.getrandbits(74)
    value = (moment << 80) | (0x7 << 76) | ((rest >> 62) << 64) | (0b10 << 62) | (rest & (2**62 - 1))
    return UUID(int=value)
