"""How often memories are recalled: counted in Redis by each recall, folded into the rows by a tick."""

import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import cache
from typing import Any

import redis
import structlog
from django.conf import settings
from django.db import connection
from django.utils import timezone

from events import ledger

log = structlog.get_logger(__name__)
REST = 10.0  # seconds for which Redis is left alone after it failed: no recall waits for it again and again
_rests_until = 0.0
_beside = ThreadPoolExecutor(1, thread_name_prefix="touched")


@cache
def _counters() -> redis.Redis:
    return redis.Redis.from_url(f"{settings.REDIS_URL}/1", socket_timeout=0.1, socket_connect_timeout=0.1)


def _names() -> tuple[str, str]:
    tenant = ledger.current_tenant_id()
    return f"recalls:{tenant}", f"recalled:{tenant}"


def touch(ids: Iterable[Any]) -> None:
    """Count one recall of each, beside what the caller does next; `fold` moves it to the rows.

    Lost with Redis or with this process: a count, no promise.
    """
    fields = [str(key) for key in ids]
    if fields and time.monotonic() >= _rests_until:
        _beside.submit(_count, fields, _names())


def _count(fields: list[str], names: tuple[str, str]) -> None:
    global _rests_until
    counts, times = names
    try:
        pipe = _counters().pipeline(transaction=False)
        for field in fields:
            pipe.hincrby(counts, field, 1)
        pipe.hset(times, mapping=dict.fromkeys(fields, int(timezone.now().timestamp())))
        pipe.execute()
    except redis.RedisError as error:
        _rests_until = time.monotonic() + REST
        log.warning("recalls not counted", error=type(error).__name__)


def settle() -> None:
    """Wait until what this process has touched is counted."""
    _beside.submit(time.monotonic).result()


def counted(ids: Iterable[Any]) -> dict[str, tuple[int, datetime]]:
    """What is counted of these and not in their rows yet: how often, and when last. Nothing while Redis is away."""
    fields = [str(key) for key in ids]
    if not fields or time.monotonic() < _rests_until:
        return {}
    settle()
    counts, times = _names()
    try:
        pipe = _counters().pipeline(transaction=True)
        pipe.hmget(counts, fields)
        pipe.hmget(times, fields)
        found = zip(fields, *pipe.execute(), strict=True)
    except redis.RedisError as error:
        log.warning("recalls not read", error=type(error).__name__)
        return {}
    return {field: (int(n), datetime.fromtimestamp(int(at or 0), UTC)) for field, n, at in found if n}


def fold() -> int:
    """Add the counted recalls to this tenant's rows; how many memories were recalled."""
    settle()
    names = _names()
    pipe = _counters().pipeline(transaction=True)
    for name in names:
        pipe.hgetall(name)
    pipe.delete(*names)
    counts, times, _ = pipe.execute()
    if counts:
        _add(counts, times)
    return len(counts)


def forget(ids: Iterable[Any]) -> None:
    """Drop what was counted of these. Raises RedisError."""
    fields = [str(key) for key in ids]
    pipe = _counters().pipeline(transaction=False)
    for name in _names():
        pipe.hdel(name, *fields)
    pipe.execute()


def _add(counts: dict[bytes, bytes], times: dict[bytes, bytes]) -> None:
    ids = sorted(counts)  # in one order, as every writer of many rows
    seen = [datetime.fromtimestamp(int(times.get(key, 0)), UTC) for key in ids]
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH told AS (SELECT m.id, t.n, t.at FROM memory_memory m"
            " JOIN unnest(%s::uuid[], %s::int[], %s::timestamptz[]) t(id, n, at) ON t.id = m.id"
            " ORDER BY m.id FOR NO KEY UPDATE OF m)"
            " UPDATE memory_memory m SET recalls = recalls + told.n, recalled_at = greatest(recalled_at, told.at)"
            " FROM told WHERE m.id = told.id",
            [[key.decode() for key in ids], [int(counts[key]) for key in ids], seen],
        )
