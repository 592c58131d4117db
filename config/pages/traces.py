"""Traces: how calls went, and one of them with its stages, its hits, and its question asked again side by side."""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django import forms
from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.views.decorators.http import require_GET

from analytics import replay, traces
from analytics.errors import CannotReplay
from analytics.models import Trace
from analytics.replay import Moved, Setting
from config.pages import ranges
from config.pages.base import asked_for, tenant_here
from memory.algorithms import ranking
from memory.errors import LibraryError
from memory.models import Memory
from memory.tiers import cold

LISTED = 50
LETTERS = 160  # of a memory, beside its place
DOTS = {"sampled": "active", "slow": "waiting", "empty": "idle", "failed": "suspended"}
STAGES = {
    "asked": "the question is read", "scope": "filters, and the scope is counted", "words": "who says the rare words",
    "vector": "waiting for the question's vector", "signals": "what ranking needs of each", "best": "ranking",
    "rows": "the best are read whole",
}  # fmt: skip


class Narrowed(forms.Form):
    """What the list can be narrowed by."""

    kind = forms.ChoiceField(choices=[("", "any"), *Trace.Kind.choices], required=False)
    why = forms.ChoiceField(choices=[("", "any"), *Trace.Why.choices], required=False)
    operation = forms.CharField(max_length=64, required=False)
    namespace = forms.CharField(max_length=255, required=False)
    user_id = forms.CharField(max_length=255, required=False)
    request_id = forms.CharField(max_length=64, required=False)
    min_took_ms = forms.FloatField(min_value=0, required=False)

    def told(self) -> dict[str, Any]:
        return {name: value for name, value in self.cleaned_data.items() if value not in ("", None)}


class Again(forms.Form):
    """How a question is asked again."""

    at = forms.ChoiceField(choices=[(replay.NOW, "now"), (replay.THEN, "as of then")], required=False)
    limit = forms.IntegerField(min_value=1, max_value=replay.LIMIT, required=False)
    min_score = forms.FloatField(min_value=0, max_value=1, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for part in ranking.PARTS:
            self.fields[f"w_{part}"] = forms.FloatField(min_value=0, max_value=replay.HEAVIEST, required=False)

    def setting(self) -> Setting:
        told = self.cleaned_data
        weights = {part: told[f"w_{part}"] for part in ranking.PARTS if told[f"w_{part}"] is not None}
        return Setting(told["at"] or replay.NOW, told["limit"], told["min_score"], weights)

    def parts(self) -> list[Any]:
        return [{"name": part, "field": self[f"w_{part}"]} for part in ranking.PARTS]


@require_GET
def listed(request: HttpRequest) -> HttpResponse:
    """The newest traces, narrowed."""
    tenant_here(request)
    form, before = Narrowed(_plain(request)), _uuid(asked_for(request, "before")["before"])
    asked = form.told() if form.is_valid() else {}
    time = ranges.asked(request) if {"range", "from"} & set(request.GET) else None
    span = {"since": time.span.begin, "until": time.span.end} if time else {}
    rows = traces.listed(asked | span).order_by("-id")
    found = list((rows.filter(id__lt=before) if before else rows)[: LISTED + 1]) if form.is_valid() else []
    more = {**asked, **(time.said if time else {}), "before": found[LISTED - 1].pk} if len(found) > LISTED else None
    context = admin.site.each_context(request) | {
        "title": "Traces",
        "form": form,
        "narrowed": bool(asked or time),
        "time": time,
        "traces": [{"row": row, "dot": DOTS[row.why]} for row in found[:LISTED]],
        "older": urlencode(more) if more else "",
    }
    return TemplateResponse(request, "console/traces.html", context)


@require_GET
def one(request: HttpRequest, trace_id: UUID) -> HttpResponse:
    """One trace; with `replay` its question is asked again as the form says."""
    tenant_here(request)
    trace = Trace.objects.filter(pk=trace_id).first()
    if trace is None:
        raise Http404
    form = Again(_plain(request)) if "replay" in request.GET else Again()
    shown = _replayed(trace, form) if form.is_bound and form.is_valid() else {}
    hits = [
        Moved(UUID(hit["id"]), at, None, hit["score"], None) for at, hit in enumerate(trace.told.get("hits", []), 1)
    ]
    texts = _texts([moved.memory_id for moved in (*shown.get("moved", ()), *hits)])
    context = admin.site.each_context(request) | {
        "title": "Trace",
        "trace": trace,
        "dot": DOTS[trace.why],
        "asked": _asked(trace),
        "question": trace.told.get("asked", {}).get("text"),
        "stages": _stages(trace.told.get("stages", []), trace.took_ms),
        "hits": [_hit(hit, texts) for hit in trace.told.get("hits", [])],
        "why_not": replay.why_not(trace),
        "form": form,
        "parts": ranking.PARTS,
        "together": list(Trace.objects.filter(request_id=trace.request_id).exclude(pk=trace.pk).defer("told")[:10])
        if trace.request_id
        else [],
    }
    shown |= {"moved": [{"row": moved, "says": texts.get(moved.memory_id, "")} for moved in shown.get("moved", ())]}
    return TemplateResponse(request, "console/trace.html", context | shown)


def _plain(request: HttpRequest) -> dict[str, str]:
    return {name: str(value).replace("\x00", "").strip() for name, value in request.GET.items()}


def _replayed(trace: Trace, form: Again) -> dict[str, Any]:
    """What the page shows of a replay; nothing where the question cannot be asked, which the form says."""
    try:
        found, moved = replay.ask(trace, form.setting())
    except (CannotReplay, LibraryError) as error:
        form.add_error(None, f"It cannot be asked: {error}.")
        return {}
    told = [{"name": stage.name, "ms": stage.ms, "left": stage.left} for stage in found.stages]
    return {"found": found, "moved": moved, "again": _stages(told, found.took_ms), "changed": _changed(moved)}


def _changed(moved: list[Moved]) -> list[tuple[str, int]]:
    told = [one.how for one in moved]
    return [(how, told.count(how)) for how in ("entered", "left", "up", "down", "same") if how in told]


def _asked(trace: Trace) -> list[tuple[str, Any]]:
    """What of the question says something."""
    told = trace.told.get("asked", {})
    return [(name, value) for name, value in told.items() if value and name != "text"]


def _stages(stages: list[dict[str, Any]], took_ms: float) -> list[dict[str, Any]]:
    whole = max(took_ms, sum(stage["ms"] for stage in stages), 0.001)
    return [
        stage | {"says": STAGES.get(stage["name"], ""), "width": round(100 * stage["ms"] / whole, 2)}
        for stage in stages
    ]


def _hit(hit: dict[str, Any], texts: dict[UUID, str]) -> dict[str, Any]:
    """A hit with its parts as widths of one bar, as in the playground."""
    positive = sum(value for value in hit["parts"].values() if value > 0) or 1.0
    bars = [
        {"name": name, "value": value, "width": round(100 * hit["score"] * max(value, 0) / positive, 2)}
        for name in ranking.PARTS
        if abs(value := hit["parts"].get(name, 0.0)) >= 0.0005
    ]
    return {"id": hit["id"], "score": hit["score"], "bars": bars, "says": texts.get(UUID(hit["id"]), "")}


def _texts(keys: list[UUID]) -> dict[UUID, str]:
    """What the memories of a page say, as far as they are there."""
    rows = list(Memory.objects.light().readable().filter(pk__in=set(keys)))
    cold.fill(rows)
    return {row.pk: row.content[:LETTERS] for row in rows}


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
