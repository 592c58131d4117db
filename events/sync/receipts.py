"""Receipts: what a service is owed is claimed, handed over, acknowledged, given up, queued again, and ends."""

import random
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Min, Q, QuerySet
from django.utils import timezone

from events import ledger
from events.sync import backoff
from events.sync.errors import NothingDead, NotTheirs
from events.sync.models import Line, Message, Receipt, Service

BATCH = 50  # messages at a time
WINDOW = 200  # messages that one socket may have without having acknowledged them
SLICE = 1000
State = Receipt.State
CHANGING = {
    "state": "text", "attempts": "int", "next_at": "timestamptz", "line": "uuid", "first_sent_at": "timestamptz",
    "settled_at": "timestamptz", "error": "text",
}  # fmt: skip
SAVE = (
    f"UPDATE sync_receipt r SET {', '.join(f'{name} = n.{name}' for name in CHANGING)}"  # noqa: S608  names of our own
    f" FROM unnest(%s::bigint[], {', '.join(f'%s::{type}[]' for type in CHANGING.values())})"
    f" AS n(id, {', '.join(CHANGING)}) WHERE r.id = n.id"
)
_chance = random.SystemRandom().random


@transaction.atomic
def claim(
    service: Service, line: UUID | None, *, limit: int = BATCH, only: Sequence[UUID] | None = None
) -> list[Receipt]:
    """Take what is due for a service, oldest first, for one of its sockets; None: for a request over HTTP.

    Each counts as handed over and is due again after its pause, so it comes again when whoever took it dies. One that
    was handed over too often is given up, told as `sync.dead`. With `only` of these messages alone.
    """
    now = timezone.now()
    rows = service.receipts.filter(settled_at=None, next_at__lte=now, message__expires_at__gt=now)
    rows = rows.filter(message__in=list(only)) if only is not None else rows
    room = min(limit, BATCH if line is None else WINDOW - held(line))
    if room <= 0:
        return []
    rows = rows.select_for_update(of=("self",), skip_locked=True).select_related("message", "service")
    due = list(rows.order_by("message_id")[:room])
    _give_up([row for row in due if backoff.given_up(row.attempts)], now)
    taken = [row for row in due if not backoff.given_up(row.attempts)]
    for row in taken:
        _hand_over(row, line, now)
    _save(taken)
    return taken


def _hand_over(row: Receipt, line: UUID | None, now: datetime) -> None:
    row.state, row.line = State.SENT, line
    row.attempts += 1
    row.next_at = now + timedelta(seconds=backoff.pause(row.attempts, _chance()))
    row.first_sent_at = row.first_sent_at or now


def held(line: UUID) -> int:
    """How many messages a socket has that it did not acknowledge."""
    return Receipt.objects.filter(line=line, settled_at=None, state=State.SENT).count()


def owed(service: Service) -> int:
    """How many messages a service has not acknowledged."""
    return service.receipts.filter(settled_at=None).count()


def next_due(service: Service) -> datetime | None:
    """When something of a service is due next; None: nothing is."""
    return service.receipts.filter(settled_at=None).aggregate(at=Min("next_at"))["at"]


@transaction.atomic
def acknowledge(service_id: str, ids: Sequence[UUID], *, failed: bool = False, error: str = "") -> list[Receipt]:
    """A service says of messages that it has processed them, or could not. What was acknowledged before stays so.

    One that failed comes again after its pause, until it was handed over too often; then it is dead. Each change is
    told, as `sync.acknowledged` or `sync.dead`. Raises NotTheirs, and then nothing is changed.
    """
    wanted = list(dict.fromkeys(ids))
    rows = Receipt.objects.filter(service__service_id=service_id, message__in=wanted)
    rows = rows.select_for_update(of=("self",)).select_related("message", "service").order_by("message_id")
    found = {row.message_id: row for row in rows}
    if missing := [at for at, message_id in enumerate(ids) if message_id not in found]:
        raise NotTheirs(missing)
    now = timezone.now()
    if failed:
        _fail([row for row in found.values() if row.settled_at is None], error, now)
    else:
        _settle([row for row in found.values() if row.state != State.ACKNOWLEDGED], now)
    return [found[message_id] for message_id in wanted]


