"""What every native view shares: who speaks, and the tenant's schema for as long as the view runs."""

import math
import time
from contextlib import ExitStack
from dataclasses import replace
from functools import cache
from typing import Any

from django.db import transaction
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.views import APIView

from analytics import noting
from api import idempotency
from api.gate import check_storable
from api.operations import name_of
from events import actors, ledger
from tenants import preferences
from tenants.errors import TenantNeeded
from tenants.resolve import Speaker, speaking

# Routes that tell what memories say, and those of them that are asked by POST.
CONTENT = {
    "memories", "context", "messages", "turns", "sessions", "entities", "relations", "exports", "reviews", "sync",
    "learning", "analytics/events", "analytics/export",
}  # fmt: skip
READING_POSTS = {
    "memories/list", "memories/search", "memories/stream", "context", "turns", "exports", "sync/messages/waiting",
}  # fmt: skip


class TenantView(APIView):
    """A view that runs inside the speaker's schema. The credential decides which, see tenants.resolve."""

    audits_reads = False  # known once somebody is recognised
    reply_is_secret = False  # true: it is told once, and not kept for an Idempotency-Key
    needs_tenant = True
    noted: Speaker | None = None  # for whom the request is counted; None: nobody was recognised

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        began, status, name = time.perf_counter(), 500, name_of(type(self), request.method)
        try:
            with noting.during(name), ExitStack() as self.stay:
                answer = super().dispatch(request, *args, **kwargs)
            status = answer.status_code
            return answer
        finally:
            speaker, took = self.noted, (time.perf_counter() - began) * 1000
            acting = replace(actors.acting(), actor=speaker.actor if speaker else "")
            noting.called(speaker and speaker.tenant, name, status, took, acting)

    def perform_authentication(self, request: Request) -> None:
        super().perform_authentication(request)
        self.noted = request.auth if isinstance(request.auth, Speaker) else None  # also where it may not do this

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        for values in request.query_params.lists():
            for text in (values[0], *values[1]):
                check_storable(text)
        if self.needs_tenant and self.speaker.on_platform:
            raise TenantNeeded
        self.audits_reads = not self.speaker.on_platform and preferences.of(self.speaker.tenant).audit_reads
        self.stay.enter_context(speaking(self.speaker))
        key = request.headers.get("Idempotency-Key")
        if key is not None and request.method == "POST" and (post := getattr(self, "post", None)):
            self.post = idempotency.once(post, key, self.speaker, secret=self.reply_is_secret)

    def finalize_response(self, request: Any, response: Any, *args: Any, **kwargs: Any) -> Any:
        told = super().finalize_response(request, response, *args, **kwargs)
        if self.audits_reads and (operation := self.reading(request)):
            with transaction.atomic():
                ledger.record("content.read", operation=operation, status=told.status_code)
        return told

    def reading(self, request: Request) -> str:
        """What of the API is asked for, where that may tell what memories say; else empty."""
        match = request._request.resolver_match
        operation = match.route.removeprefix("api/v1/").rstrip("/") if match else ""
        reads = request.method == "GET" or operation in READING_POSTS
        parts = operation.split("/")
        return operation if reads and {parts[0], "/".join(parts[:2])} & CONTENT else ""

    @property
    def speaker(self) -> Speaker:
        speaker = self.request.auth
        assert isinstance(speaker, Speaker)
        return speaker


class PlatformView(TenantView):
    """A view that needs no tenant: a caller of the platform that names none speaks in `public`."""

    needs_tenant = False
    operations = dict.fromkeys(("GET", "POST", "PATCH", "DELETE"), "tenants.manage")


class StrictSerializer(serializers.Serializer):
    """Refuses fields it does not know: a misspelt one is never dropped in silence."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, dict) and (unknown := set(data) - set(self.fields)):
            raise ValidationError(dict.fromkeys(sorted(unknown), "is not a field of this object"))
        heard = super().to_internal_value(data)
        if wrong := [name for name, value in heard.items() if endless(value)]:
            raise ValidationError(dict.fromkeys(wrong, "is not a number that JSON knows"))
        return heard


def endless(value: Any) -> bool:
    """A plain field takes the text `nan` or `inf` for a number, which no bound refuses and no JSON can say."""
    inner = value.values() if isinstance(value, dict) else [value]
    return any(isinstance(one, float) and not math.isfinite(one) for one in inner)


def hear(serializer: type[serializers.Serializer], data: Any, *, partial: bool = False) -> dict[str, Any]:
    """What was said, validated. Raises ValidationError."""
    return _ear(serializer, partial).run_validation(data)


@cache
def _ear(serializer: type[serializers.Serializer], partial: bool) -> serializers.Serializer:
    """Made once, for validating keeps nothing in it: to copy its fields takes longer than to validate."""
    return serializer(partial=partial)
