"""The dialects that are spoken here: where each stands, how it is called, and how often it was."""

import json
from collections.abc import Iterable
from typing import Any

import redis
from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.views.decorators.http import require_GET

from analytics import calls
from analytics.calls import Called
from api.dialects import examples, mounting
from config.pages import ranges
from tenants.middleware import may, tenant_of

SHOWN = 6  # operations of a dialect, the commonest


@require_GET
def dialects(request: HttpRequest) -> HttpResponse:
    """Inside a tenant with its own calls, outside with those of all tenants."""
    tenant, asked = tenant_of(request), ranges.asked(request)
    told, unknown = _called(asked if tenant else None)
    every = [_one(request, name, told, tenant.slug if tenant else examples.TENANT) for name in settings.DIALECTS]
    context = admin.site.each_context(request) | {
        "title": "Dialects",
        "dialects": every,
        "range": asked if tenant else None,
        "unknown": unknown,
        "may_manage_keys": may(request, "keys.manage"),
    }
    return TemplateResponse(request, "console/dialects.html", context)


def _called(asked: ranges.Range | None) -> tuple[list[Called], bool]:
    """What was called, and whether that cannot be told now."""
    if asked:
        return calls.here(asked.span), False
    try:
        return calls.everywhere(), False
    except redis.RedisError:
        return [], True


def _one(request: HttpRequest, name: str, told: Iterable[Called], tenant: str) -> dict[str, Any]:
    own = [one for one in told if one.operation.startswith(f"{name}.")]
    called = [one for one in own if one.calls or one.refused]
    return {
        "name": name,
        "title": mounting.urls_of(name).TITLE,
        "calls": sum(one.calls for one in own),
        "refused": sum(one.refused for one in own),
        "errors": sum(one.errors for one in own),
        "last": max((one.last for one in own if one.last), default=None),
        "operations": [{"name": one.operation.partition(".")[2], "told": one} for one in called[:SHOWN]],
        "more": max(0, len(called) - SHOWN),
        "docs": f"/compat/{name}/docs",
        "schema": f"/compat/{name}/openapi.json",
        **_said(name, request.build_absolute_uri(f"/compat/{name}"), tenant),
    }


def _said(name: str, url: str, tenant: str) -> dict[str, str]:
    """The base URL and the examples, with the tenant's own names in them."""
    example = examples.EXAMPLES[name]
    body = json.dumps(example.body)

    def filled(text: str) -> str:
        return text.replace(examples.URL, url).replace(examples.TENANT, tenant)

    texts = {"curl": examples.curl(example, body), "client": example.client}
    return {"url": url, "header": example.header, **{name: filled(text) for name, text in texts.items()}}
