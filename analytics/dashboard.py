"""The dashboard: what was written, searched, kept and learned in a span, step by step and altogether.

It reads counts alone, so that it takes as long for a million memories as for one. docs/dashboards.md has each formula.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from analytics import counts, spans
from analytics.algorithms import shares, steps
from analytics.counts import Point, Span
from analytics.panels import LATENCY, PANELS, Told, Track, Value

COUNTED = (
    "memories_written", "memories_removed", "searches", "search_hits", "requests", "request_errors", "learning_events",
    "learning_feedback", "learning_correct", "learning_confidence", "learning_rating", "learning_ms", "learning_cost",
    "runs_finished", "runs_failed",
)  # fmt: skip
STOCK = ("stock_state", "stock_tier", "stock_age", "stock_kind")
LIVE = "active"
TOP = 5


@dataclass(frozen=True)
class Total:
    """A number of the span, and of the span before that is as long."""

    value: Value
    before: Value

    @property
    def change(self) -> Value:
        """By how much of what it was, 0.1 for a tenth more; None where nothing was."""
        return shares.change(self.value, self.before)


@dataclass(frozen=True)
class Dashboard:
    """`panels` are named as in PANELS, `totals` and `today` as in TOTALS."""

    span: Span
    step: str
    steps: list[datetime]
    domain: str
    panels: dict[str, list[Track]]
    totals: dict[str, Total]
    today: dict[str, Value]


def _n(told: Told, metric: str, *kinds: str) -> float:
    return sum(point.n for point in told.get(metric, ()) if not kinds or point.group in kinds)


def _total(told: Told, metric: str) -> float:
    return sum(point.total for point in told.get(metric, ()))


def _mean(told: Told, metric: str) -> Value:
    return shares.share(_total(told, metric), _n(told, metric))


def _scaled(value: Value, by: float) -> Value:
    return None if value is None else value * by


def _state(told: Told, *states: str) -> Value:
    found = told.get("stock_state")
    return None if found is None else sum(point.total for point in found if point.group in states)


# Each number of a span, from what was counted in it as one step, by kind.
TOTALS: dict[str, Callable[[Told], Value]] = {
    "written": lambda told: _n(told, "memories_written"),
    "removed": lambda told: _n(told, "memories_removed"),
    "live": lambda told: _state(told, LIVE),
    "searches": lambda told: _n(told, "searches"),
    "hit_rate": lambda told: shares.share(_n(told, "searches", "found"), _n(told, "searches")),
    "hits_per_search": lambda told: shares.share(_n(told, "search_hits"), _n(told, "searches")),
    "latency_p50": lambda told: _percentile(told, 0.5),
    "latency_p95": lambda told: _percentile(told, 0.95),
    "requests": lambda told: _n(told, "requests"),
    "error_rate": lambda told: shares.share(_n(told, "request_errors"), _n(told, "requests")),
    "search_ms": lambda told: _mean(told, "searches"),
    "learning_events": lambda told: _n(told, "learning_events"),
    "accuracy": lambda told: _mean(told, "learning_correct"),
    "confidence": lambda told: _mean(told, "learning_confidence"),
    "feedback_rate": lambda told: shares.share(_n(told, "learning_feedback"), _n(told, "learning_events")),
    "satisfaction_score": lambda told: _scaled(_mean(told, "learning_rating"), 100 / 5),
    "response_time_ms": lambda told: _mean(told, "learning_ms"),
    "cost": lambda told: _total(told, "learning_cost"),
    "runs": lambda told: _n(told, "runs_finished"),
    "runs_failed": lambda told: _n(told, "runs_failed"),
}


def _percentile(told: Told, share: float) -> Value:
    return next((point.percentile(share) for point in told.get(LATENCY, ())), None)


def read(span: Span, now: datetime, *, step: str = "", domain: str = "") -> Dashboard:
    """All of it, in twelve statements however much was counted; `domain` narrows to one namespace."""
    step = step or spans.step_of(span)
    only = {"domain": domain} if domain else {}
    before, today = spans.before(span), Span(steps.begin_of(now, "day"), counts.hour_of(now) + counts.HOUR)
    every = counts.several(COUNTED, span, step=step, **only)
    stock = counts.latest(STOCK, span, step=step, **only)
    latency = _latency(span, step, only)
    told = every | stock | {LATENCY: latency}
    whole = {span: _as_one(told, span), before: in_all(before, only), today: in_all(today, only)}
    starts = steps.starts(span.begin, span.end, step)
    return Dashboard(
        span, step, starts, domain,
        panels={name: tracks(told, starts) for name, tracks in PANELS.items()},
        totals={name: Total(number(whole[span]), number(whole[before])) for name, number in TOTALS.items()},
        today={name: number(whole[today]) for name, number in TOTALS.items()},
    )  # fmt: skip


def _as_one(told: Told, span: Span) -> dict[str, list[Point]]:
    """What was counted step by step as one step; of snapshots the last."""
    whole: dict[str, list[Point]] = {}
    for metric, points in told.items():
        last = points[-1].at if points else span.begin
        groups: dict[str, list[Point]] = {}
        for point in points:
            if metric not in STOCK or point.at == last:
                groups.setdefault(point.group, []).append(point)
        whole[metric] = [replace(counts.together(each, span.begin), group=group) for group, each in groups.items()]
    return whole


def in_all(span: Span, only: Mapping[str, str]) -> dict[str, list[Point]]:
    """What TOTALS read of a span, in four statements."""
    told = counts.several(COUNTED, span, step="", **only)
    told |= counts.latest(STOCK[:1], span, step="", **only)
    return told | {LATENCY: _latency(span, "", only)}


def _latency(span: Span, step: str, only: Mapping[str, str]) -> list[Point]:
    told: dict[str, Any] = {"step": step, "histogram": True, **only}
    return counts.series("searches", span, **told)


def numbers(span: Span, domain: str = "") -> dict[str, Value]:
    """The numbers of TOTALS of a span."""
    told = in_all(span, {"domain": domain} if domain else {})
    return {name: number(told) for name, number in TOTALS.items()}


# --- who did most


def top(span: Span, *, domain: str = "", most: int = TOP) -> dict[str, list[dict[str, Any]]]:
    """Agents and domains that did most in a span, with how right they were: two statements.

    Most: what is counted by agent, or by domain, together. `accuracy` is None where nobody judged.
    """
    only = {"domain": domain} if domain else {}
    return {f"{group}s": _top(span, group, only)[:most] for group in DONE}


# What is counted by each; of agents neither what they wrote nor what they searched for.
DONE = {
    "agent": ("learning_events", "tracked"), "domain": ("memories_written", "searches", "learning_events", "tracked"),
}  # fmt: skip


def _top(span: Span, group: str, only: Mapping[str, str]) -> list[dict[str, Any]]:
    told = counts.several((*DONE[group], "learning_correct"), span, step="", group=group, **only)
    names = {point.group for points in told.values() for point in points} - {""}
    rows = [_performer(told, name, DONE[group]) for name in names]
    return sorted(rows, key=lambda row: (-row["events"], row["name"]))


def _performer(told: Told, name: str, done: Sequence[str]) -> dict[str, Any]:
    mine = {metric: [point for point in points if point.group == name] for metric, points in told.items()}
    events = {metric: _n(mine, metric) for metric in done}
    return {"name": name, "events": sum(events.values()), **events, "accuracy": _mean(mine, "learning_correct")}
