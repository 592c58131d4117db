"""The counts by brute force: every row looked at in Python, nothing shared with the rollups but the names."""

from collections import defaultdict
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from analytics.algorithms import histograms
from analytics.counting import SOURCES
from analytics.models import Count, LearningEvent, TrackedEvent
from automation.models import TaskRun
from events.models import Event

Key = tuple[str, datetime, bool, str, str, str, str]
CHANGED = {"updated", "judged", "pinned", "unpinned", "restored", "archived", "warmed"}
REMOVED = {"deleted", "superseded", "silenced", "compressed", "erased"}


class Ledger:
    """What is counted, and the values beside it."""

    def __init__(self) -> None:
        self.n: dict[Key, int] = defaultdict(int)
        self.values: dict[Key, list[float]] = defaultdict(list)

    def put(self, metric: str, at: datetime, kind: str, domain: str = "", service: str = "", agent: str = "",
            value: Any = None) -> None:  # fmt: skip
        hour = at.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
        for key in ((metric, hour, False, kind, domain, service, agent), (metric, hour, True, kind, "", "", "")):
            self.n[key] += 1
            if value is not None:
                self.values[key].append(float(value))


def recount(tenant_id: UUID) -> dict[Key, tuple[Any, ...]]:
    """Every count that should stand, as `counted` tells those that do."""
    told = Ledger()
    for event in Event.objects.filter(tenant_id=tenant_id, seq__gt=0):
        _fact(told, event)
    for row in LearningEvent.objects.all():
        _learning(told, row)
    for tracked in TrackedEvent.objects.all():
        told.put("tracked", tracked.occurred_at, tracked.name, tracked.domain, tracked.service, tracked.agent)
    return {key: (n, *_sums(key, told.values.get(key, []))) for key, n in told.n.items()}


def _fact(told: Ledger, event: Event) -> None:
    domain, (first, _, rest) = event.data.get("namespace", ""), event.type.partition(".")
    told.put("facts", event.occurred_at, event.type, domain)
    if event.type == "memory.created":
        told.put("memories_written", event.occurred_at, event.data["kind"], domain)
    elif first == "memory" and rest in CHANGED:
        told.put("memories_changed", event.occurred_at, event.type, domain)
    elif first == "memory" and rest in REMOVED:
        told.put("memories_removed", event.occurred_at, event.type, domain)
    elif event.type in ("run.succeeded", "run.failed", "run.dead"):
        run = TaskRun.objects.get(pk=event.subject_id)
        done = event.type == "run.succeeded"
        took = (
            (run.finished_at - run.started_at).total_seconds() if done and run.finished_at and run.started_at else None
        )
        metric = "runs_finished" if done else "runs_failed"
        told.put(metric, event.occurred_at, event.data["job"], run.namespace, value=took)


def _learning(told: Ledger, row: LearningEvent) -> None:
    of = (row.occurred_at, row.type, row.domain, row.service, row.agent)
    told.put("learning_events", *of)
    if row.model_updated:
        told.put("learning_model_updates", *of)
    if row.judged_at:
        told.put("learning_feedback", *of)
    for metric, value in {
        "learning_correct": row.correct, "learning_improved": row.improved, "learning_rating": row.rating,
        "learning_confidence": row.confidence, "learning_ms": row.processing_ms, "learning_tokens": row.tokens,
        "learning_cost": row.cost,
    }.items():  # fmt: skip
        if value is not None:
            told.put(metric, *of, value=value)


def _sums(key: Key, values: list[float]) -> tuple[Any, ...]:
    buckets = histograms.of(values) if key[0] == "learning_ms" else []
    bounded = bool(values) and key[0] not in ("learning_correct", "learning_improved")
    return (round(sum(values), 6), min(values) if bounded else None, max(values) if bounded else None, buckets)


def counted() -> dict[Key, tuple[Any, ...]]:
    """The counts that stand, of all sources."""
    names = [name for source in SOURCES.values() for name in source.metrics]
    return {
        (row.metric, row.hour, row.whole, row.kind, row.domain, row.service, row.agent): (
            row.n, round(row.total, 6), row.least, row.most, list(row.buckets),
        )
        for row in Count.objects.filter(metric__in=names)
    }  # fmt: skip
