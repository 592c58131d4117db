"""Retention and holds: rules by kind and where they differ, legal holds, and what expires in the coming weeks."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.contrib.postgres.forms import SimpleArrayField
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from config.pages.base import asked_for, tenant_here
from memory import holds, outlook, rules
from memory.algorithms.retention import conflicts
from memory.errors import LibraryError
from memory.models import Hold, Memory, Rule
from memory.types import Scope
from tenants.middleware import may

SHOWN = 50
NAMED = ("namespace", "user_id", "agent_id", "session_id")


class RuleForm(forms.Form):
    name = forms.CharField(max_length=100)
    kind = forms.ChoiceField(choices=[("", "every kind"), *Memory.Kind.choices], required=False)
    action = forms.ChoiceField(choices=Rule.Action.choices)
    retention_days = forms.IntegerField(label="After days", min_value=1, max_value=36_500)
    namespace = forms.CharField(max_length=255, required=False)
    user_id = forms.CharField(label="User", max_length=255, required=False)
    min_importance = forms.FloatField(label="Keep from importance", min_value=0, max_value=1, required=False)
    min_recalls = forms.IntegerField(label="Keep from recalls", min_value=1, max_value=2**31 - 1, required=False)
    tags_to_preserve = SimpleArrayField(forms.CharField(max_length=100), label="Keep with tags", required=False)


class HoldForm(forms.Form):
    name = forms.CharField(max_length=100)
    reason = forms.CharField(max_length=500, required=False)
    namespace = forms.CharField(max_length=255, required=False)
    user_id = forms.CharField(label="User", max_length=255, required=False)
    agent_id = forms.CharField(label="Agent", max_length=255, required=False)
    session_id = forms.CharField(label="Session", max_length=255, required=False)
    memory_id = forms.UUIDField(label="Or one memory", required=False)

    def clean(self) -> dict[str, Any]:
        told: dict[str, Any] = self.cleaned_data
        named = any(told.get(name) for name in NAMED)
        if named == bool(told.get("memory_id")):
            raise forms.ValidationError("Say what is held: a memory, or whose memories.")
        return told


@require_GET
def retention(request: HttpRequest) -> HttpResponse:
    """All of it; `rule` names one to be changed in the form."""
    tenant_here(request)
    every = list(rules.listed().order_by("kind", "-retention_days", "id"))
    chosen = next((rule for rule in every if str(rule.pk) == asked_for(request, "rule")["rule"]), None)
    now = timezone.now()
    context = admin.site.each_context(request) | {
        "title": "Retention and holds",
        "rules": every,
        "conflicts": _conflicts(every),
        "due": outlook.due_by_rules(now),
        "weeks": (weeks := _bars(outlook.expiring(now))),
        "expiring": any(week["expire"] for week in weeks),
        "standing": holds.counted(holds.listed(standing=True)).order_by("-id")[:SHOWN],
        "released": holds.listed(standing=False).order_by("-released_at")[:SHOWN],
        "chosen": chosen,
        "rule_form": RuleForm(initial=vars(chosen) if chosen else {"retention_days": 365}),
        "hold_form": HoldForm(),
        "may_manage": may(request, "retention.manage"),
    }
    return TemplateResponse(request, "console/retention.html", context)


def _conflicts(every: list[Rule]) -> list[dict[str, Any]]:
    named = {str(rule.pk): rule.name for rule in every}
    met = conflicts([rule.as_value() for rule in every if rule.enabled])
    return [{"one": named[each.one], "other": named[each.other], "why": each.why} for each in met[:SHOWN]]


def _bars(weeks: list[outlook.Week]) -> list[dict[str, Any]]:
    most = max(week.expire for week in weeks) or 1
    return [vars(week) | {"height": round(85 * week.expire / most)} for week in weeks]


@require_POST
def keep(request: HttpRequest) -> HttpResponse:
    """Make the rule of the form, or change the one that it names."""
    tenant_here(request)
    form = RuleForm(request.POST)
    if not form.is_valid():
        return _refused(request, form)
    rule_id = _uuid(request.POST.get("rule", ""))
    if rule_id is None:
        return _try(request, lambda: rules.create(form.cleaned_data), "The rule holds from its next run on.")
    return _try(request, lambda: rules.change(rule_id, form.cleaned_data), "Changed.")


@require_POST
def switch(request: HttpRequest, rule_id: UUID) -> HttpResponse:
    tenant_here(request)
    on = request.POST.get("enabled") == "1"
    return _try(request, lambda: rules.change(rule_id, {"enabled": on}), "Switched on." if on else "Switched off.")


@require_POST
def delete(request: HttpRequest, rule_id: UUID) -> HttpResponse:
    tenant_here(request)
    return _try(request, lambda: rules.delete(rule_id), "The rule is gone.")


@require_POST
def place(request: HttpRequest) -> HttpResponse:
    tenant_here(request)
    form = HoldForm(request.POST)
    if not form.is_valid():
        return _refused(request, form)
    told = form.cleaned_data
    scope = Scope(**{name: told[name] for name in NAMED})
    placed = "Placed: nothing under it is erased."
    return _try(request, lambda: holds.place(told["name"], scope, told["memory_id"], told["reason"]), placed)


@require_POST
def release(request: HttpRequest, hold_id: UUID) -> HttpResponse:
    tenant_here(request)
    return _try(request, lambda: holds.release(hold_id), "Released.")


def _try(request: HttpRequest, act: Callable[[], Rule | Hold | bool | None], done: str) -> HttpResponse:
    try:
        found = act()
    except LibraryError as error:
        messages.error(request, f"Not done: {error}.")
        return redirect("retention")
    if not found:
        raise Http404
    messages.success(request, done)
    return redirect("retention")


def _refused(request: HttpRequest, form: forms.Form) -> HttpResponse:
    named = {name: f"{name.replace('_', ' ').capitalize()}: " for name in form.fields}
    told = " ".join(f"{named.get(name, '')}{why[0]}" for name, why in form.errors.items())
    messages.error(request, f"Not done. {told}")
    return redirect("retention")


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
