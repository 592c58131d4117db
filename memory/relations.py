"""Relations: relate two memories, part them, and walk along what relates them."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from uuid_utils.compat import uuid7

from events import ledger
from memory.algorithms.paths import Reached, Step, shortest
from memory.errors import NoMemory
from memory.models import Memory, Relation
from tenants import bounds

MAX_DEPTH = 5
WALKED = 5_000  # places (a memory at a depth) that one walk looks at before it stops
UPSERT = """
    INSERT INTO memory_relation AS r (id, source_id, target_id, type, weight, metadata, created_at)
    VALUES (%s, %s, %s, %s, %s, %s, %s)
    ON CONFLICT (source_id, target_id, type) DO UPDATE SET weight = EXCLUDED.weight, metadata = EXCLUDED.metadata
    WHERE (r.weight, r.metadata) IS DISTINCT FROM (EXCLUDED.weight, EXCLUDED.metadata)
    RETURNING xmax = 0
"""
INSERT_ALL = """
    INSERT INTO memory_relation (id, source_id, target_id, type, weight, metadata, created_at)
    SELECT id, source, target, type, weight, '{}', now()
    FROM unnest(%s::uuid[], %s::uuid[], %s::uuid[], %s::text[], %s::float8[]) t(id, source, target, type, weight)
    ORDER BY source, target, type ON CONFLICT DO NOTHING RETURNING id
"""
# UNION drops a place that was reached before. With a `stride` of 1 a place is a memory at a depth, so a cycle ends at
# the greatest depth; with 0 it is the memory alone, so a cycle ends when nothing new is met. LIMIT stops the recursion
# itself: PostgreSQL makes no more rows of it than are read, and makes them nearest first.
WALK = """
    WITH RECURSIVE edge(id, near, far, type, weight, forward) AS NOT MATERIALIZED (
        SELECT id, source_id, target_id, type, weight, true FROM memory_relation
        WHERE %(out)s AND type = ANY(%(types)s) AND weight >= %(least)s
        UNION ALL
        SELECT id, target_id, source_id, type, weight, false FROM memory_relation
        WHERE %(in)s AND type = ANY(%(types)s) AND weight >= %(least)s
    ), known AS NOT MATERIALIZED (
        SELECT id FROM memory_memory
        WHERE state = ANY(%(states)s) AND (expires_at IS NULL OR expires_at > %(now)s)
          AND (%(bound)s::text[] = '{}' OR namespace = ANY(%(bound)s::text[]))
    ), walk(id, depth) AS (
        SELECT id, 0 FROM known WHERE id = %(start)s
        UNION
        SELECT e.far, w.depth + %(stride)s FROM walk w
        JOIN edge e ON e.near = w.id JOIN known k ON k.id = e.far WHERE w.depth < %(depth)s
    ), place AS MATERIALIZED (
        SELECT id FROM walk LIMIT %(walked)s
    ), reached AS MATERIALIZED (
        SELECT DISTINCT id FROM place
    )
    SELECT n.id, (SELECT count(*) FROM place), e.id, e.far, e.type, e.weight, e.forward
    FROM reached n LEFT JOIN (edge e JOIN reached f ON f.id = e.far) ON e.near = n.id
