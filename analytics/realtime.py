"""What happens now: numbers of the last hour, minute by minute, kept in Redis and nowhere else.

They are fed from two sides: facts, as the relay hands them on (`notice`), and recalls and requests, a second after they
were answered (`seen`). What Redis loses is gone: these are numbers to look at, the counts of hours are those that stay.
Each key names its tenant; each field its domain, so that who is bound to some sees these alone.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any
from uuid import UUID

import redis
import structlog
from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from analytics.algorithms import shares
from analytics.counts import Cell
from analytics.models import LearningEvent, TrackedEvent
from events import ledger
from events.feed import least_id
from events.models import Event
from memory.models import Memory
from tenants import bounds

log = structlog.get_logger(__name__)
MINUTE = timedelta(minutes=1)
KEPT = 60  # minutes
PLACES = 2_000  # numbers of a minute that are told apart by domain: callers may name any number of domains
WINDOW = 5  # minutes that rates are of, the one that runs among them
COUNTED = ("facts", "writes", "learning_events", "searches", "empty", "requests", "errors", "search_ms", "request_ms")
OF_ALL = ("requests", "errors", "request_ms")  # they name no domain
_OF_FACTS = {"memory.created": "writes", "learning.recorded": "learning_events"}
_APART = "\x1f"


@dataclass(frozen=True)
class Minute:
    """What was counted from `at` on for a minute, by the names of COUNTED; milliseconds are sums."""

    at: datetime
    counts: dict[str, float]


@dataclass(frozen=True)
class Realtime:
    """`metrics` by the names of docs/dashboards.md; `minutes` are the last sixty, oldest first, whole or running."""

    at: datetime
    metrics: dict[str, float | None]
    minutes: list[Minute]


@cache
def _counters() -> redis.Redis:
    return redis.Redis.from_url(f"{settings.REDIS_URL}/1", socket_timeout=0.25, socket_connect_timeout=0.25)


def notice(tenant_id: UUID, batch: list[Event]) -> None:
    """A reader of the relay: count facts in the minute that they were told in."""
    told: dict[datetime, Counter[str]] = {}
    for event in batch:
        domain = str(event.data.get("namespace", ""))
        counts = told.setdefault(_minute(event.occurred_at), Counter())
        counts[_field("facts", domain)] += 1
        if name := _OF_FACTS.get(event.type):
            counts[_field(name, domain)] += 1
    _add(tenant_id, told)


def seen(cells: Iterable[Cell]) -> None:
    """A reader of what was noted of recalls and requests, in the tenant's schema; see settings.NOTE_READERS."""
    counts: Counter[str] = Counter()
    for cell in cells:
        for name, much in _of_cell(cell):
            counts[_field(name, cell.domain)] += much
    tenant_id = ledger.current_tenant_id()
    if counts and tenant_id:
        _add(tenant_id, {_minute(timezone.now()): counts})


def _of_cell(cell: Cell) -> list[tuple[str, Any]]:
    if cell.metric == "searches":
        empty = [("empty", cell.n)] if cell.kind == "empty" else []
        return [("searches", cell.n), ("search_ms", cell.total), *empty]
    if cell.metric == "requests":
        return [("requests", cell.n), ("request_ms", cell.total)]
    return [("errors", cell.n)] if cell.metric == "request_errors" else []


def _add(tenant_id: UUID, told: dict[datetime, Counter[str]]) -> None:
    """What is older than an hour is not looked at any more. Without Redis nothing is counted."""
    oldest = _minute(timezone.now()) - MINUTE * KEPT
    fresh = {_key(tenant_id, minute): counts for minute, counts in told.items() if minute > oldest}
    try:
        full = _full(list(fresh))
        pipe = _counters().pipeline(transaction=False)
        for key, counts in fresh.items():
            for field, much in (_of_none(counts) if key in full else counts).items():
                pipe.hincrbyfloat(key, field, much)
            pipe.expire(key, 60 * (KEPT + 5))
        pipe.execute()
    except redis.RedisError as error:
        log.warning("minutes not counted", error=type(error).__name__)


