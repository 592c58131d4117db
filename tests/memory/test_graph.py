"""The graph of names, the facts that are known, and what would become of a draft."""

import random
from collections import defaultdict
from itertools import combinations
from typing import Any

import pytest

from memory import facts, graph, relations
from memory.graph import TOGETHER, Edge, Node
from memory.models import Memory, Relation
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
    with costs(1 + 2 + 1):  # the name, each step, then the names that were met with what is between them
        graph.around("Ada", depth=2)


# One name may be a person, a topic and a user at once, and a person may be named twice.
NAMES = ["Ada", "Ben", "Cleo", "Dora", "Emil", "Fay", "Gil", "chess", "tea", ""]


@pytest.fixture
def crowd(in_acme: Tenant) -> tuple[list[Memory], list[Relation]]:
    dice = random.Random(7)
    rows = [
        said(
            f"Said {n}.", people=tuple(dice.choices(NAMES[:8], k=dice.randint(0, 4))), topic=dice.choice(NAMES),
            scope=Scope(user_id=dice.choice(NAMES)), confidence=round(dice.random(), 3),
        )
        for n in range(60)
    ]  # fmt: skip
    ties = [relate(*(row.pk for row in dice.sample(rows, 2)), "causes", round(dice.random(), 3)) for _ in range(40)]
    for row in rows[:5]:
        erase(row.pk)
    gone = {row.pk for row in rows[:5]}
    kept = {tie.pk: tie for tie, _ in ties if not gone & {tie.source_id, tie.target_id}}
    return rows[5:], list(Relation.objects.filter(pk__in=kept))


def names_of(memory: Memory) -> dict[str, str]:
    told = {memory.user_id: "user"} | {memory.topic: "topic"} | dict.fromkeys(memory.people, "person")
    return {name: type for name, type in told.items() if name}


def counted(rows: list[Memory], ties: list[Relation]) -> tuple[list[Node], list[Edge]]:
    """Nodes and edges, one memory and one relation after the other."""
    types, edges = defaultdict[str, list[str]](list), defaultdict[tuple[str, str, str], list[float]](list)
    for row in rows:
        for name, type in names_of(row).items():
            types[name].append(type)
        for a, b in combinations(sorted(names_of(row)), 2):
            edges[a, b, TOGETHER].append(row.confidence)
    whole = {row.pk: names_of(row) for row in rows}
    for tie in ties:
        for a, b in ((a, b) for a in whole[tie.source_id] for b in whole[tie.target_id] if a != b):
            edges[a, b, tie.type].append(tie.weight)
    nodes = [Node(name, min(told), len(told)) for name, told in types.items()]
    told = [Edge(*key, len(sure), max(sure)) for key, sure in edges.items()]
    return (
        sorted(nodes, key=lambda node: (-node.memories, node.name)),
        sorted(told, key=lambda edge: (-edge.memories, edge.source, edge.target, edge.predicate)),
    )


def test_the_graph_is_what_one_counts_memory_by_memory(crowd: tuple[list[Memory], list[Relation]]) -> None:
    nodes, edges = counted(*crowd)
    sizes = {type: sum(node.type == type for node in nodes) for type in sorted({node.type for node in nodes})}
    assert graph.size() == graph.Size(sizes, len(edges))
    assert graph.searched() == nodes
    for most in (100, 4):
        chosen = {node.name for node in nodes[:most]}
        between = tuple(edge for edge in edges if {edge.source, edge.target} <= chosen)
        assert graph.overview(limit=most) == graph.Graph(tuple(nodes[:most]), between)


@pytest.mark.parametrize(("depth", "limit"), [(1, 100), (2, 100), (1, 4), (2, 5)])
def test_a_walk_meets_whom_one_meets_by_hand(
    crowd: tuple[list[Memory], list[Relation]], depth: int, limit: int
) -> None:
    nodes, edges = counted(*crowd)
    for name in NAMES:
        met = dict.fromkeys([name])
        reached = [name]
        for _ in range(depth):
            strongest = [edge for edge in edges if edge.source in reached or edge.target in reached][:limit]
            ends = dict.fromkeys(end for edge in strongest for end in (edge.source, edge.target) if end not in met)
            reached = list(ends)[: limit - len(met)]
            met |= dict.fromkeys(reached)
        between = tuple(edge for edge in edges if edge.source in met and edge.target in met)
        whole = graph.Graph(tuple(node for node in nodes if node.name in met), between)
        assert graph.around(name, depth=depth, limit=limit) == (whole if name else None)


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
