"""Sending: a message, who owes a receipt for it, and the fact that says so, in one transaction."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from events import feed, ledger
from events.models import Event
from events.sync import services
from events.sync.errors import BadMessage, QueueFull
from events.sync.models import Message, Receipt, Service

MOST = 100  # messages at once
MOST_BYTES = 64 * 1024  # of the data of one, as compact JSON
MOST_OWED = 100_000  # receipts of a tenant that are not settled


@dataclass(frozen=True)
class Draft:
    """A message to be sent. `kind` and `action` are of Message.Kind and Message.Action; without `target` to all.

    `expires_in` are seconds for which it is delivered, at most SYNC_DAYS, which it is when None.
    """

    source: str
    kind: str
    action: str
    data: dict[str, Any] = field(default_factory=dict)
    target: str = ""
    correlation_id: str = ""
    expires_in: float | None = None


def send(draft: Draft) -> Message:
    """Send one message; see `send_many`."""
    return send_many([draft])[0]


@transaction.atomic
def send_many(drafts: Sequence[Draft]) -> list[Message]:
    """Send up to MOST messages, all or none, each told as `sync.sent`. Raises BadMessage, QueueFull, TooManyServices.

    One to a service that never came waits for it. A broadcast goes to the services that are known now.
    """
    _check(drafts)
    if Receipt.objects.filter(settled_at=None).order_by()[MOST_OWED : MOST_OWED + 1].exists():
        raise QueueFull(f"{MOST_OWED} messages wait to be acknowledged")
    now = timezone.now()
    sent = Message.objects.bulk_create([_message(draft, now) for draft in drafts])
    Receipt.objects.bulk_create(_receipts(sent, now))
    ledger.record_all("sync.sent", [(message, told(message)) for message in sent])
    return sent


def told(message: Message) -> dict[str, str]:
    """What a fact says of a message: never its data."""
    return {name: getattr(message, name) for name in ("kind", "action", "source", "target")}


def as_json(message: Message) -> dict[str, Any]:
    """A message as it stands in frames and answers."""
    return {
        "id": str(message.id),
        "kind": message.kind,
        "action": message.action,
        "source": message.source,
        "target": message.target,
        "data": message.data,
        "correlation_id": message.correlation_id,
        "created_at": message.created_at.isoformat(),
        "expires_at": message.expires_at.isoformat(),
    }


def facts_of(ids: Iterable[UUID]) -> dict[UUID, dict[str, Any]]:
    """The facts that say that these messages were sent, by message, as feed.as_json tells them."""
    named = {"tenant_id": ledger.current_tenant_id(), "type": "sync.sent", "subject_id__in": [str(id) for id in ids]}
    return {UUID(event.subject_id): feed.as_json(event) for event in Event.objects.filter(**named)}


def listed(service: str = "", state: str = "", kind: str = "", correlation_id: str = "") -> QuerySet[Message]:
    """Messages from or for a service, with a receipt in a state, of a kind; an empty word does not narrow.

    Of a service and a state: those for it of which its own receipt is in that state.
    """
    told = {"kind": kind, "correlation_id": correlation_id}
    rows = Message.objects.filter(**{name: value for name, value in told.items() if value})
    owed = Receipt.objects.filter(message=OuterRef("pk"), **({"state": state} if state else {}))
    if service:
        mine = Q(Exists(owed.filter(service__service_id=service)))
        return rows.filter(mine if state else mine | Q(source=service))
    return rows.filter(Exists(owed)) if state else rows


def size(data: Any) -> int:
    """Bytes of data as compact JSON."""
    return len(json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode())


def _message(draft: Draft, now: datetime) -> Message:
    longest = settings.SYNC_DAYS * 86_400
    seconds = longest if draft.expires_in is None else min(draft.expires_in, longest)
    told = {name: getattr(draft, name) for name in ("kind", "action", "source", "target", "data", "correlation_id")}
    return Message(**told, created_at=now, expires_at=now + timedelta(seconds=seconds))


def _receipts(sent: Iterable[Message], now: datetime) -> Iterable[Receipt]:
    sent = list(sent)
    known = {service.service_id: service for service in services.named((m.target for m in sent if m.target), now)}
    heard: dict[tuple[str, str], list[Service]] = {}
    for message in sent:
        to = (message.kind, message.source)
        if not message.target and to not in heard:
            heard[to] = list(services.hearing(*to, now))
        for service in [known[message.target]] if message.target else heard[to]:
            yield Receipt(message=message, service=service, created_at=now, next_at=now)


def _check(drafts: Sequence[Draft]) -> None:
    if not 0 < len(drafts) <= MOST:
        raise BadMessage("/messages", f"must be 1 to {MOST} messages")
    for at, draft in enumerate(drafts):
        place = f"/messages/{at}" if len(drafts) > 1 else ""
        for pointer, detail in _wrong(draft):
            raise BadMessage(f"{place}/{pointer}", detail)
        services.check_name(draft.source, f"{place}/source")
        if draft.target:
            services.check_name(draft.target, f"{place}/target")


def _wrong(draft: Draft) -> Iterable[tuple[str, str]]:
    for name, words in (("kind", Message.Kind.values), ("action", Message.Action.values)):
        if getattr(draft, name) not in words:
            yield name, f"must be one of {', '.join(words)}"
    if not isinstance(draft.data, dict):
        yield "data", "must be an object"
    elif size(draft.data) > MOST_BYTES:
        yield "data", f"is larger than {MOST_BYTES} bytes"
    if len(draft.correlation_id) > 128:
        yield "correlation_id", "is longer than 128 characters"
    if draft.expires_in is not None and draft.expires_in <= 0:
        yield "expires_in", "must be more than 0"
