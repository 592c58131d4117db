"""The recall playground: ask, see why each answer stands where it does, and what an agent would be given."""

import json
from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.core.serializers.json import DjangoJSONEncoder
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from analytics import thumbs
from analytics.errors import StudyError
from api.native import words
from config.pages import asking
from config.pages.asking import Asked
from config.pages.base import tenant_here
from memory import context
from memory.algorithms import ranking
from memory.context import Context
from memory.errors import BadFilter, BadTime, LibraryError
from memory.recall import recall
from memory.types import Found, Hit, Query
from tenants.middleware import may

TABS = {"results": "Results", "context": "Context", "json": "JSON", "curl": "curl", "python": "Python"}


@require_GET
def playground(request: HttpRequest) -> HttpResponse:
    """Ask the tenant's memory a question, and see the answer in the tab asked for."""
    tenant_here(request)
    form = Asked(asking.with_defaults(request.GET))
    tab = request.GET.get("tab", "")
    tab = tab if tab in TABS else "results"
    shown: dict[str, Any] = {}
    if form.is_valid() and form.cleaned_data["q"]:
        try:
            shown = _shown(request, form, tab)
        except BadFilter as error:
            form.add_error("filters", f"{error.pointer or '/'} {error.detail}")
        except BadTime as error:
            form.add_error("when", error.detail)
        except LibraryError as error:
            form.add_error(None, str(error))
    page = {"title": "Recall playground", "form": form, "tab": tab, "tabs": _tabs(request, tab), "parts": ranking.PARTS}
    page |= {"may_judge": may(request, "learning.write"), "asked_again": request.GET.urlencode()}
    page |= {"may_save": may(request, "memories.write"), "saved": _saved(form) if shown else []}
    return TemplateResponse(
        request, "console/playground.html", admin.site.each_context(request) | page | {"has_asked": bool(shown)} | shown
    )


@require_POST
def thumb(request: HttpRequest) -> HttpResponse:
    """Whether a hit helped, and back to the question that it is an answer to."""
    tenant_here(request)
    asked = QueryDict(request.POST.get("asked", "")[:50_000])
    form = Asked(asking.with_defaults(asked))
    try:
        if not form.is_valid() or not form.cleaned_data["q"]:
            raise ValueError
        helpful = request.POST.get("helpful") == "yes"
        told = thumbs.give(form.query(), UUID(request.POST.get("memory_id", "")), helpful=helpful)
        messages.success(request, _thanks(helpful, told.question is not None))
    except (LibraryError, StudyError, ValueError):
        messages.error(request, "Not noted: the memory or the question is not there any more.")
    return redirect(f"{reverse('playground')}?{asked.urlencode()}")


def _thanks(helpful: bool, moved: bool) -> str:
    question = "The saved question expects it from now on." if helpful else "The saved question expects it no longer."
    return f"Noted as {'helpful' if helpful else 'not helpful'}. {question if moved else ''}".strip()


def _saved(form: Asked) -> list[tuple[str, Any]]:
    """What of the question is saved with it: whom it is asked of, its filters, and how many answers count."""
    told = form.cleaned_data
    plain = [(name, told[name]) for name in (*asking.SCOPE, "limit")]
    return [("text", told["q"]), ("filters", json.dumps(told["filters"])), *plain]


def _shown(request: HttpRequest, form: Asked, tab: str) -> dict[str, Any]:
    """What a tab shows, and nothing more is asked than it needs. Raises LibraryError."""
    query = form.query()
    if tab == "context":
        return {
            "known": _drawn(
                context.build(query, form.cleaned_data["max_tokens"], "prompt", include_session=asking.LATEST)
            )
        }
    if tab in ("curl", "python"):
        return {"calls": asking.calls(request, form, tab)}
    found = recall(query)
    if tab == "json":
        return {"json": _json(found), "shown_hits": len(found.hits)}
    return {"found": found, "hits": [_bars(hit) for hit in found.hits], "narrowed": _narrowed(query)}


def _narrowed(query: Query) -> bool:
    return any(vars(query.scope).values()) or bool(query.filters or query.tags or query.when)


def _json(found: Found) -> str:
    """The answer of POST /api/v1/memories/search with `explain`."""
    data = [words.MemoryWords(hit.memory).data | {"score": hit.score, "scores": hit.parts} for hit in found.hits]
    told = {"data": data, "took_ms": found.took_ms, "candidate_count": found.candidate_count}
    return json.dumps(told, cls=DjangoJSONEncoder, ensure_ascii=False, indent=2)


def _drawn(known: Context) -> dict[str, Any]:
    """A context with its sections as parts of one bar: the whole bar is the budget."""
    weight = sum(piece.tokens for piece in known.pieces) or 1
    sections = [
        {
            "name": name,
            "title": title,
            "count": len(pieces),
            "width": round(100 * sum(p.tokens for p in pieces) / weight * known.tokens / known.budget, 2),
        }
        for name, title in context.TITLES.items()
        if (pieces := known.section(name))
    ]
    return {"sections": sections, "context": known, "percent": round(100 * known.tokens / known.budget)}


def _bars(hit: Hit) -> dict[str, Any]:
    """A hit with its parts as widths of one bar: the positive parts fill as much of it as the score says."""
    positive = sum(value for value in hit.parts.values() if value > 0) or 1.0
    bars = [_bar(name, hit.parts.get(name, 0.0), hit.score / positive) for name in ranking.PARTS]
    return {"memory": hit.memory, "score": hit.score, "bars": bars}


def _bar(name: str, value: float, scale: float) -> dict[str, Any]:
    return {"name": name, "value": value, "width": round(100 * scale * max(value, 0), 2), "shown": abs(value) >= 0.0005}


def _tabs(request: HttpRequest, tab: str) -> list[dict[str, Any]]:
    """Each tab as a link that keeps what was asked."""
    links = []
    for name, title in TABS.items():
        asked = request.GET.copy()
        asked["tab"] = name
        links.append({"name": name, "title": title, "url": f"?{asked.urlencode()}", "here": name == tab})
    return links
