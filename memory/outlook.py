"""What the coming weeks take: how many memories expire, and what retention rules would do now."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db.models import Count
from django.db.models.functions import TruncWeek

from memory.models import Memory
from memory.models.hold import held
from memory.upkeep import retain
from memory.upkeep.plan import EVERYBODY, Forecast, forecast

WEEKS = 12
LOOKED_AT = 1_000  # memories: a page shall not take long


@dataclass(frozen=True)
class Week:
    """From Monday `at` (UTC): how many memories expire, and how many of these are held, so not erased."""

    at: datetime
    expire: int
    held: int


def expiring(now: datetime, weeks: int = WEEKS) -> list[Week]:
    """This week and those after it. One statement; what is over or deleted is not counted."""
    day = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    every = [day - timedelta(days=day.weekday()) + timedelta(weeks=ahead) for ahead in range(weeks)]
    rows = Memory.objects.readable().filter(expires_at__lt=every[-1] + timedelta(weeks=1))
    told = rows.order_by().values(at=TruncWeek("expires_at", tzinfo=UTC))
    found = {row["at"]: Week(**row) for row in told.annotate(expire=Count("id"), held=Count("id", filter=held()))}
    return [found.get(at, Week(at, 0, 0)) for at in every]


def due_by_rules(now: datetime) -> Forecast:
    """Of the oldest LOOKED_AT memories that are old enough for some rule."""
    return forecast(retain.plan(EVERYBODY, retain.Options(most=LOOKED_AT), now))
