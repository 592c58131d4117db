"""Errors that know more than their kind: what each says of the request that it refused."""

from collections.abc import Callable, Iterator
from typing import Any

from django.core.exceptions import ValidationError as Refused

from analytics.errors import BadLesson, BadQuery, CannotReplay, NoTrace
from automation.errors import BadPolicy, NotUndoable, RunOver, UnknownJob
from events.feed import OutOfFeed
from events.sync.errors import BadMessage, NotTheirs
from events.webhooks.errors import BadWebhook, Disabled, NotReplayable, TooManyWebhooks
from memory.errors import (
    BadDecision,
    BadFilter,
    BadOption,
    BadTime,
    BadVector,
    Held,
    NoMemory,
    NotStored,
    OutsideNamespaces,
    QualityWouldFall,
    ReembedRefused,
    ReviewRefused,
    TooManyRules,
    Unconfirmed,
    VersionConflict,
)
from tenants.errors import BadKey, QuotaExceeded, RateLimited, WrongState

Told = tuple[int, str, str, list[dict[str, str]] | None]  # status, code, sentence, parts


def pointers(detail: Any, at: str) -> Iterator[dict[str, str]]:
    """DRF's tree of messages as a flat list with JSON pointers."""
    if isinstance(detail, dict):
        for key, value in detail.items():
            yield from pointers(value, at if key == "non_field_errors" else f"{at}/{key}")
    elif isinstance(detail, list):
        for index, value in enumerate(detail):
            nested = isinstance(value, dict | list)
            yield from pointers(value, f"{at}/{index}" if nested else at)
    else:
        yield {"pointer": at, "code": getattr(detail, "code", "invalid"), "detail": str(detail)}


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
    return 410, "resync_required", f"{where}: read everything again, then go on from `last_seq`.", None


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
    return 422, "not_valid", "Some of what was sent is not valid.", list(pointers(wrong, ""))


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
