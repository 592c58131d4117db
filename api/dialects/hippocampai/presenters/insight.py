"""How recall answered and why, freshness, decay, what is to come and health, as HippocampAI tells them."""

from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime, timedelta
from statistics import fmean
from typing import Any

from django.utils import timezone

from analytics.forecasting import Forecast
from api.dialects.hippocampai.presenters import memories
from api.dialects.hippocampai.presenters.memories import scaled
from memory import stats
from memory.algorithms.decaying import half_life
from memory.models import Memory
from memory.types import Found

COMPONENTS = ("freshness_score", "diversity_score", "consistency_score", "coverage_score", "engagement_score")
FREQUENCIES = ((50, "high"), (10, "medium"), (0, "low"))
DECAY = "default_exponential"


def explained(query: str, found: Found) -> dict[str, Any]:
    told = [_scored(one) | {"explanation": _why(one)} for one in memories.hits(found.hits)]
    return {"query": query, "results_count": len(told), "candidates": found.candidate_count, "explanations": told}


def _scored(hit: dict[str, Any]) -> dict[str, Any]:
    told = {"memory_id": hit["memory"]["id"], "text": hit["memory"]["text"]}
    return told | {"score": hit["score"], "scores": hit["breakdown"], "rank": hit["rank"]}


def _why(told: dict[str, Any]) -> str:
    """The parts that made the score, the heaviest first."""
    parts = {name: value for name, value in told["breakdown"].items() if name != "final" and round(value, 2)}
    heaviest = sorted(parts.items(), key=lambda part: -abs(part[1]))
    return ", ".join(f"{name} {value:+.2f}" for name, value in heaviest) or "the newest come first"


def visualized(query: str, top_k: int, found: Found) -> dict[str, Any]:
    told = [_scored(one) for one in memories.hits(found.hits)]
    scores = [{name: one[name] for name in one if name != "scores"} | {"breakdown": one["scores"]} for one in told]
    numbers = {"mean_score": _mean_score(found), "count": len(scores), "top_k": top_k}
    return {"query": query, "scores": scores, "stats": numbers}


def _mean_score(found: Found) -> float:
    return round(fmean(hit.score for hit in found.hits), 6) if found.hits else 0.0


def heatmap(user_id: str, days: int, counted: tuple[int, int], asked_for: Iterable[Memory]) -> dict[str, Any]:
    """`counted`: memories, and how often all of them were asked for."""
    total, accesses = counted
    counts = [{"id": str(one.pk), "access_count": one.recalls} for one in asked_for]
    return {
        "user_id": user_id,
        "time_period_days": days,
        "total_memories": total,
        "total_accesses": accesses,
        "memory_access_counts": counts,
    }


def profiled(heard: dict[str, Any], found: Found) -> dict[str, Any]:
    seconds, count = found.took_ms / 1_000, len(found.hits)
    return {name: heard[name] for name in ("query", "user_id", "k")} | {
        "results_found": count,
        "duration_seconds": round(seconds, 6),
        "throughput": round(count / seconds, 2) if seconds else 0.0,
        "average_score": _mean_score(found),
        "candidates": found.candidate_count,
        "stages": [asdict(stage) for stage in found.stages],
        "degraded": list(found.degraded),
    }


def freshness(memory: Memory, told: dict[str, Any], at: datetime) -> dict[str, Any]:
    """Of memory.upkeep.health. What was never asked for was last there when it was stored."""
    idle = at - (memory.recalled_at or memory.created_at)
    return {
        "memory_id": told["memory"],
        "freshness_score": round(told["freshness"] / 100, 4),
        "staleness_score": told["score"],
        "is_stale": told["is_stale"],
        "age_days": told["days_since_creation"],
        "last_access_days": max(idle.days, 0),
        "access_frequency": next(name for least, name in FREQUENCIES if memory.recalls >= least),
        "days_since_update": told["days_since_update"],
        "recommendation": told["recommendation"] if told["is_stale"] else "keep",
    }


def faded(memory: Memory, began: float, now: float) -> dict[str, Any]:
    return {
        "memory_id": str(memory.pk),
        "original_importance": scaled(began),
        "current_importance": scaled(memory.importance),
        "decayed_importance": scaled(now),
        "decay_function": DECAY,
        "age_days": max((timezone.now() - memory.created_at).days, 0),
        "half_life_days": half_life(memory.kind),
    }


def forecast(user_id: str, days: int, told: Forecast, groups: list[dict[str, Any]]) -> dict[str, Any]:
    """`groups` are of memory.stats. Where nothing can be foretold the numbers are null."""
    tomorrow = timezone.now().date() + timedelta(days=1)
    ahead = [
        {"date": (tomorrow + timedelta(days=place)).isoformat(), "new_memories": value, "low": low, "high": high}
        for place, (value, low, high) in enumerate(zip(told.values, told.low, told.high, strict=True))
    ]
    total, importance = weighed_by_kind(groups)
    more = None if told.why_not else round(sum(told.values))
    numbers = {
        "estimated_new_memories": more,
        "avg_importance_trend": importance,
        "total_memories_forecast": None if more is None else total + more,
        "daily_creation_rate": None if more is None else round(sum(told.values) / days, 2),
    }
    why = {"method": told.method or None, "why_not": told.why_not or None}
    return {"user_id": user_id, "forecast_days": days, "forecasts": numbers, "forecast": ahead} | why


def weighed_by_kind(groups: list[dict[str, Any]]) -> tuple[int, float]:
    """How many memories there are, and their mean importance, 0 to 10."""
    return sum(group["count"] for group in groups), scaled(stats.mean(groups, "average_importance") or 0.0)


def window(query: str, kind: str, rows: Iterable[Memory]) -> dict[str, Any]:
    told = memories.memories(rows)
    times = sorted(one["created_at"] for one in told)
    span = {"start": times[0] if times else None, "end": times[-1] if times else None}
    return {"query": query, "context_type": kind, "window_size": len(told), "memories": told} | span


def score(user_id: str, report: dict[str, Any], accessed: float) -> dict[str, Any]:
    """The mean of three shares: how young they are, how many are no doubles, how many were ever asked for."""
    total = report["total_memories"]
    age = report["metrics"].get("avg_age_days", 0.0)
    doubled = sum(len(one["memories"]) - 1 for one in report["duplicates"]) / total if total else 0.0
    youth = min(max(1 - age / 365, 0.0), 1.0)
    return {
        "user_id": user_id,
        "health_score": round((youth + (1 - doubled) + accessed) / 3, 4),
        "details": {
            "memory_count": report["metrics"]["memories_in_all"],
            "avg_age_days": age,
            "duplicate_ratio": round(doubled, 4),
            "retrieval_success_rate": round(accessed, 4),
        },
        "overall_score": report["overall_score"],
        "status": report["status"],
        "components": {name: report[name] for name in COMPONENTS},
        "issues": report["issues"],
        "recommendations": report["recommendations"],
    }
