"""Reading the ledger as an audit log: who did what to which subject, from where and when."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from events.feed import told_between
from events.models import Event

CHUNK = 1000
FAR = date(9000, 1, 1)  # a day after which there is no next one narrows nothing


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
    begin = datetime.combine(asked.since, time.min, UTC) if asked.since else None
    last = asked.until if asked.until and asked.until < FAR else None
    end = datetime.combine(last + timedelta(days=1), time.min, UTC) if last else None
    return told_between(rows, begin, end)


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
