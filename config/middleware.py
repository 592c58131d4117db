"""One log line and one id for each request."""

import re
import time
import uuid
from collections.abc import Callable

import structlog
from django.http import HttpRequest, HttpResponse

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
        response = get_response(request)
        took = (time.perf_counter() - began) * 1000
        response["X-Request-Id"] = request_id
        response["Server-Timing"] = f"app;dur={took:.1f}"
        if not path.startswith(QUIET):
            log.info(f"{request.method} {path}", status=response.status_code, ms=round(took, 1))
        return response

    return middleware
