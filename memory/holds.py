"""Legal holds: place them, release them, and see what they stand on.

What is held is not erased for good, by nobody: no sweep, no run of upkeep, no erasure of a person. It can be read,
changed and deleted as before; its versions are kept, and a deleted one waits until it is released.
"""

from dataclasses import asdict
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Count, Exists, IntegerField, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce
from django.db.models.lookups import Exact, IsNull
from django.utils import timezone

from events import actors, ledger
from memory.errors import Held, NoMemory, OutsideNamespaces
from memory.models import Hold, Memory, Version
from memory.models.hold import NAMED
from memory.models.memory import MemoryQuerySet
from memory.privacy.subjects import OWNED_BY, Subject
from memory.types import EVERYTHING, Scope
from tenants import bounds


@transaction.atomic
def place(name: str, scope: Scope = EVERYTHING, memory_id: UUID | None = None, reason: str = "") -> Hold:
    """Hold what a scope names, also what comes to it later, or one memory. One of the two is needed.

    Raises NoMemory, and OutsideNamespaces for one who is bound to namespaces and names none of them.
    """
    _lock("")
    told: dict[str, Any] = asdict(scope)
    if memory_id is not None:
        told |= dict.fromkeys(NAMED, "") | {"namespace": _namespace_of(memory_id)}
    bound = bounds.current()
    if bound and told["namespace"] not in bound:
        raise OutsideNamespaces(told["namespace"])
    hold = Hold(name=name, reason=reason, memory_id=memory_id, placed_by=actors.current(), **told)
    hold.save(force_insert=True)
    ledger.record("hold.placed", hold, memories=under(hold).count())
    return hold


def _namespace_of(memory_id: UUID) -> str:
    namespace = Memory.objects.filter(pk=memory_id).values_list("namespace", flat=True).first()
    if namespace is None:
        raise NoMemory("memory_id")
    return namespace


@transaction.atomic
def release(hold_id: UUID) -> Hold | None:
    """Let go what a hold stands on; None when there is no such hold. Released once, it stays as it is."""
    hold = Hold.objects.select_for_update().filter(pk=hold_id).first()
    if hold is not None and hold.released_at is None:
        hold.released_at, hold.released_by = timezone.now(), actors.current()
        hold.save(update_fields=["released_at", "released_by"])
        ledger.record("hold.released", hold)
    return hold


def listed(*, standing: bool | None = None) -> QuerySet[Hold]:
    """All of them, those that stand, or those that were released."""
    rows = Hold.objects.all()
    return rows if standing is None else rows.filter(released_at__isnull=standing)


def under(hold: Hold) -> MemoryQuerySet:
    """The memories, in any state, that a hold is on, or was."""
    named = {name: getattr(hold, name) for name in NAMED if getattr(hold, name)}
    rows = Memory.objects.filter(**named)
    return rows.filter(pk=hold.memory_id) if hold.memory_id else rows


def counted(rows: QuerySet[Hold]) -> QuerySet[Any]:
    """These with `memories`, how many in any state each is on."""
    on = Memory.objects.filter(_covered()).order_by().values(one=Value(1)).annotate(n=Count("pk")).values("n")
    return rows.annotate(memories=Coalesce(Subquery(on, output_field=IntegerField()), 0))


def on(memory: Memory) -> list[Hold]:
    """Those that stand on one memory, the oldest first."""
    matching = Q(memory_id=None) | Q(memory_id=memory.pk)
    for name in NAMED:
        matching &= Q(**{name: ""}) | Q(**{name: getattr(memory, name)})
    return list(Hold.objects.filter(matching, released_at=None).order_by("id"))


def against(subject: Subject) -> Held | None:
    """What speaks against erasing a person: a hold on them, or on any memory that is or was about them."""
    was = Exists(Version._base_manager.filter(subject.memories(), memory=OuterRef("pk")))
    own = Exists(Memory._base_manager.filter(_covered(), subject.memories() | Q(was)))
    about = Q(**{OWNED_BY[subject.type]: subject.name}) if subject.type in OWNED_BY else Q(pk__in=[])
    standing = Hold._base_manager.filter(Q(own) | about, released_at=None).order_by("id")
    found = [str(pk) for pk in standing.values_list("pk", flat=True)]
    return Held(Memory.objects.filter(subject.memories()).held().count(), found) if found else None


def _covered() -> Q:
    """Of memories inside a query over holds: that the hold is on them."""
    covered = Q(IsNull(OuterRef("memory_id"), True)) | Q(pk=OuterRef("memory_id"))
    for name in NAMED:
        covered &= Q(Exact(OuterRef(name), Value(""))) | Q(**{name: OuterRef(name)})
    return covered


def steady() -> None:
    """No hold is placed from here to the end of this transaction: for who erases for good, before looking at holds."""
    _lock("_shared")


def _lock(how: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT pg_advisory_xact_lock{how}(hashtextextended('holds ' || current_schema(), 0))")
