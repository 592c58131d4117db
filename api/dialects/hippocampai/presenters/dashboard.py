"""The dashboard of a user, or of everybody, as HippocampAI is told of it."""

from collections.abc import Iterable
from typing import Any

from api.dialects.hippocampai.presenters import upkeep
from api.dialects.hippocampai.presenters.memories import scaled
from api.dialects.hippocampai.serializers import types
from automation.models import TaskRun
from memory.models import Memory

TOP = 10


def told(
    counted: dict[str, int], report: dict[str, Any], tags: list[dict[str, Any]], recent: Iterable[Memory]
) -> dict[str, Any]:
    """`counted` is of the view; `report` of memory.upkeep.health; `tags` of memory.stats."""
    return {
        "total_memories": counted["memories"],
        "total_entities": counted["people"],
        "total_concepts": counted["topics"],
        "total_tags": len(tags),
        "total_sleep_runs": counted["sleeps"],
        "health_score": report["overall_score"],
        "top_tags": [{"name": row["group"]["tag"], "count": row["count"]} for row in tags[:TOP]],
        "recent_memories": [_recent(memory) for memory in recent],
        "top_clusters": [],
        "total_connections": counted["connections"],
        "potential_duplicates": report["duplicate_clusters"],
        "uncategorized_memories": counted["unlabelled"],
        "archived_memories": counted["archived"],
    }


def _recent(memory: Memory) -> dict[str, Any]:
    return {
        "id": str(memory.pk),
        "text": memory.content,
        "type": types.TOLD[memory.kind],
        "created_at": memory.created_at,
        "importance": scaled(memory.importance),
    }


def activities(stored: Iterable[Memory], slept: Iterable[TaskRun], most: int) -> list[dict[str, Any]]:
    """Memories that were stored and runs that consolidated, the latest first."""
    found = [_stored(memory) for memory in stored] + [_slept(run) for run in slept]
    return sorted(found, key=lambda one: one["timestamp"], reverse=True)[:most]


def _stored(memory: Memory) -> dict[str, Any]:
    recent = _recent(memory)
    return {
        "type": "memory_created",
        "description": f"Created {recent['type']} memory: {memory.content[:60]}",
        "timestamp": memory.created_at,
        "metadata": {"memory_id": recent["id"], "memory_type": recent["type"], "importance": recent["importance"]},
    }


def _slept(run: TaskRun) -> dict[str, Any]:
    told = upkeep.consolidation(run)
    reviewed, made = told["memories_reviewed"], told["memories_synthesized"]
    return {
        "type": "sleep_cycle",
        "description": f"Sleep cycle completed: {reviewed} memories reviewed, {made} made",
        "timestamp": run.finished_at or run.created_at,
        "metadata": {"run_id": str(run.pk), "status": told["status"], "memories_reviewed": reviewed},
    }
