"""Exports and imports: start them, see them move, read which rows failed, take the file."""

import json
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.views.decorators.http import require_GET, require_POST

from api.native.transfers import download
from config.pages.base import tenant_here
from memory import transfers as work
from memory.errors import BadFilter, LibraryError
from memory.models import Transfer
from tenants.middleware import may
from tenants.models import User
from tenants.resolve import of_person

SHOWN, ERRORS = 50, 20
FORMATS = ("jsonl", "csv")


@require_GET
def transfers(request: HttpRequest) -> HttpResponse:
    """The latest transfers, and the forms that start one. The page asks for itself again while one of them runs."""
    tenant_here(request)
    rows = Transfer.objects.defer("cursor", "parts").order_by("-id")[:SHOWN]
    shown = [_shown(row) for row in rows]
    context = admin.site.each_context(request) | {
        "title": "Exports and imports",
        "transfers": shown,
        "running": any(row["open"] for row in shown),
        "limit": settings.IMPORT_LIMIT_BYTES,
        "may_export": may(request, "exports.run"),
        "may_write": may(request, "imports.run"),
    }
    return TemplateResponse(request, "console/transfers.html", context)


def _shown(row: Transfer) -> dict[str, Any]:
    over = row.state == Transfer.State.DONE
    width = 100 if over else round(100 * row.done / row.total, 1) if row.total else 0
    is_open = row.state in (Transfer.State.PENDING, Transfer.State.RUNNING)
    told = row.filters.get("subject")
    told = {"everything of": f"{told['type']} {told['name']}"} if told else row.filters
    asked = ", ".join(f"{name} {value}" for name, value in told.items() if name != "versions" and value)
    return {"row": row, "width": min(width, 100), "open": is_open, "errors": row.errors[:ERRORS], "asked": asked}


@require_POST
def export(request: HttpRequest) -> HttpResponse:
    tenant_here(request)
    form = request.POST.get("format", "")
    told: dict[str, Any] = {name: _text(request, name) for name in ("user_id", "namespace")}
    try:
        told["filters"] = json.loads(_text(request, "filters") or "{}")
        if not isinstance(told["filters"], dict):
            raise ValueError
        work.start_export(told, form if form in FORMATS else FORMATS[0])
    except BadFilter as error:
        messages.error(request, f"Filter {error.pointer or '/'}: {error.detail}.")
    except (ValueError, RecursionError):
        messages.error(request, "The filter is not a JSON object.")
    return redirect("transfers")


@require_POST
def take_in(request: HttpRequest) -> HttpResponse:
    """Keep an uploaded file for its import; without `store` it is only tried."""
    tenant_here(request)
    file = request.FILES.get("file")
    if file is None:
        messages.error(request, "Choose a file first.")
        return redirect("transfers")
    form = "csv" if (file.name or "").lower().endswith(".csv") else "jsonl"
    try:
        dry_run = "store" not in request.POST
        work.start_import(file, form, dry_run=dry_run, limit=settings.IMPORT_LIMIT_BYTES)
    except LibraryError as error:
        messages.error(request, str(error))
    return redirect("transfers")


@require_GET
def file(request: HttpRequest, transfer_id: UUID) -> StreamingHttpResponse:
    tenant = tenant_here(request)
    assert isinstance(request.user, User)  # admin_view let nobody else in
    row = _one(transfer_id)
    if row.direction != Transfer.Direction.EXPORT or row.state != Transfer.State.DONE:
        raise Http404
    return download(request, of_person(request.user, tenant), row)


@require_POST
def cancel(request: HttpRequest, transfer_id: UUID) -> HttpResponse:
    tenant_here(request)
    if not may(request, f"{_one(transfer_id).direction}s.run"):
        raise PermissionDenied
    work.cancel(transfer_id)
    return redirect("transfers")


def _one(transfer_id: UUID) -> Transfer:
    row = Transfer.objects.filter(pk=transfer_id).first()
    if row is None:
        raise Http404
    return row


def _text(request: HttpRequest, name: str) -> str:
    return request.POST.get(name, "").replace("\x00", "").strip()
