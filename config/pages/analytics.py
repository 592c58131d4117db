"""The analytics dashboard: what was written, searched, kept and learned in a span of time, in numbers and charts."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.http import require_GET

from analytics import dashboard, realtime
from analytics.dashboard import Dashboard
from analytics.figures import FIGURES
from analytics.realtime import Realtime
from config import charts
from config.pages import behind, drawn_analytics, ranges
from config.pages.base import tenant_here
from config.pages.ranges import Range

AGENTS, DOMAINS = "Agents that did most", "Domains where most was done"
Said = dict[str, Any]


@require_GET
def analytics(request: HttpRequest) -> HttpResponse:
    tenant_here(request)
    asked, now = ranges.asked(request), timezone.now()
    told, top = dashboard.read(asked.span, now, domain=asked.domain), dashboard.top(asked.span, domain=asked.domain)
    context = admin.site.each_context(request) | {
        "title": "Analytics",
        "range": asked,
        "domains": [row["name"] for row in top["domains"]],
        "now": _now(realtime.read(now, asked.domain)),
        "cards": [_card(name, told, asked) for name in CARDS],
        "groups": drawn_analytics.groups(told, asked),
        "empty": not any(value for tracks in told.panels.values() for track in tracks for value in track.values),
        "top": _top(top, asked),
    }
    return TemplateResponse(request, "console/analytics.html", context)


# --- now

NOW = (
    ("requests_per_second", "requests a second", ""), ("average_latency_ms", "on average", "ms"),
    ("error_rate", "failed", "share"), ("searches_per_minute", "searches a minute", ""),
    ("writes_per_minute", "memories written a minute", ""), ("active_agents", "agents at work", ""),
)  # fmt: skip


def _now(told: Realtime) -> Said:
    """The last minutes as numbers, and requests of the last hour as columns."""
    most = max(minute.counts["requests"] for minute in told.minutes)
    return {
        "numbers": [
            {"label": label, "value": charts.said(told.metrics[name], unit)}
            for name, label, unit in NOW
            if told.metrics[name] is not None
        ],
        "minutes": [
            {"at": each.at, "height": round(100 * each.counts["requests"] / (most or 1)), **each.counts}
            for each in told.minutes
        ],
        "most": round(most),
    }


# --- numbers

CARDS = ("written", "live", "searches", "hit_rate", "latency_p95", "learning_events", "accuracy", "error_rate")


def _card(name: str, told: Dashboard, asked: Range) -> dict[str, Any]:
    total, figure = told.totals[name], FIGURES[name]
    good = None if not figure.better else figure.better > 0
    return {
        "name": name,
        "label": figure.says or figure.label.lower(),
        "value": charts.said(total.value, figure.unit),
        "url": _behind(name, asked),
        **changed(total.value, total.before, figure.unit, good),
    }


def changed(value: float | None, before: float | None, unit: str, good: bool | None) -> dict[str, Any]:
    """How a number compares with the one before it: in words, and whether that is good."""
    if value is None or before is None:
        return {}
    more = value - before
    if unit == "share":
        says = f"{100 * more:+.1f} points" if abs(more) >= 0.0005 else "as before"
    elif before:
        says = f"{100 * more / before:+.0f} %" if abs(more) >= abs(before) / 200 else "as before"
    else:
        says = "none before" if value else ""
    neither = not more or good is None or says in ("as before", "none before")
    tone = "same" if neither else "good" if (more > 0) == good else "worse"
    return {"change": says.replace("-", "−"), "tone": tone, "before": charts.said(before, unit)}


def _behind(name: str, asked: Range) -> str:
    """The rows that a number counts."""
    days, domain = asked.days(), asked.domain
    if name == "written":
        return behind.memories(days["from"], days["to"], namespace=domain)
    if name == "live":
        return behind.url("memories", namespace=domain)
    if name in ("searches", "hit_rate", "latency_p95"):
        why = {"hit_rate": "empty", "latency_p95": "slow"}.get(name, "")
        return behind.traces(asked.said, kind="recall", why=why)
    if name == "error_rate":
        return behind.traces(asked.said, kind="operation", why="failed")
    return behind.url("learning", **asked.said)


def _top(top: dict[str, list[Said]], asked: Range) -> list[Said]:
    """Who did most, each with the rows behind."""
    days = asked.days()
    said = {name: value for name, value in asked.said.items() if name != "domain"}
    agents = [
        row | {"url": behind.url("learning", **asked.said, agent=row["name"])} | _accuracy(row) for row in top["agents"]
    ]
    domains = [
        row
        | {"url": behind.url("analytics", **said, domain=row["name"]), **_accuracy(row)}
        | {"memories": behind.memories(days["from"], days["to"], namespace=row["name"])}
        for row in top["domains"]
    ]
    return [{"title": AGENTS, "rows": agents}, {"title": DOMAINS, "rows": domains, "library": True}]


def _accuracy(row: Said) -> Said:
    return {"accuracy": charts.said(row["accuracy"], "share")}
