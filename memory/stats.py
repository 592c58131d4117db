"""Numbers about the memories of the tenant one stands in."""

from dataclasses import dataclass

from django.db.models import Count, Q

from memory.models import Memory


@dataclass(frozen=True)
class Overview:
    live: int
    waiting: int  # for a vector
    users: int
    sessions: int
    deleted: int  # and still restorable


def overview() -> Overview:
    """One statement over the table."""
    live = Q(state=Memory.State.ACTIVE)
    return Overview(
        **Memory.objects.aggregate(
            live=Count("id", filter=live),
            waiting=Count("id", filter=live & Q(embedding=None)),
            users=Count("user_id", filter=live & ~Q(user_id=""), distinct=True),
            sessions=Count("session_id", filter=live & ~Q(session_id=""), distinct=True),
            deleted=Count("id", filter=Q(state=Memory.State.DELETED)),
        )
    )


def kinds() -> list[tuple[str, int]]:
    """Live memories per kind, the commonest first."""
    rows = Memory.objects.live().values_list("kind").annotate(count=Count("id")).order_by("-count", "kind")
    return list(rows)


def newest(limit: int = 6) -> list[Memory]:
    return list(Memory.objects.live().light().order_by("-id")[:limit])
