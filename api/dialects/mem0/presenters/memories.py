"""A memory as mem0 tells it, and what was found, added and done to one."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

from api.dialects.base import calendar_of, metadata_of
from memory.history import State
from memory.models import Memory
from memory.models.said import Said
from memory.namespaces import DEFAULT
from memory.tiers import cold
from memory.types import Draft, Hit, Outcome

EVENTS = {"created": "ADD", "updated": "UPDATE"}


def memories(several: Sequence[Memory]) -> list[dict[str, Any]]:
    cold.fill(several)
    return [memory(one) for one in several]


def memory(one: Memory) -> dict[str, Any]:
    return {
        "id": str(one.pk),
        "memory": one.content,
        **owners(one),
        "session_id": one.session_id or None,
        "hash": one.content_hash,
        "metadata": metadata_of(one),
        "categories": one.tags,
        "created_at": one.created_at.isoformat(),
        "updated_at": one.updated_at.isoformat(),
        "timestamp": one.event_time.isoformat(),
        "expiration_date": _last_day(one.expires_at),
        "structured_attributes": calendar_of(one.event_time.astimezone(UTC)),
    }


def owners(one: Said) -> dict[str, str | None]:
    return {
        "user_id": one.user_id or None,
        "agent_id": one.agent_id or None,
        "app_id": one.namespace if one.namespace != DEFAULT else None,
        "run_id": one.session_id or None,
    }


def _last_day(expires_at: datetime | None) -> str | None:
    return (expires_at - timedelta(microseconds=1)).astimezone(UTC).date().isoformat() if expires_at else None


def found(hits: Iterable[Hit], fields: Sequence[str] = ()) -> list[dict[str, Any]]:
    """Hits with their scores; of `fields`, where some are named, and always their ids and scores."""
    told = [memory(hit.memory) | {"score": hit.score} for hit in hits]
    return [picked(one, fields) for one in told]


def picked(told: dict[str, Any], fields: Sequence[str]) -> dict[str, Any]:
    wanted = {"id", "score", *fields}
    return {name: value for name, value in told.items() if name in wanted} if fields else told


def added(drafts: Sequence[Draft], outcomes: Sequence[Outcome]) -> list[dict[str, Any]]:
    return [_added(draft.content, outcome) for draft, outcome in zip(drafts, outcomes, strict=True)]


def _added(content: str, outcome: Outcome) -> dict[str, Any]:
    event = EVENTS.get(outcome.status, "NONE")
    return {
        "id": str(outcome.id) if outcome.id else None,
        "event": event,
        "memory": content,
        "data": {"memory": content},
    }


def event(event_id: UUID, stored: Sequence[Memory]) -> dict[str, Any]:
    """An add that is over; `stored` are those of its memories that are still there."""
    cold.fill(stored)
    at = min(one.created_at for one in stored).isoformat()
    results = [_added(one.content, Outcome("created", one.pk)) for one in stored]
    return {
        "id": str(event_id), "event_type": "ADD", "status": "SUCCEEDED", "created_at": at, "updated_at": at,
        "results": results,
    }  # fmt: skip


def history(memory_id: UUID, states: Sequence[State]) -> list[dict[str, Any]]:
    """What was done to a memory, oldest first; `states` come newest first, and the last of them is told as an add."""
    told = list(states)[::-1]
    return [_step(memory_id, before, now) for before, now in zip([None, *told[:-1]], told, strict=True)]


def _step(memory_id: UUID, before: State | None, now: State) -> dict[str, Any]:
    gone = now.said["state"] == Memory.State.DELETED
    words = now.said["content"]
    return {
        "id": str(uuid5(memory_id, str(now.version))),
        "memory_id": str(memory_id),
        "input": [{"role": now.said["role"] or "user", "content": words}],
        "old_memory": before.said["content"] if before else None,
        "new_memory": None if gone else words,
        "user_id": now.said["user_id"] or None,
        "event": "DELETE" if gone else "UPDATE" if before else "ADD",
        "metadata": now.said["metadata"],
        "categories": now.said["tags"],
        "created_at": now.since.isoformat(),
        "updated_at": now.since.isoformat(),
    }
