"""Policies, tasks and what is scheduled, as HippocampAI is told of them."""

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from api.dialects.hippocampai.serializers import types
from automation import controller, manager, schedules, slots
from automation.models import Policy, TaskRun, Timer
from automation.vocabulary import AutomationPolicy

HOUSE = "memhouse"  # the one worker that is told of
DONE = {"status": "success"}
State = TaskRun.State
STATUS: dict[str, str] = {
    State.PENDING: "PENDING", State.RUNNING: "STARTED", State.SUCCEEDED: "SUCCESS", State.FAILED: "FAILURE",
    State.DEAD: "FAILURE", State.CANCELLED: "REVOKED",
}  # fmt: skip


def policy(told: AutomationPolicy) -> dict[str, Any]:
    return asdict(told)


def statistics(numbers: dict[str, Any]) -> dict[str, Any]:
    """With its types in the place of our kinds."""
    told: dict[str, dict[str, Any]] = {}
    for kind, size in numbers["by_type"].items():
        known = told.setdefault(types.TOLD[kind], {"count": 0, "total_chars": 0, "total_tokens": 0})
        for name in known:
            known[name] += size[name]
    by_type = {
        word: size | {f"avg_{name}": size[f"total_{name}"] / size["count"] for name in ("chars", "tokens")}
        for word, size in told.items()
    }
    return numbers | {"by_type": by_type}


def task(run: TaskRun) -> dict[str, Any]:
    return asdict(manager.told(run))


def submitted(task_id: Any, what: str) -> dict[str, Any]:
    return {
        "task_id": str(task_id),
        "status": "submitted",
        "message": f"{what} submitted. Track with task_id: {task_id}",
    }


def word(run: TaskRun) -> str:
    """Celery's word for where a run stands; one that waits after a try that failed is RETRY."""
    return "RETRY" if run.state == State.PENDING and run.attempts else STATUS[run.state]


def status(run: TaskRun) -> dict[str, Any]:
    over = run.state not in (*TaskRun.OPEN, State.CANCELLED)
    moves = run.state == State.RUNNING
    return {
        "task_id": str(run.pk),
        "status": word(run),
        "result": controller.told(run) if over else None,
        "error": run.error or None,
        "progress": {"done": run.done, "total": run.total} if moves else None,
    }


def cancelled(run: TaskRun, *, done: bool) -> dict[str, Any]:
    if done:
        return {"message": f"Task {run.pk} cancelled", "status": "cancelled"}
    return over(run.pk, word(run))


def over(task_id: Any, how: str) -> dict[str, Any]:
    return {"message": f"Task {task_id} is already {how}", "status": how}


def done(task_id: str, result: Any) -> dict[str, Any]:
    """A task that was done as it was submitted."""
    return {"task_id": task_id, "status": "SUCCESS", "result": result, "error": None, "progress": None}


def running(run: TaskRun) -> dict[str, Any]:
    """A line of the inspection; no content is ever in it."""
    return {"id": str(run.pk), "name": run.job, "user_id": run.user_id, "time_start": run.started_at}


def queues(lanes: Iterable[tuple[str, int]]) -> dict[str, Any]:
    return {"active_queues": {HOUSE: [{"name": name, "waiting": waiting} for name, waiting in lanes]}}


def scheduled_name(policy: Policy, job: str) -> str:
    return f"{job}-{policy.pk}"


def scheduled(timers: Iterable[Timer]) -> dict[str, Any]:
    return {"scheduled_tasks": {scheduled_name(timer.policy, timer.job): _scheduled(timer) for timer in timers}}


def _scheduled(timer: Timer) -> dict[str, Any]:
    return {
        "task": timer.job,
        "schedule": slots.explain(schedules.schedule_of(timer)),
        "options": timer.policy.jobs.get(timer.job, {}).get("options", {}),
        "next_run_at": timer.next_at,
    }
