"""The privacy desk: look for a person, export or erase everything of them, and the certificates."""

from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from api.native.erasures import receipt_file
from config.pages.base import tenant_here
from memory import holds, transfers
from memory.errors import Held, Unconfirmed
from memory.models import Erasure
from memory.privacy import erase, receipts
from memory.privacy.subjects import TYPES, Subject
from tenants.middleware import may

SHOWN = 50
KINDS = (("user", "User id"), ("agent", "Agent id"), ("person", "Name, mentioned or quoted"))
STORES = {
    "memories": "Memories", "versions": "Earlier versions", "passages": "Passages of long memories",
    "relations": "Relations", "steps": "Steps of runs", "reviews": "Reviews", "reports": "Health reports",
    "evaluations": "Evaluations of recall",
    "sessions": "Sessions", "cold_objects": "Objects in cold storage", "exports": "Exports with their files",
    "imports": "Imports with files or errors kept",
    "replies": "Kept replies, of everybody", "facts": "Facts whose names became digests",
    "holds": "Holds that were released", "rules": "Retention rules", "vectors": "Kept vectors",
}  # fmt: skip
OPEN = (Erasure.State.REQUESTED, Erasure.State.RUNNING)


@require_http_methods(["GET", "POST"])
def desk(request: HttpRequest) -> HttpResponse:
    """The erasures there are; a POST looks for a person, so that no address ever holds a name."""
    tenant_here(request)
    subject = _subject(request) if request.method == "POST" else None
    rows = list(Erasure.objects.defer("sealed", "cursor").order_by("-id")[:SHOWN])
    context = admin.site.each_context(request) | {
        "title": "Privacy desk",
        "kinds": KINDS,
        "subject": subject,
        "rows": [_shown(row) for row in rows],
        "running": any(row.state in OPEN for row in rows),
        "may_see_holds": may(request, "retention.read"),
    }
    if subject:
        context |= _found(subject)
    return TemplateResponse(request, "console/privacy.html", context)


def _found(subject: Subject) -> dict[str, Any]:
    known = erase.preview(subject)
    before = erase.of(subject).defer("sealed", "cursor").order_by("-id")[:SHOWN]
    return {
        "held": holds.against(subject),
        "found": _named(known.found),
        "memories": known.found["memories"],
        "mentions": known.mentions,
        "before": list(before),
        "open": any(row.state in OPEN for row in before),
    }


def _named(counts: dict[str, int]) -> list[tuple[str, int]]:
    """In the order of STORES; a store that is not named there comes last."""
    order = list(STORES)
    names = sorted(counts, key=lambda name: order.index(name) if name in order else len(order))
    return [(STORES.get(name, name.replace("_", " ").capitalize()), counts[name]) for name in names]


def _shown(row: Erasure) -> dict[str, Any]:
    done = row.counts.get("memories", 0)
    width = 100 if row.state == Erasure.State.DONE else min(99, round(100 * done / row.confirmed)) if done else 0
    dots = {Erasure.State.DONE: "active", Erasure.State.FAILED: "suspended"}
    return {"row": row, "done": done, "width": width, "dot": dots.get(row.state, "waiting")}  # type: ignore[call-overload]


@require_POST
def start(request: HttpRequest) -> HttpResponse:
    """Erase whom the form names, once the name is typed again and the count is still what was shown."""
    tenant_here(request)
    subject = _subject(request)
    count = request.POST.get("confirm_count", "")
    if subject is None or request.POST.get("typed") != subject.name:
        messages.error(request, "Nothing was erased: the name typed is not the name above.")
        return redirect("privacy")
    try:
        confirmed = int(count) if count.isascii() and count.isdigit() and len(count) < 10 else None
        row, _ = erase.request(subject, confirmed, block="block" in request.POST)
    except Held as error:
        messages.error(request, f"Nothing was erased: {error}. Release it first, under Retention and holds.")
        return redirect("privacy")
    except Unconfirmed as error:
        messages.error(request, f"Nothing was erased: there are {error.count} memories by now. Look again.")
        return redirect("privacy")
    return redirect("privacy_certificate", erasure_id=row.pk)


@require_POST
def export(request: HttpRequest) -> HttpResponse:
    tenant_here(request)
    subject = _subject(request)
    if subject is None:
        return redirect("privacy")
    transfers.start_export({"subject": vars(subject)}, "jsonl")
    messages.success(request, "The export is being written; download it here when it is done.")
    return redirect("transfers")


@require_GET
def certificate(request: HttpRequest, erasure_id: UUID) -> HttpResponse:
    """One erasure, to read and to print."""
    tenant = tenant_here(request)
    row = _one(erasure_id)
    told = row.receipt.get("erased", row.counts)
    context = admin.site.each_context(request) | {
        "title": "Erasure",
        "tenant": tenant,
        "shown": _shown(row),
        "row": row,
        "running": row.state in OPEN,
        "erased": _named(told),
        "remaining": sum(row.receipt.get("remaining", {}).values()),
        "genuine": bool(row.receipt) and receipts.is_ours(row.receipt),
    }
    return TemplateResponse(request, "console/certificate.html", context)


@require_GET
def receipt(request: HttpRequest, erasure_id: UUID) -> HttpResponse:
    tenant_here(request)
    row = _one(erasure_id)
    if not row.receipt:
        raise Http404
    return receipt_file(row)


@require_POST
def lift(request: HttpRequest, erasure_id: UUID) -> HttpResponse:
    tenant_here(request)
    if erase.lift(erasure_id) is None:
        raise Http404
    messages.success(request, "Lifted: the person may be written of again, and old exports be imported.")
    return redirect("privacy_certificate", erasure_id=erasure_id)


def _one(erasure_id: UUID) -> Erasure:
    row = Erasure.objects.defer("sealed", "cursor").filter(pk=erasure_id).first()
    if row is None:
        raise Http404
    return row


def _subject(request: HttpRequest) -> Subject | None:
    """Whom the form names; None for nobody."""
    type, name = (request.POST.get(field, "").replace("\x00", "")[:255] for field in ("type", "name"))
    return Subject(type, name) if type in TYPES and name.strip() else None
