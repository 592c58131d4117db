"""Deliveries: made by the relay in its own transaction, claimed and settled by the worker, replayed by people."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from events import feed, ledger, poke
from events.models import Attempt, Delivery, Event, Webhook
from events.webhooks.missed import PING, due, make_up, wanted_by

State = Delivery.State
KEPT, SLICE = timedelta(days=30), 1000
OVER = (State.DELIVERED, State.DEAD)  # what can be sent anew


def of_tenant(tenant_id: UUID) -> QuerySet[Delivery]:
    return Delivery.objects.filter(tenant_id=tenant_id)


def of_webhook(webhook_id: UUID) -> QuerySet[Delivery]:
    return Delivery.objects.filter(webhook_id=webhook_id)


def enqueue(tenant_id: UUID, batch: list[Event]) -> None:
    """A reader of the relay: one row for each webhook that wants a fact, in the transaction that numbers it."""
    webhooks = list(Webhook.objects.filter(tenant_id=tenant_id).exclude(state=Webhook.State.DISABLED))
    if not webhooks:
        return
    facts = [(event, feed.as_json(event)) for event in batch]
    rows = [row for webhook in webhooks for row in due(webhook, _going_to(webhook, facts))]
    if rows:
        Delivery.objects.bulk_create(rows, ignore_conflicts=True)
        poke.after_commit("events.tasks.deliver")


def _going_to(webhook: Webhook, facts: list[tuple[Event, dict[str, Any]]]) -> list[Event]:
    asked, own = wanted_by(webhook), str(webhook.pk)
    return [event for event, told in facts if (event.subject_id == own if event.type == PING else asked.hears(told))]


def replay_one(delivery_id: UUID) -> bool | None:
    """Send a delivery of the tenant anew, with the same id and all its tries; False: it waits, is on its way or was
    cancelled; None: there is no such delivery."""
    row = _mine().filter(pk=delivery_id).first()
    return None if row is None else bool(_replay(row.webhook_id, _mine().filter(pk=delivery_id)))


@transaction.atomic
def replay_range(webhook_id: UUID, first_seq: int, last_seq: int) -> int:
    """Send anew what is over of the facts of these numbers, both included, and what was missed; how many there are."""
    webhook = Webhook.objects.filter(tenant_id=tenant(), pk=webhook_id).first()
    if webhook is None:
        return 0
    new = make_up(webhook, first_seq, last_seq)
    return _replay(webhook_id, _mine().filter(webhook_id=webhook_id, seq__range=(first_seq, last_seq)), new)


def replay_dead(webhook_id: UUID, since: datetime | None = None) -> int:
    """Send anew what was given up, of the facts that came in since then; how many there are."""
    rows = _mine().filter(webhook_id=webhook_id, state=State.DEAD)
    return _replay(webhook_id, rows.filter(created_at__gte=since) if since else rows)


@transaction.atomic
def cancel_for(event_ids: Sequence[UUID]) -> int:
    """Never send these facts again, for the person whom they speak of was erased; how many deliveries that were.

    What receivers answered to them goes too: an answer may repeat what was sent.
    """
    rows = Delivery.objects.filter(event_id__in=event_ids)
    Attempt.objects.filter(delivery__in=rows).exclude(response="").update(response="")
    rows = rows.exclude(state__in=(State.DELIVERED, State.CANCELLED))
    return rows.update(state=State.CANCELLED, lease=None, lease_until=None, finished_at=timezone.now())


def sweep(now: datetime | None = None) -> int:
    """Delete deliveries that were over, or due, KEPT ago, with their tries; how many."""
    done = 0
    while gone := _sweep_slice((now or timezone.now()) - KEPT):
        done += gone
    return done


def drop(webhook_id: UUID) -> None:
    """Delete all of a webhook, which is about to go, without reading them first as a cascade would."""
    with connection.cursor() as cursor:
        for table in (Attempt._meta.db_table, Delivery._meta.db_table):
            cursor.execute(f"DELETE FROM {table} WHERE webhook_id = %s", [webhook_id])  # noqa: S608  a name of our own


@transaction.atomic
def _sweep_slice(before: datetime) -> int:
    # What was replayed since, or given up after days of tries, is younger than its row.
    young = Q(state=State.SENDING) | Q(next_at__gte=before) | Q(finished_at__gte=before)
    rows = Delivery.objects.filter(created_at__lt=before).exclude(young).order_by("created_at")
    ids = list(rows.select_for_update(skip_locked=True).values_list("pk", flat=True)[:SLICE])
    Attempt.objects.filter(delivery__in=ids).delete()
    return Delivery.objects.filter(pk__in=ids).delete()[0]


@transaction.atomic
def _replay(webhook_id: UUID, rows: QuerySet[Delivery], new: int = 0) -> int:
    count = new + rows.filter(state__in=OVER).update(
        state=State.PENDING, attempts=0, replays=F("replays") + 1, next_at=timezone.now(), finished_at=None
    )
    if count:
        ledger.record("webhook.replayed", Webhook(pk=webhook_id), count=count)
        poke.after_commit("events.tasks.deliver")
    return count


def _mine() -> QuerySet[Delivery]:
    tenant_id = tenant()
    return of_tenant(tenant_id)


def tenant() -> UUID:
    """The tenant whose schema one is in."""
    tenant_id = ledger.current_tenant_id()
    assert tenant_id is not None, "webhooks and deliveries are a tenant's"
    return tenant_id
