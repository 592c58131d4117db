"""What jobs note in a memory's metadata, which is its callers' and may hold anything."""

from datetime import datetime
from typing import Any

from memory.models import Memory


def of(memory: Memory) -> dict[str, Any]:
    return memory.metadata if isinstance(memory.metadata, dict) else {}


def added(memory: Memory, **marks: Any) -> dict[str, Any]:
    """The whole metadata with these marks."""
    return of(memory) | marks


def moment(value: Any) -> datetime | None:
    """An aware time, or None where there is none."""
    try:
        read = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return None
    return read if read.tzinfo else None


def number(value: Any) -> float | None:
    """A number, or None where there is none."""
    return None if isinstance(value, bool) or not isinstance(value, int | float) else value
