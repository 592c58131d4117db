"""What is said again with other labels: the memory that is there gains them."""

from uuid import uuid4

from memory import labels
from memory.models import Memory
from memory.remember import remember
from memory.types import Draft
from tenants.models import Tenant


def test_a_memory_gains_labels_and_keeps_its_own(in_acme: Tenant) -> None:
    key = remember(Draft("tea", tags=("a",), people=("Ben",), topic="drinks", metadata={"x": 1, "y": 1})).id
    assert key
    gained = labels.gain(key, Draft("tea", tags=("b", "a"), people=("Cleo",), metadata={"y": 2}))
    assert gained
    assert (gained.tags, gained.people, gained.topic) == (["a", "b"], ["Ben", "Cleo"], "drinks")
    assert (gained.metadata, gained.version) == ({"x": 1, "y": 2}, 2)
    assert labels.gain(key, Draft("tea", topic="breakfast"))
    assert Memory.objects.get(pk=key).topic == "breakfast"


def test_with_nothing_new_it_stays_as_it_is(in_acme: Tenant) -> None:
    key = remember(Draft("tea", tags=("a",))).id
    assert key
    for again in (Draft("tea"), Draft("tea", tags=("a",))):
        told = labels.gain(key, again)
        assert told
        assert told.version == 1
    assert labels.gain(uuid4(), Draft("tea")) is None
