"""What comes of a try: the delivery is over or waits for the next one, and its webhook is known better."""

import random
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from django.db import connection, transaction
from django.utils import timezone

from events.models import Attempt, Delivery, Webhook
from events.webhooks import endpoints, schedule
from events.webhooks.claiming import hasty
from events.webhooks.sending import Letter, Outcome

log = structlog.get_logger(__name__)
State, Reason = Delivery.State, Webhook.Reason


# Those that arrived, in one statement: a receiver that keeps up is not kept waiting by our bookkeeping. The circuit
# closes; a rest that the receiver asked for before goes on.
ARRIVED = f"""
WITH came AS (SELECT * FROM unnest(
    %(ids)s::uuid[], %(leases)s::uuid[], %(webhooks)s::uuid[], %(status)s::int[], %(took)s::int[], %(told)s::text[])
    AS c(id, lease, webhook_id, status, took_ms, response)),
mine AS (
  UPDATE events_delivery d SET state = 'delivered', finished_at = %(now)s, lease = NULL, lease_until = NULL
  FROM came WHERE d.id = came.id AND d.lease = came.lease RETURNING d.id),
tried AS (
  INSERT INTO events_attempt (delivery_id, webhook_id, at, took_ms, status, error, response)
  SELECT id, webhook_id, %(now)s - took_ms * interval '1 ms', took_ms, status, '', response FROM came
  WHERE id IN (SELECT id FROM mine)),
served AS (
  UPDATE events_webhook w SET failures = 0, failing_since = NULL, last_delivered_at = %(now)s,
    rests_until = CASE WHEN failures < {schedule.CIRCUIT} THEN rests_until END
  WHERE id IN (SELECT webhook_id FROM came WHERE id IN (SELECT id FROM mine)))
SELECT count(*) FROM mine
"""  # noqa: S608  a number of our own


def settle(done: Sequence[tuple[Letter, Outcome]]) -> int:
    """Write down what came of tries; how many. Of one whose lease is another's by now nothing is written."""
    arrived = [(letter, outcome) for letter, outcome in done if schedule.arrived(outcome.status)]
    failed = [(letter, outcome) for letter, outcome in done if not schedule.arrived(outcome.status)]
    return (_arrived(arrived) if arrived else 0) + sum(_failed(letter, outcome) for letter, outcome in failed)


@transaction.atomic
def _arrived(done: list[tuple[Letter, Outcome]]) -> int:
    # In one order, so that two workers do not wait for each other. Rows that are gone by now are not among them.
    _locked(letter.webhook_id for letter, _ in done)
    told: dict[str, Any] = {
        "ids": [letter.delivery_id for letter, _ in done],
        "leases": [letter.lease for letter, _ in done],
        "webhooks": [letter.webhook_id for letter, _ in done],
        "status": [outcome.status for _, outcome in done],
        "took": [outcome.took_ms for _, outcome in done],
        "told": [outcome.response for _, outcome in done],
    }
    with connection.cursor() as cursor:
        cursor.execute(ARRIVED, {**told, "now": timezone.now()})
        return int(cursor.fetchone()[0])


@transaction.atomic
def _failed(letter: Letter, outcome: Outcome) -> bool:
    webhook = next(iter(_locked([letter.webhook_id])), None)
    now = timezone.now()
    mine = Delivery.objects.filter(pk=letter.delivery_id, lease=letter.lease)
    if webhook is None or not mine.update(**_next(letter, outcome, now), lease=None, lease_until=None):
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
    if letter.url == webhook.url:  # what an address that it had before answers says nothing of this one
        _note(webhook, outcome, now)
    return True


def _locked(ids: Iterable[UUID]) -> list[Webhook]:
    """Weakly, so that the relay need not wait."""
    hasty()
    return list(Webhook.objects.select_for_update(no_key=True).filter(pk__in=set(ids)).order_by("pk"))


def _next(letter: Letter, outcome: Outcome, now: datetime) -> dict[str, Any]:
    """What becomes of a delivery that did not arrive."""
    pause = schedule.wait(letter.attempts, random.random())  # noqa: S311  jitter
    if pause is None or outcome.status == schedule.GONE:
        return {"state": State.DEAD, "finished_at": now}
    return {"state": State.PENDING, "next_at": now + pause}


def _note(webhook: Webhook, outcome: Outcome, now: datetime) -> None:
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
