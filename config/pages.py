"""The console's own pages: front page, recall playground, live feed."""

import json
from typing import Any

from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.template.response import TemplateResponse
from django.urls import path
from django.views.decorators.http import require_GET, require_POST

from events import feed
from memory import stats
from memory.recall import recall
from memory.types import Hit, Query, Scope
from tenants import tickets
from tenants.middleware import tenant_of
from tenants.models import ApiKey, Tenant, User

PARTS = ("semantic", "lexical", "neighbours", "prior", "named", "session", "importance", "recency")


def front(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Fill the front page: of one tenant, or of the platform."""
    tenant = tenant_of(request)
    if tenant is None and not request.user.is_superuser:
        return context | {"title": "Your tenants", "own": Tenant.objects.filter(memberships__user=request.user)}
    numbers = _tenant_numbers(tenant) if tenant else _platform_numbers()
    hours = _bars(feed.per_hour(tenant.id if tenant else None))
    return context | numbers | {"title": tenant.name if tenant else "All tenants", "tenant": tenant, "hours": hours}


def _tenant_numbers(tenant: Tenant) -> dict[str, Any]:
    kinds = stats.kinds()
    most = max((count for _, count in kinds), default=1)
    return {
        "stats": stats.overview(),
        "keys": ApiKey.objects.filter(tenant=tenant, revoked_at=None).count(),
        "today": feed.count_since_yesterday(tenant.id),
        "kinds": [{"name": name, "count": count, "width": round(100 * count / most)} for name, count in kinds],
        "newest": stats.newest(),
    }


def _platform_numbers() -> dict[str, Any]:
    last, events = feed.activity()
    tenants = Tenant.objects.order_by("slug")[:100]
    return {
        "tenants": [{"row": t, "last": last.get(t.id), "events": events.get(t.id, 0)} for t in tenants],
        "tenant_count": Tenant.objects.count(),
        "keys": ApiKey.objects.filter(revoked_at=None).count(),
        "today": feed.count_since_yesterday(None),
        "unrelayed": feed.unrelayed(),
    }


def _bars(hours: list[tuple[Any, int]]) -> list[dict[str, Any]]:
    most = max((count for _, count in hours), default=0) or 1
    return [{"at": at, "count": count, "height": round(100 * count / most)} for at, count in hours]


@require_GET
def playground(request: HttpRequest) -> HttpResponse:
    """Ask the tenant's memory a question and see why each answer stands where it does."""
    tenant = _tenant(request)
    asked = {name: request.GET.get(name, "").replace("\x00", "").strip() for name in ("q", "user_id", "namespace")}
    limit = _between(request.GET.get("limit", ""), 1, 50, 10)
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


def _between(text: str, least: int, most: int, default: int) -> int:
    return min(max(int(text), least), most) if text.isascii() and text.isdigit() and len(text) < 5 else default


@require_GET
def live(request: HttpRequest) -> HttpResponse:
    """The tenant's events as they happen, over the same socket that agents use."""
    tenant = _tenant(request)
    recent = [feed.as_json(event) for event in feed.newest(tenant.id, limit=50)]
    context = admin.site.each_context(request) | {
        "title": "Live feed",
        "recent": recent,
        "last_seq": recent[0]["seq"] if recent else 0,
    }
    return TemplateResponse(request, "console/live.html", context)


@require_POST
def ticket(request: HttpRequest) -> JsonResponse:
    """A single-use ticket for the live feed's socket."""
    assert isinstance(request.user, User)  # admin_view let nobody else in
    return JsonResponse({"ticket": tickets.issue(request.user, _tenant(request))})


def _tenant(request: HttpRequest) -> Tenant:
    tenant = tenant_of(request)
    if tenant is None:  # these pages exist inside a tenant only
        raise Http404
    return tenant


urlpatterns = [
    path("recall/", admin.site.admin_view(playground), name="playground"),
    path("live/", admin.site.admin_view(live), name="live"),
    path("live/ticket", admin.site.admin_view(ticket), name="live_ticket"),
]
