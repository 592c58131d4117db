"""Reading task runs: of one tenant for its own, of all for an operator. Who is bound sees those of its namespaces."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Count, Min, Q, QuerySet
from django.utils import timezone

from automation import runner
from automation.asking import LANES
from automation.models import TaskRun
from memory.models import Step
from tenants import bounds, preferences

SILENT = timedelta(minutes=2)  # without a heartbeat, a running one is stuck
WAITED = timedelta(minutes=10)  # a pending one that could have begun so long ago is stuck


def here() -> QuerySet[TaskRun]:
    """The runs of the tenant one stands in. Who is bound to namespaces sees those that reach into none other."""
    rows, bound = runner.runs(), list(bounds.current())
    own = Q(namespace__in=bound) | Q(namespace="", input__bounds__contained_by=bound)
    return rows.filter(own) if bound else rows


def one(run_id: UUID) -> TaskRun | None:
    return here().filter(pk=run_id).first()


def steps(run_id: UUID) -> QuerySet[Step]:
    """A run's steps in their order, without the content that they hold."""
    return Step.objects.filter(run_id=run_id).order_by("number").defer("change", "outcome", "memories")


def narrowed(rows: QuerySet[TaskRun], asked: dict[str, Any]) -> QuerySet[TaskRun]:
    """`asked` by column; what is empty or not there narrows nothing, but a `dry_run` of False does."""
    return rows.filter(**{name: value for name, value in asked.items() if value not in ("", None)})


@dataclass(frozen=True)
class Depth:
    """How much waits and runs. `oldest` is since when the longest waiting one could have begun."""

    pending: int
    running: int
    stuck: int
    oldest: datetime | None


def depth(rows: QuerySet[TaskRun]) -> Depth:
    """One statement."""
    now = timezone.now()
    waits, runs = Q(state=TaskRun.State.PENDING), Q(state=TaskRun.State.RUNNING)
    return Depth(
        **rows.filter(state__in=TaskRun.OPEN).aggregate(
            pending=Count("id", filter=waits),
            running=Count("id", filter=runs),
            stuck=Count("id", filter=_stuck(now)),
            oldest=Min("wait_until", filter=waits & Q(wait_until__lte=now)),
        )
    )


def lanes(rows: QuerySet[TaskRun]) -> list[tuple[str, int]]:
    """How many wait by priority, the most urgent first."""
    found = dict(rows.filter(state=TaskRun.State.PENDING).order_by().values_list("priority").annotate(Count("id")))
    return [(name, found.get(number, 0)) for name, number in reversed(LANES.items())]


def why_stuck(run: TaskRun, now: datetime) -> str:
    """Why a run seems stuck; empty: it does not."""
    if run.state == TaskRun.State.RUNNING:
        beat = run.heartbeat_at or run.started_at
        return "no heartbeat" if beat is None or beat < now - SILENT else ""
    return "waits for long" if run.state == TaskRun.State.PENDING and run.wait_until < now - WAITED else ""


def stuck(rows: QuerySet[TaskRun]) -> QuerySet[TaskRun]:
    return rows.filter(_stuck(timezone.now()))


def _stuck(now: datetime) -> Q:
    beat = Q(heartbeat_at__lt=now - SILENT) | Q(heartbeat_at=None, started_at__lt=now - SILENT)
    waits = Q(state=TaskRun.State.PENDING, wait_until__lt=now - WAITED)
    return waits | (Q(state=TaskRun.State.RUNNING) & (beat | Q(heartbeat_at=None, started_at=None)))


def took(run: TaskRun, now: datetime) -> float | None:
    """Seconds from its begin to its end, or until now; None: it has not begun."""
    if run.started_at is None:
        return None
    return max(0.0, ((run.finished_at or now) - run.started_at).total_seconds())


def applied(runs: Iterable[TaskRun]) -> dict[UUID, int]:
    """How many steps of each run stand applied, so how many an undo would take back. One statement."""
    rows = Step.objects.filter(run_id__in=[run.pk for run in runs], state=Step.State.APPLIED).order_by()
    return dict(rows.values_list("run_id").annotate(count=Count("id")))


def undo_until(run: TaskRun) -> datetime | None:
    """Until when what it did can be taken back; None: it is over, or there is nothing."""
    if run.finished_at is None or run.dry_run or run.undone_at:
        return None
    until = run.finished_at + timedelta(days=preferences.current().undo_days)
    return until if until > timezone.now() else None
