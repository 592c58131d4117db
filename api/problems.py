"""Every error of the native API as an RFC 9457 problem document."""

import math
from collections.abc import Callable, Iterator
from dataclasses import asdict
from typing import Any

import structlog
from django.core.exceptions import PermissionDenied
from django.core.exceptions import ValidationError as Refused
from django.db import DataError, OperationalError
from django.http import Http404, HttpRequest, JsonResponse
from rest_framework import exceptions
from rest_framework.response import Response

from analytics.errors import BadLesson, BadQuery, CannotReplay, Decided, NoLesson, NoTrace
from automation.errors import BadPolicy, NotUndoable, PolicyThere, RunOver, UnknownJob
from events.feed import OutOfFeed
from events.sync.errors import BadMessage, NothingDead, NotTheirs, QueueFull, TooManyServices
from events.webhooks.errors import BadWebhook, Disabled, NotReplayable, TooManyWebhooks
from memory.errors import (
    BadDecision,
    BadFilter,
    BadOption,
    BadTime,
    BadVector,
    Contended,
    EmbedderUnavailable,
    Erased,
    Held,
    NoMemory,
    NotStored,
    OutsideNamespaces,
    QualityWouldFall,
    ReembedRefused,
    ReviewRefused,
    TooManyRules,
    Unconfirmed,
    Unreadable,
    VersionConflict,
)
from tenants.errors import (
    BadKey,
    IsMember,
    KeyOver,
    LastOwner,
    OwnersOnly,
    QuotaExceeded,
    RateLimited,
    Suspended,
    TenantMismatch,
    TenantNeeded,
    TooManyTries,
    Unauthenticated,
    WrongName,
    WrongState,
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


def _beside(error: Exception) -> Problem:
    """What a program needs beside the words."""
    if isinstance(error, OutOfFeed):
        return {"oldest_since": error.oldest_since, "last_seq": error.last_seq}
    return {"quality": asdict(error.against) | {"worse": error.worse}} if isinstance(error, QualityWouldFall) else {}


Told = tuple[int, str, str, list[dict[str, str]] | None]


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


def _bad_filter(error: Any) -> Told:
    at = f"/filters{error.pointer}"
    wrong = {"pointer": at, "code": "bad_filter", "detail": error.detail}
    return 400, "bad_filter", f"{at} {error.detail}.", [wrong]


def _bad_time(error: Any) -> Told:
    wrong = {"pointer": error.pointer, "code": "bad_time", "detail": error.detail}
    return 422, "bad_time", f"{error.pointer} {error.detail}.", [wrong]


def _bad_vector(error: Any) -> Told:
    wrong = {"pointer": error.pointer, "code": "bad_vector", "detail": error.detail}
    return 422, "bad_vector", f"{error.pointer} {error.detail}.", [wrong]


def _bad_option(error: Any) -> Told:
    at = f"/options{error.pointer}"
    wrong = {"pointer": at, "code": "bad_option", "detail": error.detail}
    return 422, "bad_option", f"{at} {error.detail}.", [wrong]


def _unknown_job(error: Any) -> Told:
    wrong = {"pointer": "/job", "code": "unknown_job", "detail": f"{error}"}
    return 422, "unknown_job", "GET /api/v1/jobs lists the jobs that there are.", [wrong]


def _run_over(error: Any) -> Told:
    return 409, "run_over", f"This cannot be done to the run now: {error}.", None


def _not_undoable(error: Any) -> Told:
    return 409, "not_undoable", f"What this run did cannot be taken back: {error}.", None


def _bad_policy(error: Any) -> Told:
    wrong = {"pointer": error.pointer, "code": "bad_policy", "detail": error.detail}
    return 422, "not_valid", "Some of what was sent is not valid.", [wrong]


def _bad_part(error: Any) -> Told:
    code = "bad_key" if isinstance(error, BadKey) else "bad_decision"
    wrong = {"pointer": error.pointer, "code": code, "detail": error.detail}
    return 422, "not_valid", "Some of what was sent is not valid.", [wrong]


def _bad_message(error: Any) -> Told:
    wrong = {"pointer": error.pointer, "code": "bad_message", "detail": error.detail}
    return 422, "not_valid", "Some of what was sent is not valid.", [wrong]


def _not_theirs(error: Any) -> Told:
    said = {"code": "not_theirs", "detail": "is no message of this service"}
    wrong = [{"pointer": f"/ids/{at}", **said} for at in error.at]
    return 422, "not_valid", "Some of what was sent is not valid.", wrong


def _outside(error: Any) -> Told:
    return 403, "outside_namespaces", f"The credential may not write to the namespace {error.namespace}.", None


def _no_memory(error: Any) -> Told:
    said = {"code": "no_memory", "detail": "is not a memory that is there"}
    wrong = [{"pointer": f"/{end}", **said} for end in error.ends]
    return 422, "not_valid", "Some of what was sent is not valid.", wrong


def _unconfirmed(error: Any) -> Told:
    wrong = {"pointer": "/confirm_count", "code": "count", "detail": str(error.count)}
    return 409, "unconfirmed", f"Send confirm_count={error.count} to erase as many memories.", [wrong]


def _held(error: Any) -> Told:
    wrong = [{"pointer": "", "code": "hold", "detail": hold} for hold in error.holds]
    return 409, "held", "A legal hold stands on this person, or on memories of theirs; nothing was erased.", wrong


def _too_many_rules(error: Any) -> Told:
    return 409, "too_many_rules", f"This cannot be done now: {error}.", None


def _not_stored(error: Any) -> Told:
    return 409, "not_stored", "Nothing was stored: some items cannot be.", None


def _of_items(error: NotStored, body: Any) -> list[dict[str, str]]:
    """The items of a batch, the two texts of a turn, or the body that is the one item itself."""
    places = {0: "/message", 1: "/reply"} if "message" in body else {}
    told = [(f"/memories/{at}" if "memories" in body else places.get(at, ""), why) for at, why in error.reasons.items()]
    return [{"pointer": pointer, "code": "not_stored", "detail": why} for pointer, why in told]


def _version_conflict(error: Any) -> Told:
    return 412, "version_conflict", f"It is in version {error.version} by now; read it again.", None


def _reembed_refused(error: Any) -> Told:
    return 409, "reembed_refused", f"This cannot be done now: {error}.", None


def _review_refused(error: Any) -> Told:
    return 409, "review_refused", f"This cannot be done now: {error}.", None


def _rate_limited(error: Any) -> Told:
    most = f"at most {error.window.limit} requests in {error.window.seconds} seconds"
    wrong = {"pointer": "", "code": error.window.name, "detail": most}
    return 429, "rate_limited", f"Too many requests; come back in {error.wait} seconds.", [wrong]


def _quota_exceeded(error: Any) -> Told:
    wrong = [{"pointer": "", "code": error.quota, "detail": f"{error.used} of {error.hard} are used"}]
    if error.wait is None:
        return 403, "quota_exceeded", "Nothing was stored: the plan holds no more.", wrong
    return 429, "quota_exceeded", "As much was done today as the plan allows; the day ends at 00:00 UTC.", wrong


def _bad_webhook(error: Any) -> Told:
    wrong = {"pointer": f"/{error.field}", "code": "bad_webhook", "detail": error.detail}
    return 422, "not_valid", "Some of what was sent is not valid.", [wrong]


def _too_many_webhooks(error: Any) -> Told:
    return 409, "too_many_webhooks", f"This cannot be done now: {error}.", None


def _webhook_disabled(error: Any) -> Told:
    return 409, "webhook_disabled", f"This cannot be done now: {error}.", None


def _not_replayable(error: Any) -> Told:
    return 409, "not_replayable", f"This delivery is not sent anew: {error}.", None


def _trace_not_replayable(error: Any) -> Told:
    return 409, "trace_not_replayable", f"This trace cannot be replayed: {error}.", None


def _out_of_feed(error: Any) -> Told:
    where = f"The feed begins after {error.oldest_since} and ends with {error.last_seq}"
    detail = f"{where}: read everything again, then go on from `last_seq`."
    return 410, "resync_required", detail, None


def _quality_would_fall(error: Any) -> Told:
    detail = f"Saved questions would be answered worse: {error}. Send accept_loss=true to do it all the same."
    return 409, "quality_would_fall", detail, None


def _wrong_state(error: Any) -> Told:
    return 409, "wrong_state", f"This cannot be done now: {error}.", None


def _no_trace(error: Any) -> Told:
    wrong = {"pointer": "/trace_id", "code": "no_trace", "detail": "is not a trace of a recall that is there"}
    return 422, "not_valid", "Some of what was sent is not valid.", [wrong]


def _bad_lesson(error: Any) -> Told:
    at = error.pointer if error.at is None else f"/events/{error.at}{error.pointer}"
    wrong = {"pointer": at, "code": "bad_event", "detail": error.detail}
    return 422, "not_valid", "Some of what was sent is not valid.", [wrong]


def _refused(error: Any) -> Told:
    """What a verb refuses by the fields of a model."""
    wrong = error.message_dict if hasattr(error, "error_dict") else error.messages
    return 422, "not_valid", "Some of what was sent is not valid.", list(_pointers(wrong, ""))


def _bad_query(error: Any) -> Told:
    wrong = {"pointer": error.pointer, "code": "bad_query", "detail": error.detail}
    return 422, "not_valid", "Some of what was sent is not valid.", [wrong]


DRESSED: dict[type[Exception], Callable[[Any], Told]] = {
    BadFilter: _bad_filter,
    BadTime: _bad_time,
    BadVector: _bad_vector,
    BadOption: _bad_option,
    UnknownJob: _unknown_job,
    QualityWouldFall: _quality_would_fall,
    RunOver: _run_over,
    NotUndoable: _not_undoable,
    BadPolicy: _bad_policy,
    BadKey: _bad_part,
    BadDecision: _bad_part,
    BadMessage: _bad_message,
    NotTheirs: _not_theirs,
    OutsideNamespaces: _outside,
    NoMemory: _no_memory,
    NotStored: _not_stored,
    VersionConflict: _version_conflict,
    ReembedRefused: _reembed_refused,
    ReviewRefused: _review_refused,
    Unconfirmed: _unconfirmed,
    Held: _held,
    TooManyRules: _too_many_rules,
    RateLimited: _rate_limited,
    QuotaExceeded: _quota_exceeded,
    WrongState: _wrong_state,
    BadWebhook: _bad_webhook,
    TooManyWebhooks: _too_many_webhooks,
    NotReplayable: _not_replayable,
    Disabled: _webhook_disabled,
    CannotReplay: _trace_not_replayable,
    NoTrace: _no_trace,
    OutOfFeed: _out_of_feed,
    BadLesson: _bad_lesson,
    BadQuery: _bad_query,
    Refused: _refused,
}


def tell(error: Exception) -> Told | None:
    if isinstance(error, exceptions.ValidationError):
        return 422, "not_valid", "Some of what was sent is not valid.", list(_pointers(error.detail, ""))
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


def _pointers(detail: Any, at: str) -> Iterator[dict[str, str]]:
    """DRF's tree of messages as a flat list with JSON pointers."""
    if isinstance(detail, dict):
        for key, value in detail.items():
            yield from _pointers(value, at if key == "non_field_errors" else f"{at}/{key}")
    elif isinstance(detail, list):
        for index, value in enumerate(detail):
            nested = isinstance(value, dict | list)
            yield from _pointers(value, f"{at}/{index}" if nested else at)
    else:
        yield {"pointer": at, "code": getattr(detail, "code", "invalid"), "detail": str(detail)}


def wrong(error: exceptions.ValidationError) -> list[tuple[str, str]]:
    """What a validation error points at, and what it says there."""
    return [(item["pointer"], item["detail"]) for item in _pointers(error.detail, "")]


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