"""


@dataclass(frozen=True)
class Walk:
    """What was reached, nearest first; `truncated` when there was more than the limit, or than one walk looks at."""

    reached: tuple[Reached, ...]
    truncated: bool


@transaction.atomic
def relate(
    source: UUID, target: UUID, type: str, weight: float = 1.0, metadata: dict[str, Any] | None = None
) -> tuple[Relation, bool]:
    """Let `source` stand in a relation to `target`; the relation, and whether it is new.

    One relation of a type stands between two memories: said again, it takes the new weight (0 to 1) and metadata.
    Raises NoMemory when one of the two is not a live memory of this tenant.
    """
    _hold(source, target)
    told = (uuid7(), source, target, type, weight, json.dumps(metadata or {}), timezone.now())
    with connection.cursor() as cursor:
        cursor.execute(UPSERT, told)
        row = cursor.fetchone()
    relation = Relation.objects.get(source=source, target=target, type=type)
    if row:
        fact = "relation.created" if row[0] else "relation.updated"
        ledger.record(fact, relation, **_thin(relation))
    return relation, bool(row and row[0])


def relate_all(told: Sequence[tuple[UUID, UUID, str, float]]) -> list[UUID]:
    """Make relations (source, target, type, weight) between memories that the caller holds; the ids of the new ones.

    What stands between two of them already stays as it is.
    """
    if not told:
        return []
    rows = [[uuid7() for _ in told], *map(list, zip(*told, strict=True))]
    with connection.cursor() as cursor:
        cursor.execute(INSERT_ALL, rows)
        made = [key for (key,) in cursor.fetchall()]
    new = Relation.objects.filter(pk__in=made).order_by("pk")
    ledger.record_all("relation.created", [(relation, _thin(relation)) for relation in new])
    return made


def _hold(source: UUID, target: UUID) -> None:
    """Both memories stay until we commit. Locked in one order, so that two who relate them crosswise do not wait."""
    both = Memory.objects.live().filter(pk__in=[source, target]).order_by("id").select_for_update(no_key=True)
    there = set(both.values_list("id", flat=True))
    if missing := [name for name, key in (("source", source), ("target", target)) if key not in there]:
        raise NoMemory(*missing)


def _thin(relation: Relation) -> dict[str, Any]:
    ids = {"source": str(relation.source_id), "target": str(relation.target_id)}
    return {"relation": relation.type, "weight": relation.weight, **ids}


@transaction.atomic
def unrelate(**which: Any) -> bool:
    """Delete the one relation named by `id`, or by `source`, `target` and `type`; False when there is none."""
    relation = Relation.objects.select_for_update().filter(**which).first()
    if relation is None:
        return False
    ledger.record("relation.deleted", relation, **_thin(relation))
    relation.delete()
    return True


def unrelate_all(ids: Sequence[UUID]) -> None:
    """Delete those of them that are still there, each with its fact."""
    rows = list(Relation.objects.filter(pk__in=ids).order_by("pk").select_for_update())
    ledger.record_all("relation.deleted", [(relation, _thin(relation)) for relation in rows])
    Relation.objects.filter(pk__in=[relation.pk for relation in rows]).delete()


def listed(
    memory_id: UUID | None = None, *, direction: str = "both", types: Sequence[str] = (), min_weight: float = 0.0
) -> QuerySet[Relation]:
    """Relations whose two ends are still there, superseded ones too; of one memory: `out` of it, `in` to it, `both`."""
    there = Memory.objects.filter(Q(expires_at=None) | Q(expires_at__gt=timezone.now()))
    there = there.exclude(state=Memory.State.DELETED)
    rows = Relation.objects.filter(source__in=there, target__in=there, weight__gte=min_weight)
    if types:
        rows = rows.filter(type__in=types)
    if memory_id is not None:
        out, into = Q(source=memory_id), Q(target=memory_id)
        rows = rows.filter({"out": out, "in": into, "both": out | into}[direction])
    return rows


def superseded(ids: Iterable[UUID]) -> dict[UUID, UUID]:
    """Of each that took the place of another that is still there: that one, or the latest of several."""
    rows = listed(types=(Relation.Type.SUPERSEDES,)).filter(source__in=list(ids)).order_by("id")
    return dict(rows.values_list("source_id", "target_id"))


def neighbours(
    memory_id: UUID,
    *,
    depth: int = 1,
    direction: str = "both",
    types: Sequence[str] = (),
    min_weight: float = 0.0,
    limit: int = 100,
    superseded: bool = False,
) -> Walk | None:
    """What is up to `depth` (1 to 5) relations away, each with its shortest path. None when the memory is not there.

    Nearest first, and of one depth those whose path weighs most. Only live memories are walked over, unless
    `superseded` ones are too.
    """
    return _walk(memory_id, depth, direction, types, min_weight, limit, superseded)


def causes_of(memory_id: UUID, *, limit: int = 100) -> Walk | None:
    """What caused this memory, and what caused that, to the end; the nearest first. None when it is not there."""
    return _walk(memory_id, None, "in", [Relation.Type.CAUSES], 0.0, limit, superseded=False)


def effects_of(memory_id: UUID, *, limit: int = 100) -> Walk | None:
    """What this memory caused, and what that caused, to the end; the nearest first. None when it is not there."""
    return _walk(memory_id, None, "out", [Relation.Type.CAUSES], 0.0, limit, superseded=False)


def _walk(
    start: UUID, depth: int | None, direction: str, types: Sequence[str], least: float, limit: int, superseded: bool
) -> Walk | None:
    rows = _rows(start, depth, direction, list(types) or list(Relation.Type.values), least, superseded)
    if not rows:
        return None
    steps = [Step(row[2], row[0], *row[3:]) for row in rows if row[2]]
    reached = shortest(start, steps, depth)
    return Walk(tuple(reached[:limit]), len(reached) > limit or rows[0][1] >= WALKED)


def _rows(
    start: UUID, depth: int | None, direction: str, types: list[str], least: float, superseded: bool
) -> list[tuple[Any, ...]]:
    """One statement: every memory that is met, with each edge from it to another one that is met."""
    states = [Memory.State.ACTIVE.value] + ([Memory.State.SUPERSEDED.value] if superseded else [])
    told: dict[str, Any] = {
        "start": start, "out": direction != "in", "in": direction != "out", "types": types, "least": least,
        "states": states, "now": timezone.now(), "depth": depth or 1, "stride": 1 if depth else 0, "walked": WALKED,
        "bound": list(bounds.current()),
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(WALK, told)
        return cursor.fetchall()
