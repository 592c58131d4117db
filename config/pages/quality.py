"""How well the saved questions are answered over time, what is worse and what is to blame; sets to take in."""

import json
from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.views.decorators.http import require_GET, require_POST
from rest_framework.exceptions import ValidationError

from api.native.base import hear
from api.native.questions import QuestionSet
from automation import runner
from config.pages import drawn_quality
from config.pages.base import asked_for, tenant_here
from memory import evaluations, measuring, question_sets
from memory.errors import LibraryError
from memory.models import Evaluation
from memory.upkeep.plan import Reach
from tenants.middleware import may

HISTORY = 90  # evaluations that are drawn
MOST_BYTES = 2 * 1024 * 1024


@require_GET
def quality(request: HttpRequest) -> HttpResponse:
    """The latest evaluation of a scope, or the one that `at` names, with those before it as a line."""
    tenant_here(request)
    asked = asked_for(request, "user_id", "namespace", "at")
    scope: dict[str, Any] = {name: asked[name][:255] for name in ("user_id", "namespace")}
    rows = list(evaluations.of(**scope).defer("told").order_by("-id")[:HISTORY])[::-1]
    row = _one(asked["at"], scope) if rows else None
    context = admin.site.each_context(request) | {
        "title": "Quality",
        "asked": asked,
        "row": row,
        "told": row.told if row else None,
        "cards": drawn_quality.cards(row) if row else [],
        "chart": drawn_quality.chart(rows, row),
        "rows": rows[::-1],
        "may_start": may(request, "runs.start"),
        "may_import": may(request, "memories.write"),
        "expecting": 0 if row else measuring.expecting(Reach(**scope)).count(),
    }
    return TemplateResponse(request, "console/quality.html", context | (drawn_quality.detail(row) if row else {}))


def _one(at: str, scope: dict[str, Any]) -> Evaluation | None:
    try:
        named = evaluations.of(**scope).filter(pk=UUID(at)).first() if at else None
    except ValueError:
        named = None
    return named or evaluations.latest(**scope)


@require_POST
def start(request: HttpRequest) -> HttpResponse:
    """Ask all questions of a scope now, by a worker."""
    tenant_here(request)
    scope = {name: request.POST.get(name, "").replace("\x00", "").strip()[:255] for name in ("user_id", "namespace")}
    try:
        run = runner.start("evaluate", Reach(scope["namespace"], scope["user_id"]))
    except LibraryError:
        messages.error(request, "Not begun: this user was erased.")
        return redirect("quality")
    return redirect("run", run.pk) if run else redirect("quality")


@require_POST
def take(request: HttpRequest) -> HttpResponse:
    """Take a set of questions in, from a file or as it was typed."""
    tenant_here(request)
    try:
        heard = hear(QuestionSet, _sent(request))
    except (ValueError, ValidationError, RecursionError):
        messages.error(request, "Not taken: this is not a list of questions as the docs describe it.")
        return redirect("quality")
    taken = question_sets.take(heard["questions"])
    messages.success(request, f"{taken.created} saved, {taken.changed} changed, {taken.same} were there already.")
    for at, why in list(taken.failed.items())[:5]:
        messages.warning(request, f"Question {at + 1} is left out: {why}.")
    return redirect("questions")


def _sent(request: HttpRequest) -> Any:
    """Raises ValueError."""
    file = request.FILES.get("file")
    if file and (file.size or 0) > MOST_BYTES:
        raise ValueError
    text = file.read().decode() if file else request.POST.get("set", "")
    if "\x00" in text or "\\u0000" in text:
        raise ValueError
    told = json.loads(text)
    return {"questions": told} if isinstance(told, list) else told
