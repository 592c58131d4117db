"""What a memory's page in the console tells beside its fields: how it came about, and what became of it."""

import json
from datetime import datetime
from typing import Any

from django.db.models import Q
from django.utils import timezone
from django.utils.formats import date_format

from memory import history, holds, relations
from memory.algorithms import scoring
from memory.algorithms.timeline import Line, Span, laid_out
from memory.errors import Unreadable
from memory.history import State
from memory.models import Memory, Relation
from memory.tiers import cold

VERSIONS, RELATED, AROUND = 20, 8, 3


def told(memory: Memory) -> dict[str, Any]:
    """The context of templates/console/memory.html."""
    try:
        states = history.states(memory.pk, limit=VERSIONS + 1, gone=True) or []
    except Unreadable:
        states = []
    return {
        "memory": memory,
        "standing": standing(memory),
        "holds": holds.on(memory),
        "verdicts": scoring.VERDICTS,
        "drawn": _timeline(memory, states[:VERSIONS]),
        "versions": _versions(states),
        "older": len(states) > VERSIONS,
        "related": _related(memory),
        "around": _around(memory),
    }


def standing(memory: Memory) -> str:
    """Its state in one word; `expired` for a live one whose time is over."""
    over = memory.expires_at is not None and memory.expires_at <= timezone.now()
    return "expired" if over and memory.state == Memory.State.ACTIVE else str(memory.state)


def _versions(states: list[State]) -> list[dict[str, Any]]:
    """Newest first, each with what differs from the one before it."""
    pairs = zip(states, [*states[1:], None], strict=True)
    return [
        {"state": state, "old": old, "changes": _changes(old, state) if old else {}, "by": old.actor if old else ""}
        for state, old in list(pairs)[:VERSIONS]
    ]


def _changes(old: State, state: State) -> dict[str, Any]:
    changes = history.between(old, state)
    changes.pop("importance_stated", None)  # goes with the importance
    for change in changes.values():
        change |= {end: _plain(change[end]) for end in ("before", "after")}
    return changes


def _plain(value: Any) -> str:
    """A field's value as one reads it."""
    if value is None or value == "" or value == [] or value == {}:
        return "nothing"
    if isinstance(value, datetime):
        return date_format(value, "j M Y H:i")
    if isinstance(value, float):
        return f"{value:.2f}"
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False)
    return ", ".join(value) if isinstance(value, list) else str(value)


def _timeline(memory: Memory, states: list[State]) -> dict[str, Any]:
    """Two rows, what held and what was said, and the moments that matter."""
    now = timezone.now()
    held = Span("held", memory.valid_from or memory.event_time, memory.valid_to)
    said = [Span(f"version {state.version}", state.since, state.until) for state in reversed(states)]
    named = {
        "happened": memory.event_time,
        "learned": memory.created_at,
        "last recalled": memory.recalled_at,
        "expires": memory.expires_at,
        "deleted": memory.deleted_at,
        "now": now,
    }
    moments = {name: at for name, at in named.items() if at}
    line: Line = laid_out([held, *said], list(moments.values()), now)
    percent = [
        {"bar": bar, "x": round(100 * bar.left, 3), "width": max(round(100 * bar.width, 3), 0.4)} for bar in line.bars
    ]
    places = zip(moments.items(), line.places, strict=True)
    return {
        "line": line,
        "last_x": round(100 * line.last_place, 3),
        "last_is_now": line.last == now,
        "held": percent[0],
        "said": percent[1:],
        "moments": [{"name": name, "at": at, "x": round(100 * x, 3)} for (name, at), x in places],
    }


def _related(memory: Memory) -> list[dict[str, Any]]:
    """Its relations, those of superseding first."""
    rows = list(relations.listed(memory.pk).order_by("-weight", "-id")[:50])
    rows.sort(key=lambda row: row.type != Relation.Type.SUPERSEDES)
    others = {row.pk: row.target_id if row.source_id == memory.pk else row.source_id for row in rows[:RELATED]}
    if memory.superseded_by:
        others[memory.pk] = memory.superseded_by
    known = Memory.objects.light().in_bulk(list(others.values()))
    cold.fill(known.values())
    return [
        {"type": row.type, "forward": row.source_id == memory.pk, "weight": row.weight, "memory": known[others[row.pk]]}
        for row in rows[:RELATED]
        if others[row.pk] in known
    ]


def _around(memory: Memory) -> list[Memory]:
    """What was said just before and after it in its session, and itself, in order."""
    if not memory.session_id or memory.position is None:
        return []
    same = {name: getattr(memory, name) for name in ("namespace", "user_id", "session_id")}
    near = Q(position__gte=memory.position - AROUND, position__lte=memory.position + AROUND)
    rows = list(Memory.objects.live().filter(near, **same).light().order_by("position", "id")[: 4 * AROUND])
    cold.fill(rows)
    return rows if any(row.pk != memory.pk for row in rows) else []
