"""Reports on a span: performance, learning, business and executive; as values, and as the lines of a table."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Case, When

from analytics import business, dashboard, insights, spans
from analytics.algorithms import shares
from analytics.counts import Span
from analytics.dashboard import Dashboard
from analytics.figures import FIGURES
from analytics.models import Insight, Suggestion

TYPES = ("performance", "learning", "business", "executive")
TOLD = 10  # insights and suggestions of a report, at most
# Weights of the overall score, and from which numbers; docs/dashboards.md.
WEIGHTS = {"accuracy": 0.3, "confidence": 0.2, "speed": 0.2, "satisfaction": 0.3}
COLUMNS = ("section", "name", "label", "unit", "at", "value", "before")
_SECTIONS: dict[str, dict[str, tuple[str, ...]]] = {
    "performance": {
        "ai_performance": ("accuracy", "confidence", "response_time_ms", "wrong_rate", "learning_rate"),
        "recall": ("searches", "hit_rate", "hits_per_search", "latency_p50", "latency_p95"),
        "service": ("requests", "error_rate", "runs", "runs_failed"),
    },
    "learning": {
        "learning": ("learning_events", "learning_rate", "accuracy", "confidence", "response_time_ms", "cost"),
        "feedback": ("feedback_rate", "unjudged_rate", "satisfaction_score"),
    },
    "business": {
        "business_impact": (
            "documents_analyzed", "risks_identified", "average_risk_score", "processing_time_ms", "cost_savings",
        ),
        "user_engagement": ("active_users", "sessions_per_user", "feedback_rate", "satisfaction_score"),
        "memory_utilization": (
            "total_memories", "active_memories", "memory_access_rate", "average_retrieval_time_ms",
        ),
    },
    "executive": {
        "results": ("accuracy", "satisfaction_score", "documents_analyzed", "cost_savings", "cost"),
        "use": ("active_users", "searches", "hit_rate", "latency_p95"),
        "memory": ("written", "total_memories", "memory_access_rate"),
    },
}  # fmt: skip
PANELS: dict[str, tuple[str, ...]] = {
    "performance": ("learning_curve", "hit_rate", "searches", "requests", "latency"),
    "learning": ("learning_curve", "learning"),
    "business": ("writes", "growth"),
    "executive": ("learning_curve", "hit_rate", "searches", "growth"),
}
NOW = ("total_memories", "active_memories", "memory_access_rate")  # of these nobody knows what they were
Value = float | None


@dataclass(frozen=True)
class Number:
    """A number of the span, and of the span before that is as long."""

    name: str
    value: Value
    before: Value

    @property
    def change(self) -> Value:
        """By how much of what it was; None where nothing was."""
        return shares.change(self.value, self.before)


@dataclass(frozen=True)
class Report:
    """`overall` is 0 to 1 (None where nothing is known of any part), made of `parts`; `sections` by their names."""

    type: str
    domain: str
    span: Span
    made_at: datetime
    overall: Number
    parts: dict[str, Value]
    sections: dict[str, list[Number]]
    trends: Dashboard
    insights: list[Insight]
    suggestions: list[Suggestion]


def make(type: str, span: Span, now: datetime, domain: str = "") -> Report:
    """A report of one of TYPES; `domain` empty: of all the tenant. 21 statements, however much was counted."""
    told = dashboard.read(span, now, domain=domain)
    numbers, earlier = _numbers(told, span, domain, before=False), _numbers(told, span, domain, before=True)
    rows = insights.listed(domain=domain, span=span).order_by(_GRAVEST, "-at", "-id")
    return Report(
        type, domain, span, now,
        overall=Number("overall_score", overall(numbers), overall(earlier)),
        parts=parts(numbers),
        sections={
            section: [Number(name, numbers[name], earlier[name]) for name in names]
            for section, names in _SECTIONS[type].items()
        },
        trends=told,
        insights=list(rows[:TOLD]),
        suggestions=_suggestions(domain),
    )  # fmt: skip


_GRAVEST = Case(*(When(severity=name, then=at) for at, name in enumerate(("high", "medium"))), default=2)


def _numbers(told: Dashboard, span: Span, domain: str, *, before: bool) -> dict[str, Value]:
    """All numbers by name; those that say how things are now have no value before."""
    numbers = {name: total.before if before else total.value for name, total in told.totals.items()}
    for group in business.read(spans.before(span) if before else span, domain, numbers, stands=not before).values():
        numbers |= group
    return numbers | dict.fromkeys(NOW) if before else numbers


def _suggestions(domain: str) -> list[Suggestion]:
    rows = Suggestion.objects.filter(state=Suggestion.State.OPEN)
    rows = rows.filter(domain=domain) if domain else rows
    return list(rows.order_by("-id")[:TOLD])


def parts(numbers: Mapping[str, Value]) -> dict[str, Value]:
    """What the overall score is made of, each 0 to 1: speed is 1 for no time and 0 from a second on."""
    took, satisfied = numbers.get("response_time_ms"), numbers.get("satisfaction_score")
    return {
        "accuracy": numbers.get("accuracy"),
        "confidence": numbers.get("confidence"),
        "speed": None if took is None else min(1.0, max(0.0, 1 - took / 1000)),
        "satisfaction": None if satisfied is None else satisfied / 100,
    }


def overall(numbers: Mapping[str, Value]) -> Value:
    """0.3 accuracy + 0.2 confidence + 0.2 speed + 0.3 satisfaction, over those that are known; None: none is."""
    known = {name: value for name, value in parts(numbers).items() if value is not None}
    weight = sum(WEIGHTS[name] for name in known)
    return sum(WEIGHTS[name] * value for name, value in known.items()) / weight if known else None


def lines(report: Report) -> Iterator[list[Any]]:
    """The report as a table: COLUMNS, then a line for each number and, with its time, for each step of its trends."""
    yield list(COLUMNS)
    for section, numbers in {"overall": [report.overall], **report.sections}.items():
        for number in numbers:
            figure = FIGURES[number.name]
            yield [section, number.name, figure.label, figure.unit, "", number.value, number.before]
    for panel in PANELS[report.type]:
        for track in report.trends.panels[panel]:
            for at, value in zip(report.trends.steps, track.values, strict=True):
                yield [panel, track.name, "", "", at.isoformat(), value, None]
