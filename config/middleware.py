"""What happens to every request: an id, a log line, and an address that the database can hold."""

import re
import time
import uuid
from collections.abc import Callable
from io import SEEK_END

import structlog
from django.core.exceptions import BadRequest
from django.db import DataError
from django.http import HttpRequest, HttpResponse

from api import problems
from events import actors

log = structlog.get_logger("request")
PLAIN = re.compile(r"[\w.\-]{8,64}")
QUIET = ("/healthz", "/readyz", "/static/")


def request_log(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Give the request an id (the caller's, when it is plain), echo it, and log what happened."""

    def middleware(request: HttpRequest) -> HttpResponse:
        told = request.headers.get("X-Request-Id", "")
        request_id = told if PLAIN.fullmatch(told) else uuid.uuid4().hex
        request.request_id = request_id  # type: ignore[attr-defined]
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id)
        began = time.perf_counter()
        path = request.path
        with actors.asked_from(request.META.get("REMOTE_ADDR", ""), request_id):
            response = get_response(request)
        took = (time.perf_counter() - began) * 1000
        response["X-Request-Id"] = request_id
        response["Server-Timing"] = f"app;dur={took:.1f}"
        if not path.startswith(QUIET):
            log.info(f"{request.method} {path}", status=response.status_code, ms=round(took, 1))
        return response

    return middleware


def measured_body(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Say how long a chunked body is: REST framework takes one of unknown length for none, and would not read it."""

    def middleware(request: HttpRequest) -> HttpResponse:
        body = getattr(request, "_stream", None)  # under ASGI the body is here as a whole, in a file
        if "CONTENT_LENGTH" not in request.META and body is not None and body.seekable():
            body.seek(0, SEEK_END)
            request.META["CONTENT_LENGTH"] = str(body.tell())
            body.seek(0)
        return get_response(request)

    return middleware


def storable_address(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Refuse a NUL in path or query: no page means it, and PostgreSQL answers it with an error."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if "\x00" in request.path_info or "%00" in request.META.get("QUERY_STRING", ""):
            raise BadRequest("NUL in the address")
        return get_response(request)

    middleware.process_exception = _unstorable  # type: ignore[attr-defined]
    return middleware


def _unstorable(request: HttpRequest, error: Exception) -> HttpResponse | None:
    """The last resort of the console's forms, as api.problems is the API's: text that cannot be stored or shown."""
    if isinstance(error, DataError | UnicodeError):
        log.warning("input that cannot be stored", error=type(error).__name__)
        return problems.not_storable(request)
    return None
