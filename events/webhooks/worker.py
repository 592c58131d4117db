"""The deliverer: claims what is due, sends it, and settles each as it comes back, looking for new work meanwhile.

Rows are the work, and this thread alone touches them; HTTP is another thread's. So a receiver that is silent until its
time is over keeps nobody waiting. A worker that is killed at any step leaves leases that end: what it had goes again.
"""

import time
from collections.abc import Iterator, Sequence
from uuid import UUID

import structlog
from django.utils import timezone

from events.models import Delivery, Webhook, WebhookSecret
from events.sealing import Unsealable
from events.webhooks import claiming, endpoints, payload, signing
from events.webhooks.sending import Letter, Outcome, Post
from events.webhooks.settling import settle

log = structlog.get_logger(__name__)
MOST = 200  # letters under way
LOOK_EVERY = 0.05  # seconds, while some are
LONGEST = 600.0  # seconds of one turn, when there is always more to do


def work(seconds: float = LONGEST) -> int:
    """Deliver until nothing is due or under way; how many tries were settled."""
    until, done = time.monotonic() + seconds, 0
    with Post() as post:
        while True:
            for letter in _claimed(post, until):
                post.send(letter)
            if not post.under_way:
                return done
            done += settle(post.back(LOOK_EVERY))


def _claimed(post: Post, until: float) -> Iterator[Letter]:
    """As many as there is room for, while the turn lasts."""
    if post.under_way < MOST and time.monotonic() < until:
        claiming.take_back()
        yield from _letters(claiming.claim(MOST - post.under_way))


def _letters(claimed: Sequence[Delivery]) -> Iterator[Letter]:
    secrets = _secrets({row.webhook_id: row.webhook for row in claimed})
    for row in claimed:
        letter = _letter(row, secrets[row.webhook_id])
        if secrets[row.webhook_id]:
            yield letter
        else:  # never unsigned
            settle([(letter, Outcome(error="its secret cannot be opened with DATA_KEYS"))])


def _secrets(webhooks: dict[UUID, Webhook]) -> dict[UUID, list[str]]:
    """What signs now, by webhook; none where it cannot be opened."""
    found: dict[UUID, list[WebhookSecret]] = {id: [] for id in webhooks}
    for row in endpoints.live_secrets().filter(webhook_id__in=list(webhooks)) if webhooks else ():
        found[row.webhook_id].append(row)
    return {id: _opened(webhooks[id], rows) for id, rows in found.items()}


def _opened(webhook: Webhook, rows: list[WebhookSecret]) -> list[str]:
    try:
        return endpoints.opened(webhook, rows)
    except Unsealable as error:
        log.error("a webhook cannot be signed for", webhook=str(webhook.pk), error=str(error))
        return []


def _letter(row: Delivery, secrets: list[str]) -> Letter:
    body = payload.body(row.event)
    assert row.lease is not None, "it was claimed"
    return Letter(
        delivery_id=row.pk,
        webhook_id=row.webhook_id,
        lease=row.lease,
        attempts=row.attempts,
        url=row.webhook.url,
        body=body.encode(),
        headers=signing.headers(str(row.event_id), timezone.now(), body, secrets),
    )
