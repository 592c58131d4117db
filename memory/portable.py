"""Rows as portable lines, and lines as rows: what an export writes and an import reads."""

import hashlib
import json
import math
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from memory.algorithms import scoring
from memory.models import Memory, Relation, Session, Version
from memory.models.said import storable
from memory.namespaces import settled
from memory.types import Scope

FORMAT = 1
CONTENT_BYTES, METADATA_BYTES, ITEMS, DEPTH = 1_048_576, 65_536, 100, 32
SAID = (
    "content", "kind", "role", "author", "user_id", "agent_id", "session_id", "namespace", "tags", "people", "topic",
    "language", "source", "trust", "metadata", "importance", "importance_stated", "confidence", "state", "event_time",
    "expires_at", "valid_from", "valid_to", "superseded_by", "position", "version",
)  # fmt: skip
FIELDS: dict[str, tuple[str, ...]] = {
    "memory": ("id", *SAID, "created_at", "updated_at", "recalls", "recalled_at", "fingerprint"),
    "version": ("id", "memory_id", *SAID, "since", "until", "changed", "actor"),
    "session": (
        "id", "namespace", "user_id", "session_id", "agent_id", "title", "metadata", "state", "ephemeral", "expires_at",
        "last_position", "created_at", "updated_at", "closed_at",
    ),
    "relation": ("id", "source_id", "target_id", "relation", "weight", "metadata", "created_at"),
}  # fmt: skip
MODELS: dict[str, type[models.Model]] = {"memory": Memory, "version": Version, "session": Session, "relation": Relation}
# A line has its own `type`, so that of a relation is called `relation` there.
COLUMN = {"relation": "type"}
REQUIRED = {
    "memory": ("content",),
    "version": ("memory_id", "content", "version", "since", "until"),
    "session": ("session_id",),
    "relation": ("source_id", "target_id", "relation"),
}
FOREIGN = {"memory": "content", "run_id": "session_id", "categories": "tags"}  # how mem0 calls what we have
MEM0 = {"id", "user_id", "agent_id", "metadata", "created_at", "updated_at", "role", "hash", "score"} | set(FOREIGN)


class BadRow(ValueError):
    """A line that cannot be stored, and why."""


def tell(kind: str, row: models.Model) -> dict[str, Any]:
    """A row as the object of its line."""
    told: dict[str, Any] = {"type": kind}
    for name in FIELDS[kind]:
        value = getattr(row, COLUMN.get(name, name))
        if isinstance(value, datetime):
            value = value.isoformat()
        elif isinstance(value, UUID):
            value = str(value)
        told[name] = value
    return told


def hear(line: dict[str, Any]) -> tuple[str, models.Model]:
    """The kind and the row, not saved, that a line's object tells. Raises BadRow, OutsideNamespaces."""
    if "memory" in line and "content" not in line:
        line = _ours(line)
    kind = line.get("type", "memory")
    if not isinstance(kind, str) or kind not in FIELDS:
        raise BadRow(f"type must be one of {', '.join(FIELDS)}")
    if unknown := set(line) - {"type"} - set(FIELDS[kind]):
        raise BadRow(f"{min(unknown)} is not a field of a {kind}")
    if missing := [name for name in REQUIRED[kind] if line.get(name) in (None, "")]:
        raise BadRow(f"{missing[0]} is missing")
    row = MODELS[kind]()
    for name in FIELDS[kind]:
        if line.get(name) is not None:
            _set(row, kind, name, line[name])
    return kind, _whole(row, line)


def _whole(row: models.Model, line: dict[str, Any]) -> models.Model:
    if isinstance(row, Memory | Version | Session):
        row.namespace = settled(Scope(namespace=line.get("namespace") or "")).namespace
    if isinstance(row, Memory):
        _complete(row, line)
    return row


def _set(row: models.Model, kind: str, name: str, value: Any) -> None:
    column = COLUMN.get(name, name)
    try:
        field = MODELS[kind]._meta.get_field(column.removesuffix("_id") if column in _KEYS else column)
        setattr(row, column, _read(field, name, value))
    except (ValueError, OverflowError, RecursionError, ValidationError) as error:
        reason = error.messages[0] if isinstance(error, ValidationError) else str(error)
        raise BadRow(f"{name}: {reason}") from None


_KEYS = ("memory_id", "source_id", "target_id")


def _read(field: Any, name: str, value: Any) -> Any:
    """A JSON value as the field's. Raises ValueError and its like."""
    reader = next(read for kind, read in READERS if isinstance(field, kind))
    read = reader(value)
    if (field.choices and read not in dict(field.choices)) or (name == "state" and read == Memory.State.DELETED):
        raise ValueError(f"{read!r:.50} is not one of its values")
    most: int = getattr(field, "max_length", None) or CONTENT_BYTES
    if isinstance(read, str) and len(read) > most:
        raise ValueError(f"is longer than {most} characters")
    if isinstance(field, ArrayField) and any(len(item) > (field.base_field.max_length or 0) for item in read):
        raise ValueError("an item is too long")
    if name == "content" and (not read.strip() or len(read.encode()) > CONTENT_BYTES):
        raise ValueError(f"is blank or longer than {CONTENT_BYTES} bytes")
    field.run_validators(read)
    return read


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("must be a text")
    storable(value)
    return value


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError("must be a number")
    return float(value)


