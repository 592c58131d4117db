"""Long memories are shortened, the least important and oldest first, until each scope says less by a share.

They stay live. A run counts from what was there before any run shortened it, so running again takes nothing more.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import F
from django.db.models.functions import Length

from memory.algorithms import shortening
from memory.algorithms.shortening import Text
from memory.models import Memory
from memory.upkeep import marks, slices
from memory.upkeep.options import option
from memory.upkeep.plan import Change, Reach, Touch

MARK = "compression"
READ = ("content", "metadata", "version")


@dataclass(frozen=True)
class Options:
    target_reduction: float = option(0.30, "by which share the characters of a scope fall", least=0.01, most=0.95)
    least_characters: int = option(200, "shorter memories stay as they are", least=20, most=1_000_000)
    most: int = option(5_000, "memories that are looked at, the least important first", least=1, most=100_000)


def plan(reach: Reach, options: Options, now: datetime) -> Iterator[Change]:
    """Shorten long memories until the characters of each user in each namespace fall by a share."""
    lengths = _lengths(reach, options)
    ids = [key for told in lengths.values() for key in told]
    rooms = {key: room for told in lengths.values() for key, room in _rooms(told, options).items()}
    shorter = slices.read([key for key in ids if key in rooms], only=READ)
    for key in ids:
        yield _change(next(shorter), rooms[key]) if key in rooms else Change("keep", key, effect="")


def _lengths(reach: Reach, options: Options) -> dict[tuple[str, str], dict[UUID, Text]]:
    """One statement: of each scope its memories, those to be shortened first in front."""
    rows = reach.rows().movable().filter(tier=Memory.Tier.WARM).order_by("importance", "event_time", "id")
    columns = ("id", "namespace", "user_id", "length", "mark")
    told = rows.annotate(length=Length("content"), mark=F(f"metadata__{MARK}")).values_list(*columns)
    scopes: dict[tuple[str, str], dict[UUID, Text]] = defaultdict(dict)
    for key, namespace, user_id, length, mark in told[: options.most]:
        scopes[namespace, user_id][key] = Text(length, _original(length, mark))
    return scopes


def _original(length: int, mark: Any) -> int:
    """Before it was shortened; one that got other words since begins anew."""
    if not isinstance(mark, dict) or mark.get("to") != length:
        return length
    return int(max(marks.number(mark.get("from")) or 0, length))


def _rooms(told: dict[UUID, Text], options: Options) -> dict[UUID, int]:
    """How long each may be that is to be shortened."""
    wanted = int(sum(text.original for text in told.values()) * (1 - options.target_reduction))
    goal = sum(text.length for text in told.values()) - wanted
    long = {key: text for key, text in told.items() if text.length >= options.least_characters}
    rooms = shortening.targets(list(long.values()), goal)
    return {key: room for (key, text), room in zip(long.items(), rooms, strict=True) if room < text.length}


def _change(memory: Memory, room: int) -> Change:
    shorter = shortening.shortened(memory.content, room)
    before = len(memory.content)
    mark = {"from": _original(before, marks.of(memory).get(MARK)), "to": len(shorter)}
    fields = {"content": shorter, "metadata": marks.added(memory, **{MARK: mark})}
    why = f"from {before} to {len(shorter)} characters"
    return Change("compress", memory.pk, touches=(Touch(memory.pk, memory.version, fields),), why=why)
