"""Insights: what stands out in the numbers, how it was found, and what to do; each leads to the rows behind it."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from analytics import insights
from analytics.finding import RULES, WATCHED
from analytics.metrics import CATALOGUE
from analytics.models import Insight
from config import charts
from config.pages import behind, ranges
from config.pages.base import asked_for, tenant_here
from config.pages.ranges import Range
from tenants.middleware import may

LISTED = 100
ICONS = {"anomaly": "priority_high", "trend": "trending_up", "opportunity": "lightbulb"}
STATES = {"open": "Open", "dismissed": "Dismissed"}
# The page of the rows that a metric counts; what is not here is shown on the dashboard.
ROWS = {
    "accuracy": "learning", "learning_ms": "learning", "learning_events": "learning", "feedback_rate": "learning",
    "hit_rate": "traces", "searches": "traces", "search_p95": "traces", "error_rate": "traces",
    "memories_written": "memories",
}  # fmt: skip
NARROWED = {
    "hit_rate": {"kind": "recall", "why": "empty"}, "search_p95": {"kind": "recall", "why": "slow"},
    "searches": {"kind": "recall"}, "error_rate": {"kind": "operation", "why": "failed"},
}  # fmt: skip


@require_GET
def listed(request: HttpRequest) -> HttpResponse:
    """Those of the span; weeks of rules that it touches are among them."""
    tenant_here(request)
    asked, said = ranges.asked(request), asked_for(request, "state", "kind")
    state = said["state"] if said["state"] in STATES else "open"
    kind = said["kind"] if said["kind"] in Insight.Kind.values else ""
    rows = insights.listed(state=state, kind=kind, domain=asked.domain, span=asked.span)
    found = list(rows.order_by("-at", "-id")[: LISTED + 1])
    context = admin.site.each_context(request) | {
        "title": "Insights",
        "range": asked,
        "domains": sorted({row.domain for row in found} - {""}),
        "rows": [drawn(row, asked) for row in found[:LISTED]],
        "more": len(found) > LISTED,
        "states": STATES,
        "state": state,
        "kinds": Insight.Kind.choices,
        "kind": kind,
        "may_dismiss": may(request, "analytics.write"),
        "rules": [_rule(rule) for rule in RULES],
        "watched": [CATALOGUE[name].label.lower() for name in WATCHED],
    }
    return TemplateResponse(request, "console/insights.html", context)


def _rule(rule: Any) -> dict[str, Any]:
    limit = f"{rule.limit:.0%}" if rule.limit < 1 else f"{rule.limit:g}"
    return {"says": rule.name.replace("_", " "), "sign": "above" if rule.above else "below", "limit": limit}


def drawn(row: Insight, asked: Range) -> dict[str, Any]:
    """An insight with the interval that was expected as a bar, and the address of the rows behind it."""
    return {
        "row": row,
        "icon": ICONS[row.kind],
        "metric": CATALOGUE[row.metric].label if row.metric in CATALOGUE else row.metric,
        "scale": _scale(row),
        "url": rows_behind(row, asked),
    }


def rows_behind(row: Insight, asked: Range) -> str:
    """The rows of its day, or of the week that a rule looked at."""
    week = row.method.startswith("rule")
    days = {"from": ranges.day_of(row.at), "to": ranges.day_of(row.at + timedelta(days=6 if week else 0))}
    page = ROWS.get(row.metric, "analytics")
    if page == "memories":
        return behind.memories(days["from"], days["to"], namespace=row.domain)
    said = {"range": "own", **days, "domain": row.domain}
    if page == "traces":
        return behind.traces(said, **NARROWED[row.metric])
    return behind.url(page, **said) or behind.url("analytics", **said)


def _scale(row: Insight) -> dict[str, Any] | None:
    """Where value, expectation and interval lie on a bar, in per cent of its width; None without an interval."""
    if row.low is None or row.high is None or row.expected is None:
        return None
    first, last = min(row.low, row.value), max(row.high, row.value)
    room = (last - first) * 0.08 or 1
    first, last = first - room, last + room

    def place(value: float) -> float:
        return round(100 * (value - first) / (last - first), 1)

    unit = "share" if row.high <= 1 and row.value <= 1 and row.metric in ("accuracy", "hit_rate", "error_rate") else ""
    return {
        "low": place(row.low),
        "width": round(place(row.high) - place(row.low), 1),
        "value": place(row.value),
        "expected": place(row.expected),
        "says": f"expected {charts.said(max(row.low, 0), unit)} to {charts.said(row.high, unit)}",
    }


@require_POST
def dismiss(request: HttpRequest, insight_id: UUID) -> HttpResponse:
    tenant_here(request)
    if insights.dismiss(insight_id) is None:
        raise Http404
    messages.success(request, "It is not shown any more, and not found again for that time.")
    asked = ranges.asked(request)
    return redirect(f"{reverse('insights')}?{asked.query}")