def _full(keys: list[str]) -> set[str]:
    """Minutes that know so many domains that what comes is counted without one."""
    pipe = _counters().pipeline(transaction=False)
    for key in keys:
        pipe.hlen(key)
    return {key for key, size in zip(keys, pipe.execute(), strict=True) if size >= PLACES}


def _of_none(counts: Counter[str]) -> Counter[str]:
    told: Counter[str] = Counter()
    for field, much in counts.items():
        told[_field(field.partition(_APART)[0], "")] += much
    return told


def read(now: datetime | None = None, domain: str = "") -> Realtime:
    """The last hour of the tenant in whose schema this is, or of one domain; without Redis as if nothing had happened.

    Requests name no domain: in one too they are those of the tenant.
    """
    at = now or timezone.now()
    minutes = _minutes(ledger.current_tenant_id(), at, domain)
    window = Counter[str]()
    for minute in minutes[-WINDOW:]:
        window.update(minute.counts)  # type: ignore[arg-type]  # sums of milliseconds are no whole numbers
    begin = minutes[-WINDOW].at
    return Realtime(at, _metrics(window, (at - begin).total_seconds(), len(agents(begin, domain))), minutes)


def _metrics(window: dict[str, Any], seconds: float, agents: int) -> dict[str, float | None]:
    of = {name: float(window.get(name, 0)) for name in COUNTED}
    per_minute = {f"{name}_per_minute": 60 * of[name] / seconds for name in COUNTED[:4]}
    return {
        "active_agents": agents,
        "requests_per_second": of["requests"] / seconds,
        "average_latency_ms": shares.share(of["request_ms"], of["requests"]),
        "error_rate": shares.share(of["errors"], of["requests"]),
        "average_search_ms": shares.share(of["search_ms"], of["searches"]),
        "hit_rate": shares.share(of["searches"] - of["empty"], of["searches"]),
        **per_minute,
    }


def _minutes(tenant_id: UUID | None, at: datetime, domain: str) -> list[Minute]:
    starts = [_minute(at) - MINUTE * ago for ago in range(KEPT - 1, -1, -1)]
    try:
        pipe = _counters().pipeline(transaction=False)
        for start in starts:
            pipe.hgetall(_key(tenant_id, start))
        found = pipe.execute()
    except redis.RedisError as error:
        log.warning("minutes not read", error=type(error).__name__)
        found = [{}] * len(starts)
    return [Minute(start, _summed(fields, domain)) for start, fields in zip(starts, found, strict=True)]


def _summed(fields: dict[bytes, bytes], only: str) -> dict[str, float]:
    """Over the domains that who asks may see, and of those over one where one is named."""
    bound, told = bounds.current(), dict.fromkeys(COUNTED, 0.0)
    for field, much in fields.items():
        name, _, domain = field.decode().partition(_APART)
        named = not only or domain == only or name in OF_ALL
        if name in told and named and (not bound or domain in bound):
            told[name] += float(much)
    return told


def agents(since: datetime, domain: str = "") -> list[str]:
    """The agents that stored a memory, recorded a learning event or tracked one since then, by name: one statement."""
    late, here = Q(id__gte=least_id(since)), Q(domain=domain) if domain else Q()
    there = Q(namespace=domain) if domain else Q()
    named: tuple[Any, ...] = (
        Memory.objects.filter(late & there & ~Q(agent_id="")).order_by().values_list("agent_id"),
        LearningEvent.objects.filter(late & here & ~Q(agent="")).order_by().values_list("agent"),
        TrackedEvent.objects.filter(late & here & ~Q(agent="")).order_by().values_list("agent"),
    )
    return sorted(name for (name,) in named[0].union(*named[1:]))


def _minute(at: datetime) -> datetime:
    return at.astimezone(UTC).replace(second=0, microsecond=0)


def _key(tenant_id: UUID | None, minute: datetime) -> str:
    return f"realtime:{tenant_id}:{int(minute.timestamp()) // 60}"


def _field(name: str, domain: str) -> str:
    return f"{name}{_APART}{domain}"
