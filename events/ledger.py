"""The only way to write a fact."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, models
from django.utils import timezone

from events import actors, poke
from events.models import Event
from events.types import CATALOGUE


class LedgerError(RuntimeError):
    """A fact was told outside a transaction, or with a type or payload that the catalogue does not know."""


def record(type: str, subject: models.Model | None = None, *, tenant_id: UUID | None = None, **data: Any) -> Event:
    """Write one fact about `subject` (None: the tenant itself) in the transaction that makes it true.

    `tenant_id` defaults to the tenant whose schema the connection is in, so a fact cannot be filed
    under one tenant while the rows change in another. `data` holds exactly the keys of the catalogue.
    """
    return record_all(type, [(subject, data)], tenant_id=tenant_id)[0]


def record_all(
    type: str, facts: Sequence[tuple[models.Model | None, dict[str, Any]]], *, tenant_id: UUID | None = None
) -> list[Event]:
    """Write many facts of one type in one insert; see `record`."""
    if not connection.in_atomic_block:
        raise LedgerError(f"{type} told outside a transaction: it could survive what it speaks of")
    for _, data in facts:
        _check(type, data)
    filed_under = tenant_id or current_tenant_id()
    now, acting = timezone.now(), actors.told()
    events = [
        Event(
            tenant_id=filed_under,
            type=type,
            subject_type=str(subject._meta.model_name) if subject else "tenant",
            subject_id=str(subject.pk if subject else filed_under),
            data=data,
            occurred_at=now,
            **acting,
        )
        for subject, data in facts
    ]
    Event.objects.bulk_create(events)
    poke.after_commit("events.tasks.relay")
    return events


@dataclass(frozen=True)
class Past:
    """A fact of a history that is brought along: what it says, of whom, by whom, and when that was.

    Its `id` begins with that time as the ids of facts do, so that the relay numbers a history in its order.
    """

    id: UUID
    type: str
    occurred_at: datetime
    actor: str
    subject_type: str = "tenant"
    subject_id: str = ""  # empty: the tenant
    data: dict[str, Any] = field(default_factory=dict)


def bring(history: Sequence[Past]) -> int:
    """File facts of before under the tenant one stands in; how many. See `record` for what they may say.

    They are numbered and chained as they are filed, behind those that are there: the chain says in which order it was
    told, and `occurred_at` when it was. Nobody's present facts come this way.
    """
    if not connection.in_atomic_block:
        raise LedgerError("a history brought outside a transaction: it could survive what it speaks of")
    tenant_id = current_tenant_id()
    for fact in history:
        _check(fact.type, fact.data)
    Event.objects.bulk_create(
        [
            Event(
                id=fact.id, tenant_id=tenant_id, type=fact.type, subject_type=fact.subject_type,
                subject_id=fact.subject_id or str(tenant_id), actor=fact.actor, data=fact.data,
                occurred_at=fact.occurred_at,
            )
            for fact in history
        ],
        batch_size=2_000,
    )  # fmt: skip
    poke.after_commit("events.tasks.relay")
    return len(history)


def current_tenant_id() -> UUID | None:
    """The tenant whose schema this thread's connection is in; None in `public`."""
    return getattr(getattr(connection, "tenant", None), "id", None)


def _check(type: str, data: dict[str, Any]) -> None:
    kind = CATALOGUE.get(type)
    if kind is None or set(data) != set(kind.keys):
        raise LedgerError(f"{type} with {sorted(data)} is not in events/types.py")
