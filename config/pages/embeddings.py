"""The embedding model of the tenant, and the change of it, step by step."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from config.pages.base import tenant_here
from memory.errors import EmbedderUnavailable, QualityWouldFall, ReembedRefused
from memory.upkeep import reembed
from tenants.middleware import may

STEPS: dict[str, Callable[[], None]] = {
    "rollback": reembed.rollback, "finish": reembed.finish, "cancel": reembed.cancel,
}  # fmt: skip


@require_http_methods(["GET", "POST"])
def embeddings(request: HttpRequest) -> HttpResponse:
    """The model in use and how far its change is; a POST takes a step."""
    tenant_here(request)
    if request.method == "POST":
        try:
            _take(request)
        except QualityWouldFall as error:
            messages.error(request, f"Not done: saved questions would be answered worse, {error}.")
            return redirect(f"{reverse('embeddings')}?fell=1")
        return redirect("embeddings")
    progress = reembed.progress()
    context = admin.site.each_context(request) | {
        "title": "Embedding models",
        "progress": progress,
        "fell": "fell" in request.GET,
        "drawn": _drawn(progress),
        "choices": [model for model in settings.EMBEDDERS if model != progress.model],
        "may_change": may(request, "embeddings.manage"),
    }
    return TemplateResponse(request, "console/embeddings.html", context)


@require_GET
def progress(request: HttpRequest) -> JsonResponse:
    """What the page asks for while shadows grow."""
    tenant_here(request)
    return JsonResponse(_drawn(reembed.progress()))


def _take(request: HttpRequest) -> None:
    step = request.POST.get("step", "")
    try:
        if step == "start":
            reembed.start(request.POST.get("model", ""))
        elif step == "switch":
            reembed.switch(accept_loss="accept_loss" in request.POST)
        elif step in STEPS:
            STEPS[step]()
    except (ReembedRefused, EmbedderUnavailable) as error:
        messages.error(request, f"Not done: {error}.")


def _drawn(progress: reembed.Progress) -> dict[str, Any]:
    done = progress.total - progress.waiting
    share = round(100 * done / progress.total, 1) if progress.total else 100.0
    return {"state": progress.state, "done": done, "waiting": progress.waiting, "total": progress.total, "share": share}
