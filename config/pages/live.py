"""The live feed, and the ticket for its socket."""

from django.contrib import admin
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.response import TemplateResponse
from django.views.decorators.http import require_GET, require_POST

from config.pages.base import tenant_here
from events import feed
from tenants import tickets
from tenants.models import User


@require_GET
def live(request: HttpRequest) -> HttpResponse:
    """The tenant's events as they happen, over the same socket that agents use."""
    tenant = tenant_here(request)
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
    return JsonResponse({"ticket": tickets.issue(request.user, tenant_here(request))})
