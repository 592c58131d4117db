"""What is counted of one hour: of the ledger with its runs, of the learning history, of tracked events.

Each source answers for metrics of its own, which `analytics.rollups` writes anew together; nobody else writes them.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import Count, F, Max, Min, Q, QuerySet, Sum
from django.db.models.fields.json import KeyTextTransform

from analytics.algorithms import histograms
from analytics.counts import HOUR, Cell
from analytics.models import LearningEvent, TrackedEvent
from automation.models import TaskRun
from events import feed, ledger
from events.models import Event

WRITTEN = "memory.created"
CHANGED = (
    "memory.updated", "memory.judged", "memory.pinned", "memory.unpinned", "memory.restored", "memory.archived",
    "memory.warmed",
)  # fmt: skip
REMOVED = ("memory.deleted", "memory.superseded", "memory.silenced", "memory.compressed", "memory.erased")
FINISHED = "run.succeeded"
GIVEN_UP = ("run.failed", "run.dead")


def _ledger(hour: datetime, seq: int) -> Iterator[Cell]:
    """Facts up to number `seq` that were told in the hour, and the runs that ended in it."""
    told = feed.told_between(Event.objects.filter(tenant_id=ledger.current_tenant_id()), hour, hour + HOUR)
    told = told.filter(seq__lte=seq)
    namespace, kind = KeyTextTransform("namespace", "data"), KeyTextTransform("kind", "data")
    groups = told.order_by().values("type", namespace=namespace, kind=kind).annotate(n=Count("id"))
    for row in groups:
        type, n, domain = row["type"], row["n"], _name(row["namespace"])
        yield Cell("facts", hour, kind=type, domain=domain, n=n)
        if type == WRITTEN:
            yield Cell("memories_written", hour, kind=_name(row["kind"])[:64], domain=domain, n=n)
        elif type in CHANGED:
            yield Cell("memories_changed", hour, kind=type, domain=domain, n=n)
        elif type in REMOVED:
            yield Cell("memories_removed", hour, kind=type, domain=domain, n=n)
    yield from _runs(hour, told.filter(type__in=(FINISHED, *GIVEN_UP)))


def _name(told: str | None) -> str:
    return (told or "")[:255]


def _runs(hour: datetime, told: QuerySet[Event]) -> Iterator[Cell]:
    """Runs by the facts of their ends. How long one took is known while its row is kept, see automation.worker."""
    ends = list(told.values_list("type", "subject_id", "data__job"))
    known = TaskRun.objects.filter(tenant=ledger.current_tenant_id(), pk__in=[UUID(run) for _, run, _ in ends])
    rows = {str(row.pk): row for row in known.only("namespace", "started_at", "finished_at")}
    for type, run, job in ends:
        row = rows.get(run)
        metric, place = "runs_finished" if type == FINISHED else "runs_failed", row.namespace if row else ""
        took = _took(row) if row and type == FINISHED else None
        yield Cell(metric, hour, kind=job, domain=place, n=1, total=took or 0.0, least=took, most=took)


def _took(row: TaskRun) -> float | None:
    return (row.finished_at - row.started_at).total_seconds() if row.finished_at and row.started_at else None


# Of learning events: the metric, the column that must be there, and whether its values are added up.
_MEASURED = {
    "learning_feedback": ("judged_at", False),
    "learning_confidence": ("confidence", True),
    "learning_rating": ("rating", True),
    "learning_ms": ("processing_ms", True),
    "learning_tokens": ("tokens", True),
    "learning_cost": ("cost", True),
}
_SAID = {"learning_correct": "correct", "learning_improved": "improved"}
_OF = ("kind", "domain", "service", "agent")


def _learning(hour: datetime, seq: int) -> Iterator[Cell]:
    rows = LearningEvent.objects.filter(occurred_at__gte=hour, occurred_at__lt=hour + HOUR).order_by()
    groups: Any = rows.values("domain", "service", "agent", kind=F("type")).annotate(n=Count("id"), **_aggregates())
    for row in groups:
        of = {name: row[name] for name in _OF}
        yield Cell("learning_events", hour, n=row["n"], **of)
        if row["updates"]:
            yield Cell("learning_model_updates", hour, n=row["updates"], **of)
        for metric in (*_SAID, *_MEASURED):
            if row[f"{metric}_n"]:
                yield _measured(metric, hour, row, of)


def _aggregates() -> dict[str, Any]:
    told: dict[str, Any] = {"updates": Count("id", filter=Q(model_updated=True))}
    for metric, column in _SAID.items():
        told |= {f"{metric}_n": Count(column), f"{metric}_total": Count("id", filter=Q(**{column: True}))}
    for metric, (column, added) in _MEASURED.items():
        told[f"{metric}_n"] = Count(column)
        if added:
            ways = {"total": Sum(column), "least": Min(column), "most": Max(column)}
            told |= {f"{metric}_{way}": of for way, of in ways.items()}
    return told | {"took": ArrayAgg("processing_ms", filter=Q(processing_ms__isnull=False), default=[])}


def _measured(metric: str, hour: datetime, row: dict[str, Any], of: dict[str, Any]) -> Cell:
    ways = [way for way in ("total", "least", "most") if f"{metric}_{way}" in row]
    sums: dict[str, Any] = {way: float(row[f"{metric}_{way}"]) for way in ways}
    buckets = histograms.of(row["took"]) if metric == "learning_ms" else ()
    return Cell(metric, hour, n=row[f"{metric}_n"], buckets=buckets, **of, **sums)


def _tracked(hour: datetime, seq: int) -> Iterator[Cell]:
    rows = TrackedEvent.objects.filter(occurred_at__gte=hour, occurred_at__lt=hour + HOUR).order_by()
    for row in rows.values("domain", "service", "agent", kind=F("name")).annotate(n=Count("id")):
        yield Cell("tracked", hour, **row)


@dataclass(frozen=True)
class Source:
    """`count` gives the cells of an hour, facts up to a number. `rows` are those whose facts are of another time."""

    metrics: tuple[str, ...]
    count: Callable[[datetime, int], Iterator[Cell]]
    rows: Any = None


SOURCES = {
    "ledger": Source(
        ("facts", "memories_written", "memories_changed", "memories_removed", "runs_finished", "runs_failed"), _ledger
    ),
    "learning": Source(("learning_events", "learning_model_updates", *_SAID, *_MEASURED), _learning, LearningEvent),
    "tracked": Source(("tracked",), _tracked, TrackedEvent),
}
