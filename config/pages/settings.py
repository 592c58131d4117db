"""The tenant's own settings, as a form."""

from typing import Any

from django import forms
from django.conf import settings as operators
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.views.decorators.http import require_http_methods

from config.pages.base import tenant_here
from memory import tuning
from memory.errors import QualityWouldFall
from tenants import preferences
from tenants.models import Tenant


class SettingsForm(forms.Form):
    """An empty field is not set: what the operator says holds."""

    time_zone = forms.CharField(max_length=64, required=False)
    undo_days = forms.IntegerField(min_value=0, max_value=preferences.MOST_DAYS, required=False)
    cold_after_days = forms.IntegerField(min_value=0, max_value=preferences.MOST_DAYS, required=False)
    audit_reads = forms.BooleanField(required=False)
    trace_share = forms.FloatField(min_value=0, max_value=1, required=False)
    trace_slow_ms = forms.IntegerField(min_value=1, max_value=preferences.SLOWEST_MS, required=False)
    trace_days = forms.IntegerField(min_value=0, max_value=preferences.MOST_DAYS, required=False)
    namespaces = forms.CharField(max_length=10_000, required=False)
    accept_loss = forms.BooleanField(required=False)

    def values(self) -> dict[str, Any]:
        told = {name: value for name, value in self.cleaned_data.items() if name != "accept_loss"}
        lines = [line.strip() for line in told["namespaces"].splitlines() if line.strip()]
        return told | {
            "time_zone": told["time_zone"] or None,
            "audit_reads": told["audit_reads"] or None,
            "namespaces": lines or None,
        }


@require_http_methods(["GET", "POST"])
def settings(request: HttpRequest) -> HttpResponse:
    """What is set; a POST sets it."""
    tenant = tenant_here(request)
    form = SettingsForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid() and _changed(tenant, form):
        messages.success(request, "The settings are changed.")
        return redirect("settings")
    context = admin.site.each_context(request) | {
        "title": "Settings",
        "form": form,
        "shown": form.data if form.is_bound else _shown(tenant),
        "usual": preferences.of(None),
        "embedder": tenant.embedder or operators.EMBEDDER,
    }
    return TemplateResponse(request, "console/settings.html", context)


def _shown(tenant: Tenant) -> dict[str, str]:
    told = tenant.preferences
    plain = {name: str(value) for name, value in told.items() if name != "namespaces"}
    return plain | {"namespaces": "\n".join(told.get("namespaces", []))}


def _changed(tenant: Tenant, form: SettingsForm) -> bool:
    try:
        tuning.change(tenant.pk, form.values(), accept_loss=form.cleaned_data["accept_loss"])
    except QualityWouldFall as error:
        form.add_error("accept_loss", f"Saved questions would be answered worse, {error}.")
        return False
    except ValidationError as error:
        for name, why in error.message_dict.items():
            form.add_error(name, why)
        return False
    return True
