"""Pins: what is pinned is not touched by any upkeep. Neither its version nor updated_at moves: it says what it said."""

from uuid import UUID

from django.db import transaction

from events import ledger
from memory.models import Memory
from memory.remember import thin


def pin(memory_id: UUID) -> Memory | None:
    """Pin a memory that can be read; None when there is none. One that is pinned stays so."""
    return _set(memory_id, True, "memory.pinned")


def unpin(memory_id: UUID) -> Memory | None:
    return _set(memory_id, False, "memory.unpinned")


@transaction.atomic
def _set(memory_id: UUID, pinned: bool, fact: str) -> Memory | None:
    there = Memory.objects.readable().filter(pk=memory_id)
    moved = there.filter(pinned=not pinned).update(pinned=pinned)
    memory = there.light().first()
    if moved and memory:
        ledger.record(fact, memory, **thin(memory))
    return memory
