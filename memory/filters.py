"""The one filter language: JSON in, a Django Q out.

`{"kind": "fact", "metadata.team": {"eq": "a"}, "OR": [{"tags": {"any": ["x"]}}, {"NOT": {"topic": "y"}}]}`.
Keys side by side are ANDed. An unknown field or operator is an error with a pointer, never ignored.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from memory.errors import BadFilter

MAX_DEPTH, MAX_CONDITIONS, MAX_LIST = 8, 100, 500


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("must be a string")
    return value


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or abs(value) > 2**53:
        raise ValueError("must be a number")
    return value


def _integer(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or abs(value) > 2**31:
        raise ValueError("must be a whole number")
    return value


def _time(value: Any) -> datetime:
    parsed = parse_datetime(_text(value))
    if parsed is None:
        raise ValueError("must be an RFC 3339 time")
    aware = parsed if timezone.is_aware(parsed) else parsed.replace(tzinfo=timezone.get_default_timezone())
    if not 1 < aware.year < 9999:
        raise ValueError("must be a year from 2 to 9998")
    return aware


def _uuid(value: Any) -> UUID:
    return UUID(_text(value))


def _json(value: Any) -> Any:
    if isinstance(value, dict | list):
        raise ValueError("must be a string, a number, a boolean or null")
    return value


Reader = Callable[[Any], Any]
TEXT = dict.fromkeys(
    ("content", "kind", "role", "author", "user_id", "agent_id", "session_id", "namespace", "topic", "content_hash"),
    _text,
)
NUMBER: dict[str, Reader] = dict.fromkeys(("importance", "confidence"), _number) | {"version": _integer}
TIME = dict.fromkeys(("event_time", "expires_at", "created_at", "updated_at"), _time)
LISTS = dict.fromkeys(("tags", "people"), _text)
FIELDS: dict[str, Reader] = TEXT | NUMBER | TIME | LISTS | {"id": _uuid}
COMPARE = {"eq": "exact", "gt": "gt", "gte": "gte", "lt": "lt", "lte": "lte"}
WORDS = {"contains": "contains", "icontains": "icontains", "startswith": "startswith"}


def to_q(filters: dict[str, Any]) -> Q:
    """The Q of a filter document. Raises BadFilter with a pointer to the part that is wrong."""
    return _Reading().group(filters, "", 0)


class _Reading:
    """One pass over a document, counting its conditions."""

    def __init__(self) -> None:
        self.conditions = 0

    def group(self, node: Any, at: str, depth: int) -> Q:
        if not isinstance(node, dict):
            raise BadFilter(at, "must be an object")
        if depth > MAX_DEPTH:
            raise BadFilter(at, f"is nested deeper than {MAX_DEPTH}")
        if depth and not node:
            raise BadFilter(at, "says nothing")
        found = Q()
        for key, value in node.items():
            found &= self.entry(key, value, f"{at}/{key}", depth)
        return found

    def entry(self, key: str, value: Any, at: str, depth: int) -> Q:
        if key in ("AND", "OR"):
            return self.many(key, value, at, depth)
        if key == "NOT":
            return ~self.group(value, at, depth + 1)
        conditions = value if isinstance(value, dict) else {"eq": value}
        if not conditions:
            raise BadFilter(at, "names no operator")
        found = Q()
        for operator, operand in conditions.items():
            self.conditions += 1
            if self.conditions > MAX_CONDITIONS:
                raise BadFilter(at, f"is more than {MAX_CONDITIONS} conditions")
            found &= _condition(key, operator, operand, at)
        return found

    def many(self, key: str, value: Any, at: str, depth: int) -> Q:
        if not isinstance(value, list) or not value:
            raise BadFilter(at, "must be a list with something in it")
        found = Q()
        for index, node in enumerate(value):
            branch = self.group(node, f"{at}/{index}", depth + 1)
            found = found | branch if key == "OR" and found else found & branch
        return found


def _condition(key: str, operator: str, operand: Any, at: str) -> Q:
    path, reader = _field(key, at)
    try:
        return _lookup(key, path, reader, operator, operand)
    except ValueError as error:
        raise BadFilter(f"{at}/{operator}", str(error)) from None


def _field(key: str, at: str) -> tuple[str, Reader]:
    if key in FIELDS:
        return key, FIELDS[key]
    head, _, rest = key.partition(".")
    parts = rest.split(".")
    if head != "metadata" or not all(parts) or len(parts) > MAX_DEPTH or any("__" in part for part in parts):
        raise BadFilter(at, f"is not a field; fields are {', '.join(sorted(FIELDS))} and metadata.*")
    return "__".join([head, *parts]), _json


def _lookup(key: str, path: str, reader: Reader, operator: str, operand: Any) -> Q:
    if operator == "ne":
        return ~_lookup(key, path, reader, "eq", operand)
    if operator == "nin":
        return ~_lookup(key, path, reader, "in", operand)
    if operator == "exists":
        return _exists(key, path, operand)
    if key in LISTS:
        return _of_list(path, reader, operator, operand)
    # What is missing or null compares as false, not as SQL's unknown, so that NOT and `ne` find it.
    return Q(**{f"{path}__isnull": False}) & _comparison(key, path, reader, operator, operand)


def _comparison(key: str, path: str, reader: Reader, operator: str, operand: Any) -> Q:
    if operator == "in":
        return _any_of(path, [reader(item) for item in _list(operand)])
    if operator in WORDS and reader in (_text, _json):
        return Q(**{f"{path}__{WORDS[operator]}": _text(operand)})
    if operator in COMPARE:
        return _compare(path, reader, operator, operand)
    raise ValueError(f"is not an operator of {key}")


def _any_of(path: str, values: list[Any]) -> Q:
    found = Q(pk__in=[])
    for value in values:
        found |= Q(**{f"{path}__exact": value})
    return found


def _compare(path: str, reader: Reader, operator: str, operand: Any) -> Q:
    if operand is None and reader is not _json:
        raise ValueError("must not be null; use exists")
    value = reader(operand)
    if operator != "eq" and reader is _json and not isinstance(value, str | int | float):
        raise ValueError("must be a string or a number")
    return Q(**{f"{path}__{COMPARE[operator]}": value})


def _exists(key: str, path: str, operand: Any) -> Q:
    if not isinstance(operand, bool):
        raise ValueError("must be true or false")
    if key in TEXT:
        there = ~Q(**{path: ""})
    elif key in LISTS:
        there = Q(**{f"{path}__len__gt": 0})
    else:
        there = Q(**{f"{path}__isnull": False})
    return there if operand else ~there


def _of_list(path: str, reader: Reader, operator: str, operand: Any) -> Q:
    if operator in ("eq", "contains"):
        return Q(**{f"{path}__contains": [reader(operand)]})
    if operator in ("any", "in"):
        return Q(**{f"{path}__overlap": [reader(item) for item in _list(operand)]})
    if operator == "all":
        return Q(**{f"{path}__contains": [reader(item) for item in _list(operand)]})
    raise ValueError("is not an operator of a list; use any, all, contains or exists")


def _list(operand: Any) -> list[Any]:
    if not isinstance(operand, list) or not operand or len(operand) > MAX_LIST:
        raise ValueError(f"must be a list of 1 to {MAX_LIST} values")
    return operand
