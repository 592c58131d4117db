"""A memory as HippocampAI tells it, and what was found, deleted and guessed."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from api.dialects.base import TENFOLD, metadata_of
from api.dialects.hippocampai.serializers import types
from memory.algorithms.kinds import Guess
from memory.models import Memory
from memory.tiers import cold
from memory.types import Hit

LEVELS = ((0.8, "high"), (0.6, "medium"), (0.0, "low"))


def memories(rows: Iterable[Memory]) -> list[dict[str, Any]]:
    """Memories, the content of cold ones fetched."""
    found = list(rows)
    cold.fill(found)
    return [_told(memory) for memory in found]


def memory(row: Memory) -> dict[str, Any]:
    return _told(cold.told(row))


def _told(memory: Memory) -> dict[str, Any]:
    return {
        "id": str(memory.pk),
        "text": memory.content,
        "user_id": memory.user_id,
        "session_id": memory.session_id or None,
        "agent_id": memory.agent_id or None,
        "type": types.TOLD[memory.kind],
        "importance": scaled(memory.importance),
        "confidence": memory.confidence,
        "tags": memory.tags,
        "metadata": metadata_of(memory),
        "entities": {"people": memory.people} if memory.people else None,
        "created_at": moment(memory.created_at),
        "updated_at": moment(memory.updated_at),
        "expires_at": moment(memory.expires_at) if memory.expires_at else None,
        "access_count": memory.recalls,
        "text_length": len(memory.content),
        "token_count": len(memory.content) // 4,
        "is_archived": memory.tier == Memory.Tier.COLD,
    }


def scaled(importance: float) -> float:
    return round(importance * TENFOLD, 4)


def moment(at: datetime) -> str:
    return at.isoformat()


def hits(found: Sequence[Hit]) -> list[dict[str, Any]]:
    return [
        {"memory": _told(hit.memory), "score": hit.score, "breakdown": breakdown(hit), "rank": place}
        for place, hit in enumerate(found, 1)
    ]


def breakdown(hit: Hit) -> dict[str, float]:
    """The parts of the score, similarity by its name there, and what they come to."""
    parts = {"sim" if name == "semantic" else name: value for name, value in hit.parts.items()}
    return parts | {"final": hit.score}


def deleted(memory_id: UUID) -> dict[str, Any]:
    return {"success": True, "memory_id": str(memory_id)}


def many_deleted(count: int, told: Sequence[str], missing: Sequence[str]) -> dict[str, Any]:
    results = {one: one not in missing for one in told}
    numbers = {"success": True, "deleted_count": count, "total": len(told)}
    return numbers | {"results": results, "not_found": list(missing)}


def guessed(guess: Guess) -> dict[str, Any]:
    signs = ", ".join(f"“{sign}”" for sign in guess.signs)
    return {
        "memory_type": types.TOLD[guess.kind],
        "confidence": guess.sure,
        "confidence_level": next(name for least, name in LEVELS if guess.sure >= least),
        "reasoning": f"It says {signs}." if signs else "Nothing in it says that it is anything but a fact.",
        "alternative_type": types.TOLD[guess.other] if guess.other else None,
        "alternative_confidence": guess.other_sure if guess.other else None,
    }
