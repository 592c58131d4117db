"""Every error of the native API as an RFC 9457 problem document."""

import math
from dataclasses import asdict
from typing import Any

import structlog
from django.core.exceptions import PermissionDenied
from django.db import DataError, OperationalError
from django.http import Http404, HttpRequest, JsonResponse
from rest_framework import exceptions
from rest_framework.response import Response

from analytics.errors import Decided, NoLesson
from api.dressing import DRESSED, Told, pointers
from automation.errors import PolicyThere
from events.feed import OutOfFeed
from events.sync.errors import NothingDead, QueueFull, TooManyServices
from memory.errors import Contended, EmbedderUnavailable, Erased, NotStored, QualityWouldFall, Unreadable
from tenants.errors import (
    IsMember,
    KeyOver,
    LastOwner,
    OwnersOnly,
    Suspended,
    TenantMismatch,
    TenantNeeded,
    TooManyTries,
    Unauthenticated,
    WrongName,
)

log = structlog.get_logger(__name__)
TITLES = {
    400: "Bad request",
    401: "Not authenticated",
    403: "Not allowed",
    404: "Not found",
    405: "Method not allowed",
    406: "Not acceptable",
    409: "Conflict",
    410: "Gone",
    412: "Precondition failed",
    413: "Body too large",
    415: "Unsupported media type",
    422: "Not valid",
    429: "Too many requests",
    500: "Server error",
    503: "Not available",
}
Problem = dict[str, Any]


def problem(request: Any, status: int, code: str, detail: str, errors: list[dict[str, str]] | None = None) -> Problem:
    """A problem document; `errors` lists {pointer, code, detail} of each part of the body that is wrong."""
    document: Problem = {
        "type": f"urn:memhouse:problem:{code}",
        "title": TITLES.get(status, "Error"),
        "status": status,
        "detail": detail,
        "instance": request.path,
        "code": code,
        "request_id": getattr(request, "request_id", ""),
    }
    return document | ({"errors": errors} if errors else {})


