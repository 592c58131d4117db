"""Memories put aside: kept, no answers any more, and back again; and what a tenant's memories are made of."""

from collections.abc import Callable

import pytest

from events.models import Event
from memory import aside, stats
from memory.models import Memory
from memory.models.memory import MemoryQuerySet
from memory.recall import recall
from memory.remember import remember
from memory.revise import erase, restore
from memory.types import Draft, Query, Scope
from tenants.models import Tenant

WAYS = [
    (aside.silence, Memory.State.SILENT, "memory.silenced"),
    (aside.outdate, Memory.State.SUPERSEDED, "memory.judged"),
]


@pytest.mark.parametrize(("put_aside", "state", "fact"), WAYS)
def test_what_is_put_aside_is_kept_and_no_answer(
    in_acme: Tenant, put_aside: Callable[[MemoryQuerySet], int], state: str, fact: str
) -> None:
    tea, coffee = remember(Draft("Tea at five.")).id, remember(Draft("No coffee.")).id
    assert tea
    assert put_aside(Memory.objects.filter(pk=tea)) == 1
    assert [hit.memory.pk for hit in recall(Query("tea")).hits] == [coffee]
    memory = Memory.objects.readable().get(pk=tea)
    assert (memory.state, memory.version, memory.versions.count()) == (state, 2, 1)
    assert list(Event.objects.filter(type=fact).values_list("subject_id", flat=True)) == [str(tea)]
    assert put_aside(Memory.objects.filter(pk=tea)) == 0
    assert restore(tea)
    assert recall(Query("tea")).hits[0].memory.pk == tea


def test_the_composition_counts_by_state_kind_and_source(in_acme: Tenant) -> None:
    her = Scope(user_id="ada")
    remember(Draft("Tea.", her, confidence=0.5, importance=0.25))
    remember(Draft("Tea!", her, confidence=1.0, importance=0.75))
    gone = remember(Draft("Soup.", her, kind="event", source="tool")).id
    remember(Draft("Of another.", Scope(user_id="ben")))
    assert gone
    erase(gone)
    told = stats.composition(her)
    named = [(row["state"], row["kind"], row["source"], row["count"], row["bytes"]) for row in told]
    assert named == [("active", "fact", "", 2, 8), ("deleted", "event", "tool", 1, 5)]
    assert (told[0]["average_confidence"], told[0]["average_importance"]) == (0.75, 0.5)
