"""mem0's filter language, read as the house's.

`{"AND": [{"user_id": "ada"}, {"categories": {"in": ["food"]}}, {"NOT": [{"metadata": {"team": "a"}}]}]}`. Fields side
by side are ANDed. An unknown field or operator is an error with a pointer.
"""

from datetime import UTC, datetime
from typing import Any

from rest_framework.exceptions import ValidationError

from api.native.words import YEARS
from memory.namespaces import DEFAULT
from memory.types import Scope

OWNERS = {"user_id": "user_id", "agent_id": "agent_id", "run_id": "session_id", "app_id": "namespace"}
TIMES = {
    "created_at": "created_at", "updated_at": "updated_at", "timestamp": "event_time", "expiration_date": "expires_at",
}  # fmt: skip
PLAIN = {"keywords": "content", "memory": "content", "hash": "content_hash"}
IDS = ("id", "memory_ids")
OPERATORS = ("eq", "ne", "in", "nin", "gt", "gte", "lt", "lte", "contains", "icontains")
ANY = "*"
DEEPEST = 8
House = dict[str, Any]  # a document of memory.filters


def split(filters: House) -> tuple[Scope, House]:
    """The scope that a translated document says by itself, and the rest of it."""
    parts: list[House] = []
    for part in filters.get("AND", [filters] if filters else []):
        parts += [{name: value} for name, value in part.items()]
    named: dict[str, str] = {}
    rest: list[House] = []
    for part in parts:
        ((name, value),) = part.items()
        if name in vars(Scope()) and value and isinstance(value, str) and named.setdefault(name, value) == value:
            continue
        rest.append(part)
    return Scope(**named), joined(rest)


def translated(told: Any, at: str = "filters") -> House:
    """A document of mem0 as one of the house; empty for one that says nothing. Raises ValidationError."""
    return joined(_parts(told, at, 0))


def joined(parts: list[House]) -> House:
    """All of them; empty for none."""
    return {"AND": parts} if parts else {}


def _parts(told: Any, at: str, depth: int) -> list[House]:
    if isinstance(told, list):  # a list without a word before it is meant as AND
        return _each(told, at, depth)
    if not isinstance(told, dict):
        raise wrong(at, "must be an object")
    if depth > DEEPEST:
        raise wrong(at, f"is nested deeper than {DEEPEST}")
    found: list[House] = []
    for name, value in told.items():
        found += _entry(name, value, f"{at}.{name}", depth)
    return found


def _each(several: list[Any], at: str, depth: int) -> list[House]:
    return [part for index, node in enumerate(several) for part in _parts(node, f"{at}.{index}", depth + 1)]


def _entry(name: str, value: Any, at: str, depth: int) -> list[House]:
    if name == "AND":
        return _each(_listed(value, at), at, depth)
    if name in ("OR", "NOT"):
        branches = [_parts(node, f"{at}.{index}", depth + 1) for index, node in enumerate(_listed(value, at))]
        if not all(branches):
            raise wrong(at, "holds something that says nothing")
        several = [branch[0] if len(branch) == 1 else {"AND": branch} for branch in branches]
        return [{"OR": several}] if name == "OR" else [{"NOT": {"OR": several}}]
    if name == "metadata":
        return _of_metadata(value, "metadata", at, depth)
    if name.startswith("metadata."):
        return _condition(name, value, at)
    return _of_field(name, value, at)


def _listed(value: Any, at: str) -> list[Any]:
    several = value if isinstance(value, list) else [value]
    if not several:
        raise wrong(at, "must be a list with something in it")
    return several


