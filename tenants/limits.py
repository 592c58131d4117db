"""How much a caller may do in a minute, an hour, a day: one script in Redis decides for key, tenant and everybody."""

import threading
import time
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
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
from tenants.metered import BUCKETS, LONG, MINUTE, PLATFORM
from tenants.models import Tenant
from tenants.resolve import Speaker

log = structlog.get_logger(__name__)
SLOTS = 60  # of a window; what was spent in one is back when it is wholly outside
WAIT = 0.25  # seconds that Redis may take
REST = 5.0  # seconds for which it is left alone after it failed; then one caller tries
SCRIPT = (Path(__file__).parent / "spend.lua").read_text()
LOOK = (Path(__file__).parent / "look.lua").read_text()


@dataclass(frozen=True)
class Window:
    """A limit of `limit` requests in any so many seconds. `name` is its policy's, `key` where it is counted."""

    name: str
    key: str
    limit: int
    seconds: int = MINUTE
    left: int = 0
    back_in: int = MINUTE  # seconds until some of what was spent is back

    @property
    def slot(self) -> int:
        """Seconds that are counted as one."""
        return self.seconds // SLOTS


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
    filled = [Window(w.name, w.key, w.limit, w.seconds, *rest[2 * i : 2 * i + 2]) for i, w in enumerate(windows)]
    if refused < 0:
        raise QuotaExceeded("searches", today, most or 0, wait)
    if refused:
        raise RateLimited(wait, windows[refused - 1], _announced(filled))
    return Spent(_announced(filled), warnings.decode())


def standing(speakers: Iterable[Speaker]) -> list[Window]:
    """The windows of these callers and of their tenant as they are now, each once; nothing is spent."""
    known: dict[str, Window] = {}
    for speaker in speakers:
        limits = plans.limits_of(speaker.tenant, speaker.key)
        known |= {window.key: window for bucket in BUCKETS for window in _windows(speaker, bucket, limits)}
    return _look(list(_announced(list(known.values()))))


def standing_long(tenant: Tenant) -> list[Window]:
    """The same of what a tenant has for longer than a minute."""
    return _look(_long(f"rate:{tenant.pk}", plans.limits_of(tenant)))


def _look(windows: list[Window]) -> list[Window]:
    """Without Redis they are those of this process."""
    told = run(_script(LOOK), [w.key for w in windows], [w.seconds for w in windows]) if windows else []
    if told is None:
        return _local.look(windows)
    return [
        replace(w, left=max(0, w.limit - used), back_in=back_in)
        for w, used, back_in in zip(windows, told[::2], told[1::2], strict=True)
    ]


def _windows(speaker: Speaker, bucket: str, limits: plans.Limits) -> list[Window]:
    of_tenant = f"rate:{_place(speaker)}"
    known = (
        (f"{bucket}-per-key", f"{of_tenant}:{speaker.actor}:{bucket}", limits[f"key_{bucket}"]),
        (f"{bucket}-per-tenant", f"{of_tenant}:{bucket}", limits[f"tenant_{bucket}"]),
        (f"{bucket}-global", f"rate:{bucket}", settings.GLOBAL_RATES.get(bucket)),
    )
    a_minute = [Window(name, key, limit) for name, key, limit in known if limit is not None]
    return [*a_minute, *_long(of_tenant, limits)]


def _long(of_tenant: str, limits: plans.Limits) -> list[Window]:
    return [
        Window(f"{name}-per-tenant", f"{of_tenant}:{name}", most, seconds)
        for name, seconds in LONG.items()
        if (most := limits[f"tenant_{name}"]) is not None
    ]


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
    measures = [number for w in windows for number in (w.limit, w.seconds)]
    return run(_script(), [window.key for window in windows], [*measures, *words])


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
        self._spent: dict[tuple[str, int], dict[int, int]] = defaultdict(dict)  # by key and seconds of a slot
        self._lock = threading.Lock()
        self._swept = 0

    def spend(self, windows: list[Window]) -> list[Window]:
        """The windows as they are afterwards. Raises RateLimited, and then none was spent."""
        with self._lock:
            now = self._now()
            found = [self._look(window, now) for window in windows]
            if full := [window for window in found if window.left < 1]:
                last = max(full, key=lambda window: window.back_in)
                raise RateLimited(last.back_in, last, _announced(found))
            for window in found:
                slots, at = self._spent[window.key, window.slot], now // window.slot
                slots[at] = slots.get(at, 0) + 1
        return [replace(w, left=w.left - 1) for w in found]

    def look(self, windows: list[Window]) -> list[Window]:
        with self._lock:
            now = self._now()
            return [self._look(window, now) for window in windows]

    def _now(self) -> int:
        """The second that it is; what is outside every window is forgotten once in each."""
        now = int(time.monotonic())
        if now != self._swept:
            self._forget(now)
        return now

    def _look(self, window: Window, now: int) -> Window:
        share = min(window.limit, max(1, window.limit // settings.WEB_PROCESSES))
        slots = self._spent.get((window.key, window.slot), {})
        back_in = (min(slots, default=now // window.slot) + SLOTS + 1) * window.slot - now
        return replace(window, limit=share, left=share - sum(slots.values()), back_in=back_in)

    def _forget(self, now: int) -> None:
        self._swept = now
        for (key, long), slots in list(self._spent.items()):
            for slot in [slot for slot in slots if slot < now // long - SLOTS]:
                del slots[slot]
            if not slots:
                del self._spent[key, long]


_circuit, _local = Circuit(), Local()