def handle(error: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's exception handler. None lets an unknown error reach the log and the 500 page."""
    told = tell(error)
    if told is None:
        return None
    status, code, detail, errors = told
    if isinstance(error, NotStored):
        errors = _of_items(error, context["request"].data)
    headers = {"WWW-Authenticate": "Bearer"} if status == 401 else {}
    if wait := getattr(error, "wait", None):
        headers["Retry-After"] = str(math.ceil(wait))
    return Response(
        problem(context["request"], status, code, detail, errors) | _beside(error),
        status=status,
        headers=headers,
        content_type="application/problem+json",
    )


def _of_items(error: NotStored, body: Any) -> list[dict[str, str]]:
    """The items of a batch, the two texts of a turn, or the body that is the one item itself."""
    places = {0: "/message", 1: "/reply"} if "message" in body else {}
    told = [(f"/memories/{at}" if "memories" in body else places.get(at, ""), why) for at, why in error.reasons.items()]
    return [{"pointer": pointer, "code": "not_stored", "detail": why} for pointer, why in told]


def _beside(error: Exception) -> Problem:
    """What a program needs beside the words."""
    if isinstance(error, OutOfFeed):
        return {"oldest_since": error.oldest_since, "last_seq": error.last_seq}
    return {"quality": asdict(error.against) | {"worse": error.worse}} if isinstance(error, QualityWouldFall) else {}


NOBODY = (401, "not_authenticated", "Send a valid API key as `Authorization: Bearer im_…`.", None)
NOTHING = (404, "not_found", "There is nothing here for this credential.", None)
FORBIDDEN = (403, "not_allowed", "This credential may not do that.", None)
TOO_MANY_TRIES = (429, "too_many_tries", "Too many failed tries to sign in; try again later.", None)
CLOSED = (403, "tenant_suspended", "This tenant is suspended; its operator can say why and open it again.", None)
OTHER_NAME = (422, "wrong_name", "Type the slug of the tenant that is to be deleted.", None)
UNSTORABLE = (422, "not_storable", "Some of what was sent cannot be stored.", None)
CONTENDED = (409, "contended", "Others are storing and deleting the same words just now; try again.", None)
NO_DATABASE = (503, "database_unavailable", "The database does not answer; try again soon.", None)
ERASED = (409, "erased", "Whom this names was erased, or is being erased: it cannot be written now.", None)
UNREADABLE = (503, "content_unreadable", "Content in cold storage cannot be read or moved now; try again.", None)
NO_EMBEDDER = (503, "embedder_unavailable", "The embedding model does not answer; try again soon.", None)
NO_TENANT = (400, "tenant_needed", "Name the tenant, by X-Tenant-ID or in the path.", None)
OVER = (409, "key_over", "The key was revoked or rotated, or has expired.", None)
LAST_OWNER = (409, "last_owner", "A tenant keeps one owner at least.", None)
OWNERS_ONLY = (403, "owners_only", "Only an owner gives or takes the role of owner.", None)
IS_MEMBER = (409, "is_member", "This person is a member already.", None)
QUEUE_FULL = (409, "queue_full", "Too many messages wait to be acknowledged; no more is taken.", None)
NOTHING_DEAD = (409, "nothing_dead", "Nothing of this message was given up, or its time is over.", None)
TOO_MANY_SERVICES = (409, "too_many_services", "A tenant has at most 1,000 services.", None)
POLICY_THERE = (409, "policy_there", "There is a policy for this scope already: change that one.", None)
NO_LESSON = (404, "no_event", "No such learning event, or none of this session waits for feedback.", None)
DECIDED = (409, "decided", "This suggestion is accepted, rejected or withdrawn already.", None)
KNOWN: list[tuple[tuple[type[Exception], ...], Told]] = [
    ((Http404, exceptions.NotFound, TenantMismatch), NOTHING),
    ((Unauthenticated, exceptions.NotAuthenticated, exceptions.AuthenticationFailed), NOBODY),
    ((TooManyTries,), TOO_MANY_TRIES),
    ((Suspended,), CLOSED),
    ((WrongName,), OTHER_NAME),
    ((PermissionDenied, exceptions.PermissionDenied), FORBIDDEN),
    ((DataError, UnicodeError, RecursionError), UNSTORABLE),
    ((Contended,), CONTENDED),
    ((TenantNeeded,), NO_TENANT),
    ((KeyOver,), OVER),
    ((LastOwner,), LAST_OWNER),
    ((OwnersOnly,), OWNERS_ONLY),
    ((IsMember,), IS_MEMBER),
    ((PolicyThere,), POLICY_THERE),
    ((QueueFull,), QUEUE_FULL),
    ((NothingDead,), NOTHING_DEAD),
    ((TooManyServices,), TOO_MANY_SERVICES),
    ((Erased,), ERASED),
    ((Unreadable,), UNREADABLE),
    ((OperationalError,), NO_DATABASE),
    ((EmbedderUnavailable,), NO_EMBEDDER),
    ((NoLesson,), NO_LESSON),
    ((Decided,), DECIDED),
]


def tell(error: Exception) -> Told | None:
    if isinstance(error, exceptions.ValidationError):
        return 422, "not_valid", "Some of what was sent is not valid.", list(pointers(error.detail, ""))
    for kind, dress in DRESSED.items():
        if isinstance(error, kind):
            return dress(error)
    for kinds, told in KNOWN:
        if isinstance(error, kinds):
            _note(error, told[0])
            return told
    if isinstance(error, exceptions.APIException):
        return error.status_code, str(error.get_codes()), str(error.detail), None
    return None


def _note(error: Exception, status: int) -> None:
    """The database's own words are not logged: they may quote what was sent. Its code says which error it was."""
    if status in (422, 503):
        sqlstate = getattr(error.__cause__, "sqlstate", None)
        log.warning("refused", status=status, error=type(error).__name__, sqlstate=sqlstate)


def wrong(error: exceptions.ValidationError) -> list[tuple[str, str]]:
    """What a validation error points at, and what it says there."""
    return [(item["pointer"], item["detail"]) for item in pointers(error.detail, "")]


def _page(request: HttpRequest, status: int, code: str, detail: str) -> JsonResponse:
    return JsonResponse(problem(request, status, code, detail), status=status, content_type="application/problem+json")


def bad_request(request: HttpRequest, exception: Exception) -> JsonResponse:
    return _page(request, 400, "bad_request", "The request could not be understood.")


def forbidden(request: HttpRequest, exception: Exception) -> JsonResponse:
    return _page(request, 403, "not_allowed", "You may not do that here.")


def csrf_failed(request: HttpRequest, reason: str = "") -> JsonResponse:
    return _page(request, 403, "csrf_failed", "The form is not one that this site gave to you; load the page again.")


def not_found(request: HttpRequest, exception: Exception) -> JsonResponse:
    return _page(request, 404, "not_found", "There is nothing here.")


def not_storable(request: HttpRequest) -> JsonResponse:
    status, code, detail, _ = UNSTORABLE
    return _page(request, status, code, detail)


def server_error(request: HttpRequest) -> JsonResponse:
    return _page(request, 500, "server_error", "Something went wrong here; the request id finds it in the log.")
