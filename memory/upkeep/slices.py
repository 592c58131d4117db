"""Reading many memories for a plan: which ones, in one statement, then their rows slice by slice, in that order."""

from collections.abc import Iterator, Sequence
from uuid import UUID

from django.db.models import Expression

from memory.models import Memory
from memory.models.memory import MemoryQuerySet

SLICE = 500


def chosen(rows: MemoryQuerySet, order: Sequence[str | Expression], most: int) -> list[UUID]:
    """Ids of the first `most`; `order` ends with the id where it leaves anything open."""
    return list(rows.order_by(*order, "id").values_list("id", flat=True)[:most])


def read(ids: Sequence[UUID], *, only: Sequence[str] = ()) -> Iterator[Memory]:
    """Their rows in that order, SLICE in one statement. Without vectors; `only` names the columns that are needed."""
    rows = Memory.objects.only("id", *only) if only else Memory.objects.light()
    for first in range(0, len(ids), SLICE):
        part = ids[first : first + SLICE]
        there = rows.in_bulk(part)
        yield from (there[key] for key in part if key in there)
