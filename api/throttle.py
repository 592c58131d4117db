"""The limits at the door of every view: each request spends one of its bucket, and the answer says what is left."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from api.auth import operation_of
from tenants import limits
from tenants.errors import RateLimited
from tenants.resolve import Speaker
from tenants.roles import ANY, OPERATIONS


def bucket_of(view: Any, method: str) -> str:
    """`search` where the view's `buckets` says so; else by the scope that its operation asks for."""
    scope = OPERATIONS[operation_of(view, method)].scope
    usual = {ANY: "read", "platform": "admin"}.get(scope, scope)
    return getattr(view, "buckets", {}).get(method, usual)


class Throttle(BaseThrottle):
    """Spends for whoever carries a credential of a tenant. Raises RateLimited or QuotaExceeded."""

    def allow_request(self, request: Request, view: Any) -> bool:
        if not isinstance(request.auth, Speaker):
            return True
        asked = request._request
        sent = asked.META.get("CONTENT_LENGTH") or "0"
        try:
            spent = limits.spend(
                request.auth, bucket_of(view, asked.method or "GET"), int(sent) if sent.isdigit() else 0
            )
        except RateLimited as error:
            asked.spent = limits.Spent(error.windows)  # type: ignore[attr-defined]
            raise
        asked.spent = spent  # type: ignore[attr-defined]
        return True


def announce(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """`RateLimit-Policy` and `RateLimit` (draft-ietf-httpapi-ratelimit-headers-11) on each answer that spent."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        spent: limits.Spent | None = getattr(request, "spent", None)
        if spent and spent.windows:
            response["RateLimit-Policy"] = ", ".join(f'"{w.name}";q={w.limit};w={w.seconds}' for w in spent.windows)
            response["RateLimit"] = ", ".join(f'"{w.name}";r={w.left};t={w.back_in}' for w in spent.windows)
        if spent and spent.warnings:
            response["Quota-Warning"] = spent.warnings
        return response

    return middleware
