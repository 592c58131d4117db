"""The learning history: how well it goes, what it costs, its events, and each of them with what people say of it."""

import json
from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST
from rest_framework.exceptions import ValidationError

from analytics import history, learning, progress
from analytics.errors import BadLesson, NoLesson
from analytics.history import Asked
from analytics.models import LearningEvent
from analytics.progress import Metrics
from analytics.types import Judgement
from api.native.learning import after, place_of
from config import charts
from config.pages import behind, drawn_learning, ranges
from config.pages.base import asked_for, tenant_here
from config.pages.ranges import Range
from memory.errors import LibraryError
from tenants.middleware import may

LISTED = 50
NAMED = ("service", "agent", "user_id", "session_id", "type", "signature")
# What people said of an event, as the form narrows by it.
TOLD = {
    "right": {"correct": True}, "wrong": {"correct": False}, "judged": {"judged": True}, "open": {"judged": False},
}  # fmt: skip
YES_NO = {"yes": True, "no": False}
PARTS = ("input", "context", "output", "metadata")


@require_GET
def listed(request: HttpRequest) -> HttpResponse:
    tenant_here(request)
    chosen, said, now = ranges.asked(request), asked_for(request, *NAMED, "told", "before"), timezone.now()
    named: dict[str, Any] = {name: said[name] for name in NAMED} | TOLD.get(said["told"], {})
    asked = Asked(**named, domain=chosen.domain, since=chosen.span.begin, until=chosen.span.end)
    rows, older = _page(asked, said["before"])
    told, going = progress.metrics(asked, now), drawn_learning.of(asked, chosen, now)
    context = admin.site.each_context(request) | {
        "title": "Learning",
        "range": chosen,
        "domains": history.domains(),
        "asked": said,
        "types": LearningEvent.Type.choices,
        "tiles": _tiles(told, chosen),
        "charts": going.charts,
        "trend": going.trend,
        "rows": rows,
        "total": told.total,
        "older": older,
        "narrowed": any(said.values()),
        "query": "&".join(part for part in (chosen.query, _query(said)) if part),
        "api": f"{request.scheme}://{request.get_host()}/api/v1/learning/events",
    }
    return TemplateResponse(request, "console/learning.html", context)


def _page(asked: Asked, before: str) -> tuple[list[LearningEvent], str]:
    """The latest events, or those after a cursor; and the cursor of those that follow. A wrong one is none."""
    rows = history.found(asked).defer("input", "context", "output", "metadata")
    try:
        rows = after(rows, before)
    except ValidationError:
        rows = after(rows, "")
    found = list(rows.order_by("-occurred_at", "-id")[: LISTED + 1])
    return found[:LISTED], place_of(found[LISTED - 1]) if len(found) > LISTED else ""


def _query(said: dict[str, str]) -> str:
    from_here = {name: value for name, value in said.items() if name != "before"}
    return behind.url("learning", **from_here).partition("?")[2]


def _tiles(told: Metrics, chosen: Range) -> list[dict[str, Any]]:
    """Numbers, each with the rows behind it."""
    improved = f"{told.improvement:+.1f} %" if told.improvement is not None else "–"
    plain: list[tuple[str, str, str, str]] = [
        (charts.said(told.total), f"events, {charts.said(told.learning_rate)} a day", "", ""),
        (charts.said(told.accuracy, "share"), "of what was judged was right", "told", "right"),
        (charts.said(told.feedback_rate, "share"), "have feedback", "told", "judged"),
        (charts.said(told.confidence, "share"), "confidence on average", "", ""),
        (improved, "confidence of right answers, later half", "told", "right"),
        (charts.said(told.rating), "of 5 on average", "told", "judged"),
        (charts.said(told.cost), f"cost, {charts.said(told.cost_per_improvement)} an improvement", "", ""),
        (charts.said(told.model_updates), "updates of models", "", ""),
    ]
    return [
        {"value": value, "label": label, "url": behind.url("learning", **chosen.said, **({name: what} if name else {}))}
        for value, label, name, what in plain
    ]


@require_GET
def one(request: HttpRequest, event_id: UUID) -> HttpResponse:
    tenant_here(request)
    row = LearningEvent.objects.filter(pk=event_id).first()
    if row is None:
        raise Http404
    parts = [(name, getattr(row, name)) for name in PARTS]
    context = admin.site.each_context(request) | {
        "title": "Learning event",
        "row": row,
        "parts": [(name, json.dumps(value, indent=2, ensure_ascii=False)) for name, value in parts if value],
        "may_judge": may(request, "learning.write"),
        "ratings": range(1, 6),
    }
    return TemplateResponse(request, "console/learning_event.html", context)


@require_POST
def judge(request: HttpRequest, event_id: UUID) -> HttpResponse:
    tenant_here(request)
    said = {name: request.POST.get(name, "").replace("\x00", "").strip() for name in ("correct", "improved", "rating")}
    words = request.POST.get("explanation", "").replace("\x00", "").strip()
    rating = int(said["rating"]) if said["rating"] in "12345" and said["rating"] else None
    try:
        feedback = Judgement(
            correct=YES_NO.get(said["correct"]), improved=YES_NO.get(said["improved"]), rating=rating, explanation=words
        )
        learning.judge(feedback, event_id=event_id)
        messages.success(request, "Noted.")
    except NoLesson:
        raise Http404 from None
    except (BadLesson, LibraryError) as error:
        messages.error(request, f"Not noted: {error.detail if isinstance(error, BadLesson) else error}.")
    return redirect("learning_event", event_id)
