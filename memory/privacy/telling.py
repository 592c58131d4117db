"""What an export of a person tells beside the library: rows of the floors above, named in settings.TOLD_OF_PEOPLE.

They are told to the person. An import passes over them: nobody's history is written by a file.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import Model, QuerySet
from django.utils.module_loading import import_string

from memory.privacy.subjects import Subject


@dataclass(frozen=True)
class Told:
    """`kind` is the `type` of its lines, and no other store has it; `rows` have UUIDs as their keys."""

    kind: str
    rows: Callable[[Subject], QuerySet[Any]]


@cache
def all_told() -> dict[str, Told]:
    """By their kinds, in the order of the settings."""
    return {told.kind: told for told in map(import_string, settings.TOLD_OF_PEOPLE)}


def line(kind: str, row: Model) -> dict[str, Any]:
    """A row with all its columns as the object of its line; its own `type` is called after the kind there."""
    columns = {field.attname: _plain(getattr(row, field.attname)) for field in row._meta.concrete_fields}
    if "type" in columns:
        columns[f"{kind}_type"] = columns.pop("type")
    return {"type": kind} | columns


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value) if isinstance(value, UUID) else value
