"""How well webhooks are served: of some of them, and of the whole platform."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Count, Min, Q, QuerySet
from django.db.models.functions import TruncHour
from django.utils import timezone

from events.models import Attempt, Delivery, Event, Webhook

DAY = timedelta(hours=24)
ARRIVED = Q(status__range=(200, 299))
State = Delivery.State


@dataclass(frozen=True)
class Hour:
    at: datetime
    delivered: int = 0
    failed: int = 0


@dataclass(frozen=True)
class Health:
    """Tries of the last 24 hours, and what waits now. Times are of an answer, in milliseconds; None: none came."""

    delivered_24h: int = 0
    failed_24h: int = 0
    pending: int = 0
    dead: int = 0
    oldest_pending_at: datetime | None = None  # when its fact came in
    p50_ms: int | None = None
    p95_ms: int | None = None
    per_hour: list[Hour] = field(default_factory=list)  # 24 of them, the oldest first

    @property
    def success_rate(self) -> float | None:
        """0 to 1; None when nothing was tried."""
        tried = self.delivered_24h + self.failed_24h
        return self.delivered_24h / tried if tried else None


@dataclass(frozen=True)
class Overview:
    oldest_unrelayed_at: datetime | None  # a fact that no relay has numbered; older than 30 s is an alarm
    oldest_pending_at: datetime | None  # when a delivery to a webhook that is served became due
    pending: int
    dead: int
    failing: int  # webhooks whose last try failed, or that were given up


def health_of(webhooks: Iterable[Webhook]) -> dict[UUID, Health]:
    """Of each webhook; three queries, however many there are."""
    ids = [webhook.pk for webhook in webhooks]
    since = timezone.now() - DAY
    hours, times, waiting = _per_hour(ids, since), _times(ids, since), _waiting(ids)
    return {id: _health(hours.get(id, {}), times.get(id, (None, None)), waiting.get(id, {})) for id in ids}


def overview() -> Overview:
    served = Delivery.objects.filter(state=State.PENDING, webhook__state=Webhook.State.ACTIVE)
    counts = dict(
        Delivery.objects.filter(state__in=(State.PENDING, State.DEAD)).values_list("state").annotate(n=Count("id"))
    )
    return Overview(
        oldest_unrelayed_at=Event.objects.filter(seq=None).aggregate(at=Min("occurred_at"))["at"],
        oldest_pending_at=served.filter(next_at__lte=timezone.now()).aggregate(at=Min("next_at"))["at"],
        pending=counts.get(State.PENDING, 0),
        dead=counts.get(State.DEAD, 0),
        failing=failing(),
    )


def troubled() -> QuerySet[Webhook]:
    """Webhooks of all tenants whose last try failed, or that were given up."""
    return Webhook.objects.filter(Q(state=Webhook.State.ACTIVE, failures__gt=0) | Q(state=Webhook.State.DISABLED))


def failing() -> int:
    return troubled().count()


def _health(hours: dict[datetime, Hour], times: tuple[int | None, int | None], waiting: dict[str, Any]) -> Health:
    now = timezone.now().replace(minute=0, second=0, microsecond=0)
    all_hours = [now - timedelta(hours=ago) for ago in range(23, -1, -1)]
    return Health(
        delivered_24h=sum(hour.delivered for hour in hours.values()),
        failed_24h=sum(hour.failed for hour in hours.values()),
        p50_ms=times[0],
        p95_ms=times[1],
        per_hour=[hours.get(at, Hour(at)) for at in all_hours],
        **waiting,
    )


def _per_hour(ids: list[UUID], since: datetime) -> dict[UUID, dict[datetime, Hour]]:
    rows = Attempt.objects.filter(webhook_id__in=ids, at__gte=since).values("webhook_id", hour=TruncHour("at"))
    found: dict[UUID, dict[datetime, Hour]] = {}
    for row in rows.annotate(delivered=Count("id", filter=ARRIVED), all=Count("id")).order_by():
        hour = Hour(row["hour"], row["delivered"], row["all"] - row["delivered"])
        found.setdefault(row["webhook_id"], {})[hour.at] = hour
    return found


def _times(ids: list[UUID], since: datetime) -> dict[UUID, tuple[int, int]]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT webhook_id, percentile_disc(ARRAY[0.5, 0.95]) WITHIN GROUP (ORDER BY took_ms)"
            " FROM events_attempt WHERE webhook_id = ANY(%s) AND at >= %s AND status IS NOT NULL GROUP BY webhook_id",
            [ids, since],
        )
        return {id: (half, most) for id, (half, most) in cursor.fetchall()}


def _waiting(ids: list[UUID]) -> dict[UUID, dict[str, Any]]:
    rows = Delivery.objects.filter(webhook_id__in=ids, state__in=(State.PENDING, State.SENDING, State.DEAD))
    pending = Q(state__in=(State.PENDING, State.SENDING))
    told = rows.values("webhook_id").annotate(
        pending=Count("id", filter=pending),
        dead=Count("id", filter=Q(state=State.DEAD)),
        oldest_pending_at=Min("created_at", filter=pending),
    )
    names = ("pending", "dead", "oldest_pending_at")
    return {id: dict(zip(names, rest, strict=True)) for id, *rest in told.order_by().values_list("webhook_id", *names)}
