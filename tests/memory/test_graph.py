"""The graph of names, the facts that are known, and what would become of a draft."""

from typing import Any

import pytest

from memory import facts, graph, relations
from memory.graph import TOGETHER, Edge, Node
from memory.models import Memory
from memory.rehearsing import rehearse
from memory.relations import relate
from memory.remember import remember
from memory.revise import erase, judge
from memory.types import Draft, Scope
from tenants.models import Tenant
from tests.conftest import costs


def said(content: str, **fields: object) -> Memory:
    kept = remember(Draft(content, **fields))  # type: ignore[arg-type]
    return Memory.objects.get(pk=kept.id)


def test_names_that_one_memory_holds_are_tied(in_acme: Tenant) -> None:
    said("Ada beat Ben.", people=("Ada", "Ben"), topic="chess", confidence=0.5)
    said("Ben won.", people=("Ben",), topic="chess")
    said("Cleo sings.", people=("Cleo",))
    whole = graph.overview()
    assert whole.nodes == (
        Node("Ben", "person", 2), Node("chess", "topic", 2), Node("Ada", "person", 1), Node("Cleo", "person", 1),
    )  # fmt: skip
    assert Edge("Ben", "chess", TOGETHER, 2, 1.0) in whole.edges
    assert Edge("Ada", "Ben", TOGETHER, 1, 0.5) in whole.edges
    assert graph.size() == graph.Size({"person": 3, "topic": 1}, 3)


def test_a_relation_of_memories_is_one_of_their_names(in_acme: Tenant) -> None:
    won, proud = said("Ada won.", people=("Ada",)), said("Ben was sad.", people=("Ben",))
    relate(won.pk, proud.pk, "causes", 0.75)
    assert graph.overview().edges == (Edge("Ada", "Ben", "causes", 1, 0.75),)
    near = graph.around("Ben", depth=1)
    assert near
    assert [node.name for node in near.nodes] == ["Ada", "Ben"]


def test_one_walks_from_a_name_as_far_as_one_wants(in_acme: Tenant) -> None:
    for pair in (("Ada", "Ben"), ("Ben", "Cleo"), ("Cleo", "Dora")):
        said(f"{pair} met.", people=pair)
    for depth, met in ((1, {"Ada", "Ben"}), (2, {"Ada", "Ben", "Cleo"}), (3, {"Ada", "Ben", "Cleo", "Dora"})):
        near = graph.around("Ada", depth=depth)
        assert near
        assert {node.name for node in near.nodes} == met
    assert graph.around("Nobody") is None
    with costs(1 + 2 + 2):  # the name, each step, then the names that were met and what is between them
        graph.around("Ada", depth=2)


def test_names_are_searched_and_only_live_memories_name(in_acme: Tenant) -> None:
    said("Ada met Adam.", people=("Ada", "Adam"), scope=Scope(user_id="ada"))
    gone = said("Adelaide.", people=("Adelaide",))
    erase(gone.pk)
    assert [node.name for node in graph.searched("AD", Scope(user_id="ada"))] == ["Ada", "Adam", "ada"]
    assert graph.searched("AD", Scope(user_id="ben")) == []


def test_a_fact_has_what_bears_it_out_and_may_hold_no_more(in_acme: Tenant) -> None:
    fact, episode = said("Ada likes tea."), said("Ada drank tea.", kind="event")
    said("Ada was seen.", kind="event")
    relate(fact.pk, episode.pk, "derived_from")
    assert list(facts.listed()) == [fact]
    assert facts.evidence(fact) == [episode]
    judge(fact.pk, "outdated")
    assert list(facts.listed()) == []
    assert list(facts.listed(current=False)) == [fact]


@pytest.mark.parametrize(
    ("counted", "told"),
    [(3, 3), (2.9, 2), (-1, 0), (10**400, 1_000_000), (None, 1), ("3", 1), (True, 1), ({"a": 1}, 1)],
)
def test_how_often_a_fact_was_said_is_what_was_counted_or_once(in_acme: Tenant, counted: Any, told: int) -> None:
    fact = said("Ada likes tea.", metadata={"evidence_count": counted})
    said("Ada was seen.", kind="event", metadata={"evidence_count": 9})
    assert (facts.evidence_count(fact), facts.average_evidence()) == (told, told)


def test_without_facts_nothing_was_said(in_acme: Tenant) -> None:
    assert facts.average_evidence() == 0


def test_what_a_memory_took_the_place_of_is_told_while_it_is_there(in_acme: Tenant) -> None:
    first, second, third = (said(f"Ada lives in {city}.") for city in ("Graz", "Vienna", "Linz"))
    for older in (first, second):
        relate(third.pk, older.pk, "supersedes")
    relate(second.pk, first.pk, "similar_to")
    assert relations.superseded([second.pk, third.pk]) == {third.pk: second.pk}
    erase(second.pk)
    assert relations.superseded([third.pk]) == {third.pk: first.pk}


def test_a_rehearsal_tells_what_would_be_and_keeps_nothing(in_acme: Tenant) -> None:
    told = rehearse(Draft("Ada likes tea.", kind="preference"))
    assert (told.outcome.status, told.memory and told.memory.kind) == ("created", "preference")
    assert not Memory.objects.exists()
    kept = said("Ada likes tea.")
    assert rehearse(Draft("Ada likes tea.")).memory == kept
