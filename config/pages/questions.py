"""Saved questions: what the tenant wants to go on finding, and whether it is found now."""

import json
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.views.decorators.http import require_GET, require_POST

from config.pages.base import tenant_here
from memory import losing, questions
from memory.errors import LibraryError
from tenants.middleware import may

LISTED = losing.QUESTIONS
MOST = 50  # answers that count, at most


@require_GET
def listed(request: HttpRequest) -> HttpResponse:
    tenant_here(request)
    rows = list(questions.listed().order_by("-id")[:LISTED])
    found = {each.question.pk: losing.loss(each, ()) for each in losing.asked(rows)}
    context = admin.site.each_context(request) | {
        "title": "Saved questions",
        "questions": [_drawn(row, found.get(row.pk)) for row in rows],
        "may_write": may(request, "memories.write"),
    }
    return TemplateResponse(request, "console/questions.html", context)


def _drawn(row: Any, found: losing.Loss | None) -> dict[str, Any]:
    scope = {name: getattr(row, name) for name in questions.SCOPE if getattr(row, name)}
    asked = scope | {"q": row.text, "limit": row.limit} | ({"filters": json.dumps(row.filters)} if row.filters else {})
    return {
        "row": row,
        "scope": list(scope.items()),
        "url": f"?{urlencode(asked)}",
        "expected": len(row.expected),
        "hit": found.hit_before if found else None,
        "missing": found is not None and found.hit_before < len(row.expected),
    }


@require_POST
def save(request: HttpRequest) -> HttpResponse:
    """Save what was asked in the playground, with the answers that were ticked."""
    tenant_here(request)
    try:
        questions.save(_heard(request.POST))
        messages.success(request, "It is saved. The simulator asks it from now on.")
    except (LibraryError, ValueError):
        messages.error(request, "Not saved: a memory, a filter or a namespace of it is not there any more.")
    return redirect("questions")


def _heard(sent: QueryDict) -> dict[str, Any]:
    """Raises ValueError."""
    told = {name: sent.get(name, "").replace("\x00", "").strip() for name in ("text", "note", *questions.SCOPE)}
    filters = json.loads(sent.get("filters", "") or "{}")
    expected = [UUID(text) for text in sent.getlist("expected")[:MOST]]
    if not told["text"] or len(told["text"]) > 10_000 or not isinstance(filters, dict):
        raise ValueError
    if any(len(told[name]) > 255 for name in questions.SCOPE) or len(told["note"]) > 500:
        raise ValueError
    limit = min(max(int(sent.get("limit", "10")), 1), MOST)
    return told | {"filters": filters, "expected": expected, "limit": limit}


@require_POST
def delete(request: HttpRequest, question_id: UUID) -> HttpResponse:
    tenant_here(request)
    questions.delete(question_id)
    return redirect("questions")
