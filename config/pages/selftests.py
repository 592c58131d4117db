"""The isolation self-test, of the platform: ask for one, see it move, see what each probe found."""

from typing import Any

from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.views.decorators.http import require_http_methods

from api.models import Selftest
from api.selftest import runs
from tenants.middleware import tenant_of

SHOWN = 30
COLOURS = {"passed": "active", "failed": "suspended", "broken": "suspended", "running": "waiting", "pending": "waiting"}


@require_http_methods(["GET", "POST"])
def selftests(request: HttpRequest) -> HttpResponse:
    """The last runs, the newest one drawn; a POST asks for another. The page asks for itself again while one runs."""
    if tenant_of(request):
        raise Http404
    if request.method == "POST":
        runs.start()
        return redirect("selftests")
    rows = list(Selftest.objects.defer("evidence").order_by("-id")[:SHOWN])
    newest = Selftest.objects.order_by("-id").first()
    context = admin.site.each_context(request) | {
        "title": "Isolation",
        "newest": newest,
        "runs": [{"row": row, "colour": COLOURS[row.state], "took": _took(row)} for row in rows],
        "running": newest is not None and newest.open,
        "width": round(100 * newest.done / newest.total) if newest and newest.total else 0,
        "families": _families(newest.evidence) if newest else [],
    }
    return TemplateResponse(request, "console/selftests.html", context)


def _took(row: Selftest) -> float | None:
    return (row.finished_at - row.created_at).total_seconds() if row.finished_at else None


def _families(evidence: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The probes by family, in the order in which they ran; what failed comes first within its family."""
    found: dict[str, list[dict[str, Any]]] = {}
    for probe in evidence:
        found.setdefault(probe["family"], []).append(probe)
    return [
        {"name": name, "probes": sorted(probes, key=lambda probe: probe["ok"]), "ok": all(p["ok"] for p in probes)}
        for name, probes in sorted(found.items())
    ]
