"""What comes of a try: the delivery is over or waits for the next one, and its webhook is known better."""

import random
from datetime import datetime, timedelta

import structlog
from django.db import connection, transaction
from django.utils import timezone

from events.models import Attempt, Delivery, Webhook
from events.webhooks import endpoints, schedule
from events.webhooks.sending import Letter, Outcome

log = structlog.get_logger(__name__)
State, Reason = Delivery.State, Webhook.Reason


@transaction.atomic
def settle(letter: Letter, outcome: Outcome) -> bool:
    """Write down what came of a try; False, and nothing is written, when its lease is another's by now."""
    with connection.cursor() as cursor:
        # What a crash of the database takes back is sent again: that may happen, and waiting for the disk costs more.
        cursor.execute("SET LOCAL synchronous_commit = off")
    webhook = Webhook.objects.select_for_update(no_key=True).filter(pk=letter.webhook_id).first()
    now = timezone.now()
    mine = Delivery.objects.filter(pk=letter.delivery_id, lease=letter.lease)
    if webhook is None or not mine.update(**_after(letter, outcome, now), lease=None, lease_until=None):
        return False
    Attempt.objects.create(
        delivery_id=letter.delivery_id,
        webhook_id=letter.webhook_id,
        at=now - timedelta(milliseconds=outcome.took_ms),
        took_ms=outcome.took_ms,
        status=outcome.status,
        error=outcome.error,
        response=outcome.response,
    )
    if schedule.arrived(outcome.status):
        _worked(webhook, now)
    else:
        _failed(webhook, outcome, now)
    return True


def _after(letter: Letter, outcome: Outcome, now: datetime) -> dict[str, object]:
    """The delivery's columns."""
    if schedule.arrived(outcome.status):
        return {"state": State.DELIVERED, "finished_at": now}
    pause = schedule.wait(letter.attempts, random.random())  # noqa: S311  jitter
    if pause is None or outcome.status == schedule.GONE:
        return {"state": State.DEAD, "finished_at": now}
    return {"state": State.PENDING, "next_at": now + pause}


def _worked(webhook: Webhook, now: datetime) -> None:
    """The circuit closes; a rest that the receiver asked for before goes on."""
    if webhook.failures >= schedule.CIRCUIT:
        webhook.rests_until = None
    webhook.failures, webhook.failing_since, webhook.last_delivered_at = 0, None, now
    webhook.save(update_fields=["failures", "failing_since", "last_delivered_at", "rests_until"])


def _failed(webhook: Webhook, outcome: Outcome, now: datetime) -> None:
    webhook.failures += 1
    webhook.failing_since = webhook.failing_since or now
    pause = max(schedule.rest(webhook.failures), schedule.asked(outcome.retry_after, now))
    if pause:
        webhook.rests_until = max(now + pause, webhook.rests_until or now)
    webhook.save(update_fields=["failures", "failing_since", "rests_until"])
    if outcome.status == schedule.GONE:
        _give_up(webhook, Reason.GONE)
    elif schedule.hopeless(webhook.failures, webhook.failing_since, now):
        _give_up(webhook, Reason.FAILING)


def _give_up(webhook: Webhook, reason: Webhook.Reason) -> None:
    """The fact is the notice: it goes to the tenant's feed, its sockets and its other webhooks."""
    if endpoints.disable(webhook, reason):
        log.warning("a webhook is disabled", webhook=str(webhook.pk), tenant=str(webhook.tenant_id), reason=str(reason))
