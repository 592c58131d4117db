"""`Idempotency-Key`: a POST that is sent again does nothing again, and gets the reply that the first one got.

The effect and the kept reply are one transaction, so there is no moment in which one is there without the other. What
fails is rolled back, and nothing is kept of it: the same key may try again.
"""

import hashlib
import re
from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.db import transaction
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from rest_framework.exceptions import APIException
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from memory import sealing
from memory.errors import Unreadable
from tenants import replies
from tenants.models import KeptReply
from tenants.resolve import Speaker

KEY_FORM = re.compile(r"[\x20-\x7e]{1,255}")
LONGEST_REPLY = 1024 * 1024  # bytes; of a longer one only the fact is kept
PART = 64 * 1024
PURPOSE = "reply"
KEPT_HEADERS = ("Location", "ETag")
Handler = Callable[..., HttpResponseBase]


class BadKey(APIException):
    status_code = 400
    default_code = "bad_idempotency_key"
    default_detail = "An Idempotency-Key is 1 to 255 printable ASCII characters."


class OtherRequest(APIException):
    status_code = 422
    default_code = "idempotency_mismatch"
    default_detail = "This Idempotency-Key belongs to another request: send the same one again, or use a new key."


class InProgress(APIException):
    status_code = 409
    default_code = "in_progress"
    default_detail = "The same request is being worked on; try again soon."
    wait = 0.5  # seconds


class ReplyGone(APIException):
    status_code = 409
    default_code = "reply_gone"
    default_detail = "This was done before, and its reply is no longer kept."


class Hashed:
    """A body that is hashed while it is read."""

    def __init__(self, body: Any) -> None:
        self.body, self.digest = body, hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        part: bytes = self.body.read(size)
        self.digest.update(part)
        return part

    def fingerprint(self) -> str:
        """Of the whole body, what nobody has read included."""
        while self.read(PART):
            pass
        return self.digest.hexdigest()


def once(handler: Handler, key: str, speaker: Speaker, *, secret: bool = False) -> Handler:
    """The handler of a POST, run at most once for this key; of a `secret` reply only the fact is kept.

    Raises BadKey; the handler that it gives raises OtherRequest, InProgress and ReplyGone.
    """
    if not KEY_FORM.fullmatch(key):
        raise BadKey

    def handle(request: Request, *args: Any, **kwargs: Any) -> HttpResponseBase:
        # REST framework's request has no public place for another reader.
        body = Hashed(request.stream) if request.stream is not None else None
        request._stream = body  # type: ignore[assignment]
        digest = _digest(speaker.tenant.pk, speaker.actor, _route(request), key)
        with replies.alone(speaker.tenant.pk, digest) as mine:
            if not mine:
                raise InProgress
            if known := replies.kept(digest):
                return _replayed(known, _fingerprint(request, body))
            reply = _written(handler(request, *args, **kwargs))
            if not isinstance(reply, HttpResponse) or reply.status_code >= 400:
                transaction.set_rollback(True)  # a stream, which only reads and is read anew, or a refusal
            else:
                _keep(reply, digest, _fingerprint(request, body), speaker.tenant.pk, secret)
            return reply

    return handle


def _route(request: Request) -> str:
    match = request.resolver_match
    assert match is not None
    return match.route.strip("/")


def _digest(*parts: object) -> str:
    return hashlib.sha256("\x1f".join(map(str, parts)).encode()).hexdigest()


def _fingerprint(request: Request, body: Hashed | None) -> str:
    asked = (request.path_info.strip("/"), request.META.get("QUERY_STRING", ""))
    return _digest(*asked, body.fingerprint() if body else "")


def _written(response: HttpResponseBase) -> HttpResponseBase:
    """The response as bytes, so that the first reply and the kept one are the same."""
    if not isinstance(response, Response):
        return response
    body = b"" if response.data is None else JSONRenderer().render(response.data)
    return _reply(body, response.status_code, dict(response.items()))


def _reply(body: bytes, status: int, headers: dict[str, str]) -> HttpResponse:
    reply = HttpResponse(body, status=status, headers=headers | {"Content-Type": "application/json"})
    if not body:
        del reply["Content-Type"]
    return reply


def _keep(reply: HttpResponse, digest: str, fingerprint: str, tenant_id: UUID | None, secret: bool) -> None:
    fits = not secret and len(reply.content) <= LONGEST_REPLY
    replies.keep(
        digest,
        tenant_id=tenant_id,
        fingerprint=fingerprint,
        status=reply.status_code,
        headers={name: reply[name] for name in KEPT_HEADERS if name in reply},
        body=sealing.seal(reply.content, tenant_id, PURPOSE, digest) if fits else None,
    )


def _replayed(known: KeptReply, fingerprint: str) -> HttpResponse:
    """The kept reply. Raises OtherRequest, and ReplyGone when it was too long, secret, or forgotten."""
    if known.fingerprint and known.fingerprint != fingerprint:
        raise OtherRequest
    if known.body is None:
        raise ReplyGone
    try:
        body = sealing.unseal(bytes(known.body), known.tenant_id, PURPOSE, known.digest)
    except Unreadable:
        raise ReplyGone from None
    return _reply(body, known.status, known.headers | {"Idempotent-Replayed": "true"})
