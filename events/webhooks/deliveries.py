"""Deliveries: made by the relay in its own transaction, claimed and settled by the worker, replayed by people."""

from uuid import UUID

from django.utils import timezone

from events import feed, poke
from events.models import Delivery, Event, Webhook
from events.wanted import Wanted

State = Delivery.State
PING = "ping.test"


def enqueue(tenant_id: UUID, batch: list[Event]) -> None:
    """A reader of the relay: one row for each webhook that wants a fact, in the transaction that numbers it."""
    webhooks = list(Webhook.objects.filter(tenant_id=tenant_id).exclude(state=Webhook.State.DISABLED))
    if not webhooks:
        return
    now = timezone.now()
    rows = [
        Delivery(tenant_id=tenant_id, webhook=webhook, event=event, seq=event.seq or 0, type=event.type,
                 next_at=now, created_at=now)
        for event in batch for webhook in webhooks if _goes_to(event, webhook)
    ]  # fmt: skip
    if rows:
        Delivery.objects.bulk_create(rows, ignore_conflicts=True)
        poke.after_commit("events.tasks.deliver")


def _goes_to(event: Event, webhook: Webhook) -> bool:
    if event.type == PING:
        return event.subject_id == str(webhook.pk)
    asked = Wanted(types=tuple(webhook.types), namespaces=tuple(webhook.namespaces))
    return asked.hears(feed.as_json(event))
