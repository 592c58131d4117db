"""A context as HippocampAI is told of it."""

from typing import Any

from django.utils import timezone

from api.dialects.base import metadata_of
from api.dialects.hippocampai.presenters.memories import scaled
from api.dialects.hippocampai.serializers import types
from memory.context import Context, Piece
from memory.types import Hit

PREVIEW = 100  # characters
NAMED = ("query", "user_id", "session_id")


def pack(found: Context, said: dict[str, Any]) -> dict[str, Any]:
    return {
        "final_context_text": found.prompt,
        "citations": citations(found, said),
        "selected_items": [_selected(piece) for piece in found.pieces],
        "dropped_items": dropped(found),
        "total_tokens": found.tokens,
        "query": said["query"],
        "user_id": said["user_id"],
        "session_id": said.get("session_id") or None,
        "constraints": {name: value for name, value in said.items() if name not in NAMED},
        "assembled_at": timezone.now(),
        "metadata": {"candidates": found.found.candidate_count, "took_ms": found.found.took_ms},
    }


def text(found: Context, said: dict[str, Any]) -> dict[str, Any]:
    return {
        "context": found.prompt,
        "citations": citations(found, said),
        "token_count": found.tokens,
        "item_count": len(found.pieces),
    }


def citations(found: Context, said: dict[str, Any]) -> list[str]:
    return [str(piece.memory.pk) for piece in found.pieces] if said["include_citations"] else []


def _selected(piece: Piece) -> dict[str, Any]:
    memory = piece.memory
    return {
        "memory_id": str(memory.pk),
        "text": piece.text,
        "memory_type": types.TOLD[memory.kind],
        "relevance_score": piece.score or 0.0,
        "importance": scaled(memory.importance),
        "created_at": memory.created_at,
        "token_count": piece.tokens,
        "tags": memory.tags,
        "metadata": metadata_of(memory),
    }


def dropped(found: Context) -> list[dict[str, Any]]:
    """What was found and is not told. Which of them said the same and which lacked room is not known one by one."""
    chosen = {piece.memory.pk for piece in found.pieces}
    reason = "token_budget" if found.truncated else "duplicate"
    return [_dropped(hit, reason) for hit in found.found.hits if hit.memory.pk not in chosen]


def _dropped(hit: Hit, reason: str) -> dict[str, Any]:
    preview = hit.memory.content[:PREVIEW]
    return {
        "memory_id": str(hit.memory.pk),
        "text_preview": preview,
        "reason": reason,
        "relevance_score": hit.score,
        "details": "",
    }
