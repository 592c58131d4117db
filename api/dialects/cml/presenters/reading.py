"""What was read, written, changed and counted, as Cognitive Memory Layer's clients are told."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
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
MEGABYTE = 1_000_000
Rows = Sequence[Mapping[str, Any]]  # of memory.stats.composition
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


def counted(rows: Rows) -> dict[str, Any]:
    """What is deleted is not counted."""
    there = kept(rows)
    by_state = summed(there, lambda row: row["state"])
    by_type = summed(there, lambda row: type_of(row["kind"], row["source"]))
    return {
        "total_memories": by_state.total(),
        "active_memories": by_state[State.ACTIVE],
        "silent_memories": by_state[State.SILENT],
        "compressed_memories": by_state[State.COMPRESSED],
        "archived_memories": by_state[State.SUPERSEDED],
        "by_type": dict(by_type),
        "avg_confidence": mean(there, "average_confidence"),
        "avg_importance": mean(there, "average_importance"),
        "oldest_memory": min((row["first_event"] for row in there), default=None),
        "newest_memory": max((row["last_event"] for row in there), default=None),
        "estimated_size_mb": sum(row["bytes"] for row in there) / MEGABYTE,
    }


def kept(rows: Rows) -> Rows:
    return [row for row in rows if row["state"] != State.DELETED]


def summed(rows: Rows, name: Callable[[Mapping[str, Any]], str]) -> Counter[str]:
    """Counts by what each row is called."""
    found: Counter[str] = Counter()
    for row in rows:
        found[name(row)] += row["count"]
    return found


def mean(rows: Rows, name: str) -> float:
    """0 without rows: its clients take no null."""
    return round(stats.mean(rows, name) or 0.0, 6)
