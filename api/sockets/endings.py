"""Why a socket ends: every error as the code, the word and the detail that it is closed with."""

from typing import Any

import structlog
from django.db import DatabaseError
from redis.exceptions import RedisError

from api.problems import tell
from api.sockets.frames import MANY, NOBODY, Refused
from api.sockets.pace import TOO_FAST
from api.sockets.recognise import SUSPENDED
from tenants.errors import LimitError, QuotaExceeded, RateLimited, SpeakerError, Suspended, TooManySockets

log = structlog.get_logger(__name__)


class Gone(Exception):
    """The other side closed."""


def why(error: BaseException | None) -> Refused | None:
    """What an error closes a socket with; None when the other side is gone."""
    if isinstance(error, Refused | None):
        return error
    if isinstance(error, Gone | OSError) and not isinstance(error, TimeoutError):
        return None
    if isinstance(error, TooManySockets):
        return Refused(4409, "too_many_sockets", f"{error.limit} sockets of this {error.whose} are open already.")
    if isinstance(error, RateLimited | QuotaExceeded) and error.wait:
        return Refused(4429, MANY, f"Too many messages; come back in {error.wait} seconds, with `since`.")
    for kind, refused in _REFUSALS:
        if isinstance(error, kind):
            return refused
    if isinstance(error, Exception) and (told := tell(error)) and told[0] < 500:
        return Refused(4400, told[1], told[2], told[3] or ())
    log.exception("a socket failed", exc_info=error)
    return Refused(1011, "server_error", "Something went wrong here; connect again, with `since`.")


_REFUSALS: list[tuple[Any, Refused]] = [
    (Suspended, SUSPENDED),
    (LimitError, TOO_FAST),
    (SpeakerError, Refused(4401, NOBODY, "The credential is not valid here.")),
    ((DatabaseError, RedisError), Refused(1013, "not_available", "A service behind this does not answer; come back.")),
]
