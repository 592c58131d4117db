"""History: what a memory said before each change, what differs, and how to say it again."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.utils import timezone

from events import actors
from memory.algorithms import diffing
from memory.models import Memory, Version
from memory.models.said import Said
from memory.tiers import cold

SAID = tuple(field.name for field in Said._meta.get_fields() if field.name != "search")
SHOWN = tuple(name for name in SAID if name not in ("embedding", "embedding_model", "position", "version"))
# One statement for one or for thousands: the rows are copied inside the database, vectors and all.
KEEP = f"""
INSERT INTO memory_version (id, memory_id, since, until, changed, actor, {", ".join(SAID)})
SELECT gen_random_uuid(), id, updated_at, %s, to_jsonb(%s::text[]), %s, {", ".join(SAID)}
FROM memory_memory WHERE id = ANY(%s) AND tier <> 'cold' ON CONFLICT DO NOTHING
"""  # noqa: S608  column names are the models' own


@dataclass(frozen=True)
class State:
    """A memory as it was from `since` to `until`; None: as it still is. `changed` led to the state that came next."""

    version: int
    since: datetime
    until: datetime | None
    actor: str  # who ended it
    changed: tuple[str, ...]
    said: dict[str, Any]


def keep(ids: Iterable[UUID], changed: Iterable[str], until: datetime) -> None:
    """Copy what locked rows say now, before they are changed in the same transaction.

    A cold row is not copied: its content is elsewhere. Whoever changes what it says makes it warm first.
    """
    with connection.cursor() as cursor:
        cursor.execute(KEEP, [until, sorted(changed), actors.current(), list(ids)])


def states(memory_id: UUID, *, below: int | None = None, limit: int = 50, gone: bool = False) -> list[State] | None:
    """Newest first, the present one included; None for a memory that is not there. `below` pages by version.

    A deleted or expired memory is not there, unless `gone`. Raises Unreadable when its content is in cold storage and
    cannot be had now.
    """
    rows = Memory.objects.light().filter(pk=memory_id)
    memory = (rows if gone else rows.readable()).first()
    if memory is None:
        return None
    cold.told(memory)
    told = Version.objects.light().filter(memory_id=memory_id).order_by("-version")
    told = told.filter(version__lt=below) if below else told
    now = [_state(memory, memory.updated_at, None)] if below is None or memory.version < below else []
    return (now + [_state(version, version.since, version.until) for version in told[:limit]])[:limit]


def _state(said: Said, since: datetime, until: datetime | None) -> State:
    return State(
        version=said.version,
        since=since,
        until=until,
        actor=getattr(said, "actor", ""),
        changed=tuple(getattr(said, "changed", ())),
        said={name: getattr(said, name) for name in SHOWN},
    )


def state(memory_id: UUID, version: int) -> State | None:
    """One of them."""
    found = states(memory_id, below=version + 1, limit=1)
    return found[0] if found and found[0].version == version else None


def diff(memory_id: UUID, one: int, other: int) -> dict[str, Any] | None:
    """Per field that differs {before, after}, for content also `words` (diffing); None when a version is not there."""
    before, after = state(memory_id, one), state(memory_id, other)
    if before is None or after is None:
        return None
    return between(before, after)


def between(before: State, after: State) -> dict[str, Any]:
    """What differs from one state to another, see `diff`."""
    differing = {
        name: {"before": before.said[name], "after": after.said[name]}
        for name in SHOWN
        if before.said[name] != after.said[name]
    }
    if "content" in differing:
        differing["content"]["words"] = diffing.words(before.said["content"], after.said["content"])
    return differing


def now_or_later(moment: datetime) -> datetime:
    """The time of a change: after the one before it, also when the clock has not moved or was set back."""
    return max(timezone.now(), moment)
