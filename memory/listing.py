"""Lists: which memories, narrowed by scope, state, labels and filters. Pages are cut by the caller."""

from dataclasses import dataclass, field
from typing import Any

from memory import filters
from memory.models import Memory
from memory.models.memory import MemoryQuerySet
from memory.types import EVERYTHING, Scope


@dataclass(frozen=True)
class Narrowing:
    """What a list is narrowed by; what is empty does not narrow. `filters` is the filter language."""

    scope: Scope = EVERYTHING
    state: str = Memory.State.ACTIVE.value  # active means live, so not expired; empty for every state
    kind: str = ""
    tags: tuple[str, ...] = ()
    all_tags: bool = False  # all of `tags`, not any
    people: tuple[str, ...] = ()  # any of them
    filters: dict[str, Any] = field(default_factory=dict)


def listed(narrowing: Narrowing) -> MemoryQuerySet:
    """The memories of a narrowing, unordered. Raises BadFilter."""
    rows = Memory.objects.scoped(narrowing.scope).filter(filters.to_q(narrowing.filters))
    if narrowing.state:
        rows = rows.live() if narrowing.state == Memory.State.ACTIVE else rows.filter(state=narrowing.state)
    if narrowing.kind:
        rows = rows.filter(kind=narrowing.kind)
    if narrowing.tags:
        rows = rows.filter(**{"tags__contains" if narrowing.all_tags else "tags__overlap": list(narrowing.tags)})
    return rows.filter(people__overlap=list(narrowing.people)) if narrowing.people else rows
