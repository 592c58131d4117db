"""The health of every component in one place: what it is, how it does, how long a use of it takes, and what to do."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import redis
import structlog
from celery.exceptions import OperationalError as BrokerError
from django.conf import settings
from django.db import DatabaseError, InterfaceError
from django.utils import timezone

from analytics.checks import around, database, queues
from analytics.checks.base import Check, Component, Status, worst

log = structlog.get_logger(__name__)
AWAY = "It does not answer."
# Each with the names that stand for it, and what to do, when it cannot be asked.
CHECKS: tuple[tuple[Check, tuple[str, ...], str], ...] = (
    (database.postgresql, ("postgresql",), "Start PostgreSQL, or mend DATABASE_URL."),
    (database.extension, ("vector_extension",), ""),
    (database.indexes, ("indexes",), ""),
    (queues.server, ("redis",), "Start Redis, or mend REDIS_URL; reads and writes go on meanwhile."),
    (queues.broker, ("broker",), ""),
    (queues.beat, ("beat",), ""),
    (queues.workers, tuple(f"worker_{name}" for name in queues.PROGRAMS), ""),
    (around.relay, ("relay",), ""),
    (around.stores, tuple(f"store_{alias}" for alias in around.STORES), ""),
    (around.embedder, ("embedder",), ""),
    (around.disk, ("disk",), ""),
    (around.clocks, ("clocks",), ""),
)
NAMES = [name for _, names, _ in CHECKS for name in names]
_OURS = ("postgresql", "redis")  # which are down when they cannot be asked; others only cannot be told


@dataclass(frozen=True)
class Health:
    """Of the whole: `ok` where every component is, else as its worst."""

    status: Status
    at: datetime
    version: str
    components: tuple[Component, ...]


def health() -> Health:
    """Look at each. Nothing raises: what cannot be asked is `down`, what hangs on it `unknown`."""
    at = timezone.now()
    found = [one for check, names, advice in CHECKS for one in _checked(check, names, advice)]
    return Health(worst(found), at, settings.VERSION, tuple(found))


def _checked(check: Check, names: Iterable[str], advice: str) -> list[Component]:
    try:
        return check()
    except (DatabaseError, InterfaceError, redis.RedisError, BrokerError, OSError) as error:
        return [_away(name, type(error).__name__, advice) for name in names]
    except Exception as error:  # a check that fails must not hide the others
        log.exception("a check failed", components=list(names))
        return [Component(name, Status.UNKNOWN, f"The check failed: {type(error).__name__}.") for name in names]


def _away(name: str, error: str, advice: str) -> Component:
    if name in _OURS:
        return Component(name, Status.DOWN, AWAY, advice, details={"error": error})
    says = "It cannot be told: what would tell it does not answer."
    return Component(name, Status.UNKNOWN, says, details={"error": error})


def report(told: Health) -> str:
    """The same as plain text, to be copied."""
    head = f"Memhouse {told.version}, {told.at:%Y-%m-%d %H:%M:%S} UTC: {told.status}"
    return "\n".join([head, "", *(_line(one) for one in told.components), ""])


def _line(one: Component) -> str:
    took = f"{one.latency_ms:.1f} ms" if one.latency_ms is not None else ""
    rest = f" {one.advice}" if one.advice else ""
    return f"{one.status:<9} {one.name:<17} {took:>10}  {one.says}{rest}"
