"""What the coming weeks take: how many memories expire, and what retention rules would do now."""

from datetime import UTC, datetime, timedelta

from django.db.models import Count
from django.db.models.functions import TruncWeek

from memory.models import Memory
from memory.upkeep import retain
from memory.upkeep.plan import EVERYBODY, Forecast, forecast

WEEKS = 12
LOOKED_AT = 1_000  # memories: a page shall not take long


def expiring(now: datetime, weeks: int = WEEKS) -> list[tuple[datetime, int]]:
    """How many memories, but for deleted and held ones, expire in each week (from Monday, UTC), this one first."""
    day = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    every = [day - timedelta(days=day.weekday()) + timedelta(weeks=ahead) for ahead in range(weeks)]
    rows = Memory.objects.readable().unheld().filter(expires_at__lt=every[-1] + timedelta(weeks=1))
    counted = rows.order_by().values(week=TruncWeek("expires_at", tzinfo=UTC)).annotate(count=Count("id"))
    found = {row["week"]: row["count"] for row in counted}
    return [(week, found.get(week, 0)) for week in every]


def due_by_rules(now: datetime) -> Forecast:
    """Of the oldest LOOKED_AT memories that are old enough for some rule."""
    return forecast(retain.plan(EVERYBODY, retain.Options(most=LOOKED_AT), now))
