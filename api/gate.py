"""The one input gate, before any serializer: what passes is JSON that PostgreSQL can store.

A plain serializer answers 500 to NUL or a lone surrogate in a JSON value, to deep nesting and to huge numbers.
"""

import json
import math
import re
from collections.abc import Mapping
from typing import IO, Any

from django.conf import settings
from rest_framework.exceptions import APIException, ParseError, UnsupportedMediaType
from rest_framework.parsers import BaseParser

MAX_DEPTH = 32
MAX_NODES = 100_000
MAX_INTEGER = 2**53  # what a JSON number keeps exactly
UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_STRING_OR_BRACKET = re.compile(rb'"(?:[^"\\]|\\.)*"|[\[{]|[\]}]', re.DOTALL)


class TooLarge(APIException):
    status_code = 413
    default_code = "body_too_large"
    default_detail = "The body is too large."


class GatedJSONParser(BaseParser):
    """application/json, gated; see `read_json`."""

    media_type = "application/json"

    def parse(
        self, stream: IO[bytes], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        headers = parser_context["request"].headers if parser_context else {}
        if headers.get("Content-Encoding", "identity") != "identity":
            raise UnsupportedMediaType(headers["Content-Encoding"], "Send the body without Content-Encoding.")
        limit = settings.BODY_LIMIT_BYTES
        raw = stream.read(limit + 1)
        if len(raw) > limit:
            raise TooLarge(f"The body is larger than {limit} bytes.")
        return read_json(raw)


def read_json(raw: bytes) -> Any:
    """Bytes to JSON, refusing whatever could not be stored or would not come back the same. Raises ParseError."""
    _check_depth(raw)
    try:
        found = json.loads(
            raw.decode("utf-8"),
            parse_constant=_constant,
            parse_int=_integer,
            parse_float=_float,
            object_pairs_hook=_object,
        )
    except UnicodeDecodeError:
        raise ParseError("The body is not UTF-8.") from None
    except (ValueError, RecursionError) as error:
        raise ParseError(f"The body is not JSON that can be accepted: {error}") from None
    _check_text(found)
    return found


def _check_depth(raw: bytes) -> None:
    depth = 0
    for match in _STRING_OR_BRACKET.finditer(raw):
        first = match.group()[0]
        if first in b"[{":
            depth += 1
            if depth > MAX_DEPTH:
                raise ParseError(f"The body is nested deeper than {MAX_DEPTH}.")
        elif first in b"]}":
            depth -= 1


def _constant(text: str) -> None:
    raise ValueError(f"{text} is not a JSON number")


def _integer(text: str) -> int:
    if len(text) > 17 or abs(int(text)) > MAX_INTEGER:
        raise ValueError("an integer is beyond ±2^53")
    return int(text)


def _float(text: str) -> float:
    if not math.isfinite(number := float(text)):
        raise ValueError("a number is too large")
    return number


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("an object has the same key twice")
    return found


def _check_text(found: Any) -> None:
    """No NUL and no lone surrogate in any key or value, and not too many values; depth is already bounded."""
    waiting, nodes = [found], 0
    while waiting:
        node = waiting.pop()
        nodes += 1
        if nodes > MAX_NODES:
            raise ParseError(f"The body holds more than {MAX_NODES} values.")
        if isinstance(node, str):
            check_storable(node)
        elif isinstance(node, dict):
            waiting.extend(node.keys())
            waiting.extend(node.values())
        elif isinstance(node, list):
            waiting.extend(node)


def check_storable(text: str) -> None:
    """Refuse text that PostgreSQL cannot hold. Raises ParseError."""
    if UNSTORABLE.search(text):
        raise ParseError("Text holds a NUL character or a lone surrogate.")
