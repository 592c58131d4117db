"""Webhooks of all tenants: those that fail or were given up, and what waits for the whole platform."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone

from config.pages.drawn_webhooks import drawn_all
from events.models import Webhook
from events.webhooks import health
from tenants.models import Tenant

LISTED = 200
LATE = 30  # seconds that a fact may wait for the relay


def of_all(request: HttpRequest) -> HttpResponse:
    rows = list(health.troubled().order_by("failing_since", "-id")[:LISTED])
    now, told = timezone.now(), health.overview()
    unrelayed = told.oldest_unrelayed_at
    context = admin.site.each_context(request) | {
        "title": "Webhooks",
        "overview": told,
        "late": bool(unrelayed and (now - unrelayed).total_seconds() > LATE),
        "webhooks": _of_tenants(rows),
        "count": Webhook.objects.count(),
    }
    return TemplateResponse(request, "console/webhooks_of_all.html", context)


def _of_tenants(rows: list[Webhook]) -> list[dict[str, Any]]:
    tenants = Tenant.objects.in_bulk({row.tenant_id for row in rows})
    known = [row for row in rows if row.tenant_id in tenants]
    return [each | {"tenant": tenants[each["row"].tenant_id]} for each in drawn_all(known)]
