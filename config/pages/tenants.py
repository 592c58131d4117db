"""A tenant's life in the console: suspend, resume, export, delete in two steps. Each calls the verb of the API."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from api.native.transfers import streamed
from memory import moving
from tenants import leaving, lifecycle
from tenants.errors import WrongName, WrongState
from tenants.middleware import tenant_of
from tenants.models import Receipt, Tenant
from tenants.resolve import Speaker

STEPS: dict[str, Callable[[UUID], Tenant]] = {"resume": lifecycle.resume, "restore": lifecycle.restore}


def outside(request: HttpRequest) -> None:
    """These pages are of the platform; who may open them says the table of roles."""
    if tenant_of(request) is not None:
        raise Http404


@require_POST
def step(request: HttpRequest, tenant_id: UUID) -> HttpResponse:
    """Suspend with a reason, resume, or restore."""
    outside(request)
    tenant = get_object_or_404(Tenant, pk=tenant_id)
    asked, reason = request.POST.get("step", ""), request.POST.get("reason", "").replace("\x00", "").strip()[:300]
    try:
        if asked in STEPS:
            messages.success(request, f"{tenant} is {STEPS[asked](tenant.pk).state}.")
        elif asked == "suspend" and reason:
            messages.success(request, f"{tenant} is {lifecycle.suspend(tenant.pk, reason).state}.")
        else:
            messages.error(request, "Say why it is suspended.")
    except WrongState as error:
        messages.error(request, f"Not done: {error}.")
    return redirect("admin:tenants_tenant_change", tenant.pk)


@require_http_methods(["GET", "POST"])
def delete(request: HttpRequest, tenant_id: UUID) -> HttpResponse:
    """What would go, and the slug to be typed."""
    outside(request)
    tenant = get_object_or_404(Tenant, pk=tenant_id)
    if request.method == "POST":
        try:
            after = lifecycle.ask_deletion(tenant.pk, request.POST.get("slug", "")).delete_after
            messages.success(request, f"{tenant} is closed, and is deleted after {after:%-d %B %Y, %H:%M} UTC.")
            return redirect("admin:tenants_tenant_change", tenant.pk)
        except WrongName:
            messages.error(request, "Nothing was done: what was typed is not the tenant's slug.")
        except WrongState as error:
            messages.error(request, f"Not done: {error}.")
    context = admin.site.each_context(request) | {
        "title": f"Delete {tenant}",
        "tenant": tenant,
        "counts": _drawn(leaving.summary(tenant)),
        "keys": tenant.keys.count(),
        "people": tenant.memberships.count(),
    }
    return TemplateResponse(request, "console/tenant_delete.html", context)


@require_GET
def export(request: HttpRequest, tenant_id: UUID) -> StreamingHttpResponse:
    outside(request)
    tenant = get_object_or_404(Tenant, pk=tenant_id)
    speaker = Speaker(tenant=tenant, actor=f"user:{request.user.pk}", scopes=frozenset({"read"}))
    return streamed(request, speaker, moving.first(tenant), moving.after, "tar", f"{tenant.slug}.tar")


@require_GET
def receipts(request: HttpRequest) -> HttpResponse:
    outside(request)
    rows = [
        {"row": receipt, "counts": _drawn(receipt.counts)} for receipt in Receipt.objects.order_by("-begun_at")[:200]
    ]
    context = admin.site.each_context(request) | {"title": "Deleted tenants", "receipts": rows}
    return TemplateResponse(request, "console/receipts.html", context)


def _drawn(counts: dict[str, int]) -> list[tuple[str, Any]]:
    return [(name.replace("_", " "), count) for name, count in counts.items() if count]
