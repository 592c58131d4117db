"""Pulses: a task that beat sends to each queue every 15 seconds, and that writes down when it was sent and handled.

What is old tells who is still: beat, when none was sent; the workers of a queue, when its own was not handled.
"""

import time
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

import redis
from django.conf import settings
from django_celery_beat.models import PeriodicTask

QUEUES = ("default", "embed", "upkeep", "webhooks")
TASK = "automation.tasks.pulse"
EVERY = 15.0  # seconds
_KEY = "pulse:{}"  # of the platform: no tenant has one


@dataclass(frozen=True)
class Pulse:
    """The latest that was handled of a queue, in seconds since 1970."""

    sent: float
    handled: float
    worker: str

    @property
    def waited(self) -> float:
        """Seconds between sending and handling."""
        return max(self.handled - self.sent, 0.0)


@cache
def _redis() -> redis.Redis:
    return redis.Redis.from_url(f"{settings.REDIS_URL}/1", socket_timeout=1.0, socket_connect_timeout=1.0)


@cache
def _broker() -> redis.Redis:
    return redis.Redis.from_url(settings.CELERY_BROKER_URL, socket_timeout=1.0, socket_connect_timeout=1.0)


def beat(queue: str, sent: float, worker: str) -> None:
    """Write down that a pulse arrived. One that was late does not take the place of a newer one. Raises RedisError."""
    known = latest([queue]).get(queue)
    if known is None or known.sent <= sent:
        told: dict[Any, Any] = {"sent": sent, "handled": time.time(), "worker": worker}
        _redis().hset(_KEY.format(queue), mapping=told)


def latest(queues: Iterable[str] = QUEUES) -> dict[str, Pulse]:
    """Of each queue that ever had one. Raises RedisError."""
    names = list(queues)
    pipe = _redis().pipeline(transaction=False)
    for name in names:
        pipe.hgetall(_KEY.format(name))
    found = dict(zip(names, pipe.execute(), strict=True))
    return {
        name: Pulse(float(told[b"sent"]), float(told[b"handled"]), told[b"worker"].decode())
        for name, told in found.items()
        if told
    }


def lengths(queues: Iterable[str] = QUEUES) -> dict[str, int]:
    """How many messages wait in each queue. Raises RedisError."""
    names = list(queues)
    pipe = _broker().pipeline(transaction=False)
    for name in names:
        pipe.llen(name)
    return dict(zip(names, pipe.execute(), strict=True))


def sent_at() -> float | None:
    """When beat last sent a pulse, in seconds since 1970, as its own table says; None: never. Raises DatabaseError."""
    rows = PeriodicTask.objects.filter(task=TASK, last_run_at__isnull=False)
    found = rows.order_by("-last_run_at").values_list("last_run_at", flat=True).first()
    return found.timestamp() if found else None
