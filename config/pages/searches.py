"""What is searched for: how much, how fast, what finds nothing, what is slow, and what is asked again and again."""

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.views.decorators.http import require_GET

from analytics import searches
from config.pages import behind, ranges
from config.pages.base import tenant_here

LISTED = 10  # questions of each list
WHY = {"all": "", "empty": "empty", "slow": "slow"}


@require_GET
def overview(request: HttpRequest) -> HttpResponse:
    tenant_here(request)
    asked = ranges.asked(request)
    told = searches.overview(asked.span, asked.domain, LISTED)
    context = admin.site.each_context(request) | {
        "title": "Searches",
        "told": told,
        "range": asked,
        "domains": [],
        "behind": {name: behind.traces(asked.said, kind="recall", why=why) for name, why in WHY.items()},
        "rate": 100 * (told.empty_rate or 0),
        "lists": [
            ("Find nothing", "The questions that found nothing, most often asked first.", told.zero_result, True),
            ("Slowest", "One line is one search.", told.slow, False),
            ("Asked again and again", "Of those that were traced.", told.frequent, True),
        ],
    }
    return TemplateResponse(request, "console/searches.html", context)
