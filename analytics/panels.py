"""The panels of the dashboard: from what was counted by step and kind to lines and layers."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from analytics.algorithms import shares
from analytics.counts import Point

LATENCY = "latency"  # beside what was counted: the searches with their histogram
Told = Mapping[str, list[Point]]
Value = float | None


@dataclass(frozen=True)
class Track:
    """The values of one thing, a value a step; None where nothing is known. `low` and `high` are of its interval."""

    name: str
    values: list[Value]
    low: tuple[Value, ...] = ()
    high: tuple[Value, ...] = ()


Tracks = Callable[[Told, Sequence[datetime]], list[Track]]


def _by_kind(metric: str, *, snapshot: bool = False, order: Sequence[str] = ()) -> Tracks:
    """A track for each kind that was counted: none in a step without any, unknown where a snapshot is missing."""

    def tracks(told: Told, steps: Sequence[datetime]) -> list[Track]:
        points = {(point.group, point.at): point for point in told.get(metric, ())}
        known, kinds = {at for _, at in points}, {kind for kind, _ in points}
        names = [kind for kind in order if kind in kinds] + sorted(kinds - set(order))

        def value(kind: str, at: datetime) -> Value:
            if point := points.get((kind, at)):
                return point.total if snapshot else point.n
            return 0 if at in known or not snapshot else None

        return [Track(name, [value(name, at) for at in steps]) for name in names]

    return tracks


def _whole(name: str, metric: str) -> Tracks:
    def tracks(told: Told, steps: Sequence[datetime]) -> list[Track]:
        found = _summed(told, metric)
        return [Track(name, [found[at][0] for at in steps])] if found else []

    return tracks


def _share(name: str, metric: str, whole: str, *kinds: str) -> Tracks:
    """A metric, or some kinds of it, as a share of another; with Wilson's interval."""

    def tracks(told: Told, steps: Sequence[datetime]) -> list[Track]:
        part, every = _summed(told, metric, *kinds), _summed(told, whole)
        return [_interval(name, [(part[at][0], every[at][0]) for at in steps])] if every else []

    return tracks


def _summed(told: Told, metric: str, *kinds: str) -> defaultdict[datetime, tuple[int, float]]:
    """How often, and the sum, of all kinds of a metric by step."""
    found = defaultdict[datetime, tuple[int, float]](lambda: (0, 0.0))
    for point in told.get(metric, ()):
        if not kinds or point.group in kinds:
            n, total = found[point.at]
            found[point.at] = n + point.n, total + point.total
    return found


def _interval(name: str, pairs: Sequence[tuple[float, float]]) -> Track:
    bounds = [shares.wilson(min(part, whole), whole) or (None, None) for part, whole in pairs]
    values = [shares.share(part, whole) for part, whole in pairs]
    return Track(name, values, tuple(low for low, _ in bounds), tuple(high for _, high in bounds))


def _curve(told: Told, steps: Sequence[datetime]) -> list[Track]:
    """Accuracy with its interval, and how sure the agents said they were."""
    right, sure = _summed(told, "learning_correct"), _summed(told, "learning_confidence")
    accuracy = [_interval("accuracy", [right[at][::-1] for at in steps])] if right else []
    confidence = [Track("confidence", [shares.share(sure[at][1], sure[at][0]) for at in steps])] if sure else []
    return accuracy + confidence


def _latency(told: Told, steps: Sequence[datetime]) -> list[Track]:
    points = {point.at: point for point in told.get(LATENCY, ())}
    if not points:
        return []
    return [
        Track(name, [points[at].percentile(share) if at in points else None for at in steps])
        for name, share in (("p50", 0.5), ("p95", 0.95))
    ]


def _together(*several: Tracks) -> Tracks:
    return lambda told, steps: [track for tracks in several for track in tracks(told, steps)]


PANELS: dict[str, Tracks] = {
    "writes": _by_kind("memories_written"),
    "removals": _by_kind("memories_removed"),
    "searches": _by_kind("searches", order=("found", "empty")),
    "hit_rate": _share("hit_rate", "searches", "searches", "found"),
    "latency": _latency,
    "growth": _by_kind("stock_state", snapshot=True, order=("active", "silent", "compressed", "superseded", "deleted")),
    "tiers": _by_kind("stock_tier", snapshot=True, order=("warm", "archiving", "cold")),
    "ages": _by_kind("stock_age", snapshot=True, order=("day", "week", "month", "quarter", "year", "older")),
    "kinds": _by_kind("stock_kind", snapshot=True),
    "learning": _by_kind("learning_events"),
    "learning_curve": _curve,
    "requests": _whole("requests", "requests"),
    "error_rate": _share("error_rate", "request_errors", "requests"),
    "runs": _together(_whole("finished", "runs_finished"), _whole("failed", "runs_failed")),
}
