"""What was read, written, changed and counted, as Cognitive Memory Layer's clients are told."""

from collections.abc import Mapping, Sequence
from typing import Any

from api.dialects.cml.presenters import context
from api.dialects.cml.presenters.memories import item, type_of
from memory import stats
from memory.algorithms import quoting
from memory.models import Memory
from memory.turns import Turn
from memory.types import Found, Outcome

GROUPS = ("facts", "preferences", "episodes", "constraints")
GROUP = {
    "preference": "preferences", "habit": "preferences", "constraint": "constraints",
    "event": "episodes", "message": "episodes", "context": "episodes",
}  # fmt: skip
STORED = ("created", "updated")
State = Memory.State


def written(outcome: Outcome, *, evaluated: bool = False) -> dict[str, Any]:
    stored = outcome.status in STORED
    why = f": {outcome.reason}" if outcome.reason else ""
    told = {
        "success": True,
        "memory_id": outcome.id,
        "chunks_created": int(stored),
        "message": f"Memory {outcome.status}{why}",
    }
    judged = {"eval_outcome": "stored" if stored else "skipped", "eval_reason": outcome.reason or outcome.status}
    return told | judged if evaluated else told


def written_many(outcomes: list[Outcome]) -> dict[str, Any]:
    created = sum(outcome.status in STORED for outcome in outcomes)
    message = f"{len(outcomes)} turns processed, {created} stored"
    return {"success": True, "turns_processed": len(outcomes), "chunks_created": created, "message": message}


def read(query: str, found: Found, shape: str, elapsed_ms: float) -> dict[str, Any]:
    """In each shape the memories; a list has no groups beside them, and one shape alone has the text for a model."""
    items = [(hit.memory, item(hit.memory, hit.score)) for hit in found.hits]
    groups: dict[str, list[dict[str, Any]]] = {name: [] for name in GROUPS}
    for memory, told in items if shape != "list" else []:
        groups[GROUP.get(memory.kind, "facts")].append(told)
    return {
        "query": query,
        "memories": [told for _, told in items],
        **groups,
        "llm_context": _for_a_model(found) if shape == "llm_context" else None,
        "retrieval_meta": _meta(found),
        "total_count": len(items),
        "elapsed_ms": elapsed_ms,
    }


def _for_a_model(found: Found) -> str:
    return context.markdown([(hit.memory, quoting.visible(hit.memory.content)) for hit in found.hits])


def _meta(found: Found) -> dict[str, Any]:
    names = ("candidate_count", "took_ms", "truncated")
    return {name: getattr(found, name) for name in names} | {"degraded": list(found.degraded)}


def turned(turn: Turn, tokens: int) -> dict[str, Any]:
    best = sorted(turn.context.pieces, key=lambda piece: -(piece.score or 0.0))
    return {
        "memory_context": context.markdown([(piece.memory, piece.text) for piece in best], tokens),
        "memories_retrieved": len(best),
        "memories_stored": sum(outcome.status in STORED for outcome in turn.remembered),
        "reconsolidation_applied": False,
    }


def counted(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Of `stats.composition`: what is deleted is not counted."""
    kept = [row for row in rows if row["state"] != State.DELETED]
    by_type: dict[str, int] = {}
    for row in kept:
        name = type_of(row["kind"], row["source"])
        by_type[name] = by_type.get(name, 0) + row["count"]
    return {
        "total_memories": sum(row["count"] for row in kept),
        "active_memories": _in_state(kept, State.ACTIVE),
        "silent_memories": _in_state(kept, State.SILENT),
        "compressed_memories": _in_state(kept, State.COMPRESSED),
        "archived_memories": _in_state(kept, State.SUPERSEDED),
        "by_type": by_type,
        "avg_confidence": mean(kept, "average_confidence"),
        "avg_importance": mean(kept, "average_importance"),
        "oldest_memory": min((row["first_event"] for row in kept), default=None),
        "newest_memory": max((row["last_event"] for row in kept), default=None),
        "estimated_size_mb": sum(row["bytes"] for row in kept) / 1e6,
    }


def _in_state(rows: list[dict[str, Any]], state: str) -> int:
    return sum(row["count"] for row in rows if row["state"] == state)


def mean(rows: Sequence[Mapping[str, Any]], name: str) -> float:
    """0 without rows: its clients take no null."""
    return round(stats.mean(rows, name) or 0.0, 6)
