"""The live feed, narrowed to what somebody watches, and the ticket for its socket."""

from typing import Any
from uuid import UUID

from django.contrib import admin
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.response import TemplateResponse
from django.urls import NoReverseMatch, reverse
from django.views.decorators.http import require_GET, require_POST

from config.pages.base import tenant_here
from events import feed, log
from events.types import CATALOGUE
from events.wanted import EVERYTHING, BadWanted, Wanted, wanted
from tenants import tickets
from tenants.models import User

FAMILIES = list(dict.fromkeys(f"{name.partition('.')[0]}.*" for name in CATALOGUE))
# The page of a subject, by its type; what has none is shown without a link.
PAGES = {
    "memory": "admin:memory_memory_change", "session": "session", "taskrun": "run", "policy": "policy",
    "webhook": "webhook", "apikey": "admin:tenants_apikey_change", "erasure": "privacy_certificate",
}  # fmt: skip
ANY = UUID(int=0)


@require_GET
def live(request: HttpRequest) -> HttpResponse:
    """The tenant's events as they happen, over the same socket that agents use."""
    tenant = tenant_here(request)
    asked = {name: request.GET.get(name, "")[:255] for name in ("type", "user", "subject")}
    narrowed, wrong = _narrowed(asked)
    last = feed.last_seq(tenant.id)  # first: what is told meanwhile is shown by one of the two
    recent = [feed.as_json(event) for event in log.read(tenant.id, per_page=50, wanted=narrowed).events]
    context = admin.site.each_context(request) | {
        "title": "Live feed",
        "recent": recent,
        "last_seq": max(last, *(event["seq"] for event in recent[:1]), 0),
        "families": FAMILIES,
        "types": list(CATALOGUE),
        "asked": asked,
        "wrong": wrong,
        "wanted": {name: list(values) for name, values in vars(narrowed).items() if values},
        "pages": _pages(),
    }
    return TemplateResponse(request, "console/live.html", context)


@require_POST
def ticket(request: HttpRequest) -> JsonResponse:
    """A single-use ticket for the live feed's socket."""
    assert isinstance(request.user, User)  # admin_view let nobody else in
    return JsonResponse({"ticket": tickets.issue(request.user, tenant_here(request))})


def _narrowed(asked: dict[str, str]) -> tuple[Wanted, str]:
    told = {name: [asked[name]] if asked[name] else [] for name in asked}
    try:
        return wanted(types=told["type"], users=told["user"], subjects=told["subject"]), ""
    except BadWanted as error:
        return EVERYTHING, error.detail


def _pages() -> dict[str, Any]:
    """Addresses with ANY in the place of the id."""
    found = {}
    for kind, name in PAGES.items():
        try:
            found[kind] = reverse(name, args=[ANY])
        except NoReverseMatch:
            continue
    return found
