"""HippocampAI's filters in our filter language: plain keys with values, `metadata.<key>` among them."""

from collections.abc import Callable, Mapping
from typing import Any

from rest_framework.exceptions import ValidationError

from api.dialects.base import TENFOLD
from api.dialects.hippocampai.serializers import types

NOTHING = {"kind": {"in": ["none"]}}


def _kinds(told: Any) -> dict[str, Any]:
    words = told if isinstance(told, list) else [told]
    found = [kind for word in words if isinstance(word, str) for kind in types.kinds_of(word)]
    return {"kind": {"in": found}} if found else NOTHING


def _tags(told: Any) -> dict[str, Any]:
    return {"tags": {"any": told if isinstance(told, list) else [told]}} if told else {}


def tenth(value: Any) -> Any:
    """An importance as it is here; what is no number is left for the filter language to refuse."""
    return value / TENFOLD if isinstance(value, int | float) and not isinstance(value, bool) else value


def _bound(field: str, operator: str, read: Callable[[Any], Any] = lambda value: value) -> Callable[..., Any]:
    return lambda told: {field: {operator: read(told)}}


def _metadata(told: Any) -> dict[str, Any]:
    if not isinstance(told, Mapping):
        raise ValidationError({"filters": {"metadata": "must be an object"}})
    return {f"metadata.{name}": _value(value) for name, value in told.items()}


def _value(value: Any) -> Any:
    return {"in": value} if isinstance(value, list) else value


READERS: dict[str, Callable[[Any], dict[str, Any]]] = {
    **dict.fromkeys(("type", "memory_type", "types", "memory_types"), _kinds),
    **dict.fromkeys(("tag", "tags"), _tags),
    **dict.fromkeys(("min_importance", "importance_min"), _bound("importance", "gte", tenth)),
    **dict.fromkeys(("max_importance", "importance_max"), _bound("importance", "lte", tenth)),
    **dict.fromkeys(("after", "created_after"), _bound("created_at", "gte")),
    **dict.fromkeys(("before", "created_before"), _bound("created_at", "lte")),
    "updated_after": _bound("updated_at", "gte"),
    "updated_before": _bound("updated_at", "lte"),
    "text": _bound("content", "icontains"),
    "search_text": _bound("content", "icontains"),
    "importance": _bound("importance", "eq", tenth),
    **{name: _bound(name, "eq") for name in ("user_id", "agent_id", "session_id")},
    "metadata": _metadata,
}


def read(told: Mapping[str, Any]) -> dict[str, Any]:
    """Our filters. A key that is no name of the house's is one of the metadata; null narrows nothing."""
    conditions = [_one(name, value) for name, value in told.items() if value is not None]
    said = [condition for condition in conditions if condition]
    return {"AND": said} if said else {}


def _one(name: str, value: Any) -> dict[str, Any]:
    if name in READERS:
        return READERS[name](value)
    return {name if name.startswith("metadata.") else f"metadata.{name}": _value(value)}
