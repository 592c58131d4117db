"""Numbers about the memories of the tenant one stands in. Each is one statement."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db.models import Avg, Count, F, Func, IntegerField, Max, Min, Q, Sum, TextField
from django.db.models.functions import Length, TruncDay, TruncMonth, TruncWeek
from django.utils import timezone

from memory.listing import Narrowing, listed
from memory.models import Memory
from memory.types import EVERYTHING, Scope

COLUMNS = ("kind", "user_id", "agent_id", "namespace", "tier", "role", "source", "trust", "state")
SPANS = {"day": TruncDay, "week": TruncWeek, "month": TruncMonth}  # of event_time, in UTC; weeks begin on Monday
GROUPS = (*COLUMNS, "tag", *SPANS)
GROWTH_DAYS = 30


@dataclass(frozen=True)
class Overview:
    live: int
    waiting: int  # for a vector
    users: int
    sessions: int
    superseded: int
    deleted: int  # and still restorable
    bytes: int  # of live content, in UTF-8


def overview(scope: Scope = EVERYTHING) -> Overview:
    """One statement over the table, by sessions first: to count distinct names in it would sort all that is read.

    A session is one of its user and namespace: the same name elsewhere is another one.
    """
    now = timezone.now()
    live = Q(state=Memory.State.ACTIVE) & (Q(expires_at=None) | Q(expires_at__gt=now))
    sessions = Memory.objects.scoped(scope).order_by().values("namespace", "user_id", "session_id")
    counted = sessions.annotate(
        of_live=Count("id", filter=live),
        of_waiting=Count("id", filter=live & Q(embedding=None)),
        of_superseded=Count("id", filter=Q(state=Memory.State.SUPERSEDED)),
        of_deleted=Count("id", filter=Q(state=Memory.State.DELETED)),
        of_bytes=Sum(_bytes(), filter=live),
    )
    there = Q(of_live__gt=0)
    return Overview(
        **counted.aggregate(
            users=Count("user_id", filter=there & ~Q(user_id=""), distinct=True),
            sessions=Count("session_id", filter=there & ~Q(session_id="")),
            **{name: Sum(f"of_{name}", default=0) for name in ("live", "waiting", "superseded", "deleted", "bytes")},
        )
    )


def growth(scope: Scope = EVERYTHING, days: int = GROWTH_DAYS) -> list[tuple[datetime, int]]:
    """Live memories by the day (UTC) on which they were stored, the last `days` days, oldest first; empty days too."""
    today = timezone.now().astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    every = [today - timedelta(days=ago) for ago in range(days - 1, -1, -1)]
    rows = Memory.objects.live().scoped(scope).filter(created_at__gte=every[0])
    counted = rows.order_by().values(day=TruncDay("created_at", tzinfo=UTC)).annotate(count=Count("id"))
    found = {row["day"]: row["count"] for row in counted}
    return [(day, found.get(day, 0)) for day in every]


def grouped(keys: Sequence[str], narrowing: Narrowing, limit: int = 100) -> tuple[list[dict[str, Any]], bool]:
    """Up to `limit` groups by one or two of GROUPS, and whether there are more. Raises BadFilter.

    By time the earliest come first, by anything else the largest. A memory with several tags is in several groups.
    """
    rows = listed(narrowing).order_by().values(**{f"key_{i}": _key(key) for i, key in enumerate(keys)})
    told = rows.annotate(
        count=Count("id"),
        average_importance=Avg("importance"),
        first_event=Min("event_time"),
        last_event=Max("event_time"),
        bytes=Sum(_bytes()),
    )
    names = [f"key_{i}" for i in range(len(keys))]
    ordered = told.order_by(*names) if keys[0] in SPANS else told.order_by("-count", *names)
    found = [_group(keys, row) for row in ordered[: limit + 1]]
    return found[:limit], len(found) > limit


def _key(key: str) -> Any:
    if key in SPANS:
        return SPANS[key]("event_time", tzinfo=UTC)
    return Func(F("tags"), function="unnest", output_field=TextField()) if key == "tag" else F(key)


def _group(keys: Sequence[str], row: Any) -> dict[str, Any]:
    values = [row.pop(f"key_{i}") for i in range(len(keys))]
    said = [value.date().isoformat() if isinstance(value, datetime) else value for value in values]
    return {"group": dict(zip(keys, said, strict=True)), **row}


def _bytes() -> Func:
    return Func(F("content"), function="octet_length", output_field=IntegerField())


def sizes(scope: Scope = EVERYTHING, filters: dict[str, Any] | None = None) -> list[dict[str, Any]]:
    """Of live memories by kind: count, and characters, largest and smallest of their content; a cold one has none.

    Raises BadFilter.
    """
    told = listed(Narrowing(scope, filters=filters or {})).order_by("kind").values("kind")
    length = Length("content")
    numbers = told.annotate(count=Count("id"), characters=Sum(length), largest=Max(length), smallest=Min(length))
    return [dict(row) for row in numbers]


def composition(scope: Scope = EVERYTHING) -> list[dict[str, Any]]:
    """Of what is not expired, deleted memories too, by state, kind and source: how many, what they weigh and say."""
    unexpired = Q(expires_at=None) | Q(expires_at__gt=timezone.now())
    rows = Memory.objects.scoped(scope).filter(unexpired).order_by("state", "kind", "source")
    numbers = rows.values("state", "kind", "source").annotate(
        count=Count("id"),
        average_confidence=Avg("confidence"),
        average_importance=Avg("importance"),
        average_recalls=Avg("recalls"),
        first_event=Min("event_time"),
        last_event=Max("event_time"),
        bytes=Sum(_bytes(), default=0),
    )
    return [dict(row) for row in numbers]


def mean(rows: Iterable[Mapping[str, Any]], name: str) -> float | None:
    """Of averages of groups, each as heavy as its count; None of nothing."""
    told = [(row["count"], row[name]) for row in rows]
    count = sum(count for count, _ in told)
    return sum(count * average for count, average in told) / count if count else None


def in_sessions(scope: Scope = EVERYTHING) -> int:
    """Live memories that were said in a session."""
    return Memory.objects.live().scoped(scope).exclude(session_id="").count()


def recalled(narrowing: Narrowing, most: int = 5) -> tuple[int, int, list[Memory]]:
    """Of a list: how many memories there are, how often they were recalled, and those most often. Raises BadFilter.

    Two statements. What was recalled since the last tick is not among it.
    """
    rows = listed(narrowing)
    told = rows.aggregate(memories=Count("id"), recalls=Sum("recalls", default=0))
    top = rows.light().filter(recalls__gt=0).order_by("-recalls", "-id")[:most]
    return told["memories"], told["recalls"], list(top)


def kinds() -> list[tuple[str, int]]:
    """Live memories per kind, the commonest first."""
    rows = Memory.objects.live().values_list("kind").annotate(count=Count("id")).order_by("-count", "kind")
    return list(rows)


def newest(limit: int = 6) -> list[Memory]:
    return list(Memory.objects.live().light().order_by("-id")[:limit])
