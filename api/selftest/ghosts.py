"""Ids like given ones that nobody has: an answer must not tell the two apart."""

import base64
import json
import secrets
from typing import Any
from uuid import UUID


def like(value: Any) -> Any:
    """Something of the same form: an id of the same moment, a name that differs at its end, a cursor of such."""
    if isinstance(value, dict):
        return {name: like(inner) for name, inner in value.items()}
    if not isinstance(value, str):
        return value
    return _id_like(value) or _cursor_like(value) or f"{value[:-4]}{secrets.token_hex(2)}"


def _id_like(text: str) -> str:
    try:
        return str(_same_moment(UUID(text)))
    except ValueError:
        return ""


def _same_moment(id: UUID) -> UUID:
    return UUID(int=(id.int & ~((1 << 62) - 1)) | secrets.randbits(62))


def _cursor_like(text: str) -> str:
    """A cursor holds an id, or a list of values one of which may be an id."""
    try:
        raw = base64.urlsafe_b64decode(text + "==")
        if len(raw) == 16:
            return _packed(_same_moment(UUID(bytes=raw)).bytes)
        values = json.loads(raw)
    except ValueError:
        return ""
    return _packed(json.dumps([like(v) for v in values], ensure_ascii=False, separators=(",", ":")).encode())


def _packed(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
