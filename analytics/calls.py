"""How often operations of the API were called, by their names, as api.operations makes them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from analytics import counts, gauges
from analytics.counts import Point, Span
from analytics.gauges import Noted

BAD = ("request_refusals", "request_errors")


@dataclass(frozen=True)
class Called:
    """`refused` are those answered with 400 to 499, `errors` those with 500 or more. `last` is the newest hour, also
    before the span.
    """

    operation: str
    calls: int
    refused: int
    errors: int
    mean_ms: float | None
    last: datetime | None = None


def here(span: Span) -> list[Called]:
    """Of the tenant one stands in, most often called first; operations called before the span count 0."""
    last = counts.last_hours("requests")
    told = {point.group: point for point in counts.series("requests", span, step="", group="kind")}
    ends = counts.several(BAD, span, step="")
    refused, failed = ({point.group: point.n for point in ends.get(name, [])} for name in BAD)
    found = [_counted(name, told.get(name), refused.get(name, 0), failed.get(name, 0), at) for name, at in last.items()]
    return sorted(found, key=_commonest)


def _counted(name: str, point: Point | None, refused: int, errors: int, last: datetime) -> Called:
    return Called(name, point.n if point else 0, refused, errors, point.mean if point else None, last)


def _commonest(one: Called) -> tuple[int, int, str]:
    return -one.calls, -one.refused, one.operation


def everywhere() -> list[Called]:
    """Of all tenants since Redis counts, and what was refused to strangers, which is no call. Raises RedisError."""
    told = gauges.noted()
    names = set(told["requests"].n) | set(told[gauges.STRANGERS].n)
    return sorted((_summed(name, told) for name in names), key=_commonest)


def _summed(name: str, told: Mapping[str, Noted]) -> Called:
    calls = told["requests"].n[name]
    took = told["requests"].ms.get(name, 0.0)
    refused, errors = (told[metric].n[name] for metric in BAD)
    return Called(name, calls, refused + told[gauges.STRANGERS].n[name], errors, took / calls if calls else None)
