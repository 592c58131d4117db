"""How much a caller may do a minute: one script in Redis decides for key, tenant and everybody at once."""

import threading
import time
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import redis
import structlog
from django.conf import settings
from redis.backoff import NoBackoff
from redis.retry import Retry

from tenants import plans
from tenants.errors import QuotaExceeded, RateLimited
from tenants.metered import BUCKETS, PLATFORM
from tenants.resolve import Speaker

log = structlog.get_logger(__name__)
WINDOW = 60  # seconds
WAIT = 0.25  # seconds that Redis may take
REST = 5.0  # seconds for which it is left alone after it failed; then one caller tries
SCRIPT = (Path(__file__).parent / "spend.lua").read_text()
LOOK = (Path(__file__).parent / "look.lua").read_text()


@dataclass(frozen=True)
class Window:
    """A limit of `limit` requests in any 60 seconds. `name` is its policy's, `key` where it is counted."""

    name: str
    key: str
    limit: int
    left: int = 0
    back_in: int = WINDOW  # seconds until some of what was spent is back


@dataclass(frozen=True)
class Spent:
    """What one request spent: the windows of key and tenant, and quotas that are nearly or wholly used up."""

    windows: tuple[Window, ...]
    warnings: str = ""


def spend(speaker: Speaker, bucket: str, bytes_in: int = 0) -> Spent:
    """Count one request of a bucket (metered.BUCKETS), in one round trip; refused, it costs nothing.

    Raises RateLimited or QuotaExceeded. Without Redis each process counts on its own, against its share of the limits.
    """
    limits = plans.limits_of(speaker.tenant, speaker.key)
    windows = _windows(speaker, bucket, limits)
    most = limits["searches_hard"]
    told = _ask(windows, [_place(speaker), speaker.actor, bucket, bytes_in, -1 if most is None else most])
    if told is None:
        return Spent(_announced(_local.spend(windows)))
    refused, wait, today, warnings, *rest = told
    filled = [Window(w.name, w.key, w.limit, *rest[2 * i : 2 * i + 2]) for i, w in enumerate(windows)]
    if refused < 0:
        raise QuotaExceeded("searches", today, most or 0, wait)
    if refused:
        raise RateLimited(wait, windows[refused - 1].name, windows[refused - 1].limit, _announced(filled))
    return Spent(_announced(filled), warnings.decode())


def standing(speakers: Iterable[Speaker]) -> list[Window]:
    """The windows of these callers and of their tenant as they are now, each once; nothing is spent.

    Without Redis they are those of this process.
    """
    known: dict[str, Window] = {}
    for speaker in speakers:
        limits = plans.limits_of(speaker.tenant, speaker.key)
        known |= {window.key: window for bucket in BUCKETS for window in _windows(speaker, bucket, limits)}
    windows = list(_announced(list(known.values())))
    told = run(_script(LOOK), [window.key for window in windows], ()) if windows else []
    if told is None:
        return _local.look(windows)
    spent, ages = told[::2], told[1::2]
    return [
        Window(w.name, w.key, w.limit, max(0, w.limit - used), back_in)
        for w, used, back_in in zip(windows, spent, ages, strict=True)
    ]


def _windows(speaker: Speaker, bucket: str, limits: plans.Limits) -> list[Window]:
    of_tenant = f"rate:{_place(speaker)}"
    known = (
        (f"{bucket}-per-key", f"{of_tenant}:{speaker.actor}:{bucket}", limits[f"key_{bucket}"]),
        (f"{bucket}-per-tenant", f"{of_tenant}:{bucket}", limits[f"tenant_{bucket}"]),
        (f"{bucket}-global", f"rate:{bucket}", settings.GLOBAL_RATES.get(bucket)),
    )
    return [Window(name, key, limit) for name, key, limit in known if limit is not None]


def _place(speaker: Speaker) -> str:
    """The tenant that one speaks in; the platform counts as one."""
    return PLATFORM if speaker.on_platform else str(speaker.tenant.pk)


def _announced(windows: list[Window]) -> tuple[Window, ...]:
    """Not the global one: what is left of it would tell one tenant what the others do."""
    return tuple(window for window in windows if not window.name.endswith("-global"))


@cache
def _script(text: str = SCRIPT) -> Any:
    client = redis.Redis.from_url(
        f"{settings.REDIS_URL}/1", socket_timeout=WAIT, socket_connect_timeout=WAIT, retry=Retry(NoBackoff(), 0)
    )
    return client.register_script(text)


def _ask(windows: list[Window], words: list[Any]) -> list[Any] | None:
    """The script's answer; None while Redis does not answer."""
    return run(_script(), [window.key for window in windows], [*(w.limit for w in windows), *words])


def run(script: Any, keys: Iterable[str], words: Iterable[Any]) -> Any:
    """What a script of `register` answers; None while Redis does not, which is left alone for a while then."""
    if not _circuit.lets_through():
        return None
    try:
        told = script(keys=list(keys), args=list(words))
    except redis.RedisError as error:
        _circuit.failed()
        log.warning("limits are kept by this process alone", error=type(error).__name__)
        return None
    _circuit.worked()
    return told


def register(text: str) -> Any:
    """A script, to be run where the limits are counted."""
    return _script().registered_client.register_script(text)


class Circuit:
    """Leaves Redis alone for REST seconds after it failed; then one caller tries, and the others need not wait."""

    def __init__(self) -> None:
        self._rests_until: float | None = None
        self._lock = threading.Lock()

    def lets_through(self) -> bool:
        if self._rests_until is None:
            return True
        with self._lock:
            now = time.monotonic()
            if self._rests_until is not None and now < self._rests_until:
                return False
            self._rests_until = now + REST
            return True

    def failed(self) -> None:
        self._rests_until = time.monotonic() + REST

    def worked(self) -> None:
        self._rests_until = None


class Local:
    """The same windows, counted in this process, which allows its share of each limit and at least one."""

    def __init__(self) -> None:
        self._spent: dict[str, dict[int, int]] = defaultdict(dict)
        self._lock = threading.Lock()
        self._swept = 0

    def spend(self, windows: list[Window]) -> list[Window]:
        """The windows as they are afterwards. Raises RateLimited, and then none was spent."""
        with self._lock:
            now = int(time.monotonic())
            if now != self._swept:
                self._forget(now)
            found = [self._look(window, now) for window in windows]
            for window in found:
                if window.left < 1:
                    raise RateLimited(window.back_in, window.name, window.limit, _announced(found))
            for window in found:
                seconds = self._spent[window.key]
                seconds[now] = seconds.get(now, 0) + 1
        return [Window(w.name, w.key, w.limit, w.left - 1, w.back_in) for w in found]

    def look(self, windows: list[Window]) -> list[Window]:
        with self._lock:
            now = int(time.monotonic())
            return [self._look(window, now) for window in windows]

    def _look(self, window: Window, now: int) -> Window:
        share = min(window.limit, max(1, window.limit // settings.WEB_PROCESSES))
        seconds = self._spent.get(window.key, {})
        oldest = min(seconds, default=now)
        return Window(window.name, window.key, share, share - sum(seconds.values()), oldest + WINDOW + 1 - now)

    def _forget(self, now: int) -> None:
        self._swept = now
        for key, seconds in list(self._spent.items()):
            for second in [second for second in seconds if second < now - WINDOW]:
                del seconds[second]
            if not seconds:
                del self._spent[key]


_circuit, _local = Circuit(), Local()
