"""Sessions as Cognitive Memory Layer's clients are told."""

from collections.abc import Sequence
from typing import Any

from api.dialects.cml.presenters.memories import item
from memory.models import Memory, Session

ASIDE = {"tool_result": "tool_results", "scratch": "scratch_pad", "reasoning_step": "scratch_pad"}


def opened(session: Session) -> dict[str, Any]:
    return {"session_id": session.session_id, "created_at": session.created_at, "expires_at": session.expires_at}


def context(session_id: str, memories: Sequence[Memory]) -> dict[str, Any]:
    """What was said in it, in order; each memory is as relevant as all others."""
    told: dict[str, list[dict[str, Any]]] = {"messages": [], "tool_results": [], "scratch_pad": []}
    for memory in memories:
        one = item(memory, 1.0)
        told[ASIDE.get(one["type"], "messages")].append(one)
    lines = [f"{memory.author or memory.role}: {memory.content}".removeprefix(": ") for memory in memories]
    return {"session_id": session_id, **told, "context_string": "\n".join(lines)}