def _integer(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 2**31:
        raise ValueError("must be a whole number from 0 to 2147483647")
    return value


def _boolean(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError("must be true or false")
    return value


def _moment(value: Any) -> datetime:
    moment = parse_datetime(_text(value))
    if moment is None:
        raise ValueError("must be an RFC 3339 time")
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    if not 1 < aware.year < 9999:
        raise ValueError("must be a year from 2 to 9998")
    return aware


def _uuid(value: Any) -> UUID:
    return UUID(_text(value))


def _texts(value: Any) -> list[str]:
    if not isinstance(value, list) or len(value) > ITEMS:
        raise ValueError(f"must be a list of up to {ITEMS} texts")
    return [_text(item) for item in value]


def _json(value: Any) -> Any:
    if not isinstance(value, dict | list) or _depth(value) > DEPTH:
        raise ValueError(f"must be an object, nested up to {DEPTH} deep")
    if len(json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")) > METADATA_BYTES:
        raise ValueError(f"is larger than {METADATA_BYTES} bytes")
    storable(value)
    return value


def _depth(value: Any) -> int:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return 1 + max(map(_depth, inner), default=0)


READERS: list[tuple[type, Callable[[Any], Any]]] = [
    (ArrayField, _texts), (models.JSONField, _json), (models.UUIDField, _uuid), (models.ForeignKey, _uuid),
    (models.DateTimeField, _moment), (models.BooleanField, _boolean), (models.FloatField, _number),
    (models.IntegerField, _integer), (models.CharField, _text), (models.TextField, _text),
]  # fmt: skip


def _complete(memory: Memory, line: dict[str, Any]) -> None:
    """What a memory has by itself: hashes, an importance, where it came from."""
    if line.get("importance") is None:
        age_hours = (timezone.now() - memory.event_time).total_seconds() / 3600
        memory.importance = scoring.importance(memory.kind, memory.role, age_hours)
    elif line.get("importance_stated") is None:
        memory.importance_stated = True
    if line.get("source") is None and not memory.fingerprint:  # ours have one, and told all they had
        memory.source = "import"
    memory.content_hash = hashlib.sha256(memory.content.encode()).hexdigest()
    if not re.fullmatch("[0-9a-f]{64}", memory.fingerprint):
        memory.fingerprint = _fingerprint(memory, stated=line.get("event_time") is not None)


def _fingerprint(memory: Memory, *, stated: bool) -> str:
    said = (
        memory.namespace, memory.user_id, memory.agent_id, memory.session_id, memory.role, memory.author,
        memory.event_time.isoformat() if stated else "", memory.content,
    )  # fmt: skip
    return hashlib.sha256("\x1f".join(said).encode()).hexdigest()


def _ours(line: dict[str, Any]) -> dict[str, Any]:
    """A line of mem0's: its names become ours, and what we have no name for goes into metadata."""
    metadata = line.get("metadata") or {}
    if not isinstance(metadata, dict):
        raise BadRow("metadata: must be an object")
    others = {name: value for name, value in line.items() if name not in MEM0}
    told = {FOREIGN.get(name, name): value for name, value in line.items() if name in MEM0 - {"hash", "score"}}
    told = {name: value for name, value in told.items() if value is not None}
    if told.get("created_at") is not None:
        told.setdefault("event_time", told["created_at"])
    try:
        UUID(str(told.get("id")))
    except ValueError:
        others |= {"id": told.pop("id")} if "id" in told else {}  # an id of another form is kept beside
    return told | {"type": "memory", "metadata": metadata | others}


# --- CSV: the memory's fields as columns


def cells(told: dict[str, Any]) -> list[str]:
    """A told memory as CSV cells, in the order of its fields."""
    return [_cell(told[name]) for name in FIELDS["memory"]]


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def uncelled(names: list[str], values: list[str]) -> dict[str, Any]:
    """A CSV record as the object of a line; an empty cell says nothing. Raises BadRow."""
    if len(values) != len(names):
        raise BadRow(f"has {len(values)} cells, and the first line {len(names)}")
    return {name: _uncell(name, value) for name, value in zip(names, values, strict=True) if value != ""}


def _uncell(name: str, value: str) -> Any:
    if name not in FIELDS["memory"]:
        return value
    field = Memory._meta.get_field(name)
    if isinstance(field, ArrayField) and not value.lstrip().startswith("["):
        return [part.strip() for part in value.split(",") if part.strip()]
    if isinstance(field, models.BooleanField):
        return {"true": True, "false": False}.get(value.lower(), value)
    if not isinstance(field, ArrayField | models.JSONField | models.FloatField | models.IntegerField):
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        raise BadRow(f"{name}: {value[:50]!r} cannot be read") from None
