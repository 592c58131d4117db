"""What Prometheus is told of tenants, as it lies in Redis: sums of what was noted, and what a tick saw in each schema.

So a scrape looks into no tenant. Everything is summed over tenants, and none is named. Lost with Redis: sums begin
anew, as Prometheus expects of a counter, and the next tick sees the rest again.
"""

import json
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, timedelta
from functools import cache
from typing import Any

import redis
import structlog
from django.conf import settings
from django.utils import timezone

from analytics import counts
from analytics.algorithms import histograms
from analytics.counts import HOUR, Cell, Span, hour_of
from events import ledger
from events.sync import metrics as sync
from memory.models import Memory

log = structlog.get_logger(__name__)
SUMS, TENANTS = "gauges:sums", "gauges:tenants"
FRESH = 300  # seconds for which what was seen of a tenant counts
NOTED = ("requests", "request_errors", "request_refusals", "searches", "search_hits")
STRANGERS = "request_strangers"  # refused to callers who were not recognised; no tenant's
SNAPSHOTS = ("stock_tier", "stock_state", "stock_kind")


@cache
def store() -> redis.Redis:
    return redis.Redis.from_url(
        f"{settings.REDIS_URL}/1", socket_timeout=0.5, socket_connect_timeout=0.5, decode_responses=True
    )


def counted(cells: Iterable[Cell]) -> None:
    """Add what was noted of a tenant to the sums; see settings.NOTE_READERS."""
    pipe = store().pipeline(transaction=False)
    for cell in cells:
        name = f"{cell.metric}|{cell.kind}"
        pipe.hincrby(SUMS, f"{name}|n", cell.n)
        if cell.buckets:
            pipe.hincrbyfloat(SUMS, f"{name}|ms", round(cell.total, 3))
            for at, held in enumerate(cell.buckets):
                if held:
                    pipe.hincrby(SUMS, f"{cell.metric}||{at}", held)
    try:
        pipe.execute()
    except redis.RedisError as error:
        log.warning("not told to Prometheus", error=type(error).__name__)


def measure() -> None:
    """Look at what this tenant keeps and what waits in it. Raises RedisError."""
    queue, _ = sync.queues()
    told = {
        "at": time.time(),
        "unembedded": Memory.objects.unembedded().count(),
        "sync": {name: getattr(queue, name) for name in ("waiting", "sent", "failed", "dead")},
        "sync_oldest": queue.oldest_seconds or 0.0,
        "sync_p95_ms": queue.last_hour.p95_ms or 0.0,
        "learning": _of_a_day("learning_events"),
        **{name: _latest(name) for name in SNAPSHOTS},
    }
    store().hset(TENANTS, str(ledger.current_tenant_id()), json.dumps(told))


def _of_a_day(metric: str) -> dict[str, int]:
    end = hour_of(timezone.now()) + HOUR
    points = counts.series(metric, Span(end - timedelta(hours=24), end), step="", group="kind")
    return {point.group: point.n for point in points}


def _latest(metric: str) -> dict[str, float]:
    """The last snapshot of two hours, by kind."""
    end = hour_of(timezone.now()) + HOUR
    points = counts.series(metric, Span(end - timedelta(hours=2), end), step="hour", group="kind")
    last = max((point.at for point in points), default=None)
    return {point.group: point.total for point in points if point.at == last}


@dataclass
class Noted:
    """Of one metric that is noted: how often and how long by kind, and by bucket of histograms.EDGES in all."""

    n: Counter[str] = field(default_factory=Counter)
    ms: dict[str, float] = field(default_factory=dict)
    buckets: list[int] = field(default_factory=lambda: [0] * histograms.SIZE)


@dataclass
class Seen:
    """What the tick saw, summed over the tenants that it looked at lately; of latencies and ages the greatest."""

    tenants: int = 0
    unembedded: int = 0
    sync: Counter[str] = field(default_factory=Counter)
    sync_oldest: float = 0.0
    sync_p95_ms: float = 0.0
    learning: Counter[str] = field(default_factory=Counter)
    stock_tier: Counter[str] = field(default_factory=Counter)
    stock_state: Counter[str] = field(default_factory=Counter)
    stock_kind: Counter[str] = field(default_factory=Counter)


def noted() -> dict[str, Noted]:
    """The sums, by metric. Raises RedisError."""
    told = {metric: Noted() for metric in (*NOTED, STRANGERS)}
    for key, value in store().hgetall(SUMS).items():
        metric, kind, what = str(key).split("|")
        if metric in told:
            _into(told[metric], kind, what, str(value))
    return told


def noted_here() -> dict[str, Noted]:
    """The same of the tenant one stands in, since the year began (UTC), from its counts; also what was written."""
    now = timezone.now()
    begin = now.astimezone(UTC).replace(month=1, day=1, hour=0, minute=0, second=0, microsecond=0)
    span, told = Span(begin, hour_of(now) + HOUR), {}
    for metric in (*NOTED, "memories_written"):
        points = counts.series(metric, span, step="", group="kind", histogram=True)
        told[metric] = Noted(Counter({point.group: point.n for point in points}))
        told[metric].ms = {point.group: point.total for point in points}
        for point in points:
            for at, held in enumerate(point.buckets):
                told[metric].buckets[at] += held
    return told


def _into(of: Noted, kind: str, what: str, value: str) -> None:
    if what == "n":
        of.n[kind] = int(value)
    elif what == "ms":
        of.ms[kind] = float(value)
    else:
        of.buckets[int(what)] = int(value)


def seen() -> Seen:
    """Raises RedisError."""
    told, since = Seen(), time.time() - FRESH
    rows = {tenant: json.loads(row) for tenant, row in store().hgetall(TENANTS).items()}
    if old := [tenant for tenant, row in rows.items() if row["at"] < since]:
        store().hdel(TENANTS, *old)
    for row in rows.values():
        if row["at"] >= since:
            _add(told, row)
    return told


def _add(told: Seen, row: dict[str, Any]) -> None:
    told.tenants += 1
    told.unembedded += row["unembedded"]
    for name in ("sync_oldest", "sync_p95_ms"):
        setattr(told, name, max(getattr(told, name), row[name]))
    for name in ("sync", "learning", *SNAPSHOTS):
        getattr(told, name).update(row[name])


def queues() -> dict[str, int]:
    """Messages that wait for a worker, by Celery's queue. Raises RedisError."""
    names = sorted({settings.CELERY_TASK_DEFAULT_QUEUE, *(to["queue"] for to in settings.CELERY_TASK_ROUTES.values())})
    client = redis.Redis.from_url(settings.CELERY_BROKER_URL, socket_timeout=0.5, socket_connect_timeout=0.5)
    with client, client.pipeline(transaction=False) as pipe:
        for name in names:
            pipe.llen(name)
        return dict(zip(names, pipe.execute(), strict=True))
