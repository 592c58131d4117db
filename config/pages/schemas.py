"""Tenants by migrations: who has which, what failed and why, and the button that goes on."""

from typing import Any

from django.contrib import admin, messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.views.decorators.http import require_http_methods

from config.pages.tenants import outside
from tenants import runner, schema
from tenants.models import SchemaState, Tenant

PER_PAGE = 100


@require_http_methods(["GET", "POST"])
def schemas(request: HttpRequest) -> HttpResponse:
    """The matrix; a POST notes what is due, and a worker migrates it."""
    outside(request)
    if request.method == "POST":
        count = runner.ask()
        messages.success(request, f"{count} noted; a worker begins within 15 seconds." if count else "Nothing is due.")
        return redirect("schemas")
    shown = Paginator(Tenant.objects.order_by("slug"), PER_PAGE).get_page(request.GET.get("page"))
    rows = _rows(list(shown))
    context = admin.site.each_context(request) | {
        "title": "Migrations of tenants",
        "columns": [{"says": f"{label} {name}", "number": name[:4]} for label, name in schema.wanted()],
        "rows": rows,
        "late": sum(not row["done"] for row in rows),
        "shown": shown,
        "target": schema.target(),
    }
    return TemplateResponse(request, "console/schemas.html", context)


def _rows(tenants: list[Tenant]) -> list[dict[str, Any]]:
    has = schema.applied(tenant.schema_name for tenant in tenants)
    states = {row.tenant_id: row for row in SchemaState.objects.filter(target=schema.target(), tenant__in=tenants)}
    drawn = []
    for tenant in tenants:
        cells = [name in has[tenant.schema_name] for name in schema.wanted()]
        drawn.append({"tenant": tenant, "cells": cells, "done": all(cells), "state": states.get(tenant.pk)})
    return drawn
