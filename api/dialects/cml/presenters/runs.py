"""Runs of the house's jobs as Cognitive Memory Layer tells them: its own names beside those of its document."""

from typing import Any

from django.utils import timezone

from automation import looking
from automation.models import TaskRun

CONSOLIDATE, FORGET, RECONSOLIDATE = "consolidate", "forget", "reconsolidate"
JOBS = {CONSOLIDATE: "consolidate", FORGET: "forget", RECONSOLIDATE: "resolve_conflicts"}
TYPES = {job: name for name, job in JOBS.items()}
STATUSES = {"pending": "pending", "running": "running", "succeeded": "completed", "cancelled": "cancelled"}
UNTOLD = ("histogram", "samples")  # of a dry run's result: they are long
DEEDS = ("DECAY", "SILENCE", "COMPRESS", "DELETE")
DONE = ("decayed", "silenced", "compressed", "deleted")


def status_of(run: TaskRun) -> str:
    return STATUSES.get(run.state, "failed")


def _whole(run: TaskRun, tenant: str) -> dict[str, Any]:
    seconds = looking.took(run, timezone.now())
    return {
        "status": status_of(run),
        "tenant_id": tenant,
        "user_id": run.user_id or None,
        "job_id": str(run.pk),
        "dry_run": run.dry_run,
        "errors": [run.error] if run.error else [],
        "elapsed_seconds": round(seconds, 3) if seconds is not None else 0.0,
    }


def consolidated(run: TaskRun, tenant: str) -> dict[str, Any]:
    result = run.result
    names = (
        "episodes_sampled", "clusters_formed", "gists_extracted", "facts_extracted", "facts_created", "facts_updated",
        "migrations_completed", "episodes_marked",
    )  # fmt: skip
    counts = {name: result.get(name, 0) for name in names}
    return _whole(run, tenant) | counts | {"gists_processed": counts["gists_extracted"], "artifacts": []}


def forgotten(run: TaskRun, tenant: str) -> dict[str, Any]:
    """`actions` is what is to be done by each threshold; the others count what was done, so nothing in a dry run."""
    result = run.result
    actions = result.get("actions", {})
    done = {name: 0 if run.dry_run else result.get(name, 0) for name in DONE}
    scored = result.get("total_scored", 0)
    return _whole(run, tenant) | {
        "total_scored": scored,
        "actions": {name: actions.get(name, 0) for name in ("KEEP", *DEEDS)},
        "memories_scanned": scored,
        "memories_scored": scored,
        "operations_planned": sum(actions.get(name, 0) for name in DEEDS),
        "operations_applied": sum(done.values()),
        **done,
        "duplicates_found": 0,
        "duplicates_resolved": 0,
    }


def reconsolidated(run: TaskRun, tenant: str) -> dict[str, Any]:
    told = {name: run.result.get(name, 0) for name in ("conflicts_resolved", "reviews_created")}
    return _whole(run, tenant) | told | {"sessions_released": 0}


TOLD = {CONSOLIDATE: consolidated, FORGET: forgotten, RECONSOLIDATE: reconsolidated}


def _result(run: TaskRun) -> dict[str, Any]:
    """What a dry run of forgetting would have done is in its `actions` alone, as in its reply."""
    told = {name: value for name, value in run.result.items() if name not in UNTOLD}
    planned = run.dry_run and run.job == JOBS[FORGET]
    return told | {name: 0 for name in DONE if name in told} if planned else told


def job(run: TaskRun, tenant: str) -> dict[str, Any]:
    result = _result(run)
    seconds = looking.took(run, timezone.now()) if run.finished_at else None
    return {
        "id": str(run.pk),
        "job_type": TYPES.get(run.job, run.job),
        "tenant_id": tenant,
        "user_id": run.user_id or None,
        "dry_run": run.dry_run,
        "status": status_of(run),
        "result": result or None,
        "error": run.error or None,
        "started_at": run.started_at,
        "completed_at": run.finished_at,
        "duration_seconds": seconds,
    }


def summary(run: TaskRun, tenant: str) -> dict[str, Any]:
    """A run of consolidation or reconsolidation: the job, and what it came to in this dialect's names."""
    return job(run, tenant) | {"report": TOLD[TYPES[run.job]](run, tenant)}
