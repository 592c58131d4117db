"""The table of guards matches the source: a guard that moved must be moved in the table too."""

from pathlib import Path

import pytest

from tests.isolation.guards import GUARDS, Guard

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("guard", GUARDS, ids=lambda guard: guard.says)
def test_a_guard_is_where_the_table_says_once(guard: Guard) -> None:
    assert (ROOT / guard.file).read_text().count(guard.text) == 1


@pytest.mark.parametrize("guard", GUARDS, ids=lambda guard: guard.says)
def test_its_tests_are_there(guard: Guard) -> None:
    for test in guard.tests:
        file, _, name = test.partition("::")
        assert name in (ROOT / file).read_text()


def test_each_guard_has_a_name_of_its_own() -> None:
    assert len({guard.says for guard in GUARDS}) == len(GUARDS)
