"""The filter language finds what plain Python finds when it reads the same document."""

import operator
import uuid
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from memory import filters
from memory.models import Memory
from tenants.models import Tenant

WORDS = ["", "a", "b", "ab", "Ab", "é", "É", "%", "_", "a_", "\\", "'", "🦊", "2024", "ß"]
IDS = [uuid.UUID(int=i) for i in range(3)]
TIMES = [datetime(2026, month, 1, tzinfo=UTC) for month in (1, 2, 3)]
SCALARS = [*WORDS, 0, 1, 1.0, 2.5, -3, True, False, None]
WORD = st.sampled_from(WORDS)
SCALAR = st.sampled_from(SCALARS)
KEYS = ["a", "b", "2024", "a__b", "gt", "0"]
JSON = st.recursive(
    SCALAR,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=3),
    max_leaves=5,
)
ROW = st.fixed_dictionaries(
    {
        "content": WORD, "topic": WORD, "language": WORD, "source": WORD, "trust": st.sampled_from(["trusted", "untrusted"]),
        "state": st.sampled_from(["active", "superseded", "deleted"]), "tier": st.sampled_from(["warm", "cold"]),
        "tags": st.lists(WORD, max_size=3), "people": st.lists(WORD, max_size=2),
        "importance": st.sampled_from([0.0, 0.25, 0.5]), "recalls": st.integers(0, 2),
        "position": st.sampled_from([None, 1, 2]), "superseded_by": st.sampled_from([None, *IDS]),
        "event_time": st.sampled_from(TIMES), "valid_to": st.sampled_from([None, *TIMES]),
        "recalled_at": st.sampled_from([None, *TIMES]),
        "metadata": st.dictionaries(st.sampled_from(KEYS), JSON, max_size=3),
    }
)  # fmt: skip
TEXTS = ["content", "topic", "language", "source", "trust", "state", "tier"]
VALUES: dict[str, st.SearchStrategy[Any]] = (
    dict.fromkeys(TEXTS, st.sampled_from([*WORDS, "trusted", "active", "warm"]))
    | {"importance": st.sampled_from([0, 0.25, 0.5]), "recalls": st.integers(0, 2), "position": st.integers(0, 2)}
    | dict.fromkeys(("event_time", "valid_to", "recalled_at"), st.sampled_from([t.isoformat() for t in TIMES]))
    | {"superseded_by": st.sampled_from([str(i) for i in IDS])}
)
PATHS = [f"metadata.{path}" for path in (*KEYS, "a.b", "b.a", "a.0", "2024.a", "a.a__b", "a.a.a")]
COMPARING = ["eq", "ne", "gt", "gte", "lt", "lte"]


def conditions(key: str) -> st.SearchStrategy[Any]:
    value = VALUES.get(key, WORD)
    several = st.lists(value, min_size=1, max_size=3)
    exists = st.fixed_dictionaries({"exists": st.booleans()})
    if key in ("tags", "people"):
        one = [st.fixed_dictionaries({op: value}) for op in ("eq", "ne", "contains")]
        many = [st.fixed_dictionaries({op: several}) for op in ("any", "all", "in", "nin")]
        return st.one_of(value, exists, *one, *many)
    many = [st.fixed_dictionaries({op: several}) for op in ("in", "nin")]
    words = [st.fixed_dictionaries({op: WORD}) for op in ("contains", "icontains", "startswith")]
    compared = [st.fixed_dictionaries({op: value}) for op in COMPARING]
    return st.one_of(value, exists, *many, *compared, *(words if key in TEXTS else []))


def json_conditions() -> st.SearchStrategy[Any]:
    ordered = st.sampled_from([value for value in SCALARS if value is not None and not isinstance(value, bool)])
    return st.one_of(
        SCALAR,
        *[st.fixed_dictionaries({op: SCALAR}) for op in ("eq", "ne")],
        *[st.fixed_dictionaries({op: ordered}) for op in ("gt", "gte", "lt", "lte")],
        *[st.fixed_dictionaries({op: WORD}) for op in ("contains", "icontains", "startswith")],
        *[st.fixed_dictionaries({op: st.lists(SCALAR, min_size=1, max_size=3)}) for op in ("in", "nin")],
        st.fixed_dictionaries({"exists": st.booleans()}),
    )


def one_key(key: str) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({key: json_conditions() if key.startswith("metadata") else conditions(key)})


LEAF = st.sampled_from([*VALUES, "tags", "people", *PATHS]).flatmap(one_key)
DOCUMENT = st.recursive(
    LEAF,
    lambda inner: st.one_of(
        st.fixed_dictionaries({"AND": st.lists(inner, min_size=1, max_size=3)}),
        st.fixed_dictionaries({"OR": st.lists(inner, min_size=1, max_size=3)}),
        st.fixed_dictionaries({"NOT": inner}),
        st.tuples(LEAF, LEAF).map(lambda two: two[0] | two[1]),
    ),
    max_leaves=6,
)
MISSING = object()


