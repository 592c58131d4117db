"""What a memory was like before it was put aside: what restoring it brings back, see memory.revise."""

import hashlib
from datetime import datetime
from typing import Any

from memory.models import Memory

MARKS = {"silenced_at", "compressed_at", "original_length"}  # of memory.upkeep.forget


def words_before(memory: Memory) -> str | None:
    """What a compressed memory said before it was, also one deleted since; None where the words stayed."""
    kept = memory.versions.order_by("-version")
    latest = kept.values_list("state", flat=True).first()
    if memory.state != Memory.State.COMPRESSED and (memory.state, latest) != ("deleted", Memory.State.COMPRESSED):
        return None
    return kept.filter(state=Memory.State.ACTIVE).values_list("content", flat=True).first()


def is_said(memory: Memory, words: str) -> bool:
    """Whether a live memory of its scope says these words: bringing them back would make a twin of it."""
    same = {name: getattr(memory, name) for name in ("namespace", "user_id", "agent_id", "session_id")}
    same["content_hash"] = hashlib.sha256(words.encode()).hexdigest()
    return Memory.objects.filter(state=Memory.State.ACTIVE, **same).exclude(pk=memory.pk).exists()


def stated(memory: Memory) -> str:
    """The time that was stated of it; nothing where it was told when it happened."""
    return "" if memory.event_time == memory.created_at else memory.event_time.isoformat()


def rest(memory: Memory) -> dict[str, Any]:
    """What else is as before, once it is live again: its validity, and no mark that it was put aside."""
    back: dict[str, Any] = {}
    if memory.state == Memory.State.SUPERSEDED:
        back = {"valid_to": _valid_before(memory), "superseded_by": None}
    if isinstance(memory.metadata, dict) and memory.metadata.keys() & MARKS:
        back["metadata"] = {name: value for name, value in memory.metadata.items() if name not in MARKS}
    return back


def _valid_before(memory: Memory) -> datetime | None:
    """Until when a superseded memory held by what was said of it, before its end was another one's beginning."""
    live = memory.versions.filter(state=Memory.State.ACTIVE).order_by("-version")
    return live.values_list("valid_to", flat=True).first()
