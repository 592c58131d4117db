"""What is searched for: how much, how fast, what finds nothing, what is slow, and what is asked again and again."""

from datetime import timedelta

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.http import require_GET

from analytics import searches
from analytics.counts import HOUR, Span, hour_of
from config.pages.base import asked_for, tenant_here

SPANS = {"1": "24 hours", "7": "7 days", "30": "30 days"}


@require_GET
def overview(request: HttpRequest) -> HttpResponse:
    tenant_here(request)
    asked = asked_for(request, "days", "namespace")
    days = asked["days"] if asked["days"] in SPANS else "7"
    end = hour_of(timezone.now()) + HOUR
    told = searches.overview(Span(end - timedelta(days=int(days)), end), asked["namespace"][:255])
    context = admin.site.each_context(request) | {
        "title": "Searches",
        "told": told,
        "asked": asked,
        "days": days,
        "rate": 100 * (told.empty_rate or 0),
        "spans": list(SPANS.items()),
        "lists": [
            ("Find nothing", "The questions that found nothing, most often asked first.", told.zero_result, True),
            ("Slow", "The slowest first.", told.slow, False),
            ("Asked again and again", "Of those that were traced.", told.frequent, True),
        ],
    }
    return TemplateResponse(request, "console/searches.html", context)
