"""Reading the numbered feed of one tenant."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.db.models import Count, Max, QuerySet
from django.db.models.functions import TruncHour
from django.utils import timezone

from events.models import Event, Stream
from events.wanted import EVERYTHING, Wanted

SPAN = 10_000  # numbers that one page looks at, so that a reader who wants little is answered as fast as one of all
LATER = timedelta(minutes=1)  # the id of a fact is made a moment after its time


class OutOfFeed(Exception):
    """The feed cannot go on after the number that was asked for: it begins after `oldest_since`, and ends with
    `last_seq`. A number beyond its end comes of another tenant, or of a feed that was put back from a backup."""

    def __init__(self, oldest_since: int, last_seq: int) -> None:
        super().__init__(f"the feed begins after {oldest_since} and ends with {last_seq}")
        self.oldest_since, self.last_seq = oldest_since, last_seq


@dataclass(frozen=True)
class Page:
    """Facts, oldest first. `next_since` is the last number looked at, wanted or not; `last_seq` the feed's end."""

    events: list[Event]
    next_since: int
    last_seq: int

    @property
    def has_more(self) -> bool:
        return self.next_since < self.last_seq


def page(
    tenant_id: UUID, seq: int, *, limit: int, wanted: Wanted = EVERYTHING, namespaces: Sequence[str] = (),
    after: datetime | None = None, before: datetime | None = None,
) -> Page:  # fmt: skip
    """The next facts after number `seq` that are wanted, at most `limit`, of the next SPAN numbers."""
    end = last_seq(tenant_id)
    to = min(seq + SPAN, end)
    rows = told_between(wanted.narrow(of_reader(tenant_id, namespaces)), after, before)
    found = list(rows.filter(seq__gt=seq, seq__lte=to).order_by("seq")[: limit + 1])
    shown = found[:limit]
    looked = shown[-1].seq or 0 if len(found) > limit else max(seq, to)
    return Page(shown, looked, end)


def one(tenant_id: UUID, seq: int, namespaces: Sequence[str] = ()) -> Event | None:
    """The fact with this number."""
    return of_reader(tenant_id, namespaces).filter(seq=seq).first()


def has(tenant_id: UUID, event_id: UUID) -> bool:
    """Whether a fact of the tenant has this id."""
    return of_reader(tenant_id, ()).filter(pk=event_id).exists()


def of_reader(tenant_id: UUID, namespaces: Sequence[str]) -> QuerySet[Event]:
    """The numbered facts of a tenant that a reader may know: of one bound to `namespaces` those that name one."""
    rows = Event.objects.filter(tenant_id=tenant_id, seq__gt=0)
    return rows.filter(data__namespace__in=list(namespaces)) if namespaces else rows


def told_between(rows: QuerySet[Event], after: datetime | None, before: datetime | None) -> QuerySet[Event]:
    """Those of them that were told from `after` on, and before `before`."""
    # By id too, which begins with its time: that is what the index knows.
    rows = rows.filter(occurred_at__gte=after, id__gte=least_id(after)) if after else rows
    return rows.filter(occurred_at__lt=before, id__lt=least_id(before + LATER)) if before else rows


def check_since(tenant_id: UUID, seq: int) -> None:
    """Raises OutOfFeed when the fact after number `seq` is older than the feed goes back, or `seq` was never given."""
    near = Event.objects.filter(tenant_id=tenant_id, seq__in=(seq, seq + 1))
    told = dict(near.values_list("seq", "occurred_at"))
    too_old = seq + 1 in told and told[seq + 1] < _begins()
    if too_old or (seq and not told):
        raise OutOfFeed(oldest_since(tenant_id), last_seq(tenant_id))


def oldest_since(tenant_id: UUID) -> int:
    """The number after which the feed begins: the one before the first fact of the last FEED_DAYS."""
    with connection.cursor() as cursor:
        cursor.execute(_OLDEST, {"tenant": tenant_id, "begins": _begins()})
        found: int = cursor.fetchone()[0]
    return found


# Numbers follow times but for facts that were committed late, so one looks in the middle again and again (21 times
# in a million): `lo` is too old and `hi` is not, until they are neighbours.
_OLDEST = """
WITH RECURSIVE halves(lo, hi) AS (
    SELECT 0::bigint, coalesce((SELECT last_seq FROM events_stream WHERE tenant_id = %(tenant)s), 0) + 1
    UNION ALL
    SELECT CASE WHEN m.old THEN m.seq ELSE h.lo END, CASE WHEN m.old THEN h.hi ELSE m.seq END
    FROM halves h CROSS JOIN LATERAL (
        SELECT (h.lo + h.hi) / 2 AS seq, coalesce((SELECT occurred_at < %(begins)s FROM events_event
            WHERE tenant_id = %(tenant)s AND seq = (h.lo + h.hi) / 2), true) AS old
    ) m WHERE h.hi - h.lo > 1
)
SELECT max(lo) FROM halves
"""


def _begins() -> datetime:
    return timezone.now() - timedelta(days=settings.FEED_DAYS)


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
    rows = Event.objects.filter(id__gte=least_id(since), occurred_at__gte=since)
    return rows.filter(tenant_id=tenant_id) if tenant_id else rows


def least_id(at: datetime) -> UUID:
    """The smallest UUIDv7 of a millisecond: 48 bits of time, then zeros (RFC 9562, 5.7)."""
    return UUID(int=(max(int(at.timestamp() * 1000), 0) << 80))
