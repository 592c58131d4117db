"""Keyset pages: `{"data": […], "next_cursor", "has_more"}`, newest first, stable while rows change."""

import base64
import binascii
from collections.abc import Sequence
from typing import Any
from uuid import UUID

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


def page(rows: Any, cursor: str, limit: int) -> tuple[Sequence[Any], dict[str, Any]]:
    """Up to `limit` rows of a queryset after `cursor`, and the page's other fields. Ids are UUIDv7: sorted by time."""
    if cursor:
        rows = rows.filter(id__lt=read_cursor(cursor))
    found = list(rows.order_by("-id")[: limit + 1])
    has_more = len(found) > limit
    found = found[:limit]
    return found, {"next_cursor": write_cursor(found[-1].id) if has_more else None, "has_more": has_more}
