"""The dashboard of a user, or of everybody, as HippocampAI is told of it."""

from typing import Any

from django.db.models import Count, Q
from django.utils import timezone

from api.dialects.hippocampai.presenters import upkeep
from api.dialects.hippocampai.presenters.memories import scaled
from api.dialects.hippocampai.serializers import types
from automation import looking
from automation.models import TaskRun
from memory import entities, relations, stats
from memory.listing import Narrowing
from memory.models import Memory
from memory.models.memory import MemoryQuerySet
from memory.tiers import cold
from memory.types import Scope
from memory.upkeep import health
from memory.upkeep.plan import Reach

MOST = 10_000  # names that are counted
TOP, RECENT = 10, 5


def told(user_id: str) -> dict[str, Any]:
    scope = Scope(user_id=user_id)
    rows = Memory.objects.live().scoped(scope)
    report = health.report(Reach(user_id=user_id), timezone.now())
    counted = rows.order_by().aggregate(
        memories=Count("id"),
        topics=Count("topic", filter=~Q(topic=""), distinct=True),
        unlabelled=Count("id", filter=Q(tags=[], topic="")),
        archived=Count("id", filter=Q(tier=Memory.Tier.COLD)),
    )
    tags, _ = stats.grouped(["tag"], Narrowing(scope), MOST)
    return {
        "total_memories": counted["memories"],
        "total_entities": len(entities.listed("person", scope, limit=MOST)),
        "total_concepts": counted["topics"],
        "total_tags": len(tags),
        "total_sleep_runs": sleeps(user_id).count(),
        "health_score": report["overall_score"],
        "top_tags": [{"name": row["group"]["tag"], "count": row["count"]} for row in tags[:TOP]],
        "recent_memories": [_recent(memory) for memory in newest(rows, RECENT)],
        "top_clusters": [],
        "total_connections": relations.listed().filter(_owned(user_id)).count(),
        "potential_duplicates": report["duplicate_clusters"],
        "uncategorized_memories": counted["unlabelled"],
        "archived_memories": counted["archived"],
    }


def _owned(user_id: str) -> Q:
    return Q(source__user_id=user_id) if user_id else Q()


def newest(rows: MemoryQuerySet, most: int) -> list[Memory]:
    found = list(rows.light().order_by("-id")[:most])
    cold.fill(found)
    return found


def _recent(memory: Memory) -> dict[str, Any]:
    return {
        "id": str(memory.pk),
        "text": memory.content,
        "type": types.TOLD[memory.kind],
        "created_at": memory.created_at,
        "importance": scaled(memory.importance),
    }


def sleeps(user_id: str) -> Any:
    """Runs that consolidated, of a user or of all."""
    rows = looking.here().filter(job="consolidate", dry_run=False)
    return rows.filter(user_id=user_id) if user_id else rows


def activities(user_id: str, most: int) -> list[dict[str, Any]]:
    """Memories that were stored and runs that consolidated, the latest first."""
    stored = newest(Memory.objects.live().scoped(Scope(user_id=user_id)), most)
    slept = sleeps(user_id).filter(state=TaskRun.State.SUCCEEDED).order_by("-id")[:most]
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
