"""What is known for good: memories that state something lasting, and the memories that bear them out."""

from django.db.models import Avg, FloatField, Q
from django.db.models.expressions import RawSQL

from memory.models import Memory, Relation
from memory.models.memory import MemoryQuerySet
from memory.types import EVERYTHING, Scope
from memory.upkeep import marks

Kind = Memory.Kind
KINDS = (Kind.FACT, Kind.PREFERENCE, Kind.CONSTRAINT, Kind.HABIT, Kind.GOAL, Kind.PROCEDURE)
BEARING = (Relation.Type.DERIVED_FROM, Relation.Type.REFERENCES)  # from the fact to what it comes of

MOST_SAID = 1_000_000  # times that a fact is told to have been said: who writes metadata may write any number
EVIDENCE_COUNT = f"""
CASE WHEN jsonb_typeof(metadata -> 'evidence_count') = 'number'
THEN least(greatest(trunc((metadata ->> 'evidence_count')::numeric), 0), {MOST_SAID}) ELSE 1 END::float8
"""


def listed(scope: Scope = EVERYTHING, *, current: bool = True) -> MemoryQuerySet:
    """Facts, unordered; with `current` only those that still hold."""
    rows = Memory.objects.scoped(scope).filter(kind__in=KINDS).exclude(state=Memory.State.DELETED)
    return rows.live() if current else rows


def evidence_count(fact: Memory) -> int:
    """How often it was said, as the consolidation counted; what somebody stated was said once."""
    counted = marks.number(marks.of(fact).get("evidence_count"))
    return 1 if counted is None else min(max(int(counted), 0), MOST_SAID)


def average_evidence(scope: Scope = EVERYTHING) -> float:
    """The mean of it over all facts that can be read; 0 without one."""
    mean = Avg(RawSQL(EVIDENCE_COUNT, [], output_field=FloatField()))
    told = listed(scope, current=False).readable().aggregate(mean=mean)
    return round(told["mean"] or 0.0, 6)


def evidence(fact: Memory, most: int = 1_000) -> list[Memory]:
    """The memories that a fact comes of or that support it, and that can still be read; the newest."""
    comes_of = Q(incoming__source=fact, incoming__type__in=BEARING)
    supports = Q(outgoing__target=fact, outgoing__type=Relation.Type.SUPPORTS)
    return list(Memory.objects.readable().filter(comes_of | supports).distinct().light().order_by("-id")[:most])
