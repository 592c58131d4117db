"""The review desk: two memories side by side with what differs, and what to make of them, by mouse or by letters."""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import admin, messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from config.pages.base import asked_for, tenant_here
from memory import reviews
from memory.algorithms import diffing
from memory.errors import BadDecision, ReviewRefused
from memory.models import Memory, Review
from memory.tiers import cold
from tenants.middleware import may

SHOWN = 20
LONGEST = 4_000  # characters of a text that are compared and shown
TABS = (
    ("duplicate", "Doubles"), ("contradiction", "Contradictions"), ("quarantine", "Quarantine"),
    ("low_confidence", "Low confidence"), ("decided", "Decided"),
)  # fmt: skip
NOTHING = {
    "duplicate": "Nothing is doubled. Pairs come here when the job “deduplicate” finds memories that say the same.",
    "contradiction": "Nothing contradicts. What the job “resolve conflicts” is not sure of comes here.",
    "quarantine": "Nothing is in quarantine. The job “screen” shows memories of untrusted sources here.",
    "low_confidence": "Everything is believed. The job “screen” shows memories of low confidence here.",
    "decided": "Nothing was decided yet.",
}
# Of each decision: its letter on the keyboard, and what stands on its button.
BUTTONS = {
    "merge": ("m", "Merge"), "keep_first": ("1", "Keep left"), "keep_second": ("2", "Keep right"),
    "keep_both": ("b", "Keep both"), "accept": ("a", "It is right"), "reject": ("r", "Silence it"),
    "dismiss": ("d", "Dismiss"),
}  # fmt: skip
DONE = {
    "merge": "Merged", "keep_first": "The left one was kept", "keep_second": "The right one was kept",
    "keep_both": "Both were kept", "accept": "Accepted", "reject": "Silenced", "dismiss": "Dismissed",
}  # fmt: skip


@require_GET
def desk(request: HttpRequest) -> HttpResponse:
    """One kind of what waits for a decision, or what was decided, newest first."""
    tenant_here(request)
    asked = asked_for(request, "kind", "user_id", "before", "done")
    waiting = reviews.waiting()
    kind = asked["kind"] if asked["kind"] in NOTHING else next((kind for kind in waiting if waiting[kind]), "duplicate")
    rows = _rows(kind, asked["user_id"])
    if before := _uuid(asked["before"]):
        rows = rows.filter(id__lt=before)
    found = list(rows.order_by("-id")[: SHOWN + 1])
    cold.fill([memory for review in found[:SHOWN] for memory in (review.first, review.second) if memory])
    context = admin.site.each_context(request) | {
        "title": "Review desk",
        "kind": kind,
        "asked": asked,
        "tabs": [{"kind": key, "says": says, "count": waiting.get(key)} for key, says in TABS],
        "rows": [_drawn(review) for review in found[:SHOWN]],
        "older": found[SHOWN - 1].pk if len(found) > SHOWN else None,
        "nothing": NOTHING[kind],
        "last": _last(asked["done"]),
        "may_decide": may(request, "reviews.decide"),
    }
    return TemplateResponse(request, "console/reviews.html", context)


def _rows(kind: str, user_id: str) -> Any:
    if kind == "decided":
        return reviews.listed(user_id=user_id).exclude(state=Review.State.OPEN)
    return reviews.listed(kind=kind, state=Review.State.OPEN, user_id=user_id)


def _drawn(review: Review) -> dict[str, Any]:
    """Both texts as runs of words, each with what only it has; and the buttons."""
    first, second = review.first, review.second
    runs = diffing.words(first.content[:LONGEST], second.content[:LONGEST] if second else first.content[:LONGEST])
    sides = [(first, "insert")] + ([(second, "delete")] if second else [])
    return {
        "review": review,
        "percent": round(100 * review.score),
        "sides": [_side(memory, [run for run in runs if run["op"] != other]) for memory, other in sides],
        "buttons": [(name, *BUTTONS[name]) for name in _order(review)],
        "done": DONE.get(review.outcome.get("decision", ""), review.get_state_display()),
    }


def _order(review: Review) -> list[str]:
    """The likely decision first: of two that contradict each other the newer one holds."""
    names = reviews.decisions(review.kind)
    if review.kind != Review.Kind.CONTRADICTION or review.second is None:
        return names
    newer = "keep_second" if review.second.event_time >= review.first.event_time else "keep_first"
    return [newer, *(name for name in ("keep_first", "keep_second", "keep_both", "merge", "dismiss") if name != newer)]


def _side(memory: Memory, runs: list[dict[str, str]]) -> dict[str, Any]:
    return {"memory": memory, "runs": runs, "longer": len(memory.content) > LONGEST}


def _last(told: str) -> dict[str, Any] | None:
    """What was decided just now, with the way back."""
    key = _uuid(told)
    review = Review.objects.filter(pk=key).exclude(state=Review.State.OPEN).first() if key else None
    return {"review": review, "says": DONE.get(review.outcome.get("decision", ""), "Decided")} if review else None


@require_POST
def decide(request: HttpRequest, review_id: UUID) -> HttpResponse:
    tenant_here(request)
    try:
        if reviews.decide(review_id, request.POST.get("decision", "")) is None:
            raise Http404
    except BadDecision:
        messages.error(request, "Not done: this is no decision for it.")
        return _back(request)
    except ReviewRefused as error:
        messages.error(request, f"Not done: {error}.")
        return _back(request)
    return _back(request, done=str(review_id))


@require_POST
def undo(request: HttpRequest, review_id: UUID) -> HttpResponse:
    tenant_here(request)
    try:
        if reviews.undo(review_id) is None:
            raise Http404
        messages.success(request, "Taken back: it waits for a decision again.")
    except ReviewRefused as error:
        messages.error(request, f"Not taken back: {error}.")
    return _back(request)


def _back(request: HttpRequest, **more: str) -> HttpResponse:
    """To the tab that one came from."""
    named = {name: request.POST.get(name, "").replace("\x00", "")[:255] for name in ("kind", "user_id")}
    query = urlencode({name: value for name, value in (named | more).items() if value})
    return redirect(f"{reverse('reviews')}?{query}" if query else reverse("reviews"))


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
