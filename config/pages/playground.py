"""The recall playground: ask, and see why each answer stands where it does."""

import json
from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.views.decorators.http import require_GET

from config.pages.base import between, tenant_here
from memory.recall import recall
from memory.types import Hit, Query, Scope
from tenants.models import Tenant

PARTS = ("semantic", "lexical", "neighbours", "prior", "named", "session", "time", "importance", "recency")


@require_GET
def playground(request: HttpRequest) -> HttpResponse:
    """Ask the tenant's memory a question and see why each answer stands where it does."""
    tenant = tenant_here(request)
    asked = {name: request.GET.get(name, "").replace("\x00", "").strip() for name in ("q", "user_id", "namespace")}
    limit = between(request.GET.get("limit", ""), 1, 50, 10)
    found = None
    if asked["q"]:
        scope = Scope(user_id=asked["user_id"], namespace=asked["namespace"])
        found = recall(Query(asked["q"][:10_000], scope, limit))
    context = admin.site.each_context(request) | {
        "title": "Recall playground",
        "asked": asked | {"limit": limit},
        "found": found,
        "hits": [_shown(hit) for hit in found.hits] if found else [],
        "parts": PARTS,
        "curl": _curl(request, tenant, asked, limit),
    }
    return TemplateResponse(request, "console/playground.html", context)


def _shown(hit: Hit) -> dict[str, Any]:
    """A hit with its parts as widths of one bar: the positive parts fill as much of it as the score says."""
    positive = sum(value for value in hit.parts.values() if value > 0) or 1.0
    bars = [_bar(name, hit.parts[name], hit.score / positive) for name in PARTS]
    return {"memory": hit.memory, "score": hit.score, "bars": bars, "raw": round(sum(hit.parts.values()), 4)}


def _bar(name: str, value: float, scale: float) -> dict[str, Any]:
    return {"name": name, "value": value, "width": round(100 * scale * max(value, 0), 2), "shown": abs(value) >= 0.0005}


def _curl(request: HttpRequest, tenant: Tenant, asked: dict[str, str], limit: int) -> str:
    body = {"query": asked["q"] or "…", "limit": limit, "explain": True}
    body |= {name: asked[name] for name in ("user_id", "namespace") if asked[name]}
    url = request.build_absolute_uri("/api/v1/memories/search")
    quoted = json.dumps(body, ensure_ascii=False).replace("'", "'\\''")
    headers = """-H "Authorization: Bearer $KEY" -H 'Content-Type: application/json'"""
    return f"curl {url} \\\n  {headers} \\\n  -d '{quoted}'"
