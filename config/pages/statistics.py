"""Statistics: the tenant's memories in numbers and bars."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.views.decorators.http import require_GET

from config.pages.base import tenant_here
from memory import stats
from memory.listing import Narrowing

PANELS = (("kind", "Kinds"), ("tag", "Tags"), ("tier", "Tiers"), ("source", "Sources"), ("trust", "Trust"))
ROWS = 12


@require_GET
def statistics(request: HttpRequest) -> HttpResponse:
    """One statement a panel."""
    tenant_here(request)
    context = admin.site.each_context(request) | {
        "title": "Statistics",
        "stats": stats.overview(),
        "days": _columns(stats.growth()),
        "panels": [{"title": title, "rows": _rows(key)} for key, title in PANELS],
        "months": _rows("month"),
    }
    return TemplateResponse(request, "console/statistics.html", context)


def _rows(key: str) -> list[dict[str, Any]]:
    groups, _ = stats.grouped([key], Narrowing(), 200 if key == "month" else ROWS)
    groups = groups[-ROWS:]
    most = max((group["count"] for group in groups), default=1)
    return [
        {
            "name": group["group"][key] or "none given",
            "count": group["count"],
            "width": round(100 * group["count"] / most),
            "importance": group["average_importance"],
        }
        for group in groups
    ]


def _columns(days: Sequence[tuple[Any, int]]) -> list[dict[str, Any]]:
    most = max((count for _, count in days), default=0) or 1
    return [{"at": day, "count": count, "height": round(100 * count / most)} for day, count in days]
