"""What is known for good: memories that state something lasting, and the memories that bear them out."""

from django.db.models import Q

from memory.models import Memory, Relation
from memory.models.memory import MemoryQuerySet
from memory.types import EVERYTHING, Scope

Kind = Memory.Kind
KINDS = (Kind.FACT, Kind.PREFERENCE, Kind.CONSTRAINT, Kind.HABIT, Kind.GOAL, Kind.PROCEDURE)
BEARING = (Relation.Type.DERIVED_FROM, Relation.Type.REFERENCES)  # from the fact to what it comes of


def listed(scope: Scope = EVERYTHING, kind: str = "", *, current: bool = True) -> MemoryQuerySet:
    """Facts, unordered; with `current` only those that still hold."""
    rows = Memory.objects.scoped(scope).filter(kind__in=KINDS).exclude(state=Memory.State.DELETED)
    rows = rows.filter(kind=kind) if kind else rows
    return rows.live() if current else rows


def evidence(fact: Memory, most: int = 1_000) -> list[Memory]:
    """The memories that a fact comes of or that support it, and that can still be read; the newest."""
    comes_of = Q(incoming__source=fact, incoming__type__in=BEARING)
    supports = Q(outgoing__target=fact, outgoing__type=Relation.Type.SUPPORTS)
    return list(Memory.objects.readable().filter(comes_of | supports).distinct().light().order_by("-id")[:most])
