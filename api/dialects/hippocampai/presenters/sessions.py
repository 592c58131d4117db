"""Sessions and feedback, as HippocampAI is told of them."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from analytics import thumbs
from api.dialects.hippocampai.serializers.sessions import FEEDBACK
from memory import sessions
from memory.bygone import Bygone
from memory.models import Session

# What thumbs of other doors are here.
SAID = {thumbs.UP: "relevant", thumbs.DOWN: "not_relevant", thumbs.IN_PART: "partially_relevant"}
UNTOLD = 0.5


def listed(found: Sequence[Session]) -> list[dict[str, Any]]:
    """Sessions that carry how many `memories` they hold."""
    latest = sessions.latest(found)
    return [
        {
            "session_id": session.session_id,
            "user_id": session.user_id,
            "created_at": session.created_at,
            "last_active_at": max(session.updated_at, latest.get(session.pk, session.updated_at)),
            "is_active": sessions.state_of(session) == Session.State.OPEN,
            "is_deleted": False,
            "memory_count": session.memories,
        }
        for session in found
    ]


def deleted(gone: Bygone) -> dict[str, Any]:
    """A deleted session among sessions; it was there last when it was deleted."""
    return {
        "session_id": gone.session_id,
        "user_id": gone.user_id,
        "created_at": gone.began,
        "last_active_at": gone.deleted_at,
        "is_active": False,
        "is_deleted": True,
        "memory_count": gone.memories,
    }


def record(gone: Bygone, reason: str = "", by: str = "") -> dict[str, Any]:
    return {
        "id": str(gone.id),
        "entity_type": "session",
        "entity_id": gone.session_id,
        "user_id": gone.user_id,
        "session_id": gone.session_id,
        "deleted_at": gone.deleted_at,
        "deleted_by": by or gone.deleted_by,
        "reason": reason or None,
        "is_restored": gone.back,
    }


def wiped(told: dict[str, Any], count: int, actor: str) -> dict[str, Any]:
    return {
        "success": True,
        "user_id": told["user_id"],
        "sessions_deleted": count,
        "deleted_by": told.get("admin_user_id") or actor,
        "reason": told.get("reason") or None,
        "message": f"{count} sessions were deleted, with what was said in them. They can be restored.",
    }


def breakdown(counted: Counter[str]) -> dict[str, int]:
    """By type of feedback; what another door called otherwise is not counted."""
    told: Counter[str] = Counter()
    for name, count in counted.items():
        told[SAID.get(name, name)] += count
    return {name: told[name] for name in FEEDBACK if told[name]}


def totals(counted: Counter[str]) -> dict[str, int]:
    """The same with every type, and all together."""
    told = dict.fromkeys(FEEDBACK, 0) | breakdown(counted)
    return {"total": sum(told.values())} | told


def score(memory_id: Any, counted: Counter[str]) -> dict[str, Any]:
    told = breakdown(counted)
    count = sum(told.values())
    total = sum(FEEDBACK[name] * n for name, n in told.items())
    mean = round(total / count, 4) if count else UNTOLD
    return {"memory_id": str(memory_id), "score": mean, "event_count": count, "breakdown": told}
