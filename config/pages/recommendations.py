"""Recommendations out of the learning history, and the changes of policies that they suggest; each to be simulated,
accepted or rejected, and what became of those accepted."""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import admin, messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from analytics import advising, effects, history, suggestions
from analytics.algorithms.advice import Advice
from analytics.effects import Effect
from analytics.errors import Decided
from analytics.history import Asked
from analytics.models import Suggestion
from automation import looking, registry
from automation.errors import AutomationError
from config import charts
from config.pages import behind, drawn_simulation, policy_words, ranges
from config.pages.asking_jobs import BEFORE
from config.pages.base import tenant_here
from config.pages.ranges import Range
from memory.errors import LibraryError, QualityWouldFall
from tenants.middleware import may

SHOWN = 50
SAMPLES = 8
KEPT = "keep"  # the action of what a job leaves as it is
DECIDED = 10  # whose effect is shown
DONE = {"accept": "Accepted: the policy says so from now on.", "reject": "Rejected: it stays away for two weeks."}
DOTS = {"open": "waiting", "accepted": "active", "rejected": "suspended", "withdrawn": "idle"}
# Of a side of an effect: its name, what it is called, its unit, whether more of it is better.
SIDES = (
    ("performance", "performance", "share", True), ("accuracy", "right", "share", True),
    ("feedback_rate", "with feedback", "share", True), ("confidence", "confidence", "share", True),
    ("rating", "rating, of 5", "", True), ("cost_per_improvement", "cost of an improvement", "", False),
    ("events", "events", "", None),
)  # fmt: skip
SHARES = {"feedback_rate", "success"}
BEHIND = {"weak_pattern": "patterns"}  # the page that shows what a rule was decided by; else that of learning


@require_GET
def listed(request: HttpRequest) -> HttpResponse:
    tenant_here(request)
    chosen, now = ranges.asked(request), timezone.now()
    asked = Asked(domain=chosen.domain, since=chosen.span.begin, until=chosen.span.end)
    rows = suggestions.listed(domain=chosen.domain).order_by("-id")
    decided = rows.exclude(state=Suggestion.State.OPEN).order_by("-decided_at", "-id")[:DECIDED]
    context = admin.site.each_context(request) | {
        "title": "Recommendations",
        "range": chosen,
        "domains": history.domains(),
        "advice": [_advised(one, chosen) for one in advising.recommendations(asked, now)],
        "open": [drawn(row) for row in rows.filter(state=Suggestion.State.OPEN)[:SHOWN]],
        "decided": [drawn(row) | {"effect": _effect(effects.of(row, now))} for row in decided],
        "least": suggestions.LEAST,
        "may_look": may(request, "learning.write"),
    }
    return TemplateResponse(request, "console/recommendations.html", context)


def _advised(one: Advice, chosen: Range) -> dict[str, Any]:
    return {"row": one, "url": behind.url(BEHIND.get(one.rule, "learning"), **chosen.said)}


def drawn(row: Suggestion) -> dict[str, Any]:
    """A suggestion in words, with the way into the simulator."""
    job = registry.JOBS.get(row.job)
    options = row.change.get("options", {})
    told = {"job": row.job, "namespace": row.domain, **{f"{BEFORE}{name}": value for name, value in options.items()}}
    return {
        "row": row,
        "job": policy_words.label(row.job),
        "job_says": job.says if job else "",
        "options": [(name.replace("_", " "), value) for name, value in options.items()],
        "when": policy_words.schedule(row.change.get("schedule")),
        "dot": DOTS[row.state],
        "simulator": f"{reverse('simulator')}?{urlencode(told)}",
        "numbers": [_number(name, value) for name, value in row.numbers.items() if name != "signature"],
    }


def _number(name: str, value: Any) -> tuple[str, str]:
    return name.replace("_", " "), charts.said(value, "share" if name in SHARES else "")


@require_GET
def one(request: HttpRequest, suggestion_id: UUID) -> HttpResponse:
    """One suggestion, with what it would do at once while it is open, and what became of it when it was accepted."""
    tenant_here(request)
    row = Suggestion.objects.filter(pk=suggestion_id).first()
    if row is None:
        raise Http404
    context = admin.site.each_context(request) | {
        "title": "Suggestion",
        "one": drawn(row),
        "run": looking.one(row.run_id) if row.run_id else None,
        "effect": _effect(effects.of(row, timezone.now())),
        "fell": "fell" in request.GET,
        "may_decide": may(request, "policies.manage") and row.state == Suggestion.State.OPEN,
        "may_try": may(request, "runs.start") and row.state == Suggestion.State.OPEN,
    }
    return TemplateResponse(request, "console/suggestion.html", context | _simulated(row))


def _simulated(row: Suggestion) -> dict[str, Any]:
    if row.state != Suggestion.State.OPEN or row.job not in registry.JOBS:
        return {"found": None}
    try:
        found = suggestions.simulated(row)
    except LibraryError as error:  # said by an older version of the job
        return {"found": None, "wrong": str(error)}
    told = drawn_simulation.drawn(found, None)
    moved = [sample for sample in told["samples"] if sample["action"].name != KEPT]
    return {"found": found} | told | {"samples": moved[:SAMPLES]}


def _effect(found: Effect | None) -> dict[str, Any] | None:
    """Each number before and after, and whether it moved the right way."""
    if found is None:
        return None
    rows = [_moved(getattr(found.before, name), getattr(found.after, name), *said) for name, *said in SIDES]
    return {"rows": rows, "until": found.until, "nothing": not found.after.events}


def _moved(before: float | None, after: float | None, label: str, unit: str, better: bool | None) -> dict[str, Any]:
    tone = ""
    if better is not None and before is not None and after is not None and before != after:
        tone = "good" if (after > before) == better else "worse"
    return {"label": label, "before": charts.said(before, unit), "after": charts.said(after, unit), "tone": tone}


@require_POST
def look(request: HttpRequest) -> HttpResponse:
    tenant_here(request)
    found = suggestions.look()
    messages.success(request, f"Looked: {found} new." if found else "Looked: nothing new.")
    return redirect("recommendations")


@require_POST
def act(request: HttpRequest, suggestion_id: UUID) -> HttpResponse:
    """Accept or reject."""
    tenant_here(request)
    step = request.POST.get("step", "")
    if step not in DONE:
        raise Http404
    try:
        if _act(step, suggestion_id, accept_loss="accept_loss" in request.POST) is None:
            raise Http404
        messages.success(request, DONE[step])
    except QualityWouldFall as error:
        messages.error(request, f"Not done: saved questions would be answered worse, {error}.")
        return redirect(f"{reverse('suggestion', args=[suggestion_id])}?fell=1")
    except Decided:
        messages.error(request, "Not done: it is decided already.")
    except (AutomationError, LibraryError) as error:
        messages.error(request, f"Not done: {error}.")
    return redirect("suggestion", suggestion_id)


def _act(step: str, suggestion_id: UUID, *, accept_loss: bool) -> Suggestion | None:
    """Raises Decided, QualityWouldFall."""
    if step == "accept":
        return suggestions.accept(suggestion_id, accept_loss=accept_loss)
    return suggestions.reject(suggestion_id)


@require_POST
def try_out(request: HttpRequest, suggestion_id: UUID) -> HttpResponse:
    tenant_here(request)
    told = suggestions.try_out(suggestion_id)
    if told is None:
        raise Http404
    return redirect("run", told[1].pk)
