"""What every dialect's view shares: it hears a body in the dialect's words and answers in them, also what is wrong.

A dialect has no storage and no rules of its own. Its views hear (serializers), call a verb of the house, and answer
(presenters). Who speaks, what they may do, limits, counts and `Idempotency-Key` are those of the native API.
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import ResolvedComponent
from drf_spectacular.types import OpenApiTypes
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from api import problems
from api.auth import CredentialAuthentication, operation_of
from api.native.base import TenantView, endless, hear
from api.schema import API_KEY
from memory import brought
from memory.errors import NotStored
from memory.models import Memory
from memory.upkeep import marks


class Words(serializers.Serializer):
    """The words of a dialect. What it does not know is ignored, as the original servers do; a null is as if unsaid."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping):
            data = {name: value for name, value in data.items() if value is not None or self._may_be_null(name)}
        heard = super().to_internal_value(data)
        if wrong := [name for name, value in heard.items() if endless(value)]:
            raise ValidationError(dict.fromkeys(wrong, "is not a number that JSON knows"))
        return heard

    def _may_be_null(self, name: str) -> bool:
        return name not in self.fields or bool(self.fields[name].allow_null)


KEPT_ASIDE = ("persistence", brought.KEY)  # of a memory's metadata: what a dialect keeps there, and callers may not
# Operations whose answers may tell what memories say, as the routes of api.native.base.CONTENT do.
CONTENT = ("memories.read", "sessions.read", "reviews.read", "learning.read", "health.read", "exports.run")


def metadata_of(memory: Memory) -> dict[str, Any]:
    """What callers put there, without what a dialect keeps beside it."""
    return {name: value for name, value in marks.of(memory).items() if name not in KEPT_ASIDE}


def kept_aside(memory: Memory) -> dict[str, Any]:
    """The rest of it, for a dialect whose callers replace the whole."""
    return {name: value for name, value in marks.of(memory).items() if name in KEPT_ASIDE}


@dataclass(frozen=True)
class Wrong:
    """What is wrong with a request, for an envelope to dress."""

    status: int  # as the native API answers
    code: str
    detail: str
    errors: tuple[dict[str, str], ...] = ()  # {pointer, code, detail} of each part that is wrong
    request_id: str = ""
    wait: int | None = None  # seconds, to come back after

    @property
    def sentence(self) -> str:
        """All of it in one line, for envelopes that have room for a text alone."""
        said = "; ".join(_said(error["pointer"].lstrip("/"), error["detail"]) for error in self.errors)
        return f"{self.detail} {said}.".removeprefix(" ") if said else self.detail


def _said(where: str, detail: str) -> str:
    """A detail either goes on after the name of the field (`is too long`), or is a sentence of its own."""
    between = " " if detail[:1].islower() else ": "
    return (where and where + between) + detail.rstrip(".")


class DialectSchema(AutoSchema):
    """How a dialect's views appear in its OpenAPI file: named by path and method, with its own envelope for errors."""

    view: Any  # a DialectView

    def get_operation_id(self) -> str:
        """Such as `v1_messages_message_id_get`; a view may stand at several paths."""
        path = self.path.removeprefix(f"/compat/{self.view.dialect}/").replace(":", "-")
        return f"{re.sub(r'[^a-zA-Z0-9-]+', '_', path).strip('_')}_{self.method.lower()}"

    def get_auth(self) -> list[dict[str, Any]]:
        """A dialect may hear keys in a way of its own; they are the same keys."""
        if not self.view.get_authenticators():
            return []
        kind = ResolvedComponent.SECURITY_SCHEMA
        self.registry.register_on_missing(ResolvedComponent("ApiKey", kind, API_KEY, CredentialAuthentication))
        return [{"ApiKey": []}]

    def get_tags(self) -> list[str]:
        return [type(self.view).__module__.rpartition(".")[2]]

    def get_summary(self) -> str:
        return (type(self.view).__doc__ or "").partition("\n")[0]

    def get_request_serializer(self) -> Any:
        return None if self.method in ("GET", "HEAD") else getattr(self.view, "heard", None)

    def get_response_serializers(self) -> Any:
        told = getattr(self.view, "told", {}).get(self.method)
        if isinstance(told, serializers.DictField):  # it is no serializer, and tells of an object
            told = OpenApiTypes.OBJECT
        return {self.view.success.get(self.method, 200): told}

    def get_override_parameters(self) -> list[Any]:
        asked = getattr(self.view, "asked", None)
        in_query = self.method in ("GET", "DELETE") or not getattr(self.view, "heard", None)
        return [asked] if asked and in_query else []

    def _get_response_bodies(self, direction: Any = "response") -> dict[str, Any]:
        bodies: dict[str, Any] = super()._get_response_bodies(direction)
        for status, description in self.view.errors.items():
            content = {"application/json": {"schema": self.view.envelope_schema}}
            bodies.setdefault(str(status), {"description": description, "content": content})
        return bodies


