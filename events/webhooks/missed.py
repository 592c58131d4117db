"""Facts that a webhook wants and was never sent: told before it was made, or while it was disabled."""

from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from events.models import Delivery, Event, Webhook
from events.wanted import Wanted

PING = "ping.test"  # goes to the webhook alone that it is about
MOST, SLICE = 10_000, 500  # facts made up for at once


def wanted_by(webhook: Webhook) -> Wanted:
    return Wanted(types=tuple(webhook.types), namespaces=tuple(webhook.namespaces))


def missed(webhook: Webhook, first_seq: int, last_seq: int) -> QuerySet[Event]:
    """Those of the numbers between, both included: the oldest first, and MOST at most."""
    rows = Event.objects.filter(tenant_id=webhook.tenant_id, seq__range=(first_seq, last_seq)).exclude(type=PING)
    known = Delivery.objects.filter(webhook=webhook, event=OuterRef("pk"))
    return wanted_by(webhook).narrow(rows).filter(~Exists(known)).order_by("seq")[:MOST]


def make_up(webhook: Webhook, first_seq: int, last_seq: int) -> int:
    """Make the deliveries that are missing there; how many."""
    rows = due(webhook, list(missed(webhook, first_seq, last_seq)))
    Delivery.objects.bulk_create(rows, batch_size=SLICE, ignore_conflicts=True)
    return len(rows)


def due(webhook: Webhook, events: list[Event]) -> list[Delivery]:
    """A delivery for each fact, not saved yet, which goes out at once."""
    now = timezone.now()
    return [
        Delivery(tenant_id=webhook.tenant_id, webhook=webhook, event=event, seq=event.seq or 0, type=event.type,
                 next_at=now, created_at=now)
        for event in events
    ]  # fmt: skip
