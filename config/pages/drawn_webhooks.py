"""Webhooks and deliveries as the pages show them: a dot, a state in words, and columns for the hours."""

from collections.abc import Sequence
from typing import Any

from django.utils import timezone

from events.models import Delivery, Webhook
from events.webhooks import health

REASONS = {"gone": "it answered 410 Gone", "failing": "nothing arrived for days"}
DOTS = {"pending": "waiting", "sending": "running", "delivered": "active", "dead": "suspended", "cancelled": "idle"}


def drawn_all(rows: Sequence[Webhook]) -> list[dict[str, Any]]:
    """Webhooks as the pages show them: their state in words, and their health in a constant number of statements."""
    known = health.health_of(rows)
    return [drawn(row, known[row.pk]) for row in rows]


def drawn(row: Webhook, told: health.Health) -> dict[str, Any]:
    dot, says = state_of(row)
    rate = None if told.success_rate is None else round(100 * told.success_rate, 1)
    return {"row": row, "dot": dot, "says": says, "health": told, "rate": rate, "hours": columns(told)}


def state_of(row: Webhook) -> tuple[str, str]:
    """The class of its dot, and its state in words."""
    if row.state == Webhook.State.DISABLED:
        return "closed", f"disabled: {REASONS.get(row.reason, 'it was given up')}"
    if row.state == Webhook.State.PAUSED:
        return "idle", "paused: deliveries wait"
    rests = row.rests_until and row.rests_until > timezone.now()
    until = f"rests until {row.rests_until:%H:%M} UTC" if rests else ""
    if row.failing_since:
        return "suspended", f"failing, {until}" if until else "failing"
    if until:
        return "waiting", until
    return "active", "delivers" if row.last_delivered_at else "nothing delivered yet"


def columns(told: health.Health) -> list[dict[str, Any]]:
    """Deliveries of each of the last 24 hours, as heights from 0 to 100."""
    most = max((hour.delivered + hour.failed for hour in told.per_hour), default=0) or 1
    return [
        {
            "at": hour.at,
            "delivered": hour.delivered,
            "failed": hour.failed,
            "good": round(100 * hour.delivered / most),
            "bad": round(100 * hour.failed / most),
        }
        for hour in told.per_hour
    ]


def drawn_delivery(row: Delivery, webhook: Webhook) -> dict[str, Any]:
    """A delivery that looking.with_last_try found. `next`: when it is tried, None for now."""
    at = max(row.next_at, webhook.rests_until or row.next_at)
    again = row.state == Delivery.State.PENDING and row.attempts > 0
    return {"row": row, "dot": DOTS[row.state], "again": again, "next": at if at > timezone.now() else None}
