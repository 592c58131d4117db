"""What stands around the database: the relay, the object stores, the embedder, the disk and the clocks."""

import secrets
import shutil
import time
from typing import Any

import redis
from django.conf import settings
from django.db import connection
from django.utils import timezone

from analytics.checks.base import Component, Status, timed
from events.webhooks import health
from memory import embeddings
from memory.errors import EmbedderUnavailable, Unreadable
from memory.tiers.objects import Objects

LATE, VERY_LATE = 30.0, 300.0  # seconds that a fact waits for its number
STORES = ("cold", "transfers")
TIGHT, FULL = 0.10, 0.03  # of the disk that is free
SKEWED, VERY_SKEWED = 1.0, 10.0  # seconds between two clocks


def relay() -> list[Component]:
    """Raises DatabaseError."""
    told = health.overview()
    age = (timezone.now() - told.oldest_unrelayed_at).total_seconds() if told.oldest_unrelayed_at else 0.0
    details = {"oldest_s": round(age, 1), "deliveries_waiting": told.pending, "webhooks_failing": told.failing}
    if age > LATE:
        status = Status.DOWN if age > VERY_LATE else Status.DEGRADED
        advice = "Look at beat and at the worker of the queue default: sockets and webhooks hear nothing new."
        return [Component("relay", status, f"A fact has waited {age:.0f} s for its number.", advice, details=details)]
    return [Component("relay", Status.OK, "Facts are numbered as they come.", details=details)]


def stores() -> list[Component]:
    """Each written to, read from and cleared."""
    return [_store(alias) for alias in STORES]


def _store(alias: str) -> Component:
    objects, name = Objects(alias), f"probe/{secrets.token_hex(8)}"
    details = {"store": "s3" if settings.STORAGES[alias]["BACKEND"].endswith("S3Storage") else "disk"}
    try:
        _, took = timed(lambda: _used(objects, name))
    except Unreadable:
        advice = "Look at COLD_S3_BUCKET and its credentials, or at the rights and room of the disk."
        return Component(f"store_{alias}", Status.DOWN, "An object could not be kept and read.", advice, None, details)
    return Component(f"store_{alias}", Status.OK, "An object was kept, read and deleted.", "", took, details)


def _used(objects: Objects, name: str) -> None:
    objects.put(name, b"probe")
    objects.delete(name)


def embedder() -> list[Component]:
    """The one of tenants that have chosen none. Each time with another text, as vectors of questions are kept."""
    name = settings.EMBEDDER
    details: dict[str, Any] = {"model": name}
    try:
        model = embeddings.named(name)
        vectors, took = timed(lambda: model.embed([f"Is anybody there? {secrets.token_hex(4)}"]))
    except EmbedderUnavailable:
        advice = "Look at EMBEDDINGS_URL, or at MODELS_DIR; until then memories are found by words alone."
        return [Component("embedder", Status.DOWN, "It makes no vectors.", advice, None, details)]
    details |= {"dimension": int(vectors.shape[1]), "remote": model.remote}
    return [Component("embedder", Status.OK, "It makes vectors.", "", took, details)]


def disk() -> list[Component]:
    """The one that holds var/. A database elsewhere has its own."""
    usage = shutil.disk_usage(settings.VAR_DIR if settings.VAR_DIR.exists() else "/")
    free = usage.free / usage.total
    details = {"free_bytes": usage.free, "total_bytes": usage.total}
    says = f"{free:.0%} is free."
    if free >= TIGHT:
        return [Component("disk", Status.OK, says, details=details)]
    status = Status.DOWN if free < FULL else Status.DEGRADED
    return [Component("disk", status, says, "Make room: a full disk stops PostgreSQL.", details=details)]


def clocks() -> list[Component]:
    """This machine's against PostgreSQL's and Redis', each at the middle of the question. Raises both errors."""
    skews = {"postgresql": _skew(_database_time), "redis": _skew(_redis_time)}
    most = max(skews.values(), key=abs)
    details = {f"{name}_s": round(skew, 3) for name, skew in skews.items()}
    if abs(most) < SKEWED:
        return [Component("clocks", Status.OK, "The clocks agree.", details=details)]
    status = Status.DOWN if abs(most) > VERY_SKEWED else Status.DEGRADED
    advice = "Let the machines take their time from NTP: leases, tokens and schedules go by it."
    return [Component("clocks", status, f"The clocks differ by {abs(most):.1f} s.", advice, details=details)]


def _skew(ask: Any) -> float:
    before = time.time()
    told = ask()
    return float(told) - (before + time.time()) / 2


def _database_time() -> float:
    with connection.cursor() as cursor:
        cursor.execute("SELECT extract(epoch FROM clock_timestamp())::float8")
        return float(cursor.fetchone()[0])


def _redis_time() -> float:
    client = redis.Redis.from_url(settings.REDIS_URL, socket_timeout=1.0, socket_connect_timeout=1.0)
    seconds, micros = client.time()  # type: ignore[misc]  # answered at once by this client
    return float(seconds + micros / 1e6)
