"""The demo's webhook with its deliveries: most arrived, on the bad day some came late and some were given up.

It is paused, so that nothing is ever sent to its address.
"""

import random
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import transaction

from config.demo import rhythm
from config.demo.rhythm import Month
from events.models import Attempt, Delivery, Event, Webhook
from events.webhooks import deliveries, endpoints

URL = "https://hooks.example.com/lumen"
TYPES = ("memory.review_required", "review.decided", "run.succeeded", "run.failed", "policy.changed")
LATE, LOST = 0.5, 0.2  # of the bad day's


@transaction.atomic
def hook(month: Month) -> int:
    """Make the webhook and its deliveries of what the ledger has of the month, if it is not there; how many."""
    if endpoints.of_tenant(deliveries.tenant()).exists():
        return 0
    webhook, _ = endpoints.create(URL, description="The agency's own dashboard", types=TYPES)
    endpoints.pause(webhook.pk)
    since = month.end - deliveries.KEPT + rhythm.DAY  # older ones are swept
    facts = Event.objects.filter(
        tenant_id=webhook.tenant_id, type__in=TYPES, occurred_at__gte=since, occurred_at__lt=month.end
    )
    told = list(_told(month, webhook, facts.exclude(seq=None).order_by("seq")))
    Delivery.objects.bulk_create([row for row, _ in told], batch_size=500)
    Attempt.objects.bulk_create([attempt for _, tries in told for attempt in tries], batch_size=500)
    last = max((row.finished_at for row, _ in told if row.finished_at), default=None)
    Webhook.objects.filter(pk=webhook.pk).update(created_at=month.begin, last_delivered_at=last)
    return len(told)


def _told(month: Month, webhook: Webhook, facts: Any) -> Iterator[tuple[Delivery, list[Attempt]]]:
    dice = month.dice("deliveries")
    for fact in facts:
        fate, id = dice.random(), rhythm.key(dice, fact.occurred_at)
        bad = month.bad_day <= fact.occurred_at < month.bad_day + rhythm.DAY
        lost, late = bad and fate < LOST, bad and fate < LATE
        tries = list(_tries(dice, webhook, id, fact, failing=10 if lost else 2 if late else 0, over=lost))
        yield Delivery(
            id=id, tenant_id=webhook.tenant_id, webhook=webhook, event=fact, seq=fact.seq, type=fact.type,
            state="dead" if lost else "delivered", attempts=len(tries), next_at=tries[-1].at,
            created_at=fact.occurred_at, finished_at=tries[-1].at,
        ), tries  # fmt: skip


def _tries(
    dice: random.Random, webhook: Webhook, id: UUID, fact: Event, *, failing: int, over: bool
) -> Iterator[Attempt]:
    at = fact.occurred_at + timedelta(milliseconds=dice.randrange(80, 900))
    for number in range(failing + (not over)):
        failed = number < failing
        yield Attempt(
            delivery_id=id, webhook=webhook, at=at, took_ms=dice.randrange(4_000, 15_000) if failed else _took(dice),
            status=503 if failed else 200, response="upstream is busy" if failed else "ok",
        )  # fmt: skip
        at += timedelta(seconds=dice.randrange(20, 90) * 6**number if number < 5 else 50_000)


def _took(dice: random.Random) -> int:
    return round(dice.lognormvariate(4.2, 0.5))
