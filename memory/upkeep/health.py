"""Check the health of memories: a report on each user, or on a scope as a whole."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import TextField
from django.db.models.functions import MD5, Cast, Left

from memory.algorithms import health, vitals
from memory.algorithms.vitals import Item
from memory.models import Memory
from memory.upkeep import vectors
from memory.upkeep.groups import matrix
from memory.upkeep.options import option
from memory.upkeep.plan import Change, Reach

LOOKED_AT = 1_000  # memories of one report
LOOKED_INTO = 10_000  # characters of each: megabytes of words are read for long, and say no more
READ = (
    "id", "kind", "user_id", "namespace", "tags", "topic", "metadata", "importance", "confidence",
    "recalls", "created_at", "updated_at", "expires_at", "superseded_by", "embedding_model",
)  # fmt: skip
BEGINNING = Left("content", LOOKED_INTO)


@dataclass(frozen=True)
class Options:
    of: str = option("scope", "One report on all of the scope, or one on each user in it.", among=("scope", "users"))
    alert_threshold: float = option(60.0, "A lower score is told as an alert.", least=0.0, most=100.0)
    keep: int = option(100, "How many reports of a scope are kept.", least=1, most=1_000)
    most: int = option(100, "Of how many users reports are made, by name.", least=1, most=1_000)


def plan(reach: Reach, options: Options, now: datetime) -> Iterator[Change]:
    """Reports how healthy the memories are, with issues and what to do, and alerts below the threshold."""
    for part in _parts(reach, options):
        told = report(part, now) | {"alert_threshold": options.alert_threshold, "keep": options.keep}
        yield Change(
            "report", effect="report", told=told, score=told["overall_score"] / 100, why=told["status"],
        )  # fmt: skip


def _parts(reach: Reach, options: Options) -> list[Reach]:
    if options.of == "scope" or reach.user_id:
        return [reach]
    users = _rows(reach).exclude(user_id="").order_by("user_id").values_list("user_id", flat=True).distinct()
    return [replace(reach, user_id=user) for user in users[: options.most]]


def _rows(reach: Reach) -> Any:
    """All that is in use, and what has expired and was not swept yet."""
    return reach.rows().filter(state=Memory.State.ACTIVE)


def report(reach: Reach, now: datetime) -> dict[str, Any]:
    """The report of memory.algorithms.health on a reach, with whose it is, on what was stored until `now`.

    Two statements; nothing is written.
    Of more than LOOKED_AT memories it looks at so many, chosen by their ids: the same ones each time.
    """
    rows = _rows(reach).filter(created_at__lte=now)
    # Ids alone are sorted: whole rows, most of which are left then, would take longer.
    ids = rows.order_by(MD5(Cast("id", TextField()))).values("id")[:LOOKED_AT]
    asked = Memory.objects.filter(pk__in=ids).annotate(beginning=BEGINNING, packed=vectors.PACKED)
    chosen = list(asked.order_by("id").values_list(*READ, "beginning", "packed", named=True))
    told = health.report([_item(row) for row in chosen], matrix(chosen), now)
    told["metrics"]["memories_in_all"] = len(chosen) if len(chosen) < LOOKED_AT else rows.count()
    return told | {"namespace": reach.namespace, "user_id": reach.user_id}


def of_one(memory_id: UUID, now: datetime) -> dict[str, Any] | None:
    """How fresh (0 to 100) and how stale (0 to 1) a live memory is, and what to do with it; None when there is none."""
    rows = Memory.objects.live().filter(pk=memory_id).annotate(beginning=BEGINNING)
    item = next(map(_item, rows.values_list(*READ, "beginning", named=True)), None)
    if item is None:
        return None
    fresh = {"freshness": round(vitals.freshness([item], now), 2), "is_stale": vitals.is_stale(item, now)}
    return fresh | vitals.stale(item, now)


def _item(row: Any) -> Item:
    return Item(
        key=str(row.id),
        group=(row.user_id, row.namespace),
        text=row.beginning,
        kind=row.kind,
        labels=frozenset(row.tags) | ({row.topic} if row.topic else frozenset()),
        described=bool(row.metadata),
        importance=row.importance,
        confidence=row.confidence,
        recalls=row.recalls,
        created=row.created_at,
        updated=row.updated_at,
        expires=row.expires_at,
        replaced=row.superseded_by is not None,
    )
