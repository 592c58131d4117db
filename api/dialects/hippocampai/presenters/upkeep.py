"""Compactions and consolidations as HippocampAI is told of them: runs of the jobs `summarize` and `consolidate`."""

from collections.abc import Iterable
from typing import Any

from django.utils import timezone

from api.dialects.hippocampai.serializers import types
from automation import looking
from automation.models import TaskRun
from memory.models import Step

CHARS_PER_TOKEN = 4
STATUS = {"succeeded": "completed", "dead": "failed"}
DESCRIPTIONS = {
    "fact": "What is so", "event": "What happened", "context": "What was said, and what it was about",
    "prospective": "How far something has come",
}  # fmt: skip


def status(run: TaskRun) -> str:
    return STATUS.get(run.state, run.state)


def began(run: TaskRun) -> Any:
    return run.started_at or run.created_at


def seconds(run: TaskRun) -> float:
    return round(looking.took(run, timezone.now()) or 0.0, 3)


def metrics(run: TaskRun) -> dict[str, Any]:
    """What a summary is made of counts as its input; what this house does not know is 0."""
    told = run.result
    read, written = told.get("characters_read", 0), told.get("characters_written", 0)
    sources, made = told.get("memories_summarized", 0), told.get("summaries_created", 0)
    tokens, left = read // CHARS_PER_TOKEN, written // CHARS_PER_TOKEN
    return {
        "input_memories": sources,
        "input_tokens": tokens,
        "input_characters": read,
        "output_memories": made,
        "output_tokens": left,
        "output_characters": written,
        "compression_ratio": round(written / read, 4) if read else 1.0,
        "tokens_saved": max(0, tokens - left),
        "memories_merged": sources,
        "clusters_found": made,
        "llm_calls": 0,
        "duration_seconds": seconds(run),
        "estimated_input_cost": 0.0,
        "estimated_output_cost": 0.0,
        "estimated_storage_saved_bytes": 0,
        "avg_memory_size_before": round(read / sources, 2) if sources else 0.0,
        "avg_memory_size_after": round(written / made, 2) if made else 0.0,
        "types_compacted": types.counted(told.get("kinds_summarized", {})),
        "key_facts_preserved": 0,
        "entities_preserved": 0,
        "context_retention_score": 0.0,
    }


def compaction(run: TaskRun, steps: Iterable[Step], config: dict[str, Any]) -> dict[str, Any]:
    """A run with what it wrote; of one that was only tried, samples of what it would do."""
    laid = [step for step in steps if step.action == "summarize"]
    texts = [str(step.change.get("draft", {}).get("content", "")) for step in laid]
    actions = [{"action": step.action, "memory_id": _id(step.subject), "reason": step.why} for step in laid]
    samples = [
        {"action": one["action"], "memory_id": one["subject"], "reason": one["why"]}
        for one in run.result.get("samples", [])
    ]
    return _named(run) | {
        "metrics": metrics(run),
        "actions": samples if run.dry_run else actions,
        "summary": "\n\n".join(texts) or None,
        "insights": [],
        "preserved_facts": [],
        "preserved_entities": [],
        "config": config,
    }


def compaction_line(run: TaskRun) -> dict[str, Any]:
    told = metrics(run)
    names = ("input_memories", "output_memories", "compression_ratio", "tokens_saved")
    return _named(run) | {name: told[name] for name in names}


def _named(run: TaskRun) -> dict[str, Any]:
    return {
        "id": str(run.pk),
        "user_id": run.user_id,
        "session_id": run.input.get("options", {}).get("session") or None,
        "status": status(run),
        "started_at": began(run),
        "completed_at": run.finished_at,
        "dry_run": run.dry_run,
        "error": run.error or None,
    }


def _id(key: Any) -> str | None:
    return str(key) if key else None


def preview(told: dict[str, Any], sizes: list[dict[str, Any]], planned: dict[str, Any]) -> dict[str, Any]:
    """What is there, and what a compaction would make of it."""
    characters = sum(row["characters"] or 0 for row in sizes)
    read, written = planned["characters_read"], planned["characters_written"]
    clusters, kept = planned["summaries"], planned["kept"]
    by_type = types.counted({row["kind"]: row["count"] for row in sizes})
    return {
        "user_id": told["user_id"],
        "session_id": told.get("session_id") or None,
        "lookback_hours": told["lookback_hours"],
        "memory_types_filter": told["memory_types"] or None,
        "total_memories": sum(row["count"] for row in sizes),
        "total_tokens": characters // CHARS_PER_TOKEN,
        "total_characters": characters,
        "clusters": clusters + kept,
        "compactable_clusters": clusters,
        "by_type": by_type,
        "available_types": list(by_type),
        "estimated_output_memories": clusters,
        "estimated_compression": f"{100 * (1 - written / read) if read else 0:.1f}%",
        "estimated_tokens_saved": max(0, (read - written) // CHARS_PER_TOKEN),
    }


def consolidation(run: TaskRun) -> dict[str, Any]:
    """Nothing is archived or promoted by a consolidation here, and no report is written."""
    told = run.result
    return {
        "id": str(run.pk),
        "user_id": run.user_id,
        "status": status(run),
        "dry_run": run.dry_run,
        "started_at": began(run),
        "completed_at": run.finished_at,
        "duration_seconds": seconds(run),
        "memories_reviewed": told.get("episodes_sampled", 0),
        "memories_deleted": told.get("counts", {}).get("withdraw", 0),
        "memories_archived": 0,
        "memories_promoted": 0,
        "memories_updated": told.get("facts_updated", 0),
        "memories_synthesized": told.get("facts_created", 0),
        "dream_report": None,
    }


def consolidations(counts: dict[str, Any], last_at: Any, next_at: Any) -> dict[str, Any]:
    """All of them in numbers. What was only tried is a run, and nothing that it would do was done."""
    took = counts["took"]
    return {
        "total_runs": counts["runs"],
        "successful_runs": counts["successful"],
        "failed_runs": counts["failed"],
        "total_memories_reviewed": counts["reviewed"] or 0,
        "total_memories_deleted": counts["deleted"] or 0,
        "total_memories_promoted": 0,
        "total_memories_synthesized": counts["synthesized"] or 0,
        "avg_duration_seconds": round(took.total_seconds(), 3) if took else 0.0,
        "last_run_at": last_at,
        "next_run_at": next_at,
    }
