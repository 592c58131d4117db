"""Vectors of callers' own models: kept and told exactly, and compared with those of as many numbers alone."""

import base64
import random
from typing import Any

import numpy as np
import pytest

from memory import brought
from memory.algorithms.cosines import cosines
from memory.errors import BadVector
from memory.models import Memory
from memory.remember import remember
from memory.types import Draft, Scope
from tenants.models import Tenant


def kept(words: str, vector: Any, namespace: str = "x") -> Any:
    return remember(Draft(words, Scope(namespace), metadata={brought.KEY: vector})).id


def near(vector: list[float], above: float = 0.7, limit: int = 10) -> list[Any]:
    return brought.nearest(vector, Memory.objects.live(), limit, above)


def test_what_is_kept_is_told_exactly() -> None:
    vector = [0.1, 1 / 3, -1e-300, 12345.678]
    told = brought.unpacked(brought.packed(vector))
    assert told is not None
    assert told.tolist() == vector


def test_the_nearest_come_first_and_only_what_is_nearer_than_asked(in_acme: Tenant) -> None:
    one, two = kept("one", brought.packed([1, 0])), kept("two", brought.packed([1, 0.5]))
    kept("three", brought.packed([0, 1]))
    assert [key for key, _ in near([2, 0])] == [one, two]
    assert near([2, 0])[0][1] == 1.0
    assert near([2, 0], above=1.0) == []
    assert len(near([2, 0], limit=1)) == 1


def test_vectors_of_another_dimension_and_what_is_none_are_left_out(in_acme: Tenant) -> None:
    kept("one", brought.packed([1, 0, 0]))
    kept("two", "x" * len(brought.packed([1, 0])))
    kept("three", {"a": 1}), kept("four", 7), kept("five", None)
    kept("six", "////////////////////AA==")  # of the right length, and not a number
    remember(Draft("of the house", Scope("x")), wait=True)
    assert near([1, 0], above=-1) == []


def test_all_slices_are_compared(in_acme: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(brought, "SLICE", 3)
    oldest = kept("0", brought.packed([1, 0]))
    for n in range(1, 9):
        kept(str(n), brought.packed([0, n]))
    assert [key for key, _ in near([1, 0])] == [oldest]


def test_cosines_are_those_of_the_textbook_and_survive_what_is_huge() -> None:
    rng = random.Random(7)
    rows = [np.array([rng.uniform(-1, 1) for _ in range(8)]) for _ in range(50)]
    asked = rows[0]
    plain = [float(row @ asked / np.linalg.norm(row) / np.linalg.norm(asked)) for row in rows]
    assert cosines(rows, asked) == pytest.approx(plain)
    assert cosines([np.array([1e300, 1e300]), np.array([0.0, 0.0])], np.array([1e-300, 1e-300])) == pytest.approx(
        [1, -1]
    )


@pytest.mark.parametrize(
    "vector", [[], [0, 0], [float("nan")], [float("inf"), 1], [1.0] * 4097], ids=lambda told: f"{len(told)}"
)
def test_what_has_no_direction_is_refused(vector: list[float]) -> None:
    with pytest.raises(BadVector):
        brought.packed(vector)


def test_what_lies_in_the_place_of_a_vector_is_none_of_them() -> None:
    packed = [base64.b64encode(np.array(told).tobytes()).decode() for told in ([np.nan, 1.0], [np.inf], [0.0])]
    assert [brought.unpacked(told) for told in [*packed, "AAAA", "", 5, None]] == [None] * 7
