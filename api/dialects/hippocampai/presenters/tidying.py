"""What runs of upkeep did, contradictions and tiers, as HippocampAI tells them."""

from collections.abc import Iterable
from typing import Any

from api.dialects.hippocampai.presenters import memories
from automation.models import TaskRun
from memory.models import Review, Step

STATUSES = {"succeeded": "success", "pending": "running", "running": "running"}


def run(run: TaskRun) -> dict[str, Any]:
    told = {"status": STATUSES.get(run.state, "failed"), "user_id": run.user_id, "dry_run": run.dry_run}
    return told | {"run_id": str(run.pk)} | ({"error": run.error} if run.error else {})


def found(run_: TaskRun, actions: tuple[str, ...]) -> int:
    counts = run_.result.get("counts", {})
    return sum(counts.get(name, 0) for name in actions)


def deduplicated(run_: TaskRun, total: int, removed: int, done: list[dict[str, Any]]) -> dict[str, Any]:
    """`total`: memories there were; `removed`: those whose place another one took."""
    numbers = {"total_memories": total, "duplicates_found": found(run_, ("merge", "review"))}
    return run(run_) | numbers | {"memories_removed": removed, "details": done}


def cleaned(run_: TaskRun) -> dict[str, Any]:
    told, count = run(run_), found(run_, ("delete",))
    return told | {"success": told["status"] != "failed", "deleted_count": count, "expired_count": count}


def steps(rows: Iterable[Step], actions: tuple[str, ...]) -> list[dict[str, Any]]:
    """What a run did."""
    return [
        _done(row.action, str(row.subject) if row.subject else None, row.score, row.why) | {"duplicates": others(row)}
        for row in rows
        if row.action in actions
    ]


def others(row: Step) -> list[str]:
    """What it names beside its subject."""
    return [str(key) for key in row.memories if key != row.subject]


def samples(run_: TaskRun, actions: tuple[str, ...]) -> list[dict[str, Any]]:
    """What a dry run would do: the first few of each action."""
    told = run_.result.get("samples", [])
    return [_done(one["action"], one["subject"], one["score"], one["why"]) for one in told if one["action"] in actions]


def _done(action: str, memory_id: str | None, score: float | None, why: str) -> dict[str, Any]:
    return {"memory_id": memory_id, "action": action, "score": score, "reason": why}


def conflict(review: Review) -> dict[str, Any]:
    assert review.second
    first, second = memories.memories([review.first, review.second])
    return {
        "conflict_id": str(review.pk),
        "memory_id": first["id"],
        "conflicting_id": second["id"],
        "similarity": review.score,
        "type": review.kind,
        "memory_1_id": first["id"],
        "memory_2_id": second["id"],
        "memory_1": first,
        "memory_2": second,
        "confidence_score": review.score,
        "description": review.reason,
        "resolved": review.state != Review.State.OPEN,
        "resolution": review.outcome.get("decision"),
        "detected_at": memories.moment(review.created_at),
    }


def detected(user_id: str, count: int, rows: Iterable[Review]) -> dict[str, Any]:
    return {"user_id": user_id, "conflicts_found": count, "conflicts": [conflict(row) for row in rows]}


def resolved(review: Review, strategy: str) -> dict[str, Any]:
    status = "pending" if review.state == Review.State.OPEN else "success"
    return conflict(review) | {"resolution_status": status, "resolution_strategy": strategy}