def holds(document: dict[str, Any], row: dict[str, Any]) -> bool:
    return all(entry(key, value, row) for key, value in document.items())


def entry(key: str, value: Any, row: dict[str, Any]) -> bool:
    if key == "AND":
        return all(holds(node, row) for node in value)
    if key == "OR":
        return any(holds(node, row) for node in value)
    if key == "NOT":
        return not holds(value, row)
    asked = value if isinstance(value, dict) else {"eq": value}
    return all(condition(key, op, operand, row) for op, operand in asked.items())


def condition(key: str, op: str, operand: Any, row: dict[str, Any]) -> bool:
    if op in ("ne", "nin"):
        return not condition(key, {"ne": "eq", "nin": "in"}[op], operand, row)
    if key.startswith("metadata."):
        return of_json(place(row["metadata"], key.split(".")[1:]), op, operand)
    value = row[key]
    if isinstance(value, list):
        return of_list(value, op, operand)
    if op == "exists":
        return (value not in (None, "")) is operand
    return value is not None and plain(op, value, read(operand, value))


def read(operand: Any, like: Any) -> Any:
    if isinstance(operand, list):
        return [read(item, like) for item in operand]
    if isinstance(like, datetime):
        return datetime.fromisoformat(operand)
    return uuid.UUID(operand) if isinstance(like, uuid.UUID) else operand


def of_list(value: list[str], op: str, operand: Any) -> bool:
    if op == "exists":
        return bool(value) is operand
    if op == "all":
        return set(operand) <= set(value)
    return bool(set(operand if isinstance(operand, list) else [operand]) & set(value))


def place(value: Any, parts: list[str]) -> Any:
    for part in parts:
        if isinstance(value, dict):
            value = value.get(part, MISSING)
        elif isinstance(value, list) and part.isdigit() and int(part) < len(value):
            value = value[int(part)]
        else:
            return MISSING
    return value


def of_json(value: Any, op: str, operand: Any) -> bool:
    if op == "exists":
        return (value is not MISSING) is operand
    if value is MISSING:
        return False
    if op == "in":
        return any(same(value, item) for item in operand)
    if op == "eq":
        return same(value, operand)
    if op == "contains" and isinstance(value, list):
        return operand in [item for item in value if isinstance(item, str)]
    return kind_of(value) == kind_of(operand) and plain(op, value, operand)


def kind_of(value: Any) -> str:
    kind = type(value)
    return "number" if kind in (int, float) else kind.__name__


def same(value: Any, wanted: Any) -> bool:
    return kind_of(value) == kind_of(wanted) and value == wanted


def upper(text: str) -> str:
    """As PostgreSQL's C.UTF-8 does: letter by letter."""
    return "".join(letter.upper() if len(letter.upper()) == 1 else letter for letter in text)


def plain(op: str, value: Any, operand: Any) -> bool:
    if op == "in":
        return value in operand
    if op == "contains":
        return operand in value
    if op == "icontains":
        return upper(operand) in upper(value)
    return (
        value.startswith(operand)
        if op == "startswith"
        else getattr(operator, {"gte": "ge", "lte": "le"}.get(op, op))(value, operand)
    )


def store(rows: list[dict[str, Any]]) -> None:
    Memory.objects.all().delete()
    Memory.objects.bulk_create(
        Memory(fingerprint=str(i), content_hash="", version=i + 1, **row) for i, row in enumerate(rows)
    )


def found(document: dict[str, Any]) -> list[int]:
    versions = Memory.objects.filter(filters.to_q(document)).order_by("version").values_list("version", flat=True)
    return [version - 1 for version in versions]


@settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(st.lists(ROW, min_size=1, max_size=6), st.lists(DOCUMENT, min_size=1, max_size=6))
def test_a_filter_finds_what_plain_python_finds(
    in_acme: Tenant, rows: list[dict[str, Any]], documents: list[dict[str, Any]]
) -> None:
    store(rows)
    for document in documents:
        assert found(document) == [i for i, row in enumerate(rows) if holds(document, row)], document


@pytest.mark.parametrize(
    ("metadata", "document"),
    [
        ({"2024": "x"}, {"metadata.2024": "x"}),
        ({"a__b": 1}, {"metadata.a__b": 1}),
        ({"note": "a long walk"}, {"metadata.note": {"contains": "long"}}),
        ({"team": ["red", "blue"]}, {"metadata.team": {"contains": "red"}}),
        ({"n": "x"}, {"NOT": {"metadata.n": {"lt": 3}}}),
        ({"n": None}, {"metadata.n": None}),
        ({"n": None}, {"metadata.n": {"exists": True}}),
        ({"deep": {"er": [{"x": 1}]}}, {"metadata.deep.er.0.x": 1}),
    ],
)
def test_places_inside_metadata_are_found(in_acme: Tenant, metadata: dict[str, Any], document: dict[str, Any]) -> None:
    store([{"content": "x", "metadata": metadata}, {"content": "y", "metadata": {}}])
    assert 0 in found(document)
