"""Patterns of the learning history: what looks alike, how often it comes, and how well it goes."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.views.decorators.http import require_GET

from analytics import history, patterns
from analytics.history import Asked
from analytics.patterns import Pattern
from config import charts
from config.pages import behind, drawn_learning, ranges
from config.pages.base import asked_for, between, tenant_here
from config.pages.ranges import Range

SHOWN = 100
LEAST = 5  # events of a pattern
WEAK = 0.7  # see analytics.algorithms.advice


@require_GET
def listed(request: HttpRequest) -> HttpResponse:
    tenant_here(request)
    chosen, said = ranges.asked(request), asked_for(request, "least")
    least = between(said["least"], 1, 1_000_000, LEAST)
    asked = Asked(domain=chosen.domain, since=chosen.span.begin, until=chosen.span.end)
    found = patterns.found(asked, least, SHOWN)
    context = admin.site.each_context(request) | {
        "title": "Patterns",
        "range": chosen,
        "domains": history.domains(),
        "least": least,
        "patterns": [_drawn(one, chosen) for one in found],
        "most": SHOWN,
    }
    return TemplateResponse(request, "console/patterns.html", context)


def _drawn(one: Pattern, chosen: Range) -> dict[str, Any]:
    parts = (("right", one.success), ("confidence", one.confidence), ("rating", one.rating and one.rating / 5))
    return {
        "row": one,
        "tone": drawn_learning.TONES[one.type],
        "parts": drawn_learning.shares(parts),
        "performance": charts.said(one.performance, "share"),
        "weak": one.success is not None and one.success < WEAK,
        "url": behind.url("learning", **chosen.said, signature=one.signature),
        "wrong": behind.url("learning", **chosen.said, signature=one.signature, told="wrong"),
    }
