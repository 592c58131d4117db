"""Health and healing as HippocampAI is told of them."""

from collections.abc import Mapping, Sequence
from typing import Any

from memory.models import Memory, Step
from memory.upkeep.plan import Change

SCORES = ("freshness", "diversity", "consistency", "coverage", "engagement")
ISSUE = ("severity", "category", "message", "suggestions")


def health(report: Mapping[str, Any], *, detailed: bool = True) -> dict[str, Any]:
    told = {name: report[name] for name in ("overall_score", "status")} | {"memory_count": report["total_memories"]}
    if not detailed:
        return told
    issues = [
        {name: issue[name] for name in ISSUE} | {"affected_memories": issue["affected_memory_ids"]}
        for issue in report["issues"]
    ]
    scores = {f"{name}_score": report[f"{name}_score"] for name in SCORES}
    return told | scores | {"issues": issues, "recommendations": report["recommendations"]}


def stale(report: Mapping[str, Any], days: int, texts: Mapping[str, str]) -> dict[str, Any]:
    """Those that have not changed for so long."""
    found = [one for one in report["stale"] if one["days_since_update"] >= days and one["memory"] in texts]
    told = [
        {
            "id": one["memory"],
            "text": texts[one["memory"]],
            "staleness_score": one["score"],
            "days_since_access": round(one["days_since_update"], 2),
            "should_archive": one["recommendation"] == "archive",
            "should_delete": one["recommendation"] == "delete",
        }
        for one in found
    ]
    return {"stale_memories": told, "count": len(told)}


def duplicates(report: Mapping[str, Any], least: float, texts: Mapping[str, str]) -> dict[str, Any]:
    found = [one for one in report["duplicates"] if one["similarity"] >= least]
    told = [
        {
            "representative_id": one["representative"],
            "representative_text": texts.get(one["representative"], ""),
            "duplicate_count": len(one["memories"]),
            "duplicate_ids": one["memories"],
            "average_similarity": one["similarity"],
            "suggested_action": one["type"],
        }
        for one in found
    ]
    return {"clusters": told, "total_duplicates": sum(one["duplicate_count"] for one in told)}


def gaps(report: Mapping[str, Any]) -> dict[str, Any]:
    told = [
        {
            "topic": one["topic"],
            "coverage_level": one["level"],
            "memory_count": one["memories"],
            "quality_score": one["quality"],
            "gaps": one["gaps"],
        }
        for one in report["topics"]
        if one["gaps"]
    ]
    return {"gaps": told, "count": len(told)}


def texts(keys: Sequence[str]) -> dict[str, str]:
    """What some memories say; of a cold one nothing."""
    rows = Memory.objects.readable().filter(pk__in=keys)
    return {str(key): content for key, content in rows.values_list("pk", "content")}


def planned(change: Change) -> dict[str, Any]:
    touched = [touch.memory_id for touch in change.touches]
    return _action(change.action, touched or [change.subject], change.why, change.score)


def applied(step: Step) -> dict[str, Any]:
    return _action(step.action, step.memories or [step.subject], step.why, step.score)


def _action(action: str, keys: Sequence[Any], why: str, score: float | None) -> dict[str, Any]:
    return {
        "action_type": action,
        "memory_ids": [str(key) for key in keys if key],
        "reason": why,
        "impact_score": score or 0.0,
        "auto_applicable": True,
    }


def healed(
    recommended: list[dict[str, Any]], done: list[dict[str, Any]], scores: tuple[float, float], *, dry_run: bool
) -> dict[str, Any]:
    before, after = scores
    summary = f"{len(recommended)} actions would be taken" if dry_run else f"{len(done)} actions were taken"
    return {
        "success": True,
        "dry_run": dry_run,
        "actions_recommended": recommended,
        "actions_applied": done,
        "health_before": before,
        "health_after": after,
        "summary": f"{summary}; the health is {after:g} of 100.",
    }
