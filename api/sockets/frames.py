"""What goes over a socket: frames as text, and why one is closed."""

from collections.abc import Sequence
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder

Frame = dict[str, Any]
encode = DjangoJSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
# The words beside the close codes; docs/sockets.md says more.
NOBODY, MANY = "not_authenticated", "rate_limited"


class Refused(Exception):
    """The socket closes with this code, after an error frame that tells the word, the detail and the wrong parts."""

    def __init__(self, code: int, word: str, detail: str, errors: Sequence[dict[str, str]] = ()) -> None:
        super().__init__(detail)
        self.code, self.word, self.detail, self.errors = code, word, detail, list(errors)

    def frame(self, since: int | None) -> str:
        told = {"type": "error", "code": self.code, "problem": self.word, "detail": self.detail, "since": since}
        return encode(told | ({"errors": self.errors} if self.errors else {}))


def bad(detail: str) -> Refused:
    """A message that cannot be."""
    return Refused(4400, "bad_message", detail)


def since_of(message: Frame) -> int | None:
    """The `since` of a message, None where it has none. Raises Refused."""
    since = message.get("since")
    if since is not None and (isinstance(since, bool) or not isinstance(since, int) or not 0 <= since < 2**62):
        raise bad("`since` is a sequence number.")
    return since


class Fact:
    """A numbered fact on its way to the sockets of a process: encoded once for all of them."""

    __slots__ = ("_text", "json", "seq", "type")

    def __init__(self, json: dict[str, Any]) -> None:
        self.json = json
        self.seq: int = json["seq"]
        self.type: str = json["type"]
        self._text = ""

    def frame(self, more: Frame | None = None) -> str:
        """The `sync` frame; `more` is told beside the event, to one socket alone."""
        if more:
            return encode({"type": "sync", "seq": self.seq, "event": self.json, **more})
        self._text = self._text or encode({"type": "sync", "seq": self.seq, "event": self.json})
        return self._text
