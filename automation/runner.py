"""The life of a task run: asked for, run here or by a worker, cancelled, retried, undone.

    pending -> running -> succeeded | failed | cancelled | dead        (retried, one that is over is pending again)

Library mode, background mode and hybrid mode are one function with two callers: `run_now` runs what `start` leaves to
a worker. Whoever calls stands in a tenant's schema; a run is of that tenant.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone
from uuid_utils.compat import uuid7

from automation import registry, worker
from automation.errors import NotUndoable, RunOver
from automation.models import Policy, TaskRun
from events import actors, ledger, poke
from memory.models import Step
from memory.privacy import gate
from memory.upkeep.plan import EVERYBODY, Reach
from tenants import bounds, preferences

State = TaskRun.State
NORMAL = TaskRun.Priority.NORMAL


def start(
    job: str,
    reach: Reach = EVERYBODY,
    options: Mapping[str, Any] | None = None,
    *,
    dry_run: bool = False,
    priority: int = NORMAL,
    policy: Policy | None = None,
    slot: str | None = None,
    now: datetime | None = None,
    parent: TaskRun | None = None,
) -> TaskRun | None:
    """Leave a run of `job` to a worker; None when this slot of the policy is claimed already.

    `now` (aware) is what its plan takes for now; None: when it is planned. Raises UnknownJob, BadOption, Erased.
    """
    run = _new(job, reach, options, dry_run=dry_run, priority=priority, policy=policy, slot=slot, now=now)
    run.parent = parent
    return _queue(run)


def run_now(
    job: str,
    reach: Reach = EVERYBODY,
    options: Mapping[str, Any] | None = None,
    *,
    dry_run: bool = False,
    policy: Policy | None = None,
    slot: str | None = None,
    now: datetime | None = None,
) -> TaskRun | None:
    """Run `job` in this process, to its end; see `start`. A run that fails here is not tried again by a worker."""
    run = _queue(_new(job, reach, options, dry_run=dry_run, policy=policy, slot=slot, now=now))
    if run:
        worker.work_on(run)
    return run


def start_all(
    asked: Sequence[tuple[str, Mapping[str, Any]]], reach: Reach = EVERYBODY, *, dry_run: bool = False
) -> TaskRun:
    """A run of each of these jobs, with its options, one after another; the parent that is over when all of them are.

    Raises UnknownJob, BadOption.
    """
    parent = _fields("run_all", reach, {"jobs": [job for job, _ in asked]}, dry_run=dry_run)
    runs = [_new(job, reach, options, dry_run=dry_run) for job, options in asked]
    return _begin(parent, runs)


@transaction.atomic
def _begin(parent: TaskRun, runs: Sequence[TaskRun]) -> TaskRun:
    parent.state, parent.started_at, parent.total = State.RUNNING, timezone.now(), len(runs)
    _queue(parent)
    # Ids of one millisecond are in no order, and the order of ids is the order of work.
    for run, key in zip(runs, sorted(uuid7() for _ in runs), strict=True):
        run.id, run.parent = key, parent
        _queue(run)
    worker.close_parent(parent.pk)
    parent.refresh_from_db()
    return parent


def run_all_now(asked: Sequence[tuple[str, Mapping[str, Any]]], reach: Reach = EVERYBODY) -> TaskRun:
    """The same in this process, to the end of all of them."""
    return _work_on_all(start_all(asked, reach))


def _work_on_all(parent: TaskRun) -> TaskRun:
    for run in parent.children.order_by("id"):
        worker.work_on(run)
    parent.refresh_from_db()
    return parent


def _new(job: str, reach: Reach, options: Mapping[str, Any] | None, **more: Any) -> TaskRun:
    found, told = registry.find(job), dict(options or {})
    registry.read_options(found, told)
    return _fields(job, reach, {"options": told}, **more)


def _fields(job: str, reach: Reach, told: dict[str, Any], *, now: datetime | None = None, **more: Any) -> TaskRun:
    left_out = {name: list(getattr(reach, name)) for name in ("except_users", "except_namespaces")}
    asked = told | {name: value for name, value in left_out.items() if value}
    if bound := bounds.current():
        asked["bounds"] = list(bound)
    if now:
        asked["now"] = now.isoformat()
    scope = {"namespace": reach.namespace, "user_id": reach.user_id}
    tenant_id = ledger.current_tenant_id()
    assert tenant_id
    return TaskRun(tenant_id=tenant_id, job=job, input=asked, started_by=actors.current(), **scope, **more)


@transaction.atomic
def _queue(run: TaskRun) -> TaskRun | None:
    """Raises Erased."""
    gate.admit_user(run.user_id)
    try:
        with transaction.atomic():
            run.save(force_insert=True)
    except IntegrityError:
        if run.slot is None:
            raise
        return None
    ledger.record("run.queued", run, job=run.job, dry_run=run.dry_run)
    if run.state == State.PENDING:
        poke.after_commit("automation.tasks.work")
    return run


def runs() -> QuerySet[TaskRun]:
    """Those of the tenant one stands in."""
    return TaskRun.objects.filter(tenant=ledger.current_tenant_id())


def _claimed(run_id: UUID) -> TaskRun | None:
    """The run, locked after its children: whoever closes a child goes on to its parent."""
    rows = runs().select_for_update(of=("self",))
    list(rows.filter(parent=run_id).order_by("id").values_list("pk"))
    return rows.filter(pk=run_id).first()


@transaction.atomic
def cancel(run_id: UUID) -> TaskRun | None:
    """End a run: one that waits at once, one that runs after the slice it is at. What it has done stays.

    None when there is none. Raises RunOver.
    """
    run = _claimed(run_id)
    if run is None:
        return None
    if run.state not in TaskRun.OPEN:
        raise RunOver(f"the run is over, it {run.state}")
    for child in run.children.filter(state__in=TaskRun.OPEN).order_by("id"):
        _cancel(child)
    if not run.children.exists():
        _cancel(run)
    run.refresh_from_db()
    return run


def _cancel(run: TaskRun) -> None:
    if run.state == State.PENDING:
        worker.close(run, State.CANCELLED)
    else:
        TaskRun.objects.filter(pk=run.pk).update(cancel_asked=True)


@transaction.atomic
def retry(run_id: UUID) -> TaskRun | None:
    """Try a run again that failed, died or was cancelled: it goes on behind what it has done. Of a run of several jobs
    each of these is; it and the parent of a child are open until they are over. Raises RunOver.
    """
    run = _claimed(run_id)
    if run is None:
        return None
    again = [each for each in run.children.order_by("id") or [run] if _stopped(each)]
    if not again or _undoing_of(run):
        raise RunOver("only a run that failed, died or was cancelled can be tried again, and only while it stands")
    for each in again:
        _again(each)
    runs().filter(pk=run.parent_id or run.pk, children__isnull=False).update(state=State.RUNNING, finished_at=None)
    ledger.record("run.retried", run, job=run.job)
    poke.after_commit("automation.tasks.work")
    run.refresh_from_db()
    return run


def _stopped(run: TaskRun) -> bool:
    return run.state in (State.FAILED, State.DEAD, State.CANCELLED) and not _undoing_of(run)


def _again(run: TaskRun) -> None:
    run.state, run.attempts, run.error, run.cancel_asked = State.PENDING, 0, "", False
    run.finished_at, run.leased_until, run.wait_until = None, None, timezone.now()
    if not run.undoes_id and not Step.objects.filter(run_id=run.pk).exists():  # they were swept
        run.planned, run.done, run.total = False, 0, 0
    run.save()


def undo(run_id: UUID, *, here: bool = False) -> TaskRun | None:
    """Take back what a run has done, by a run of its own; `here`: in this process. None when there is none.

    Raises RunOver while it is not over, NotUndoable.
    """
    with transaction.atomic():
        run = _claimed(run_id)
        if run is None:
            return None
        check_undoable(run)
        children = [_undoing(child) for child in run.children.order_by("-id") if _undoable(child) is None]
        if not children and run.children.exists():
            raise NotUndoable("nothing of it can be taken back")
        undoing = _begin(_undoing(run), children) if children else _queue(_undoing(run))
    if here and undoing:
        _work_on_all(undoing) if children else worker.work_on(undoing)
    return undoing


def _undoing(run: TaskRun) -> TaskRun:
    undoing = _fields("undo", Reach(run.namespace, run.user_id), {})
    undoing.undoes, undoing.planned, undoing.priority = run, True, TaskRun.Priority.HIGH
    return undoing


def check_undoable(run: TaskRun) -> None:
    """Raises RunOver while it is not over, NotUndoable with the reason."""
    if run.state in TaskRun.OPEN:
        raise RunOver("the run is not over")
    if why := _undoable(run):
        raise NotUndoable(why)


def _undoing_of(run: TaskRun) -> bool:
    """Whether what it did is taken back, or about to be."""
    return bool(run.undone_at) or run.undoings.filter(state__in=[*TaskRun.OPEN, State.SUCCEEDED]).exists()


def _undoable(run: TaskRun) -> str | None:
    """Why what it did cannot be taken back; None when it can."""
    if _undoing_of(run):
        return "it is undone already"
    if run.dry_run or not (run.done or run.children.exists()):
        return "it did nothing"
    job = registry.JOBS.get(run.job)
    if run.undoes_id or (job and not job.undoable):
        return "what it does cannot be taken back"
    if run.finished_at and run.finished_at < timezone.now() - timedelta(days=preferences.current().undo_days):
        return "the window for it is over"
    return None
