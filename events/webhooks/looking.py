"""Reading deliveries: a webhook's, by state, type and time, with what came of their last attempt."""

from datetime import datetime
from uuid import UUID

from django.db.models import OuterRef, QuerySet, Subquery

from events.models import Attempt, Delivery, Webhook
from events.wanted import typed
from events.webhooks.deliveries import OVER, of_webhook
from events.webhooks.missed import missed


def narrowed(
    rows: QuerySet[Delivery],
    state: str = "",
    type: str = "",
    since: datetime | None = None,
    until: datetime | None = None,
) -> QuerySet[Delivery]:
    """In a state, of a type of fact, made at a time or later and before another; what is empty does not narrow.

    A `type` that ends in `.*` stands for all that begin so.
    """
    told = {"state": state, "created_at__gte": since, "created_at__lt": until}
    rows = rows.filter(**{name: value for name, value in told.items() if value})
    return rows.filter(typed([type])) if type else rows


def newest(rows: QuerySet[Delivery], before: int | None, limit: int) -> list[Delivery]:
    """Those of facts before a number, newest first, each with `last_status` and `last_error` of its last attempt."""
    rows = rows.filter(seq__lt=before) if before is not None else rows
    return list(with_last_try(rows).order_by("-seq")[:limit])


def with_last_try(rows: QuerySet[Delivery]) -> QuerySet[Delivery]:
    last = Attempt.objects.filter(delivery=OuterRef("pk")).order_by("-id")
    return rows.annotate(last_status=Subquery(last.values("status")[:1]), last_error=Subquery(last.values("error")[:1]))


def of_fact(webhook_id: UUID, event_id: UUID) -> Delivery | None:
    """The delivery of a fact to a webhook, with its last attempt; None before the relay made it."""
    return with_last_try(Delivery.objects.filter(webhook_id=webhook_id, event_id=event_id)).first()


def over(webhook: Webhook, first_seq: int, last_seq: int) -> int:
    """How much deliveries.replay_range would send."""
    rows = of_webhook(webhook.pk).filter(seq__range=(first_seq, last_seq), state__in=OVER)
    return rows.count() + missed(webhook, first_seq, last_seq).count()


def dead(webhook_id: UUID, since: datetime | None = None) -> QuerySet[Delivery]:
    """What deliveries.replay_dead would send anew."""
    return narrowed(of_webhook(webhook_id), Delivery.State.DEAD, since=since)
