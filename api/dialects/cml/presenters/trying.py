"""What a question, a write or a night of forgetting would come to, with its reasons."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from api.dialects.base import metadata_of
from api.dialects.cml.presenters.memories import type_of
from api.dialects.cml.presenters.runs import DEEDS
from automation.simulate import Simulation
from memory import relations
from memory.algorithms import forgetting
from memory.rehearsing import Rehearsed
from memory.types import Found, Hit

CANDIDATES = 200  # of a preview, those worth least first


def results(hits: Sequence[Hit]) -> list[dict[str, Any]]:
    older = relations.superseded(hit.memory.pk for hit in hits)
    return [_result(hit, older.get(hit.memory.pk)) for hit in hits]


def _result(hit: Hit, supersedes: UUID | None) -> dict[str, Any]:
    memory = hit.memory
    return {
        "id": str(memory.pk),
        "text": memory.content,
        "type": type_of(memory.kind, memory.source),
        "confidence": memory.confidence,
        "relevance_score": hit.score,
        "retrieval_source": _source(hit),
        "timestamp": memory.event_time,
        "supersedes_id": str(supersedes) if supersedes else None,
        "metadata": metadata_of(memory),
    }


def _source(hit: Hit) -> str:
    """The part of the score that weighed most."""
    return max(hit.parts, key=lambda name: hit.parts[name], default="")


def explained(query: str, found: Found) -> dict[str, Any]:
    stages = [{"name": stage.name, "duration_ms": stage.ms, "result_count": stage.left} for stage in found.stages]
    return {
        "query": query,
        "results": [told | {"scores": hit.parts} for told, hit in zip(results(found.hits), found.hits, strict=True)],
        "steps": stages,
        "candidate_count": found.candidate_count,
        "degraded": list(found.degraded),
        "elapsed_ms": found.took_ms,
    }


def written(told: Rehearsed) -> dict[str, Any]:
    memory, stored = told.memory, told.outcome.status == "created"
    return {
        "would_store": stored,
        "eval_outcome": "stored" if stored else "skipped",
        "eval_reason": told.outcome.reason or None,
        "merged_into": str(told.outcome.id) if told.outcome.id and not stored else None,
        "type": type_of(memory.kind, memory.source) if memory else None,
        "importance": memory.importance if memory else None,
        "confidence": memory.confidence if memory else None,
        "namespace": memory.namespace if memory else None,
    }


def preview(told: Simulation) -> dict[str, Any]:
    counts = {name.upper(): told.forecast.counts.get(name, 0) for name in forgetting.ACTIONS}
    moved = [rung for rung in told.rungs if rung.action != forgetting.KEEP and rung.subject]
    worst = sorted(moved, key=lambda rung: rung.score or 0.0)[:CANDIDATES]
    return {
        "total_scored": told.forecast.total,
        "actions": counts,
        "operations_planned": sum(counts[name] for name in DEEDS),
        "candidates": [{"memory_id": str(r.subject), "action": r.action.upper(), "score": r.score} for r in worst],
        "thresholds": {name: told.options[name] for name in ("keep", "decay", "silence", "compress")},
        "dry_run": True,
        "elapsed_ms": told.took_ms,
    }