def _settle(rows: list[Receipt], now: datetime) -> None:
    for row in rows:
        row.state, row.settled_at, row.line, row.error = State.ACKNOWLEDGED, now, None, ""
    _save(rows)
    _tell(rows, "processed")


def _fail(rows: list[Receipt], error: str, now: datetime) -> None:
    for row in rows:
        row.error = error[:500]
    last = [row for row in rows if backoff.given_up(row.attempts)]
    again = [row for row in rows if not backoff.given_up(row.attempts)]
    for row in again:
        row.state, row.line = State.FAILED, None
        row.next_at = now + timedelta(seconds=backoff.pause(max(1, row.attempts), _chance()))
    _save(again)
    _tell(again, "failed")
    _give_up(last, now)


def _give_up(rows: list[Receipt], now: datetime) -> None:
    for row in rows:
        row.state, row.settled_at, row.line = State.DEAD, now, None
    _save(rows)
    told = [(row.message, {"source": row.message.source, "target": row.service.service_id}) for row in rows]
    if told:
        ledger.record_all("sync.dead", told)


def _save(rows: list[Receipt]) -> None:
    """One statement for all; bulk_update would write a CASE with a branch per row and column."""
    if not rows:
        return
    columns: list[Any] = [[getattr(row, name) for row in rows] for name in ("id", *CHANGING)]
    with connection.cursor() as cursor:
        cursor.execute(SAVE, columns)


def _tell(rows: Iterable[Receipt], status: str) -> None:
    told = [
        (row.message, {"source": row.message.source, "target": row.service.service_id, "status": status})
        for row in rows
    ]
    if told:
        ledger.record_all("sync.acknowledged", told)


@transaction.atomic
def requeue(message_id: UUID) -> int | None:
    """Queue again what was given up of a message; how many receipts, None: there is no such message.

    Raises NothingDead when nothing of it was given up, or its time is over.
    """
    now = timezone.now()
    message = Message.objects.filter(pk=message_id).first()
    if message is None:
        return None
    dead = message.receipts.filter(state=State.DEAD, message__expires_at__gt=now)
    count = dead.update(state=State.WAITING, settled_at=None, attempts=0, next_at=now, line=None)
    if not count:
        raise NothingDead("nothing of this message was given up, or its time is over")
    ledger.record("sync.requeued", message, source=message.source, target=message.target, count=count)
    return count


def expire() -> int:
    """End messages whose time is over: what is still owed expires, their data goes, and later their rows.

    How many receipts expired. Services that were not seen for as long, and have no receipts, are forgotten.
    """
    now, count = timezone.now(), 0
    while ended := _end(now):
        count += ended
    _sweep(now)
    return count


@transaction.atomic
def _end(now: datetime) -> int:
    owed = Receipt.objects.filter(settled_at=None, message__expires_at__lte=now)
    ids = list(owed.select_for_update(of=("self",), skip_locked=True).values_list("pk", flat=True)[:SLICE])
    if ids:
        Receipt.objects.filter(pk__in=ids).update(state=State.EXPIRED, settled_at=now, line=None)
        ledger.record("sync.expired", count=len(ids))
    return len(ids)


def _sweep(now: datetime) -> None:
    kept = timedelta(days=settings.SYNC_DAYS)
    Message.objects.filter(expires_at__lte=now).exclude(data={}).update(data={})
    over = Message.objects.filter(expires_at__lte=now - kept).order_by("pk").values_list("pk", flat=True)
    while ids := list(over[:SLICE]):
        Message.objects.filter(pk__in=ids).delete()
    Line.objects.filter(until__lte=now - timedelta(hours=1)).delete()
    silent: QuerySet[Service] = Service.objects.filter(Q(seen_at=None) | Q(seen_at__lte=now - kept))
    silent.filter(created_at__lte=now - kept, receipts=None).delete()
