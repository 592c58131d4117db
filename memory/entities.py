"""Entities: the users, agents, sessions, namespaces, tags and people that memories name; count them, erase one."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import connection, transaction
from django.db.models import Count, F, Func, Max, Min, Q, TextField, Value
from django.utils import timezone

from events import ledger
from memory.erasing import SLICE, erase_all
from memory.errors import Unconfirmed
from memory.models import Memory, Session
from memory.models.memory import MemoryQuerySet
from memory.types import EVERYTHING, Scope

OWNERS = {"user": "user_id", "agent": "agent_id", "session": "session_id", "namespace": "namespace"}
LABELS = {"tag": "tags", "person": "people"}
TYPES = (*OWNERS, *LABELS)
TRIES = 3
# The inner statement is Django's, of the scope; `own` is made an array, so that all types are counted alike.
COUNTED = """
    SELECT name, memories, last_seen FROM (
        SELECT e.name, count(*) AS memories, max(t.created_at) AS last_seen
        FROM ({rows}) t(own, created_at), LATERAL (SELECT DISTINCT unnest({own}) AS name) e
        WHERE e.name <> '' AND starts_with(e.name, %s) GROUP BY e.name
    ) counted WHERE {after} ORDER BY {order} LIMIT %s
"""


@dataclass(frozen=True)
class Counted:
    """An entity, how many live memories name it, and when the last of them was stored."""

    name: str
    memories: int
    last_seen: datetime


def listed(
    type: str,
    scope: Scope = EVERYTHING,
    *,
    prefix: str = "",
    by_name: bool = False,
    after: tuple[int, str] | None = None,
    limit: int = 50,
) -> list[Counted]:
    """Entities of a type that live memories of a scope name, the commonest first or by name.

    `after` is the count and the name of the last one of the page before. One statement.
    """
    column = OWNERS.get(type) or LABELS[type]
    own_and_time = Memory.objects.live().scoped(scope).order_by().values_list(column, "created_at")
    rows, params = own_and_time.query.sql_with_params()
    place, told = _after(by_name, after)
    order = "name" if by_name else "memories DESC, name"
    own = "t.own" if type in LABELS else "ARRAY[t.own]"
    with connection.cursor() as cursor:
        cursor.execute(COUNTED.format(rows=rows, own=own, after=place, order=order), [*params, prefix, *told, limit])
        return [Counted(*row) for row in cursor.fetchall()]


def _after(by_name: bool, after: tuple[int, str] | None) -> tuple[str, list[Any]]:
    if after is None:
        return "true", []
    count, name = after
    if by_name:
        return "name > %s", [name]
    return "(memories < %s OR memories = %s AND name > %s)", [count, count, name]


def of(type: str, name: str, scope: Scope = EVERYTHING) -> MemoryQuerySet:
    """The memories that an entity owns or that carry it as a label, in any state."""
    rows = Memory.objects.scoped(scope)
    return (
        rows.filter(**{OWNERS[type]: name}) if type in OWNERS else rows.filter(**{f"{LABELS[type]}__contains": [name]})
    )


def read(type: str, name: str, scope: Scope = EVERYTHING) -> dict[str, Any] | None:
    """One entity: its live memories, by kind, in how many sessions, when first and last. None when none names it."""
    by_kind = {f"kind_{kind}": Count("id", filter=Q(kind=kind)) for kind in Memory.Kind.values}
    told = of(type, name, scope).live().aggregate(
        memories=Count("id"),
        first_seen=Min("created_at"),
        last_seen=Max("created_at"),
        sessions=Count("session_id", filter=~Q(session_id=""), distinct=True),
        users=Count("user_id", filter=~Q(user_id=""), distinct=True),
        **by_kind,
    )  # fmt: skip
    kinds = {kind: count for kind in Memory.Kind.values if (count := told.pop(f"kind_{kind}"))}
    return {"type": type, "name": name, **told, "kinds": kinds} if told["memories"] else None


@transaction.atomic
def erase_entity(type: str, name: str, confirm_count: int | None, scope: Scope = EVERYTHING) -> int:
    """Erase everything of an entity; how many memories that was.

    The memories of a user, agent, session or namespace are deleted, superseded and expired ones too, restorable for
    UNDO_DAYS. A tag or a person is taken off the memories that carry it, and nothing is deleted. Raises Unconfirmed
    unless `confirm_count` is exactly the number of memories; then nothing has happened.
    """
    rows = of(type, name, scope).exclude(state=Memory.State.DELETED)
    if (previewed := rows.count()) != confirm_count:
        raise Unconfirmed(previewed)
    count = erase_all(rows) if type in OWNERS else _take_off(rows, LABELS[type], name)
    if count != confirm_count:  # somebody wrote meanwhile; what is raised here rolls all of it back
        raise Unconfirmed(count)
    sessions = _forget_sessions(type, name, scope)
    if count or sessions:
        ledger.record("entity.erased", entity=type, count=count, sessions=sessions)
    return count


def erase_whole(type: str, name: str, scope: Scope = EVERYTHING) -> int | None:
    """As `erase_entity`, however many memories it is now: for who said it of the name itself. None when no memory, a
    deleted one neither, names it. Raises Unconfirmed when others write again and again meanwhile.
    """
    rows = of(type, name, scope)
    if not rows.exists():
        return None
    for _ in range(TRIES - 1):
        try:
            return erase_entity(type, name, rows.exclude(state=Memory.State.DELETED).count(), scope)
        except Unconfirmed:
            continue
    return erase_entity(type, name, rows.exclude(state=Memory.State.DELETED).count(), scope)


def _forget_sessions(type: str, name: str, scope: Scope) -> int:
    """The conversations of a user, a session or a namespace end with their memories; an agent only leaves them."""
    if type in LABELS:
        return 0
    named = {key: value for key, value in vars(scope).items() if value}
    rows = Session.objects.filter(**named).filter(**{OWNERS[type]: name})
    if type == "agent":
        return rows.update(agent_id="", updated_at=timezone.now())
    return rows.delete()[0]


def _thin(memory: Memory, column: str) -> dict[str, Any]:
    names = ("kind", "namespace", "user_id")
    return {key: getattr(memory, key) for key in names} | {"version": memory.version + 1, "fields": [column]}


def _take_off(rows: MemoryQuerySet, column: str, name: str) -> int:
    """Take a label off in slices, each memory with its fact. Locked by id, as everybody does."""
    count = 0
    told = rows.order_by("id").only("id", "kind", "namespace", "user_id", "version")
    while batch := list(told.select_for_update()[:SLICE]):
        chosen = Memory.objects.filter(pk__in=[memory.pk for memory in batch])
        less = Func(F(column), Value(name), function="array_remove", output_field=ArrayField(TextField()))
        chosen.update(**{column: less}, version=F("version") + 1, updated_at=timezone.now())
        ledger.record_all("memory.updated", [(memory, _thin(memory, column)) for memory in batch])
        count += len(batch)
    return count
