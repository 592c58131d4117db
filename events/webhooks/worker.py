"""The deliverer: claims what is due, sends it, and settles each as it comes back, looking for new work meanwhile.

Rows are the work, and this thread alone touches them; HTTP is another thread's. So a receiver that is silent until its
time is over keeps nobody waiting. A worker that is killed at any step leaves leases that end: what it had goes again.
"""

import time
from collections.abc import Iterable, Iterator

import structlog
from django.utils import timezone

from events.models import Delivery, Webhook
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
            claimed = claiming.claim(MOST - post.under_way) if _has_room(post, until) else []
            for letter in _letters(claimed):
                post.send(letter)
            if not post.under_way:
                return done
            done += sum(settle(letter, outcome) for letter, outcome in post.back(LOOK_EVERY))


def _has_room(post: Post, until: float) -> bool:
    return post.under_way < MOST and time.monotonic() < until


def _letters(claimed: Iterable[Delivery]) -> Iterator[Letter]:
    secrets: dict[Webhook, list[str]] = {}
    for row in claimed:
        if row.webhook not in secrets:
            secrets[row.webhook] = _secrets(row.webhook)
        letter = _letter(row, secrets[row.webhook])
        if secrets[row.webhook]:
            yield letter
        else:  # never unsigned
            settle(letter, Outcome(error="its secret cannot be opened with DATA_KEYS"))


def _secrets(webhook: Webhook) -> list[str]:
    try:
        return endpoints.secrets_of(webhook)
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
