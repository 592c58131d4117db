"""Keyset pages: `{"data": […], "next_cursor", "has_more"}`, newest first, stable while rows change."""

import base64
import binascii
import json
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db.models import Q
from rest_framework.exceptions import ValidationError

MAX_LIMIT = 200


def read_cursor(cursor: str) -> UUID:
    """The id that a page ended with. Raises ValidationError for a cursor that is none of ours."""
    try:
        return UUID(bytes=base64.urlsafe_b64decode(cursor + "=="))
    except (ValueError, binascii.Error):
        raise ValidationError({"cursor": "is not a cursor that this API gave"}) from None


def write_cursor(last: UUID) -> str:
    return base64.urlsafe_b64encode(last.bytes).rstrip(b"=").decode()


def read_place(cursor: str, *kinds: type) -> list[Any] | None:
    """The values that a page ended with, of these types; None without a cursor. Raises ValidationError."""
    if not cursor:
        return None
    try:
        told = json.loads(base64.urlsafe_b64decode(cursor + "=="))
        if not isinstance(told, list) or [type(value) for value in told] != list(kinds):
            raise ValueError
    except (ValueError, binascii.Error, RecursionError):
        raise ValidationError({"cursor": "is not a cursor that this API gave"}) from None
    return told


def write_place(values: Sequence[Any]) -> str:
    """A cursor of plain JSON values."""
    told = json.dumps(values, ensure_ascii=False, separators=(",", ":"), default=str)
    return base64.urlsafe_b64encode(told.encode()).rstrip(b"=").decode()


def page_by_position(rows: Any, cursor: str, limit: int, *, newest: bool) -> tuple[Sequence[Any], dict[str, Any]]:
    """As `page`, but by place in the session and, where two have the same place, by id."""
    if place := read_place(cursor, int, str):
        position, key = place[0], read_uuid(place[1])
        way = "lt" if newest else "gt"
        rows = rows.filter(Q(**{f"position__{way}": position}) | Q(**{f"id__{way}": key, "position": position}))
    found = list(rows.order_by(*(("-position", "-id") if newest else ("position", "id")))[: limit + 1])
    has_more = len(found) > limit
    found = found[:limit]
    last = write_place([found[-1].position, found[-1].id]) if has_more else None
    return found, {"next_cursor": last, "has_more": has_more}


def read_uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise ValidationError({"cursor": "is not a cursor that this API gave"}) from None


def page(rows: Any, cursor: str, limit: int, *, oldest: bool = False) -> tuple[Sequence[Any], dict[str, Any]]:
    """Up to `limit` rows of a queryset after `cursor`, and the page's other fields. Ids are UUIDv7: sorted by time."""
    if cursor:
        rows = rows.filter(**{"id__gt" if oldest else "id__lt": read_cursor(cursor)})
    found = list(rows.order_by("id" if oldest else "-id")[: limit + 1])
    has_more = len(found) > limit
    found = found[:limit]
    return found, {"next_cursor": write_cursor(found[-1].id) if has_more else None, "has_more": has_more}
