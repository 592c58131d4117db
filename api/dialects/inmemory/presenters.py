"""What InMemory is told, out of the values of the house."""

from typing import Any

from memory.types import Outcome


def stored(outcome: Outcome) -> dict[str, Any]:
    return {"success": True, "message": f"Memory {outcome.status}", "memory_id": outcome.id and str(outcome.id)}
