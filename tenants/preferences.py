"""What a tenant may set for itself. What it has not set is what the operator's settings say."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, fields
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import connection, transaction

from events import ledger
from tenants import zones
from tenants.models import Tenant

MOST_DAYS = 36_500
NAMESPACES = 100
SLOWEST_MS = 60_000


@dataclass(frozen=True)
class Preferences:
    """In use now, set or not."""

    time_zone: str  # in which time words are read when a request names none
    undo_days: int  # how long a deleted memory can be brought back
    cold_after_days: int  # memories not recalled for so long go to cold storage; 0: never
    audit_reads: bool  # whether each reading of content is a fact in the feed
    trace_share: float  # of calls that are traced, 0 to 1, beside those that are slow, empty or failed
    trace_slow_ms: int  # a call that takes so long is slow
    trace_days: int  # how long a trace is kept; 0: none is
    namespaces: tuple[str, ...]  # patterns of those that may be written to, `*` for any text; empty: all

    def allows(self, namespace: str) -> bool:
        return not self.namespaces or any(_matches(pattern, namespace) for pattern in self.namespaces)


NAMES = tuple(field.name for field in fields(Preferences))


def current() -> Preferences:
    """Those of the tenant in whose schema this thread is."""
    return of(getattr(connection, "tenant", None))


def of(tenant: Any) -> Preferences:
    told = getattr(tenant, "preferences", {})
    return Preferences(**_defaults() | {name: told[name] for name in NAMES if name in told})


def _defaults() -> dict[str, Any]:
    return {
        "time_zone": settings.TIME_ZONE,
        "undo_days": settings.UNDO_DAYS,
        "cold_after_days": settings.COLD_AFTER_DAYS,
        "audit_reads": False,
        "trace_share": settings.TRACE_SHARE,
        "trace_slow_ms": settings.TRACE_SLOW_MS,
        "trace_days": settings.TRACE_DAYS,
        "namespaces": (),
    }


@transaction.atomic
def change(tenant_id: UUID, values: dict[str, Any]) -> Preferences:
    """Set some of them; None takes one back to what the operator says. Raises ValidationError, by name."""
    wrong = {name: why for name, value in values.items() if value is not None and (why := _wrong(name, value))}
    if wrong:
        raise ValidationError(wrong)
    tenant = Tenant.objects.select_for_update().get(pk=tenant_id)
    before = dict(tenant.preferences)
    tenant.preferences = {name: value for name, value in (before | values).items() if value is not None}
    changed = sorted(name for name in values if before.get(name) != tenant.preferences.get(name))
    if changed:
        tenant.save(update_fields=["preferences"])
        ledger.record("tenant.settings_changed", tenant, tenant_id=tenant.pk, fields=changed)
    return of(tenant)


def told(tenant: Tenant) -> dict[str, Any]:
    """All of them as plain values, and under `set` the names of those that the tenant has set."""
    return asdict(of(tenant)) | {"set": sorted(name for name in tenant.preferences if name in NAMES)}


def _wrong(name: str, value: Any) -> str:
    check = _CHECKS.get(name)
    return check(value) if check else "is not a setting"


def _zone(value: Any) -> str:
    return "" if zones.named(value) else zones.WRONG


def _days(least: int) -> Callable[[Any], str]:
    def check(value: Any) -> str:
        good = isinstance(value, int) and not isinstance(value, bool) and least <= value <= MOST_DAYS
        return "" if good else f"is a whole number of days from {least} to {MOST_DAYS}"

    return check


def _share(value: Any) -> str:
    good = isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1
    return "" if good else "is a number from 0 to 1"


def _milliseconds(value: Any) -> str:
    good = isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= SLOWEST_MS
    return "" if good else f"is a whole number of milliseconds from 1 to {SLOWEST_MS}"


def _yes_or_no(value: Any) -> str:
    return "" if isinstance(value, bool) else "is true or false"


def _patterns(value: Any) -> str:
    good = isinstance(value, list) and len(value) <= NAMESPACES
    if good and all(isinstance(item, str) and 0 < len(item) <= 255 for item in value):
        return ""
    return f"is a list of at most {NAMESPACES} patterns of at most 255 characters"


_CHECKS: dict[str, Callable[[Any], str]] = {
    "time_zone": _zone, "undo_days": _days(0), "cold_after_days": _days(0), "audit_reads": _yes_or_no,
    "namespaces": _patterns, "trace_share": _share, "trace_slow_ms": _milliseconds, "trace_days": _days(0),
}  # fmt: skip


def _matches(pattern: str, text: str) -> bool:
    """Only `*` is special. By its parts in turn: a regular expression of many stars could take for ever."""
    if "*" not in pattern:
        return text == pattern
    first, *middle, last = pattern.split("*")
    if len(text) < len(first) + len(last) or not text.startswith(first) or not text.endswith(last):
        return False
    at, end = len(first), len(text) - len(last)
    for part in middle:
        found = text.find(part, at, end)
        if found < 0:
            return False
        at = found + len(part)
    return True
