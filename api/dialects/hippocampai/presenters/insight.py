"""Numbers and explanations as HippocampAI tells them."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import timedelta
from typing import Any

from django.utils import timezone

from analytics.forecasting import Forecast
from api.dialects.hippocampai.presenters import memories
from api.dialects.hippocampai.serializers import types
from memory.algorithms.decaying import half_life
from memory.entities import Counted
from memory.history import State
from memory.models import Memory, Relation
from memory.stats import Overview
from memory.types import Found

COMPONENTS = ("freshness_score", "diversity_score", "consistency_score", "coverage_score", "engagement_score")


def scaled(importance: float) -> float:
    return round(importance * memories.SCALE, 4)


def analytics(user_id: str, groups: list[dict[str, Any]], tags: list[Counted], people: list[Counted]) -> dict[str, Any]:
    """`groups` are of memory.stats, by kind."""
    total = sum(group["count"] for group in groups)
    weight = sum(group["count"] * group["average_importance"] for group in groups)
    kinds: dict[str, int] = {}
    for group in groups:
        word = types.TOLD[group["group"]["kind"]]
        kinds[word] = kinds.get(word, 0) + group["count"]
    return {
        "user_id": user_id,
        "total_memories": total,
        "avg_importance": scaled(weight / total) if total else 0.0,
        "memory_types": kinds,
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


def explained(query: str, found: Found) -> dict[str, Any]:
    told = [one | {"memory_id": one["memory"]["id"], "explanation": _why(one)} for one in memories.hits(found.hits)]
    return {"query": query, "count": len(told), "candidates": found.candidate_count, "explanations": told}


def _why(told: dict[str, Any]) -> str:
    """The parts that made the score, the heaviest first."""
    parts = {name: value for name, value in told["breakdown"].items() if name != "final" and round(value, 2)}
    heaviest = sorted(parts.items(), key=lambda part: -abs(part[1]))
    return ", ".join(f"{name} {value:+.2f}" for name, value in heaviest) or "the newest come first"


def visualized(query: str, found: Found) -> dict[str, Any]:
    told = memories.hits(found.hits)
    results = [
        {"memory_id": one["memory"]["id"], "text": one["memory"]["text"], "rank": one["rank"], "score": one["score"],
         "parts": one["breakdown"]}
        for one in told
    ]  # fmt: skip
    return {"query": query, "results": results, "parts": sorted({name for one in results for name in one["parts"]})}


def profiled(query: str, found: Found) -> dict[str, Any]:
    return {
        "query": query,
        "total_time_ms": found.took_ms,
        "candidates": found.candidate_count,
        "results_count": len(found.hits),
        "stages": [asdict(stage) for stage in found.stages],
        "degraded": list(found.degraded),
    }


def freshness(told: dict[str, Any]) -> dict[str, Any]:
    """Of memory.upkeep.health."""
    return {
        "memory_id": told["memory"],
        "freshness_score": round(told["freshness"] / 100, 4),
        "staleness_score": told["score"],
        "is_stale": told["is_stale"],
        "age_days": told["days_since_creation"],
        "days_since_update": told["days_since_update"],
        "recommendation": told["recommendation"] if told["is_stale"] else "keep",
    }


def faded(memory: Memory, began: float, now: float) -> dict[str, Any]:
    return {
        "memory_id": str(memory.pk),
        "original_importance": scaled(began),
        "current_importance": scaled(memory.importance),
        "decayed_importance": scaled(now),
        "half_life_days": half_life(memory.kind),
    }


def forecast(user_id: str, days: int, told: Forecast) -> dict[str, Any]:
    tomorrow = timezone.now().date() + timedelta(days=1)
    ahead = [
        {"date": (tomorrow + timedelta(days=place)).isoformat(), "new_memories": value, "low": low, "high": high}
        for place, (value, low, high) in enumerate(zip(told.values, told.low, told.high, strict=True))
    ]
    why = {"method": told.method or None, "why_not": told.why_not or None}
    return {"user_id": user_id, "forecast_days": days, "forecast": ahead} | why


def window(kind: str, found: Found) -> dict[str, Any]:
    told = memories.memories(hit.memory for hit in found.hits)
    times = sorted(one["created_at"] for one in told)
    span = {"start": times[0] if times else None, "end": times[-1] if times else None}
    return {"context_type": kind, "memories": told, "count": len(told)} | span


def score(user_id: str, report: dict[str, Any]) -> dict[str, Any]:
    return {
        "user_id": user_id,
        "health_score": report["overall_score"],
        "status": report["status"],
        "total_memories": report["total_memories"],
        "components": {name: report[name] for name in COMPONENTS},
        "issues": report["issues"],
        "recommendations": report["recommendations"],
    }


def provenance(memory: Memory, states: Sequence[State], relations: Iterable[Relation]) -> dict[str, Any]:
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
    own = {"memory_id": str(memory.pk), "source": memory.source or None}
    return own | {"created_at": memories.moment(memory.created_at), "versions": versions, "lineage": lineage}


def access(memory: Memory) -> dict[str, Any]:
    return {
        "memory_id": str(memory.pk),
        "access_count": memory.recalls,
        "last_accessed_at": memories.moment(memory.recalled_at) if memory.recalled_at else None,
        "created_at": memories.moment(memory.created_at),
    }


def weighed(memory: Memory, states: Sequence[State]) -> dict[str, Any]:
    told = [
        {"version": one.version, "since": memories.moment(one.since), "importance": scaled(one.said["importance"]),
         "confidence": one.said["confidence"]}
        for one in states
    ]  # fmt: skip
    return {"memory_id": str(memory.pk), "history": told, "count": len(told)}
