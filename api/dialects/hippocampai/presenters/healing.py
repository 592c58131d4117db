"""Health and healing as HippocampAI is told of them."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils import timezone

from api.dialects.hippocampai.presenters.memories import scaled
from memory.algorithms import vitals
from memory.models import Memory, Step
from memory.upkeep import writing
from memory.upkeep.plan import Change

SCORES = ("freshness", "diversity", "consistency", "coverage", "engagement")
MOST = 200  # actions that are told
NOWHERE = UUID(int=0)  # the run of what is only tried
ISSUE = ("severity", "category", "message", "suggestions")


def health(report: Mapping[str, Any], *, detailed: bool = True) -> dict[str, Any]:
    told = {name: report[name] for name in ("overall_score", "status")} | {"memory_count": in_all(report)}
    if not detailed:
        return told
    issues = [
        {name: issue[name] for name in ISSUE} | {"affected_memories": issue["affected_memory_ids"]}
        for issue in report["issues"]
    ]
    scores = {f"{name}_score": report[f"{name}_score"] for name in SCORES}
    return told | scores | {"issues": issues, "recommendations": report["recommendations"]}


def in_all(report: Mapping[str, Any]) -> int:
    """Memories there are; of many a report looks at some."""
    return int(report["metrics"]["memories_in_all"])


def stale(report: Mapping[str, Any], days: int, rows: Mapping[str, Memory]) -> dict[str, Any]:
    """Those that have not changed for so long. What was never asked for was last there when it was stored."""
    found = [one for one in report["stale"] if one["days_since_update"] >= days and one["memory"] in rows]
    told = [
        {
            "id": one["memory"],
            "text": rows[one["memory"]].content,
            "staleness_score": one["score"],
            "days_since_access": _idle(rows[one["memory"]]),
            "should_archive": one["recommendation"] == "archive",
            "should_delete": one["recommendation"] == "delete",
        }
        for one in found
    ]
    return {"stale_memories": told, "count": len(told)}


def _idle(memory: Memory) -> int:
    return vitals.days(memory.recalled_at or memory.created_at, timezone.now())


def duplicates(report: Mapping[str, Any], least: float, rows: Mapping[str, Memory]) -> dict[str, Any]:
    found = [one for one in report["duplicates"] if one["similarity"] >= least]
    told = [
        {
            "representative_id": one["representative"],
            "representative_text": rows[one["representative"]].content if one["representative"] in rows else "",
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


@dataclass(frozen=True)
class Act:
    """One thing that a job would do, or did. `fields` is what it makes of the memories that it touches."""

    type: str
    subject: str
    memories: list[str]
    why: str
    score: float
    text: str  # what it writes anew
    fields: dict[str, Any]

    @property
    def others(self) -> int:
        """Memories beside the one that it is about."""
        return len(set(self.memories) - {self.subject})


def planned(change: Change) -> Act:
    return applied(writing.laid(NOWHERE, 0, change))


def applied(step: Step) -> Act:
    fields = [touch[-1] for touch in step.change.get("touches", [])]
    text = str(step.change.get("draft", {}).get("content", ""))
    subject, named = str(step.subject or ""), [str(key) for key in step.memories]
    return Act(step.action, subject, named, step.why, step.score or 0.0, text, fields[0] if fields else {})


@dataclass(frozen=True)
class Healed:
    """What a job would do, or did, and the health before and after it."""

    acts: list[Act]
    done: list[Act]
    before: float
    after: float
    dry_run: bool
    success: bool = True

    @property
    def summary(self) -> str:
        count = f"{len(self.acts)} actions would be taken" if self.dry_run else f"{len(self.done)} actions were taken"
        return f"{count}; the health is {self.after:g} of 100."


def healed(told: Healed) -> dict[str, Any]:
    """The first MOST of what it did; the summary is of all."""
    return {
        "success": told.success,
        "dry_run": told.dry_run,
        "actions_recommended": [_action(act) for act in told.acts[:MOST]],
        "actions_applied": [_action(act) for act in told.done[:MOST]],
        "health_before": told.before,
        "health_after": told.after,
        "summary": told.summary,
    }


def _action(act: Act) -> dict[str, Any]:
    return {
        "action_type": act.type,
        "memory_ids": act.memories,
        "reason": act.why,
        "impact_score": act.score,
        "auto_applicable": True,
    }


def deduplicated(told: Healed) -> dict[str, Any]:
    merges = [act for act in told.acts if act.type == "merge"]
    removed = sum(act.others for act in told.done if act.type == "merge")
    return healed(told) | {"clusters_found": len(merges), "duplicates_removed": removed}


def consolidated(told: Healed) -> dict[str, Any]:
    gists = [
        {
            "action_type": act.type,
            "source_memory_ids": act.memories,
            "consolidated_text": act.text or None,
            "reason": act.why,
        }
        for act in told.acts[:MOST]
    ]
    return healed(told) | {"consolidations": gists}


def adjusted(told: Healed) -> dict[str, Any]:
    adjustments = [
        {"memory_id": act.subject, "new_importance": scaled(act.fields["importance"]), "reason": act.why}
        for act in told.acts[:MOST]
        if "importance" in act.fields
    ]
    return healed(told) | {"adjustments": adjustments, "total_adjusted": len(told.done)}


def checked(health: dict[str, Any], told: Mapping[str, Healed], at: datetime) -> dict[str, Any]:
    """All of it in numbers, and each by its name. Of what is only tried the health stays as it is."""
    every = list(told.values())
    before, after = every[0].before, every[-1].after
    acts = [act.type for one in every for act in one.acts]
    return {
        "success": all(one.success for one in every),
        "dry_run": every[0].dry_run,
        "health_before": before,
        "health_after": after,
        "health_improvement": round(after - before, 2),
        "total_actions_recommended": len(acts),
        "total_actions_applied": sum(len(one.done) for one in every),
        "actions_by_type": dict(Counter(acts)),
        "summary": " ".join(f"{name}: {one.summary}" for name, one in told.items()),
        "timestamp": at,
        "health": health,
    } | {name: healed(one) for name, one in told.items()}
