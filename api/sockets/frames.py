"""What goes over a socket: frames as text, and why one is closed."""

from typing import Any

from django.core.serializers.json import DjangoJSONEncoder

Frame = dict[str, Any]
encode = DjangoJSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


class Refused(Exception):
    """The socket closes with this code, after an error frame that tells the word and the detail."""

    def __init__(self, code: int, word: str, detail: str) -> None:
        super().__init__(detail)
        self.code, self.word, self.detail = code, word, detail


def bad(detail: str) -> Refused:
    """A message that cannot be."""
    return Refused(4400, "bad_message", detail)


def since_of(message: Frame, default: int) -> int:
    """The `since` of a message. Raises Refused."""
    since = message.get("since", default)
    if isinstance(since, bool) or not isinstance(since, int) or since < 0:
        raise bad("`since` is a sequence number.")
    return since
