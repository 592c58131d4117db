"""Everything of a scope, in pieces: oldest first, in memory that does not grow."""

from typing import Any
from uuid import UUID

from memory import filters
from memory.models import Memory
from memory.types import Scope


def walk(scope: Scope, given: dict[str, Any], after: UUID | None, limit: int) -> list[Memory]:
    """Up to `limit` live memories that match the filters `given` and whose id comes after `after`. Raises BadFilter.

    Ids are UUIDv7: who goes on after the last id meets all that is there when the walk begins exactly once, however
    much is written meanwhile.
    """
    rows = Memory.objects.live().scoped(scope).filter(filters.to_q(given)).light()
    if after:
        rows = rows.filter(id__gt=after)
    return list(rows.order_by("id")[:limit])
