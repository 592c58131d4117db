"""Reading the ledger as an audit log: who did what to which subject, from where and when."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from events.models import Event

CHUNK = 1000
LATER = 60  # seconds: the id of a fact is made a moment after its time


@dataclass(frozen=True)
class Narrowed:
    """Which facts; empty fields do not narrow. `actor` is `key:…`, `user:…`, `task:…`, or only the kind before `:`.

    `since` and `until` are days in UTC, both included.
    """

    actor: str = ""
    type: str = ""
    subject: str = ""
    request_id: str = ""
    ip: str = ""
    since: date | None = None
    until: date | None = None


def found(asked: Narrowed) -> QuerySet[Event]:
    """The numbered facts of all tenants that are asked for, in no order."""
    rows = Event.objects.exclude(seq=None)
    plain = {"type": asked.type, "subject_id": asked.subject, "request_id": asked.request_id, "ip": asked.ip}
    rows = rows.filter(**{name: value for name, value in plain.items() if value})
    if asked.actor:
        whole = ":" in asked.actor or asked.actor == "system"
        rows = rows.filter(actor=asked.actor) if whole else rows.filter(actor__startswith=f"{asked.actor}:")
    # By id too, which begins with its time: that is what the index knows.
    if asked.since:
        begin = datetime.combine(asked.since, time.min, UTC)
        rows = rows.filter(occurred_at__gte=begin, id__gte=_least_id(begin.timestamp()))
    if asked.until:
        end = datetime.combine(asked.until, time.max, UTC)
        rows = rows.filter(occurred_at__lte=end, id__lt=_least_id(end.timestamp() + LATER))
    return rows


def of_tenant(tenant_id: UUID, asked: Narrowed) -> QuerySet[Event]:
    return found(asked).filter(tenant_id=tenant_id)


def chained(tenant_id: UUID | None) -> Iterator[Event]:
    """All facts of a tenant, oldest first; None: the platform's own."""
    for chunk in chunks(found(Narrowed()).filter(tenant_id=tenant_id)):
        yield from chunk


def chunks(rows: QuerySet[Event], by: str = "seq") -> Iterator[list[Event]]:
    """Facts, oldest first: those of one tenant by `seq`, as they are chained; those of several by `id`, so by time."""
    after: dict[str, Any] = {}
    while chunk := list(rows.filter(**after).order_by(by)[:CHUNK]):
        yield chunk
        after = {f"{by}__gt": getattr(chunk[-1], by)}


def _least_id(at: float) -> UUID:
    """The smallest UUIDv7 of a time in seconds: 48 bits of milliseconds, then zeros (RFC 9562, 5.7)."""
    return UUID(int=(max(int(at * 1000), 0) << 80))
