"""Tracked events: what happens in an application, told by itself, to be counted beside what happens in its memory.

The only home of writing them. They are counted by their names (metric `tracked`), at the time at which they happened.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from analytics.errors import BadLesson
from analytics.models import TrackedEvent
from events import actors, ledger
from memory.errors import Erased
from memory.namespaces import settled
from memory.privacy import between, gate
from memory.privacy.subjects import Subject, subjects
from memory.types import Scope
from tenants import preferences

AHEAD = timedelta(minutes=5)  # a client's clock may be so much ahead of ours
MOST_BYTES = 65_536  # of the data
NAMED = ("name", "domain", "service", "agent", "user_id")


@dataclass(frozen=True, kw_only=True)
class Happening:
    """One event to track. `domain` is a namespace: the usual one, when it is empty. `occurred_at` None is now."""

    name: str
    domain: str = ""
    service: str = ""
    agent: str = ""
    user_id: str = ""
    data: dict[str, Any] = field(default_factory=dict)
    occurred_at: datetime | None = None


def track(told: Happening, now: datetime | None = None) -> TrackedEvent:
    """Keep one event. Raises BadLesson, OutsideNamespaces, Erased."""
    return _keep([_row(told, now or timezone.now())])[0]


def track_all(told: Sequence[Happening], now: datetime | None = None) -> list[TrackedEvent]:
    """Keep events in their order: all, or none. Raises as `track`, BadLesson with the place of the event."""
    moment = now or timezone.now()
    return _keep([_row(one, moment, at) for at, one in enumerate(told)])


@transaction.atomic
def _keep(rows: list[TrackedEvent]) -> list[TrackedEvent]:
    began = actors.since()
    if gate.refused((at, _named_by(row), began) for at, row in enumerate(rows)):
        raise Erased(gate.REASON)
    TrackedEvent.objects.bulk_create(rows)
    ledger.record_all("tracked.recorded", [(row, _thin(row)) for row in rows])
    return rows


def found(since: datetime | None = None, until: datetime | None = None, **named: str) -> QuerySet[TrackedEvent]:
    """Events of some of NAMED, that happened from `since` on and before `until`; unordered."""
    assert set(named) <= set(NAMED)
    rows = TrackedEvent.objects.filter(**{name: value for name, value in named.items() if value})
    rows = rows.filter(occurred_at__gte=since) if since else rows
    return rows.filter(occurred_at__lt=until) if until else rows


def _row(told: Happening, now: datetime, at: int | None = None) -> TrackedEvent:
    for pointer, detail in _wrong(told, now):
        raise BadLesson(pointer, detail, at)
    domain = settled(Scope(namespace=told.domain)).namespace
    if not preferences.current().allows(domain):
        raise BadLesson("/domain", "is not a namespace that this tenant writes to", at)
    happened = min(told.occurred_at or now, now)
    return TrackedEvent(**(vars(told) | {"domain": domain, "occurred_at": happened, "recorded_at": now}))


def _wrong(told: Happening, now: datetime) -> Iterator[tuple[str, str]]:
    if not told.name.strip() or len(told.name) > 64:
        yield "/name", "is empty, or longer than 64 letters"
    for name in NAMED[1:]:
        if len(getattr(told, name)) > 255:
            yield f"/{name}", "is longer than 255 letters"
    if len(json.dumps(told.data, ensure_ascii=False).encode()) > MOST_BYTES:
        yield "/data", f"is larger than {MOST_BYTES} bytes"
    if told.occurred_at and told.occurred_at > now + AHEAD:
        yield "/occurred_at", "lies in the future"


def _named_by(row: TrackedEvent) -> set[Subject]:
    return set(subjects([("user", row.user_id), ("agent", row.agent)])).union(between.named_by(row.data))


def _thin(row: TrackedEvent) -> dict[str, Any]:
    """What a fact says of an event; `at` is when it was, which rollups count it by."""
    return {"namespace": row.domain, "service": row.service, "at": row.occurred_at.isoformat()}
