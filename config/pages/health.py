"""How healthy the memories of a user or of the tenant are: the scores, the trend, what is wrong and what to do."""

from typing import Any
from uuid import UUID

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.http import require_GET

from config.pages.base import asked_for, tenant_here
from memory import reports
from memory.algorithms import health as scores
from memory.models import Memory, Report
from memory.tiers import cold
from memory.upkeep import health
from memory.upkeep.plan import Reach

TREND = 60  # reports of before that are drawn
NAMED, STALEST, CLUSTERS = 6, 8, 6  # memories of an issue, stale ones, clusters that are shown with their words
PARTS = (
    ("freshness", "how new, how lately changed, how often recalled"), ("diversity", "kinds, labels, different words"),
    ("consistency", "believed, important, described"), ("coverage", "kinds, time, number"),
)  # fmt: skip
REASONS = {
    "temporal_context": "its time is over", "replaced": "replaced", "low_confidence": "hardly believed",
    "no_activity": "never recalled", "outdated": "old",
}  # fmt: skip
GAPS = {"none": "nothing", "few": "few", "none_recent": "none of late"}
WIDTH, HEIGHT = 640, 150


@require_GET
def report(request: HttpRequest) -> HttpResponse:
    """The latest report that was kept; one of this moment, when none was, or `fresh` is asked for."""
    tenant_here(request)
    asked = asked_for(request, "user_id", "namespace", "fresh")
    scope: dict[str, Any] = {name: asked[name][:255] for name in ("user_id", "namespace")}
    kept = None if asked["fresh"] else reports.latest(**scope)
    told = kept.told if kept else health.report(Reach(**scope), timezone.now())
    texts = _texts(told)
    context = admin.site.each_context(request) | {
        "title": "Health",
        "asked": asked,
        "kept": kept,
        "told": told,
        "parts": [_part(told, name, says) for name, says in PARTS],
        "trend": _trend(list(reports.of(**scope).defer("told").order_by("-id")[:TREND])[::-1]),
        "issues": [issue | {"memories": _named(issue["affected_memory_ids"], texts)} for issue in told["issues"]],
        "stale": [_stale(one, texts) for one in told["stale"][:STALEST]],
        "topics": [topic | {"lacks": ", ".join(GAPS[gap] for gap in topic["gaps"])} for topic in told["topics"]],
        "clusters": [one | {"members": _named(one["memories"], texts)} for one in told["duplicates"][:CLUSTERS]],
        "shown": len(texts),
    }
    return TemplateResponse(request, "console/health.html", context)


def _part(told: dict[str, Any], name: str, says: str) -> dict[str, Any]:
    weight = round(100 * scores.WEIGHTS[name])
    return {"name": name, "says": says, "score": told[f"{name}_score"], "weight": weight}


def _stale(one: dict[str, Any], texts: dict[str, str]) -> dict[str, Any]:
    return one | {"says": texts.get(one["memory"], ""), "why": REASONS[one["reason"]]}


def _texts(told: dict[str, Any]) -> dict[str, str]:
    """The words of the memories that the page names, as far as they are there."""
    ids = [key for issue in told["issues"] for key in issue["affected_memory_ids"][:NAMED]]
    ids += [one["memory"] for one in told["stale"][:STALEST]]
    ids += [key for cluster in told["duplicates"][:CLUSTERS] for key in cluster["memories"][:NAMED]]
    rows = list(Memory.objects.light().readable().filter(pk__in={UUID(key) for key in ids}))
    cold.fill(rows)
    return {str(row.pk): row.content[:160] for row in rows}


def _named(ids: list[str], texts: dict[str, str]) -> list[dict[str, str]]:
    return [{"id": key, "says": texts[key]} for key in ids[:NAMED] if key in texts]


def _trend(rows: list[Report]) -> dict[str, Any] | None:
    """The overall scores of reports as a line, oldest first; None for fewer than two."""
    if len(rows) < 2:
        return None
    step = WIDTH / (len(rows) - 1)
    points = [
        {"x": round(at * step, 1), "y": round(HEIGHT * (1 - row.overall / 100), 1), "row": row}
        for at, row in enumerate(rows)
    ]
    line = " ".join(f"{point['x']},{point['y']}" for point in points)
    bands = [{"y": round(HEIGHT * (1 - least / 100), 1), "says": name} for least, name in scores.BANDS if least]
    return {"points": points, "line": line, "bands": bands, "first": rows[0], "last": rows[-1]}
