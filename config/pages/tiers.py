"""The tiers: how much is where, and the comparison of rows and objects at the push of a button."""

from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.views.decorators.http import require_http_methods

from config.pages.base import tenant_here
from memory.errors import Unreadable
from memory.tiers import cold, keeping
from tenants import preferences
from tenants.middleware import may

NAMES = {"warm": "in the table", "archiving": "on its way", "cold": "in cold storage"}


@require_http_methods(["GET", "POST"])
def tiers(request: HttpRequest) -> HttpResponse:
    """Where the tenant's content is; a POST compares both sides."""
    tenant = tenant_here(request)
    if request.method == "POST":
        _reconcile(request)
        return redirect("tiers")
    shares = keeping.distribution()
    context = admin.site.each_context(request) | {
        "title": "Tiers",
        "shares": _drawn(shares),
        "total": sum(share["count"] for share in shares),
        "after_days": preferences.of(tenant).cold_after_days,
        "bucket": getattr(cold.objects.storage, "bucket_name", ""),
        "may_write": may(request, "tiers.manage"),
    }
    return TemplateResponse(request, "console/tiers.html", context)


def _reconcile(request: HttpRequest) -> None:
    try:
        found = keeping.reconcile()
    except Unreadable as error:
        messages.error(request, f"The storage does not answer: {error}.")
        return
    level = messages.ERROR if found.dangling else messages.SUCCESS
    text = f"{found.orphans} left-over objects deleted, {found.stuck} moves finished, {found.dangling} objects missing."
    messages.add_message(request, level, text)


def _drawn(shares: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Each share with its widths, in percent of all."""
    counts, sizes = (sum(share[name] for share in shares) or 1 for name in ("count", "bytes"))
    return [
        share
        | {
            "says": NAMES[share["tier"]],
            "count_width": round(100 * share["count"] / counts, 2),
            "bytes_width": round(100 * share["bytes"] / sizes, 2),
        }
        for share in shares
    ]
