"""Numbers, where a memory comes from, what happened to it and how often it was asked for, as HippocampAI tells them."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from api.dialects.base import metadata_of
from api.dialects.hippocampai.presenters import audit, memories
from api.dialects.hippocampai.presenters.insight import weighed_by_kind
from api.dialects.hippocampai.presenters.memories import scaled
from api.dialects.hippocampai.serializers import types
from events import feed
from events.models import Event
from memory.entities import Counted
from memory.history import State
from memory.models import Memory, Relation
from memory.stats import Overview

DAY = timedelta(days=1)
MOST_ASKED_FOR = 10
# Its words for facts; another fact of ours has its own name, and of those without one of ours there are none here.
EVENTS = {
    "created": "memory.created", "updated": "memory.updated", "deleted": "memory.deleted",
    "health_check": "health.reported", "conflict_detected": "memory.review_required",
    "conflict_resolved": "review.decided",
}  # fmt: skip
NEVER = ("retrieved", "searched", "consolidated", "deduplicated", "access_pattern", "staleness_detected",
         "freshness_updated", "graph_updated")  # fmt: skip
WORDS = {type: word for word, type in EVENTS.items()}


def analytics(user_id: str, groups: list[dict[str, Any]], tags: list[Counted], people: list[Counted]) -> dict[str, Any]:
    """`groups` are of memory.stats, by kind."""
    total, importance = weighed_by_kind(groups)
    return {
        "user_id": user_id,
        "total_memories": total,
        "avg_importance": importance,
        "memory_types": types.counted({group["group"]["kind"]: group["count"] for group in groups}),
        "top_tags": [{"tag": one.name, "count": one.memories} for one in tags],
        "top_entities": [{"entity": one.name, "count": one.memories} for one in people],
    }


def overview(told: Overview) -> dict[str, Any]:
    return {
        "total_memories": told.live,
        "total_users": told.users,
        "total_sessions": told.sessions,
        "pending_embeddings": told.waiting,
        "superseded_memories": told.superseded,
        "deleted_memories": told.deleted,
        "total_bytes": told.bytes,
    }


def provenance(
    memory: Memory, parents: Iterable[Memory], states: Sequence[State], relations: Iterable[Relation]
) -> dict[str, Any]:
    """`chain`: the memory, and what it was made of."""
    lineage = [
        {"memory_id": str(one.target_id if out else one.source_id), "relation": one.type,
         "direction": "out" if out else "in"}
        for one in relations
        for out in [one.source_id == memory.pk]
    ]  # fmt: skip
    versions = [
        {"version": one.version, "since": memories.moment(one.since), "actor": one.actor or None,
         "changed": list(one.changed)}
        for one in states
    ]  # fmt: skip
    told = {"memory_id": str(memory.pk), "chain": [_link(one) for one in (memory, *parents)]}
    own = {"source": memory.source or None, "created_at": memories.moment(memory.created_at)}
    return told | own | {"versions": versions, "lineage": lineage}


def _link(memory: Memory) -> dict[str, Any]:
    return {
        "memory_id": str(memory.pk),
        "timestamp": memories.moment(memory.created_at),
        "type": types.TOLD[memory.kind],
        "metadata": metadata_of(memory),
    }


def event(fact: Event) -> dict[str, Any]:
    told = feed.as_json(fact)
    return {
        "event_id": str(fact.pk),
        "memory_id": fact.subject_id if fact.subject_type == "memory" else None,
        "user_id": fact.data.get("user_id"),
        "event_type": WORDS.get(fact.type, fact.type),
        "severity": audit.severity(fact.type),
        "timestamp": told["occurred_at"],
        "metadata": fact.data | {"actor": fact.actor},
        "duration_ms": None,
        "success": audit.succeeded(fact.type),
        "error_message": None,
    }


def monitored(numbers: dict[str, Any], recalled: tuple[int, int, Sequence[Memory]], never: int) -> dict[str, Any]:
    """`numbers` are those of analytics; `recalled` is of memory.stats."""
    total, accesses, top = recalled
    most = [
        {"memory_id": str(one.pk), "access_count": one.recalls, "last_accessed": _moment(one.recalled_at)}
        for one in top
    ]  # fmt: skip
    return numbers | {
        "total_memories_tracked": total,
        "total_accesses": accesses,
        "never_accessed": never,
        "most_accessed_memories": most,
    }


def access(memory: Memory) -> dict[str, Any]:
    """All that is counted is how often it was among what a question found; who reads it by its id is not."""
    return {
        "memory_id": str(memory.pk),
        "user_id": memory.user_id,
        "access_count": memory.recalls,
        "last_accessed": _moment(memory.recalled_at),
        "first_accessed": None,
        "search_hits": memory.recalls,
        "direct_retrievals": None,
        "access_frequency": frequency(memory),
        "access_sources": {"recall": memory.recalls} if memory.recalls else {},
        "created_at": memories.moment(memory.created_at),
    }


def frequency(memory: Memory) -> float:
    """How often a day it was asked for since it was stored; of one that is younger, as if it were a day old."""
    return round(memory.recalls / max((timezone.now() - memory.created_at) / DAY, 1.0), 4)


def _moment(at: datetime | None) -> str | None:
    return memories.moment(at) if at else None


def weighed(memory: Memory, states: Sequence[State]) -> dict[str, Any]:
    told = [
        {"version": one.version, "since": memories.moment(one.since), "importance": scaled(one.said["importance"]),
         "confidence": one.said["confidence"]}
        for one in states
    ]  # fmt: skip
    return {"memory_id": str(memory.pk), "user_id": memory.user_id, "total_snapshots": len(told), "history": told}
