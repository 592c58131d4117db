"""One webhook: how it goes, its deliveries, and what one does to it: pause, enable, ping, roll, replay, delete."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from config.pages.base import asked_for, tenant_here
from config.pages.drawn_webhooks import drawn_all, drawn_delivery
from config.pages.webhooks import secret_once
from events.models import Delivery, Webhook
from events.webhooks import deliveries, endpoints, looking, schedule
from events.webhooks.errors import Disabled
from tenants.middleware import may

LISTED = 50
LAST = 2**53
ACTS: dict[str, tuple[Callable[[UUID], Any], str]] = {
    "pause": (endpoints.pause, "It is paused: what would go to it waits."),
    "enable": (endpoints.enable, "It is served again; what waited goes out."),
}


@require_GET
def webhook(request: HttpRequest, webhook_id: UUID) -> HttpResponse:
    row = _one(request, webhook_id)
    asked = asked_for(request, "state", "type", "before", "ping", "first", "last", "dead")
    state = asked["state"] if asked["state"] in Delivery.State.values else ""
    rows = looking.narrowed(deliveries.of_webhook(row.pk), state, asked["type"])
    found = looking.newest(rows, _number(asked["before"]), LISTED + 1)
    drawn = drawn_all([row])[0]
    context = admin.site.each_context(request) | {
        "title": "Webhook",
        "webhook": drawn,
        "open_circuit": row.failures >= schedule.CIRCUIT,
        "rolled_until": _rolled_until(row),
        "deliveries": [drawn_delivery(one, row) for one in found[:LISTED]],
        "older": found[LISTED - 1].seq if len(found) > LISTED else None,
        "asked": asked | {"state": state},
        "states": Delivery.State.choices,
        "ping": _ping(row, asked["ping"]),
        "replay": _foreseen(row, asked),
        "every": deliveries.of_webhook(row.pk).count(),
        "longest": endpoints.LONGEST_OVERLAP,
        "overlap": endpoints.OVERLAP,
        "may_manage": may(request, "webhooks.manage"),
    }
    return TemplateResponse(request, "console/webhook.html", context)


@require_POST
def act(request: HttpRequest, webhook_id: UUID) -> HttpResponse:
    """Pause or enable it, send it a test, or delete it."""
    row, step = _one(request, webhook_id), request.POST.get("step", "")
    if step == "delete":
        endpoints.delete(row.pk)
        messages.success(request, "The webhook is gone, with its deliveries.")
        return redirect("webhooks")
    if step == "ping":
        return _pinged(request, row)
    if step not in ACTS:
        raise Http404
    do, says = ACTS[step]
    do(row.pk)
    messages.success(request, says)
    return redirect("webhook", row.pk)


@require_POST
def roll(request: HttpRequest, webhook_id: UUID) -> HttpResponse:
    """A new secret, shown once; the one before signs too for the hours that the form says."""
    row = _one(request, webhook_id)
    hours = _hours(request.POST.get("hours", ""))
    rolled = None if hours is None else endpoints.roll(row.pk, hours)
    if rolled is None:
        messages.error(request, f"Not done: the overlap is 0 to {endpoints.LONGEST_OVERLAP:.0f} hours.")
        return redirect("webhook", row.pk)
    return secret_once(request, *rolled, "The new secret")


@require_POST
def replay(request: HttpRequest, webhook_id: UUID) -> HttpResponse:
    """Send anew a range of facts, or all that is dead."""
    row = _one(request, webhook_id)
    first, last = (_number(request.POST.get(name, "")) for name in ("first", "last"))
    if request.POST.get("dead"):
        count = deliveries.replay_dead(row.pk)
    elif first is None or last is None:
        messages.error(request, "Not done: say the first and the last number.")
        return redirect("webhook", row.pk)
    else:
        count = deliveries.replay_range(row.pk, first, last)
    messages.success(request, f"{count:,} {'delivery is' if count == 1 else 'deliveries are'} sent anew.")
    return redirect("webhook", row.pk)


def _pinged(request: HttpRequest, row: Webhook) -> HttpResponse:
    page = reverse("webhook", args=[row.pk])
    try:
        return redirect(f"{page}?ping={endpoints.ping(row.pk)}")
    except Disabled as error:
        messages.error(request, f"Not done: {error}.")
        return redirect(page)


def _one(request: HttpRequest, webhook_id: UUID) -> Webhook:
    row = endpoints.of_tenant(tenant_here(request).pk).filter(pk=webhook_id).first()
    if row is None:
        raise Http404
    return row


def _rolled_until(row: Webhook) -> Any:
    """Until when a secret from before signs too."""
    older = row.secrets.filter(Q(ends_at__gt=timezone.now())).order_by("-ends_at").first()
    return older.ends_at if older else None


def _ping(row: Webhook, fact: str) -> dict[str, Any] | None:
    """What came of the test that was asked for on this page."""
    event_id = _uuid(fact)
    if event_id is None:
        return None
    delivery = looking.of_fact(row.pk, event_id)
    return drawn_delivery(delivery, row) if delivery else {"row": None, "dot": "waiting"}


def _foreseen(row: Webhook, asked: dict[str, str]) -> dict[str, Any] | None:
    """How many deliveries the replay that is asked for would send anew."""
    if asked["dead"]:
        return {"dead": True, "count": looking.dead(row.pk).count()}
    first, last = _number(asked["first"]), _number(asked["last"])
    if first is None or last is None:
        return None
    return {"first": first, "last": last, "count": looking.over(row, first, last)}


def _number(text: str) -> int | None:
    return min(int(text), LAST) if text.isascii() and text.isdigit() and len(text) < 20 else None


def _hours(text: str) -> float | None:
    try:
        hours = float(text)
    except ValueError:
        return None
    return hours if 0 <= hours <= endpoints.LONGEST_OVERLAP else None


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
