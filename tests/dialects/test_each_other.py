"""What one dialect writes each other one reads, finds and deletes, and so does the native API: there is one house."""

from collections.abc import Callable
from itertools import permutations

import pytest

from tenants import keys
from tenants.models import Tenant
from tests.dialects.tongues import TONGUES, Said, Tongue

PAIRS = list(permutations(TONGUES, 2))
Speak = Callable[[str], Tongue]
SAID = Said()


@pytest.fixture
def speak(acme: Tenant) -> Speak:
    """Any tongue, by one key."""
    key = keys.issue(acme, "kitchen")[1]
    return lambda name: TONGUES[name](key)


def seen(one: str, other: str) -> bool:
    """What is nobody's is not told to who reads what belongs to a user alone."""
    return "user" in TONGUES[one].says or not TONGUES[other].users_alone


@pytest.mark.parametrize(("one", "other"), PAIRS)
def test_what_one_writes_the_other_reads(speak: Speak, one: str, other: str) -> None:
    writer, reader = speak(one), speak(other)
    told = reader.read(writer.write(SAID), SAID.user)
    assert bool(told) == seen(one, other)
    both = (writer.says & reader.tells) - {"metadata"} if told else set()
    assert {name: told[name] for name in both} == {name: getattr(SAID, name) for name in both}
    assert not told or "metadata" not in told or SAID.metadata.items() <= told["metadata"].items()


@pytest.mark.parametrize(("one", "other"), PAIRS)
def test_what_one_writes_the_other_finds_for_the_same_user(speak: Speak, one: str, other: str) -> None:
    writer, reader = speak(one), speak(other)
    written = writer.write(SAID)
    theirs = "user" in writer.says or not reader.knows_users
    assert (written in reader.find("tea", SAID.user)) == theirs
    assert (written in reader.find("tea", "somebody-else")) == (not reader.knows_users)


@pytest.mark.parametrize("one", [name for name, tongue in TONGUES.items() if tongue.deletes])
def test_what_one_deletes_is_gone_for_all(speak: Speak, one: str) -> None:
    written = {name: speak(name).write(Said(f"{name} takes tea.")) for name in TONGUES if seen(name, one)}
    for memory_id in written.values():
        speak(one).delete(memory_id, SAID.user)
    for reader in map(speak, TONGUES):
        assert [name for name, memory_id in written.items() if reader.read(memory_id, SAID.user)] == [], reader.name
        assert reader.find("tea", SAID.user) == set(), reader.name
