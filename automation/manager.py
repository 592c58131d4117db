"""HippocampAI's TaskManager: its tasks are our runs, so they outlive the process that submitted them."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import prefetch_related_objects

from automation import asking, looking, runner, worker
from automation import controller as controlling
from automation.controller import RUNS, AutomationController
from automation.errors import BadPolicy, RunOver, UnknownTask
from automation.models import TaskRun
from automation.vocabulary import FEATURES
from memory.upkeep.plan import Reach

ALL = "all_optimizations"
TYPES = (*RUNS, ALL)
JOBS = {name: FEATURES[name].job for name in RUNS} | {ALL: asking.ALL}
BY_JOB = {job: name for name, job in JOBS.items()}
METADATA_BYTES = 2_048


class TaskStatus(StrEnum):
    PENDING = "pending"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"


class TaskPriority(StrEnum):
    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"
    CRITICAL = "critical"


STATES = {
    TaskStatus.PENDING: ("pending",), TaskStatus.RUNNING: ("running",), TaskStatus.COMPLETED: ("succeeded",),
    TaskStatus.FAILED: ("failed", "dead"), TaskStatus.CANCELLED: ("cancelled",),
}  # fmt: skip
BY_STATE = {state: status for status, states in STATES.items() for state in states}


@dataclass(frozen=True)
class BackgroundTask:
    """A task as it was when it was asked for. `metadata` are the caller's labels, at most 2,048 bytes of JSON."""

    task_id: str
    user_id: str
    task_type: str
    created_at: datetime
    priority: TaskPriority = TaskPriority.NORMAL
    status: TaskStatus = TaskStatus.PENDING
    started_at: datetime | None = None
    completed_at: datetime | None = None
    error: str | None = None
    result: dict[str, Any] | None = None
    retry_count: int = 0
    max_retries: int = 3
    metadata: dict[str, Any] = field(default_factory=dict)


class TaskManager:
    """Tasks of the tenant of a controller."""

    def __init__(self, controller: AutomationController) -> None:
        self.controller = controller

    def submit_task(
        self,
        user_id: str,
        task_type: str,
        priority: str = TaskPriority.NORMAL,
        metadata: dict[str, Any] | None = None,
        async_execution: bool = True,
    ) -> BackgroundTask:
        """Ask a worker to do it, whatever the policy says; or, without `async_execution`, do it here and now.

        Raises UnknownTask, which is a ValueError, and BadPolicy for metadata that are too large.
        """
        with self.controller.inside():
            return told(submit(user_id, task_type, priority, metadata or {}, at_once=not async_execution))

    def get_task(self, task_id: str) -> BackgroundTask | None:
        with self.controller.inside():
            run = find(task_id)
            return told(run) if run else None

    def get_user_tasks(self, user_id: str, status: str | None = None, limit: int = 100) -> list[BackgroundTask]:
        """Newest first."""
        with self.controller.inside():
            rows = of_user(user_id, status).order_by("-id")[: max(0, limit)]
            return [told(run) for run in with_parts(rows)]

    def cancel_task(self, task_id: str) -> bool:
        """Whether it was cancelled: only what has not begun is."""
        with self.controller.inside():
            return cancel(find(task_id))

    def run_scheduled_tasks(self, user_ids: Iterable[str] | None = None) -> dict[str, list[str]]:
        """Submit what the enabled policies of users have due; the ids of the tasks, by user."""
        with self.controller.inside():
            known = self.controller.policies
            chosen = list(user_ids) if user_ids is not None else list(known)
            return {user: self._due(user) for user in chosen if user in known and known[user].enabled}

    def _due(self, user_id: str) -> list[str]:
        low = ("compression", "decay")
        due = [name for name in RUNS if self.controller.should_run(name, user_id)]
        return [self.submit_task(user_id, name, "low" if name in low else "normal").task_id for name in due]


@transaction.atomic
def _queued(user_id: str, task_type: str, priority: str, metadata: dict[str, Any]) -> TaskRun:
    """A run for a worker, with its labels before any worker sees it."""
    reach, lane = Reach(user_id=user_id), TaskPriority(priority).value
    if task_type == ALL:
        return _labelled(asking.start_all(_all_of(user_id), reach, priority=lane), metadata)
    options = controlling.options_for(task_type, user_id)
    return _labelled(asking.start(JOBS[task_type], reach, options, priority=lane), metadata)


def _all_of(user_id: str) -> list[tuple[str, Any]]:
    return [(FEATURES[name].job, controlling.options_for(name, user_id)) for name in RUNS]


def _labelled(run: TaskRun, metadata: dict[str, Any]) -> TaskRun:
    if metadata:
        run.input = run.input | {"metadata": metadata}
        run.save(update_fields=["input"])
    return run


def submit(user_id: str, task_type: str, priority: str, metadata: dict[str, Any], *, at_once: bool = False) -> TaskRun:
    """In the tenant one stands in, see TaskManager.submit_task."""
    if task_type not in TYPES:
        raise UnknownTask(task_type)
    if not user_id:
        raise BadPolicy("/user_id", "names a user")
    if len(json.dumps(metadata, default=str).encode()) > METADATA_BYTES:
        raise BadPolicy("/metadata", f"is an object of at most {METADATA_BYTES} bytes")
    if not at_once:
        return _queued(user_id, task_type, priority, metadata)
    if task_type == ALL:
        return _labelled(runner.run_all_now(_all_of(user_id), Reach(user_id=user_id)), metadata)
    options = controlling.options_for(task_type, user_id)
    return _labelled(asking.at_once(JOBS[task_type], Reach(user_id=user_id), options), metadata)


def tasks() -> Any:
    """Runs that are tasks: those that a `run_all` made are part of it."""
    return looking.here().filter(job__in=BY_JOB, parent=None, dry_run=False).exclude(user_id="")


def find(task_id: str) -> TaskRun | None:
    try:
        return tasks().filter(pk=UUID(str(task_id))).first()  # type: ignore[no-any-return]
    except ValueError:
        return None


def of_user(user_id: str, status: str | None = None) -> Any:
    """Raises ValueError for a status that is none."""
    rows = tasks().filter(user_id=user_id)
    return rows.filter(state__in=STATES[TaskStatus(status)]) if status else rows


def with_parts(rows: Iterable[TaskRun]) -> list[TaskRun]:
    """With the runs that those of all jobs are of: one more statement, and none where there are no such ones."""
    found = list(rows)
    prefetch_related_objects([run for run in found if run.job == asking.ALL], "children")
    return found


def cancel(run: TaskRun | None) -> bool:
    if run is None or run.state != TaskRun.State.PENDING:
        return False
    try:
        return runner.cancel(run.pk) is not None
    except RunOver:
        return False


def told(run: TaskRun) -> BackgroundTask:
    over = run.state not in TaskRun.OPEN
    return BackgroundTask(
        task_id=str(run.pk),
        user_id=run.user_id,
        task_type=BY_JOB[run.job],
        priority=TaskPriority(TaskRun.Priority(run.priority).name.lower()),
        status=BY_STATE[run.state],
        created_at=run.created_at,
        started_at=run.started_at,
        completed_at=run.finished_at,
        error=run.error or None,
        result=controlling.told(run) if over and run.state != TaskRun.State.CANCELLED else None,
        retry_count=max(0, run.attempts - 1),
        max_retries=worker.MOST_ATTEMPTS - 1,
        metadata=run.input.get("metadata", {}),
    )
