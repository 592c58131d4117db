"""The one filter language: JSON in, a Django Q out.

`{"kind": "fact", "metadata.team": {"eq": "a"}, "OR": [{"tags": {"any": ["x"]}}, {"NOT": {"topic": "y"}}]}`.
Keys side by side are ANDed. An unknown field or operator is an error with a pointer, never ignored.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib.postgres.fields import ArrayField
from django.db.models import BooleanField, F, Func, JSONField, Q, TextField, Value
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
    if isinstance(value, bool) or not isinstance(value, int) or not -(2**31) <= value < 2**31:
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


Reader = Callable[[Any], Any]
TEXT = dict.fromkeys(
    (
        "content", "kind", "role", "author", "user_id", "agent_id", "session_id", "namespace", "topic", "language",
        "source", "trust", "state", "tier", "content_hash",
    ),
    _text,
)  # fmt: skip
NUMBER: dict[str, Reader] = dict.fromkeys(("importance", "confidence"), _number)
WHOLE: dict[str, Reader] = dict.fromkeys(("version", "position", "recalls"), _integer)
TIME = dict.fromkeys(
    ("event_time", "expires_at", "created_at", "updated_at", "valid_from", "valid_to", "recalled_at"), _time
)
LISTS = dict.fromkeys(("tags", "people"), _text)
IDS: dict[str, Reader] = dict.fromkeys(("id", "superseded_by"), _uuid)
FIELDS: dict[str, Reader] = TEXT | NUMBER | WHOLE | TIME | LISTS | IDS
SIGNS = {"eq": "=", "gt": ">", "gte": ">=", "lt": "<", "lte": "<="}
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
    try:
        if key in FIELDS:
            return _lookup(key, FIELDS[key], operator, operand)
        return _of_json(_path(key, at), operator, operand)
    except ValueError as error:
        raise BadFilter(f"{at}/{operator}", str(error)) from None


def _path(key: str, at: str) -> list[str]:
    head, _, rest = key.partition(".")
    parts = rest.split(".")
    if head != "metadata" or not all(parts) or len(parts) > MAX_DEPTH:
        raise BadFilter(at, f"is not a field; fields are {', '.join(sorted(FIELDS))} and metadata.*")
    return parts


def _lookup(key: str, reader: Reader, operator: str, operand: Any) -> Q:
    if operator in ("ne", "nin"):
        return ~_lookup(key, reader, {"ne": "eq", "nin": "in"}[operator], operand)
    if operator == "exists":
        return _exists(key, operand)
    if key in LISTS:
        return _of_list(key, reader, operator, operand)
    # What is missing compares as false, not as SQL's unknown, so that NOT and `ne` find it.
    return Q(**{f"{key}__isnull": False}) & _comparison(key, reader, operator, operand)


def _comparison(key: str, reader: Reader, operator: str, operand: Any) -> Q:
    if operator == "in":
        return Q(**{f"{key}__in": [reader(item) for item in _list(operand)]})
    if operator in WORDS and key in TEXT:
        return Q(**{f"{key}__{WORDS[operator]}": _text(operand)})
    if operator in COMPARE:
        if operand is None:
            raise ValueError("must not be null; use exists")
        return Q(**{f"{key}__{COMPARE[operator]}": reader(operand)})
    raise ValueError(f"is not an operator of {key}")


def _exists(key: str, operand: Any) -> Q:
    if key in TEXT:
        there = ~Q(**{key: ""})
    elif key in LISTS:
        there = Q(**{f"{key}__len__gt": 0})
    else:
        there = Q(**{f"{key}__isnull": False})
    return there if _boolean(operand) else ~there


def _of_list(key: str, reader: Reader, operator: str, operand: Any) -> Q:
    if operator in ("eq", "contains"):
        return Q(**{f"{key}__contains": [reader(operand)]})
    if operator in ("any", "in"):
        return Q(**{f"{key}__overlap": [reader(item) for item in _list(operand)]})
    if operator == "all":
        return Q(**{f"{key}__contains": [reader(item) for item in _list(operand)]})
    raise ValueError("is not an operator of a list; use any, all, contains or exists")


def _of_json(parts: list[str], operator: str, operand: Any) -> Q:
    """A condition on a place inside `metadata`. Django's own lookups read a key `2024` as a place in a list."""
    if operator in ("ne", "nin"):
        return ~_of_json(parts, {"ne": "eq", "nin": "in"}[operator], operand)
    if operator == "exists":
        there = _says("%s IS NOT NULL", _at(parts))
        return there if _boolean(operand) else ~there
    if operator == "in":
        found = Q(pk__in=[])
        for item in _list(operand):
            found |= _says("%s = %s", _at(parts), _value(item))
        return found
    if operator in WORDS:
        return _json_words(parts, operator, _text(operand))
    if operator in SIGNS:
        return _json_compare(parts, operator, operand)
    raise ValueError("is not an operator of metadata")


def _json_compare(parts: list[str], operator: str, operand: Any) -> Q:
    value = _value(operand)
    if operator == "eq":
        return _says("%s = %s", _at(parts), value)
    if isinstance(operand, bool) or not isinstance(operand, str | int | float):
        raise ValueError("must be a string or a number")
    # jsonb has an order across types, in which each number is more than any text.
    same = _says("jsonb_typeof(%s) = jsonb_typeof(%s)", _at(parts), value)
    return same & _says(f"%s {SIGNS[operator]} %s", _at(parts), value)


def _json_words(parts: list[str], operator: str, text: str) -> Q:
    is_text = _says("jsonb_typeof(%s) = 'string'", _at(parts))
    words, wanted = _at(parts, as_text=True), Value(text, output_field=TextField())
    if operator == "contains":
        # `@>` of a list and a text means: the list has this item.
        has_item = _says("jsonb_typeof(%s) = 'array'", _at(parts)) & _says("%s @> %s", _at(parts), _value(text))
        return is_text & _says("strpos(%s, %s) > 0", words, wanted) | has_item
    if operator == "icontains":
        return is_text & _says("strpos(upper(%s), upper(%s)) > 0", words, wanted)
    return is_text & _says("starts_with(%s, %s)", words, wanted)


def _at(parts: list[str], *, as_text: bool = False) -> Func:
    place = Value(parts, output_field=ArrayField(TextField()))
    kind = TextField() if as_text else JSONField()
    sign = " #>> " if as_text else " #> "
    return Func(F("metadata"), place, template="(%(expressions)s)", arg_joiner=sign, output_field=kind)


def _value(value: Any) -> Value:
    if isinstance(value, dict | list):
        raise ValueError("must be a string, a number, a boolean or null")
    return Value(value, output_field=JSONField())


def _says(template: str, *parts: Any) -> Q:
    """A boolean expression, false where SQL does not know. Its template is ours; what was sent is bound."""
    return Q(_Says(*parts, said=template))


class _Says(Func):
    output_field = BooleanField()

    def as_sql(self, compiler: Any, connection: Any, *args: Any, **extra: Any) -> Any:
        told = [compiler.compile(part) for part in self.source_expressions]
        said = self.extra["said"] % tuple(sql for sql, _ in told)
        return f"COALESCE({said}, false)", [param for _, params in told for param in params]


def _boolean(operand: Any) -> bool:
    if not isinstance(operand, bool):
        raise ValueError("must be true or false")
    return operand


def _list(operand: Any) -> list[Any]:
    if not isinstance(operand, list) or not operand or len(operand) > MAX_LIST:
        raise ValueError(f"must be a list of 1 to {MAX_LIST} values")
    return operand
