"""How the queue does: what waits and is dead, how old the oldest is, how long acknowledging takes, what was retried."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Count, Q
from django.db.models.functions import TruncHour
from django.utils import timezone

from events.sync.models import Receipt

HOURS = 24
# Milliseconds from the message's being sent to its being acknowledged, and hand-overs beyond the first.
QUERY = """
SELECT service_id,
    count(*) FILTER (WHERE state = 'waiting'), count(*) FILTER (WHERE state = 'sent'),
    count(*) FILTER (WHERE state = 'failed'), count(*) FILTER (WHERE state = 'dead'),
    EXTRACT(epoch FROM %(now)s - min(created_at) FILTER (WHERE settled_at IS NULL)),
    count(*) FILTER (WHERE state = 'acknowledged' AND settled_at > %(hour)s),
    percentile_cont(ARRAY[0.5, 0.95]) WITHIN GROUP (ORDER BY EXTRACT(epoch FROM settled_at - created_at) * 1000)
        FILTER (WHERE state = 'acknowledged' AND settled_at > %(hour)s),
    count(*) FILTER (WHERE state = 'acknowledged' AND settled_at > %(day)s),
    percentile_cont(ARRAY[0.5, 0.95]) WITHIN GROUP (ORDER BY EXTRACT(epoch FROM settled_at - created_at) * 1000)
        FILTER (WHERE state = 'acknowledged' AND settled_at > %(day)s),
    COALESCE(sum(attempts - 1) FILTER (WHERE attempts > 1 AND (settled_at IS NULL OR settled_at > %(day)s)), 0)
FROM sync_receipt WHERE settled_at IS NULL OR state = 'dead' OR settled_at > %(day)s
GROUP BY GROUPING SETS ((service_id), ())
"""


@dataclass(frozen=True)
class Latency:
    """Of what was acknowledged in a span: how many, and milliseconds from sent to acknowledged."""

    acknowledged: int = 0
    p50_ms: float | None = None
    p95_ms: float | None = None


@dataclass(frozen=True)
class Queue:
    """Receipts by state as they are now. `retries` are hand-overs beyond the first, of what is owed or of a day."""

    waiting: int = 0
    sent: int = 0
    failed: int = 0
    dead: int = 0
    oldest_seconds: float | None = None  # since the oldest that is owed was sent; None: nothing is
    last_hour: Latency = field(default_factory=Latency)
    last_day: Latency = field(default_factory=Latency)
    retries: int = 0

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def queues() -> tuple[Queue, dict[UUID, Queue]]:
    """The queue of all services together, and of each that has receipts, by the key of its row. One query."""
    now = timezone.now()
    spans = {"now": now, "hour": now - timedelta(hours=1), "day": now - timedelta(days=1)}
    with connection.cursor() as cursor:
        cursor.execute(QUERY, spans)
        found = {row[0]: _queue(row[1:]) for row in cursor.fetchall()}
    return found.pop(None, Queue()), found


def _queue(row: tuple[Any, ...]) -> Queue:
    waiting, sent, failed, dead, oldest, hour, of_hour, day, of_day, retries = row
    return Queue(
        waiting, sent, failed, dead, None if oldest is None else max(0.0, round(float(oldest), 1)),
        _latency(hour, of_hour), _latency(day, of_day), int(retries),
    )  # fmt: skip


def _latency(count: int, parts: Iterable[float] | None) -> Latency:
    return Latency(count, *(round(max(0.0, float(part)), 1) for part in parts)) if parts else Latency(count)


@dataclass(frozen=True)
class Hour:
    """One hour: what came and what was settled in it, how much was owed at its end, and its p95 latency."""

    at: datetime
    came: int
    settled: int
    owed: int
    p95_ms: float | None


def hours() -> list[Hour]:
    """The last HOURS hours, oldest first, this one included. Told from the rows, walking back from what is owed now."""
    this_hour = timezone.now().replace(minute=0, second=0, microsecond=0)
    marks = [this_hour - timedelta(hours=ago) for ago in range(HOURS)]
    came = _by_hour("created_at", Q(created_at__gte=marks[-1]))
    settled = _by_hour("settled_at", Q(settled_at__gte=marks[-1]))
    slow = _slow(marks[-1])
    owed = Receipt.objects.filter(settled_at=None).count()
    found = []
    for at in marks:
        found.append(Hour(at, came.get(at, 0), settled.get(at, 0), max(0, owed), slow.get(at)))
        owed += settled.get(at, 0) - came.get(at, 0)
    return found[::-1]


def _by_hour(name: str, within: Q) -> dict[datetime, int]:
    rows = Receipt.objects.filter(within).values(hour=TruncHour(name)).annotate(count=Count("pk")).order_by()
    return {row["hour"]: row["count"] for row in rows}


def _slow(since: datetime) -> dict[datetime, float]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT date_trunc('hour', settled_at, 'UTC'), percentile_cont(0.95) WITHIN GROUP"
            " (ORDER BY EXTRACT(epoch FROM settled_at - created_at) * 1000)"
            " FROM sync_receipt WHERE state = 'acknowledged' AND settled_at >= %s GROUP BY 1",
            [since],
        )
        return {at: round(float(ms), 1) for at, ms in cursor.fetchall()}
