"""One delivery: each attempt with what was answered, what is sent, and sending it anew."""

from uuid import UUID

from django.contrib import admin, messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.views.decorators.http import require_GET, require_POST

from config.pages.base import tenant_here
from config.pages.drawn_webhooks import drawn_delivery
from events.models import Attempt, Delivery
from events.webhooks import deliveries, looking, payload, signing
from tenants.middleware import may


@require_GET
def delivery(request: HttpRequest, delivery_id: UUID) -> HttpResponse:
    row = _one(request, delivery_id)
    tries, body = list(row.tries.order_by("-id")), payload.body(row.event)
    context = admin.site.each_context(request) | {
        "title": "Delivery",
        "delivery": drawn_delivery(row, row.webhook),
        "tries": tries,
        "body": body,
        "headers": _headers(row, tries, body),
        "open": row.state in (Delivery.State.PENDING, Delivery.State.SENDING),
        "may_replay": row.state in deliveries.OVER and may(request, "webhooks.manage"),
    }
    return TemplateResponse(request, "console/delivery.html", context)


@require_POST
def replay(request: HttpRequest, delivery_id: UUID) -> HttpResponse:
    row = _one(request, delivery_id)
    if deliveries.replay_one(row.pk):
        messages.success(request, "It is sent anew, with the same id.")
    else:
        messages.error(request, "Not done: it waits, is on its way, or was cancelled.")
    return redirect("delivery", row.pk)


def _one(request: HttpRequest, delivery_id: UUID) -> Delivery:
    rows = deliveries.of_tenant(tenant_here(request).pk).select_related("webhook", "event")
    row = looking.with_last_try(rows).filter(pk=delivery_id).first()
    if row is None:
        raise Http404
    return row


def _headers(row: Delivery, tries: list[Attempt], body: str) -> dict[str, str]:
    """As they were sent at the last try, or will be at the first, without the signature."""
    told = signing.headers(str(row.event_id), tries[0].at if tries else row.next_at, body, [])
    return {name: value for name, value in told.items() if name != "webhook-signature"}
