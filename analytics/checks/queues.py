"""Redis, and what lives on it: the broker's queues, the workers of each, and beat."""

import time
from typing import Any

import redis
from celery import current_app
from django.conf import settings

from analytics.checks.base import Component, Status, timed
from automation import pulses
from automation.pulses import EVERY, Pulse

STILL = 4 * EVERY  # seconds without a pulse, after which somebody is still
LONG = 30.0  # seconds that a message waited, which is long
WAITING = 1_000  # messages
PROGRAMS = {"default": "worker", "embed": "embedder", "upkeep": "upkeep", "webhooks": "deliverer"}


def server() -> list[Component]:
    """Raises RedisError, as do those below."""
    client = redis.Redis.from_url(settings.REDIS_URL, socket_timeout=1.0, socket_connect_timeout=1.0)
    _, took = timed(client.ping)
    info: dict[str, Any] = client.info()  # type: ignore[assignment]  # answered at once by this client
    used, most = int(info.get("used_memory", 0)), int(info.get("maxmemory", 0))
    policy = str(info.get("maxmemory_policy", ""))
    details = {"version": info.get("valkey_version") or info.get("redis_version"), "bytes": used, "max_bytes": most}
    if policy not in ("", "noeviction"):
        advice = "Set maxmemory-policy to noeviction: eviction eats the queues."
        return [Component("redis", Status.DEGRADED, f"It evicts by {policy}.", advice, took, details)]
    if most and used > 0.9 * most:
        advice = "Give it more memory: when it is full, nothing is queued any more."
        return [Component("redis", Status.DEGRADED, "More than 90% of its memory is used.", advice, took, details)]
    return [Component("redis", Status.OK, "It answers.", "", took, details)]


def broker() -> list[Component]:
    lengths, took = timed(pulses.lengths)
    waiting = sum(lengths.values())
    ages = {name: round(pulse.waited, 2) for name, pulse in pulses.latest().items()}
    details = {"waiting": lengths, "waited_s": ages}
    longest = max(ages.values(), default=0.0)
    if waiting > WAITING or longest > LONG:
        says = f"{waiting} messages wait; the latest pulse waited {longest:.0f} s."
        advice = "Start more workers of the queue that is behind; see docs/operations.md."
        return [Component("broker", Status.DEGRADED, says, advice, took, details)]
    return [Component("broker", Status.OK, f"{waiting} messages wait.", "", took, details)]


def beat() -> list[Component]:
    """Raises DatabaseError."""
    sent = pulses.sent_at()
    if sent is None:
        return [Component("beat", Status.DOWN, "It has never sent a pulse.", "Start beat, once.")]
    age = max(time.time() - sent, 0.0)
    details = {"sent_s_ago": round(age, 1)}
    if age > STILL:
        says = f"It has sent nothing for {age:.0f} s."
        advice = "Start beat again: nothing begins by itself, and new facts are numbered by luck."
        return [Component("beat", Status.DOWN, says, advice, details=details)]
    return [Component("beat", Status.OK, f"It sent a pulse {age:.0f} s ago.", details=details)]


def workers() -> list[Component]:
    """One of each queue."""
    latest, lengths = pulses.latest(), pulses.lengths()
    sent = pulses.sent_at()
    now = time.time()
    beats = sent is not None and now - sent <= STILL
    still = [name for name in pulses.QUEUES if name not in latest or now - latest[name].handled > STILL]
    listening = _listening() if still and beats else set()
    return [
        _worker(name, latest.get(name), lengths[name], now, beats=beats, listens=name in listening)
        for name in pulses.QUEUES
    ]


def _worker(queue: str, pulse: Pulse | None, waiting: int, now: float, *, beats: bool, listens: bool) -> Component:
    name, program = f"worker_{queue}", PROGRAMS[queue]
    details: dict[str, Any] = {"waiting": waiting, "program": program}
    if pulse:
        details |= {"handled_s_ago": round(now - pulse.handled, 1), "waited_s": round(pulse.waited, 2)}
        details |= {"worker": pulse.worker}
        if now - pulse.handled <= STILL:
            says = f"A pulse went through {now - pulse.handled:.0f} s ago."
            return Component(name, Status.OK, says, "", round(pulse.waited * 1000, 1), details)
    if not beats:
        says = "Beat sends no pulses, so nothing can be told."
        return Component(name, Status.UNKNOWN, says, "Start beat.", None, details)
    if listens:
        says = f"It is alive and busy: no pulse went through, {waiting} messages wait."
        advice = f"Start one more {program}, if this goes on."
        return Component(name, Status.DEGRADED, says, advice, None, details)
    says = f"No pulse goes through, {waiting} messages wait, and no worker answers."
    return Component(name, Status.DOWN, says, f"Start the {program}; what waits is done then.", None, details)


def _listening() -> set[str]:
    """The queues of workers that answer now, busy or not."""
    found = current_app.control.inspect(timeout=1.0).active_queues() or {}
    return {queue["name"] for queues in found.values() for queue in queues}
