"""How often operations of the API were called, by their names, as api.operations makes them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from analytics import counts, gauges
from analytics.counts import Point, Span
from analytics.gauges import Noted


@dataclass(frozen=True)
class Called:
    """`errors` are those answered with 500 or more. `last` is the newest hour, also before the span."""

    operation: str
    calls: int
    errors: int
    mean_ms: float | None
    last: datetime | None = None


def here(span: Span) -> list[Called]:
    """Of the tenant one stands in, most often called first; operations called before the span count 0."""
    last = counts.last_hours("requests")
    told = {point.group: point for point in counts.series("requests", span, step="", group="kind")}
    failed = {point.group: point.n for point in counts.series("request_errors", span, step="", group="kind")}
    found = [_counted(name, told.get(name), failed.get(name, 0), at) for name, at in last.items()]
    return sorted(found, key=lambda one: (-one.calls, one.operation))


def _counted(name: str, point: Point | None, errors: int, last: datetime) -> Called:
    return Called(name, point.n if point else 0, errors, point.mean if point else None, last)


def everywhere() -> list[Called]:
    """Of all tenants since Redis counts. Raises RedisError."""
    told = gauges.noted()
    found = [_summed(name, told) for name in told["requests"].n]
    return sorted(found, key=lambda one: (-one.calls, one.operation))


def _summed(name: str, told: Mapping[str, Noted]) -> Called:
    calls = told["requests"].n[name]
    took = told["requests"].ms.get(name, 0.0)
    return Called(name, calls, told["request_errors"].n[name], took / calls if calls else None)