class DialectView(TenantView):
    """A view of a dialect. Each dialect has one of its own under this one: it names itself and dresses what is wrong.

    `heard` are the words of the body, `asked` those of the query, `told` the serializer of the answer by method;
    serializers of answers are for the OpenAPI file alone, presenters make what is sent.
    """

    dialect = ""
    schema = DialectSchema()
    heard: type[serializers.Serializer] | None = None
    asked: type[serializers.Serializer] | None = None
    told: dict[str, Any] = {}
    success: dict[str, int] = {}  # the status of an answer by method, where it is not 200
    statuses: dict[int, int] = {}  # the dialect's status for one of the native API
    nobody = ""  # what one is told whose credential opens nothing; empty: as the native API tells it
    tells_content = False  # true: it does something else, and its answer tells what memories say
    errors = {401: "Not authenticated", 403: "Not allowed", 404: "Not found", 422: "Not valid", 429: "Too many"}
    envelope_schema: dict[str, Any] = {"type": "object", "properties": {"detail": {"type": "string"}}}

    def hear(self, request: Request) -> dict[str, Any]:
        """The body in this view's words. Raises ValidationError."""
        assert self.heard
        return hear(self.heard, request.data)

    def ask(self, request: Request) -> dict[str, Any]:
        """The query in this view's words. Raises ValidationError."""
        assert self.asked
        return hear(self.asked, request.query_params)

    def answer(self, told: Any, status: int | None = None, **headers: str) -> Response:
        status = status or self.success.get(self.request.method or "", 200)
        return Response(told, status=status, headers={name.replace("_", "-"): value for name, value in headers.items()})

    def envelope(self, wrong: Wrong) -> dict[str, Any]:
        """How this dialect says what is wrong."""
        return {"detail": wrong.sentence}

    def get_exception_handler(self) -> Any:
        return self._dressed

    def _dressed(self, error: Exception, context: dict[str, Any]) -> Response | None:
        """As problems.handle, in the dialect's words. None lets an unknown error reach the log and the 500 page."""
        told = problems.tell(error)
        if told is None:
            return None
        status, code, detail, errors = told
        if status == 401:
            detail = self.nobody or detail
        wait = getattr(error, "wait", None)
        pause = math.ceil(wait) if wait else None
        request_id = getattr(context["request"], "request_id", "")
        if isinstance(error, NotStored):
            whys = dict.fromkeys(error.reasons.values())
            errors = [{"pointer": "", "code": code, "detail": why} for why in whys]
        wrong = Wrong(status, code, detail, tuple(errors or ()), request_id, pause)
        headers = {"WWW-Authenticate": "Bearer"} if status == 401 else {}
        headers |= {"Retry-After": str(pause)} if pause else {}
        return Response(self.envelope(wrong), status=self.statuses.get(status, status), headers=headers)

    def finalize_response(self, request: Any, response: Any, *args: Any, **kwargs: Any) -> Any:
        """With `X-RateLimit-*` of the window that has least left: what these clients know."""
        told = super().finalize_response(request, response, *args, **kwargs)
        spent = getattr(getattr(request, "_request", request), "spent", None)
        if spent and spent.windows:
            least = min(spent.windows, key=lambda window: (window.left, -window.back_in))
            told["X-RateLimit-Limit"], told["X-RateLimit-Remaining"] = str(least.limit), str(least.left)
            told["X-RateLimit-Reset"] = str(least.back_in)
        return told

    def reading(self, request: Request) -> str:
        reads = self.tells_content or operation_of(self, request.method) in CONTENT
        match = request._request.resolver_match
        return match.route.rstrip("/") if reads and match else ""
