"""Webhooks of a tenant: how each of them goes, and making and changing one. Outside a tenant those that fail."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.views.decorators.http import require_GET, require_http_methods

from config.pages.base import tenant_here
from config.pages.drawn_webhooks import drawn_all
from config.pages.webhooks_of_all import of_all
from events.models import Webhook
from events.types import CATALOGUE
from events.webhooks import endpoints
from events.webhooks.errors import BadWebhook, WebhookError
from tenants.middleware import may, tenant_of
from tenants.models import Tenant

# `ping.test` is asked for, and heard by whom it is asked for alone.
GROUPS = [f"{name}.*" for name in dict.fromkeys(name.partition(".")[0] for name in CATALOGUE) if name != "ping"]
LISTED = endpoints.MOST


class WebhookForm(forms.Form):
    url = forms.CharField(max_length=2048)
    description = forms.CharField(max_length=200, required=False)
    groups = forms.MultipleChoiceField(choices=[(name, name) for name in GROUPS], required=False)
    types = forms.CharField(max_length=6_500, required=False)
    namespaces = forms.CharField(max_length=25_000, required=False)

    def told(self) -> dict[str, Any]:
        """The fields as events.webhooks.endpoints hears them."""
        said = self.cleaned_data
        types = [*said["groups"], *_parted(said["types"])]
        return {name: said[name] for name in ("url", "description")} | {
            "types": types,
            "namespaces": _parted(said["namespaces"]),
        }


def _parted(text: str) -> list[str]:
    return [part for part in (part.strip() for part in text.split(",")) if part]


@require_GET
def listed(request: HttpRequest) -> HttpResponse:
    tenant = tenant_of(request)
    return _own(request, tenant) if tenant else of_all(request)


def _own(request: HttpRequest, tenant: Tenant) -> HttpResponse:
    rows = list(endpoints.of_tenant(tenant.pk).order_by("-id")[:LISTED])
    context = admin.site.each_context(request) | {
        "title": "Webhooks",
        "webhooks": drawn_all(rows),
        "most": endpoints.MOST,
        "api": f"{request.scheme}://{request.get_host()}/api/v1/webhooks",
        "may_manage": may(request, "webhooks.manage"),
    }
    return TemplateResponse(request, "console/webhooks.html", context)


@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """The form; what it makes is shown with its secret, once."""
    tenant_here(request)
    form = WebhookForm(request.POST or None)
    if form.is_valid():
        try:
            return secret_once(request, *endpoints.create(**form.told()), "Your new webhook")
        except WebhookError as error:
            _refuse(form, error)
    return _asked(request, form, {"title": "New webhook"})


@require_http_methods(["GET", "POST"])
def change(request: HttpRequest, webhook_id: UUID) -> HttpResponse:
    row = endpoints.of_tenant(tenant_here(request).pk).filter(pk=webhook_id).first()
    if row is None:
        raise Http404
    form = WebhookForm(request.POST or None, initial=_said(row))
    if form.is_valid():
        try:
            endpoints.change(webhook_id, form.told())
            return redirect("webhook", webhook_id)
        except WebhookError as error:
            _refuse(form, error)
    return _asked(request, form, {"title": "Change a webhook", "webhook": row})


def _said(row: Webhook) -> dict[str, Any]:
    groups = [name for name in row.types if name in GROUPS]
    types = ", ".join(name for name in row.types if name not in GROUPS)
    told = {"groups": groups, "types": types, "namespaces": ", ".join(row.namespaces)}
    return told | {"url": row.url, "description": row.description}


def _refuse(form: WebhookForm, error: WebhookError) -> None:
    known = isinstance(error, BadWebhook) and error.field in form.fields
    form.add_error(error.field if known else None, error.detail if isinstance(error, BadWebhook) else str(error))  # type: ignore[attr-defined]


def _asked(request: HttpRequest, form: WebhookForm, more: dict[str, Any]) -> HttpResponse:
    chosen = form["groups"].value() or []
    context = admin.site.each_context(request) | {
        "form": form,
        "groups": [{"name": name, "chosen": name in chosen} for name in GROUPS],
        "catalogue": list(CATALOGUE.values()),
    }
    return TemplateResponse(request, "console/webhook_form.html", context | more)


def secret_once(request: HttpRequest, row: Webhook, text: str, title: str) -> HttpResponse:
    """A secret on a page of its own, once: in no message, no cookie and no log."""
    context = admin.site.each_context(request) | {"title": title, "webhook": row, "secret": text}
    response = TemplateResponse(request, "console/webhook_secret.html", context)
    response["Cache-Control"] = "no-store"
    return response
