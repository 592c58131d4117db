"""Reports: performance, learning, business and executive, to look at, to print and as files."""

from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.http import require_GET

from analytics import reports
from analytics.figures import FIGURES
from analytics.reports import Number, Report
from api.native.reports import as_csv
from config import charts
from config.pages import ranges
from config.pages.analytics import changed
from config.pages.base import asked_for, tenant_here
from config.pages.drawn_analytics import Drawing, chart_of
from config.pages.insights import drawn
from config.pages.ranges import Range

SAYS = {
    "performance": "How well agents answer, and how fast memory serves them.",
    "learning": "What was learned, and what people said of it.",
    "business": "What comes of it, who takes part, and how memory is used.",
    "executive": "The few numbers that matter, with what changed.",
}
UNITS = {"rate": "rate", "score": "rate", "cost": "rate"}


@require_GET
def report(request: HttpRequest) -> HttpResponse:
    tenant = tenant_here(request)
    asked, said = ranges.asked(request), asked_for(request, "type", "format")
    type = said["type"] if said["type"] in reports.TYPES else "executive"
    told = reports.make(type, asked.span, timezone.now(), asked.domain)
    if said["format"] == "csv":
        return as_csv(told)
    context = admin.site.each_context(request) | {
        "title": "Reports",
        "tenant": tenant,
        "range": asked,
        "domains": [],
        "types": [{"name": name, "chosen": name == type} for name in reports.TYPES],
        "type": type,
        "says": SAYS[type],
        "told": told,
        "overall": _overall(told),
        "sections": [_section(name, numbers) for name, numbers in told.sections.items()],
        "charts": _charts(told, asked),
        "insights": [drawn(row, asked) for row in told.insights],
    }
    return TemplateResponse(request, "console/reports.html", context)


def _overall(told: Report) -> dict[str, Any] | None:
    """The score as a dial of 100, with its parts and their weights."""
    if told.overall.value is None:
        return None
    score = round(100 * told.overall.value)
    band = next(name for least, name in BANDS if score >= least)
    parts = [
        {"name": name, "value": charts.said(value, "share"), "weight": round(100 * reports.WEIGHTS[name]),
         "width": round(100 * value) if value is not None else 0}
        for name, value in told.parts.items()
    ]  # fmt: skip
    return {"score": score, "band": band, "parts": parts} | changed(
        told.overall.value, told.overall.before, "share", True
    )


BANDS = ((85, "excellent"), (70, "good"), (50, "fair"), (30, "poor"), (0, "critical"))


def _section(name: str, numbers: Iterable[Number]) -> dict[str, Any]:
    title = name.replace("_", " ").capitalize().replace("Ai ", "AI ")
    return {"title": title, "numbers": [_row(n) for n in numbers]}


def _row(number: Number) -> dict[str, Any]:
    figure = FIGURES[number.name]
    good = None if not figure.better else figure.better > 0
    unit = UNITS.get(figure.unit, figure.unit)
    before = charts.said(number.before, unit) if number.before is not None else ""
    told = {"label": figure.label, "value": charts.said(number.value, unit)}
    return told | changed(number.value, number.before, figure.unit, good) | {"before": before}


def _charts(told: Report, asked: Range) -> list[charts.Chart]:
    draw = Drawing(told.trends, asked)
    return [chart_of(draw, name) for name in reports.PANELS[told.type]]