def _of_field(name: str, value: Any, at: str) -> list[House]:
    if name in OWNERS:
        return [_of_owner(name, OWNERS[name], value, at)]
    if name == "categories":
        return [_of_categories(value, at)]
    if name in TIMES:
        return _condition(TIMES[name], value, at, moment)
    if name in PLAIN:
        return _condition(PLAIN[name], value, at)
    if name in IDS:
        return _condition("id", {"in": value} if isinstance(value, list) else value, at)
    fields = sorted((*OWNERS, *TIMES, *PLAIN, *IDS, "categories", "metadata"))
    raise wrong(at, f"is not a field; fields are {', '.join(fields)}, AND, OR and NOT")


def _operators(value: Any) -> dict[str, Any]:
    """What is said of a field, by operator: a list stands for `in`, any other value for `eq`."""
    return value if isinstance(value, dict) else {"in" if isinstance(value, list) else "eq": value}


def _condition(name: str, value: Any, at: str, read: Any = None) -> list[House]:
    told = _operators(value)
    if not told or set(told) - set(OPERATORS):
        raise wrong(at, f"takes a value or the operators {', '.join(OPERATORS)}")
    if told.get("ne", "") == ANY or told.get("eq", "") == ANY:
        return [{name: {"exists": "eq" in told}}]
    return [{name: {operator: _operand(operand, read, at) for operator, operand in told.items()}}]


def _operand(operand: Any, read: Any, at: str) -> Any:
    if read is None:
        return operand
    return [read(one, at) for one in operand] if isinstance(operand, list) else read(operand, at)


def _of_owner(name: str, column: str, value: Any, at: str) -> House:
    """`*` is anybody, and null nobody. Of an app nobody is the usual namespace."""
    told = _operators(value)
    nobody: House = {column: DEFAULT} if column == "namespace" else {column: {"exists": False}}
    if told.get("eq", "") == ANY or ANY in _several(told.get("in")) or told.get("ne", ANY) is None:
        return {"NOT": nobody}
    if told.get("ne", "") == ANY or told.get("eq", "") is None:
        return nobody
    ((same),) = _condition(column, told, at)
    plain = same[column]
    return {column: plain["eq"]} if set(plain) == {"eq"} else same


def _several(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _of_categories(value: Any, at: str) -> House:
    told = _operators(value)
    if not told or set(told) - {"eq", "ne", "in", "nin", "contains"}:
        raise wrong(at, "takes a value or the operators eq, ne, in, nin and contains")
    if ANY in (told.get("eq", ""), *_several(told.get("in"))):
        return {"tags": {"exists": True}}
    return {"tags": {"any" if operator == "in" else operator: operand for operator, operand in told.items()}}


def _of_metadata(value: Any, path: str, at: str, depth: int) -> list[House]:
    """`{"team": "a", "plan": {"ne": "free"}, "address": {"city": "Graz"}}`: a condition, or a way into it."""
    if not isinstance(value, dict) or not value:
        raise wrong(at, "must be an object with something in it")
    if depth > DEEPEST:
        raise wrong(at, f"is nested deeper than {DEEPEST}")
    found: list[House] = []
    for name, inner in value.items():
        way = f"{path}.{name}"
        if isinstance(inner, dict) and set(inner) - set(OPERATORS):
            found += _of_metadata(inner, way, f"{at}.{name}", depth + 1)
        else:
            found += _condition(way, inner, f"{at}.{name}")
    return found


def moment(value: Any, at: str = "timestamp") -> str:
    """Seconds since 1970, or a time or day of ISO 8601, as ISO 8601. Raises ValidationError."""
    try:
        if isinstance(value, int | float) and not isinstance(value, bool):
            told = datetime.fromtimestamp(value, UTC)
        else:
            told = datetime.fromisoformat(value)
    except (ValueError, OverflowError, OSError, TypeError):
        raise wrong(at, "is neither seconds since 1970 nor a time of ISO 8601") from None
    told = told if told.tzinfo else told.replace(tzinfo=UTC)
    if told.year not in YEARS:
        raise wrong(at, "is out of the years that can be stored")
    return told.isoformat()


def wrong(at: str, why: str) -> ValidationError:
    return ValidationError({at: why})
