"""Reading the numbered feed of one tenant."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Count, Max, QuerySet
from django.db.models.functions import TruncHour
from django.utils import timezone

from events.models import Event, Stream


def since(tenant_id: UUID, seq: int, *, limit: int = 200, namespaces: Sequence[str] = ()) -> list[Event]:
    """The facts after number `seq`, oldest first, at most `limit`; with `namespaces` those that name one of them."""
    rows = Event.objects.filter(tenant_id=tenant_id, seq__gt=seq)
    rows = rows.filter(data__namespace__in=list(namespaces)) if namespaces else rows
    return list(rows.order_by("seq")[:limit])


def last_seq(tenant_id: UUID) -> int:
    return Stream.objects.filter(tenant_id=tenant_id).values_list("last_seq", flat=True).first() or 0


def as_json(event: Event) -> dict[str, Any]:
    """A fact as it stands in frames and pages: {seq, id, type, subject: {type, id}, actor, data, occurred_at}."""
    return {
        "seq": event.seq,
        "id": str(event.id),
        "type": event.type,
        "subject": {"type": event.subject_type, "id": event.subject_id},
        "actor": event.actor,
        "data": event.data,
        "occurred_at": event.occurred_at.isoformat(),
    }


def newest(tenant_id: UUID, *, limit: int) -> list[Event]:
    """The last numbered facts of a tenant, newest first."""
    return list(Event.objects.filter(tenant_id=tenant_id).exclude(seq=None).order_by("-seq")[:limit])


def count_since_yesterday(tenant_id: UUID | None) -> int:
    """Facts of the last 24 hours; of every tenant when None."""
    return _recent(tenant_id).count()


def per_hour(tenant_id: UUID | None) -> list[tuple[datetime, int]]:
    """Facts in each of the last 24 hours, oldest first, hours without any included."""
    counted = _recent(tenant_id).values(hour=TruncHour("occurred_at")).annotate(count=Count("id")).order_by()
    found = {row["hour"]: row["count"] for row in counted}
    this_hour = timezone.now().replace(minute=0, second=0, microsecond=0)
    hours = [this_hour - timedelta(hours=ago) for ago in range(23, -1, -1)]
    return [(hour, found.get(hour, 0)) for hour in hours]


def activity() -> tuple[dict[Any, datetime], dict[Any, int]]:
    """Per tenant: when its last fact of the last 24 hours was told, and how many there were."""
    rows = _recent(None).values("tenant_id").annotate(last=Max("occurred_at"), count=Count("id")).order_by()
    known = [row for row in rows if row["tenant_id"]]
    return {r["tenant_id"]: r["last"] for r in known}, {r["tenant_id"]: r["count"] for r in known}


def unrelayed() -> int:
    """Facts that no relay has numbered yet; a number that stays is a relay that does not run."""
    return Event.objects.filter(seq=None).count()


def _recent(tenant_id: UUID | None) -> QuerySet[Event]:
    # Ids are UUIDv7, so the newest-first index finds a time without one of its own.
    since = timezone.now() - timedelta(hours=24)
    rows = Event.objects.filter(id__gte=_least_id(since), occurred_at__gte=since)
    return rows.filter(tenant_id=tenant_id) if tenant_id else rows


def _least_id(at: datetime) -> UUID:
    """The smallest UUIDv7 of a millisecond: 48 bits of time, then zeros (RFC 9562, 5.7)."""
    return UUID(int=(int(at.timestamp() * 1000) << 80))
