"""The event log: a tenant's facts newest first, in numbered pages, with how many there are."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import TruncDay
from django.utils import timezone

from events import feed
from events.models import Event, Stream
from events.wanted import EVERYTHING, Wanted, typed

COUNTED = 10_000  # facts of a narrowed log: more are not counted, and not paged through


class TooFar(Exception):
    """A page of a narrowed log beyond what is counted."""


@dataclass(frozen=True)
class LogPage:
    """`total` is at least so many where `exact` is false."""

    events: list[Event]
    total: int
    exact: bool
    page: int
    per_page: int

    @property
    def total_pages(self) -> int:
        return -(-self.total // self.per_page)


def read(
    tenant_id: UUID, *, page: int = 1, per_page: int = 50, wanted: Wanted = EVERYTHING, namespaces: Sequence[str] = (),
    since: datetime | None = None, until: datetime | None = None,
) -> LogPage:  # fmt: skip
    """Page 1 is the newest; however old facts are. `since` is included and `until` is not. Raises TooFar."""
    rows = feed.of_reader(tenant_id, namespaces)
    if wanted == EVERYTHING and not (namespaces or since or until):
        return _by_number(rows, feed.last_seq(tenant_id), page, per_page)
    if page * per_page > COUNTED:
        raise TooFar
    rows = feed.told_between(wanted.narrow(rows), since, until)
    total = rows.order_by()[: COUNTED + 1].count()
    start = (page - 1) * per_page
    found = list(rows.order_by("-seq")[start : start + per_page]) if start < total else []
    return LogPage(found, min(total, COUNTED), total <= COUNTED, page, per_page)


def _by_number(rows: QuerySet[Event], last: int, page: int, per_page: int) -> LogPage:
    """Numbers are dense: any page of all is found at once."""
    end = last - (page - 1) * per_page
    found = list(rows.filter(seq__lte=end, seq__gt=end - per_page).order_by("-seq")) if end > 0 else []
    return LogPage(found, last, True, page, per_page)


def by_type(tenant_id: UUID) -> dict[str, int]:
    """How many facts of each type there are."""
    rows = feed.of_reader(tenant_id, ()).order_by("type").values_list("type").annotate(count=Count("id"))
    return dict(rows)


def by_job(tenant_id: UUID) -> dict[tuple[str, str], int]:
    """How many facts of runs there are, by type and job."""
    rows = feed.of_reader(tenant_id, ()).filter(typed(("run.*",))).order_by("type", "data__job")
    told = rows.values_list("type", "data__job").annotate(count=Count("id"))
    return {(type, job or ""): count for type, job, count in told}


def per_day(tenant_id: UUID, days: int) -> list[tuple[datetime, int]]:
    """Facts on each of the last `days` days (UTC), oldest first; empty days too."""
    today = timezone.now().astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    every = [today - timedelta(days=ago) for ago in range(days - 1, -1, -1)]
    rows = feed.told_between(feed.of_reader(tenant_id, ()), every[0], None).order_by()
    found = dict(rows.values_list(TruncDay("occurred_at", tzinfo=UTC)).annotate(count=Count("id")))
    return [(day, found.get(day, 0)) for day in every]


def ends(tenant_ids: Sequence[UUID]) -> dict[UUID, tuple[int, datetime | None]]:
    """How many facts each of these tenants has, and when the last of them was told. One statement."""
    last = Event.objects.filter(tenant_id=OuterRef("tenant_id"), seq=OuterRef("last_seq")).values("occurred_at")
    rows = Stream.objects.filter(tenant_id__in=tenant_ids).values_list("tenant_id", "last_seq", Subquery(last[:1]))
    return dict.fromkeys(tenant_ids, (0, None)) | {key: (facts, at) for key, facts, at in rows}


def together(tenant_id: UUID, type: str, subject_id: str) -> list[str]:
    """The subjects of the facts of this type that were told in one breath with the first of this subject; empty when
    none was told of it. At most 1,000.
    """
    rows = Event.objects.filter(tenant_id=tenant_id, type=type)
    first = rows.filter(subject_id=subject_id).order_by("id").values("occurred_at", "request_id").first()
    if first is None:
        return []
    at = first["occurred_at"]
    near = feed.told_between(rows, at, at + timedelta(microseconds=1)).filter(request_id=first["request_id"])
    return list(near.order_by("id").values_list("subject_id", flat=True)[:1_000])
