"""What every dialect's view shares: it hears a body in the dialect's words and answers in them, also what is wrong.

A dialect has no storage and no rules of its own. Its views hear (serializers), call a verb of the house, and answer
(presenters). Who speaks, what they may do, limits, counts and `Idempotency-Key` are those of the native API.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from rest_framework import serializers
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from api import problems
from api.auth import operation_of
from api.dialects.schema import DialectSchema
from api.native.base import TenantView, endless, hear
from memory import brought
from memory.errors import NotStored
from memory.models import Memory
from memory.upkeep import marks

KEPT_ASIDE = ("persistence", brought.KEY)  # of a memory's metadata: what a dialect keeps there, and callers may not
# Operations whose answers may tell what memories say, as the routes of api.native.base.CONTENT do.
CONTENT = ("memories.read", "sessions.read", "reviews.read", "learning.read", "health.read", "exports.run")
TENFOLD = 10  # importance is 0 to 10 for some dialects, and 0 to 1 inside
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
WEEKEND = (5, 6)  # of them


class Words(serializers.Serializer):
    """The words of a dialect. What it does not know is ignored, as the original servers do; a null is as if unsaid."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping):
            data = {name: value for name, value in data.items() if value is not None or self._may_be_null(name)}
        heard = super().to_internal_value(data)
        if wrong := [name for name, value in heard.items() if endless(value)]:
            raise ValidationError(dict.fromkeys(wrong, "is not a number that JSON knows"))
        return heard

    def get_fields(self) -> dict[str, serializers.Field]:
        fields = super().get_fields()
        for field in fields.values():
            if isinstance(field, serializers.ChoiceField):
                known = ", ".join(map(str, field.choices))
                field.error_messages["invalid_choice"] = f'"{{input}}" is none of {known}'
        return fields

    def _may_be_null(self, name: str) -> bool:
        return name not in self.fields or bool(self.fields[name].allow_null)


class TenfoldImportance(serializers.FloatField):
    """0 to 10 on the wire, 0 to 1 inside."""

    def __init__(self, **options: Any) -> None:
        super().__init__(min_value=0, max_value=TENFOLD, required=False, **options)

    def run_validation(self, data: Any = serializers.empty) -> Any:
        return super().run_validation(data) / TENFOLD


def metadata_of(memory: Memory) -> dict[str, Any]:
    """What callers put there, without what a dialect keeps beside it."""
    return {name: value for name, value in marks.of(memory).items() if name not in KEPT_ASIDE}


def kept_aside(memory: Memory) -> dict[str, Any]:
    """The rest of it, for a dialect whose callers replace the whole."""
    return {name: value for name, value in marks.of(memory).items() if name in KEPT_ASIDE}


def calendar_of(at: datetime) -> dict[str, int | bool | str]:
    """The parts of a time in its own time zone, which some clients are told beside each memory."""
    return {
        "year": at.year,
        "quarter": (at.month + 2) // 3,
        "month": at.month,
        "week_of_year": at.isocalendar().week,
        "day_of_year": at.timetuple().tm_yday,
        "day": at.day,
        "day_of_week": WEEKDAYS[at.weekday()],
        "is_weekend": at.weekday() in WEEKEND,
        "hour": at.hour,
        "minute": at.minute,
    }


def id_of(text: str) -> UUID:
    """Raises NotFound: what is no id of ours names nothing here."""
    try:
        return UUID(text)
    except ValueError:
        raise NotFound from None


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
        more = [error for error in self.errors if error["detail"].rstrip(".") not in self.detail]
        said = "; ".join(phrase(error["pointer"].lstrip("/"), error["detail"]) for error in more)
        return f"{self.detail} {said}.".removeprefix(" ") if said else self.detail


def phrase(where: str, detail: str) -> str:
    """A detail either goes on after the name of the field (`is too long`), or is a sentence of its own."""
    between = " " if detail[:1].islower() else ": "
    return (where and where + between) + detail.rstrip(".")


class DialectView(TenantView):
    """A view of a dialect. Each dialect has one of its own under this one: it names itself and dresses what is wrong.

    `heard` are the words of the body, by method where each has its own; `asked` those of the query, `told` the
    serializer of the answer by method. Serializers of answers are for the OpenAPI file alone, presenters make what is
    sent.
    """

    dialect = ""
    schema = DialectSchema()
    heard: type[serializers.Serializer] | dict[str, type[serializers.Serializer]] | None = None
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
        words = self.words_of(request.method)
        assert words
        return hear(words, request.data)

    def words_of(self, method: str | None) -> type[serializers.Serializer] | None:
        return self.heard.get(method or "") if isinstance(self.heard, dict) else self.heard

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


class OpenView(DialectView):
    """One that asks for no credential: nobody speaks, so there is no tenant to stand in."""

    authentication_classes: Sequence[type[BaseAuthentication]] = ()
    permission_classes = ()

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        APIView.initial(self, request, *args, **kwargs)


class Nowhere(OpenView):
    """What no route of a dialect is for, by whatever method and for anybody; see mounting."""

    schema = None  # type: ignore[assignment]  # in no OpenAPI file
    http_method_names: list[str] = []

    def http_method_not_allowed(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        wrong = Wrong(404, "not_found", "There is nothing here.", request_id=getattr(request, "request_id", ""))
        return Response(self.envelope(wrong), status=404)

    @property
    def default_response_headers(self) -> dict[str, str]:
        return {}  # no `Allow`: there is nothing to allow
