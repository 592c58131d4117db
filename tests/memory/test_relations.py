"""Relations: said once, walked without getting lost, and only inside the tenant."""

import itertools
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection
from django_tenants.utils import tenant_context
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from events.models import Event
from memory import relations
from memory.errors import NoMemory
from memory.models import Memory, Relation
from memory.remember import remember, remember_many
from memory.revise import erase, restore
from memory.types import Draft
from tenants.models import Tenant
from tests.conftest import Caller, costs


def notes(count: int) -> list[uuid.UUID]:
    return [outcome.id for outcome in remember_many([Draft(f"note {i}") for i in range(count)]) if outcome.id]


def far(walk: relations.Walk | None) -> list[tuple[Any, int]]:
    assert walk is not None
    return [(reached.key, reached.depth) for reached in walk.reached]


def test_a_relation_said_again_takes_the_new_weight(in_acme: Tenant) -> None:
    a, b = notes(2)
    first, created = relations.relate(a, b, "causes", 0.5, {"why": "x"})
    again, anew = relations.relate(a, b, "causes", 0.9)
    assert (created, anew) == (True, False)
    assert (again.id, again.weight, again.metadata) == (first.id, 0.9, {})
    relations.relate(a, b, "causes", 0.9)
    told = Event.objects.filter(subject_type="relation").order_by("id").values_list("type", flat=True)
    assert list(told) == ["relation.created", "relation.updated"]


def test_a_pair_may_stand_in_relations_of_several_types_and_both_ways(in_acme: Tenant) -> None:
    a, b = notes(2)
    for source, target, type in [(a, b, "causes"), (a, b, "follows"), (b, a, "causes")]:
        relations.relate(source, target, type)
    assert relations.listed(a).count() == 3
    assert relations.listed(a, direction="out").count() == 2
    assert relations.listed(a, types=["follows"]).count() == 1


@pytest.mark.usefixtures("committed")
def test_many_who_relate_the_same_two_at_once_make_one_relation(acme: Tenant) -> None:
    with tenant_context(acme):
        a, b = notes(2)

    def run(number: int) -> bool:
        try:
            with tenant_context(acme):
                ends = (a, b) if number % 2 else (b, a)
                return relations.relate(*ends, "supports", number / 24)[1]
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        created = list(pool.map(run, range(24)))
    with tenant_context(acme):
        assert (sum(created), Relation.objects.count()) == (2, 2)


def test_a_memory_that_is_deleted_is_neither_related_nor_walked(in_acme: Tenant) -> None:
    a, b, c = notes(3)
    relations.relate(a, b, "follows")
    relations.relate(b, c, "follows")
    assert erase(b)
    assert far(relations.neighbours(a, depth=5)) == []
    assert relations.listed().count() == 0
    assert relations.neighbours(b) is None
    with pytest.raises(NoMemory) as missing:
        relations.relate(b, uuid.uuid4(), "follows")
    assert missing.value.ends == ("source", "target")


def test_superseded_memories_are_walked_when_asked_for(in_acme: Tenant) -> None:
    new, old, older = notes(3)
    relations.relate(new, old, "supersedes")
    relations.relate(old, older, "supersedes")
    Memory.objects.filter(pk__in=[old, older]).update(state="superseded")
    assert far(relations.neighbours(new, depth=2)) == []
    assert far(relations.neighbours(new, depth=2, superseded=True)) == [(old, 1), (older, 2)]


def test_the_path_is_the_shortest_and_then_the_heaviest(in_acme: Tenant) -> None:
    a, b, c, d = notes(4)
    for source, target, weight in [(a, b, 0.5), (a, c, 0.9), (b, d, 0.9), (d, c, 0.4)]:
        relations.relate(source, target, "related_to", weight)
    walk = relations.neighbours(a, depth=3)
    assert far(walk) == [(c, 1), (b, 1), (d, 2)]
    assert walk is not None
    last = walk.reached[-1]
    assert last.weight == pytest.approx(0.45)
    assert [(step.near, step.far, step.forward) for step in last.path] == [(a, b, True), (b, d, True)]


def test_causes_and_effects_are_followed_to_the_end_and_out_of_circles(in_acme: Tenant) -> None:
    chain = notes(30)
    for cause, effect in itertools.pairwise(chain):
        relations.relate(cause, effect, "causes")
    relations.relate(chain[-1], chain[10], "causes")
    relations.relate(chain[3], chain[0], "references")
    assert far(relations.effects_of(chain[0])) == [(key, i) for i, key in enumerate(chain) if i]
    assert [key for key, _ in far(relations.causes_of(chain[5]))] == chain[4::-1]


def test_a_limit_cuts_the_farthest_and_says_so(in_acme: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    hub, *others = notes(6)
    for i, other in enumerate(others):
        relations.relate(hub, other, "related_to", (i + 1) / 10)
    walk = relations.neighbours(hub, limit=2)
    assert walk is not None
    assert ([key for key, _ in far(walk)], walk.truncated) == (others[:2:-1], True)
    monkeypatch.setattr(relations, "WALKED", 3)
    walk = relations.neighbours(hub)
    assert walk is not None
    assert (len(walk.reached), walk.truncated) == (2, True)


def oracle(edges: Any, start: int, depth: int, direction: str, least: float) -> dict[int, tuple[int, float]]:
    """Node -> (depth, the greatest product of weights of a shortest path), by plain breadth-first search."""
    steps = [(s, t, w) for s, t, w in edges if w >= least and direction != "in"]
    steps += [(t, s, w) for s, t, w in edges if w >= least and direction != "out"]
    found = {start: (0, 1.0)}
    for here in range(1, depth + 1):
        reached: dict[int, float] = {}
        for near, away, weight in steps:
            if near in found and found[near][0] == here - 1 and away not in found:
                reached[away] = max(reached.get(away, 0.0), found[near][1] * weight)
        found |= {node: (here, product) for node, product in reached.items()}
    del found[start]
    return found


EDGES = st.dictionaries(
    st.tuples(st.integers(0, 7), st.integers(0, 7)).filter(lambda pair: pair[0] != pair[1]),
    st.integers(0, 10).map(lambda tenths: tenths / 10),
    max_size=24,
)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(EDGES, st.integers(1, 5), st.sampled_from(["out", "in", "both"]), st.sampled_from([0.0, 0.3]))
def test_neighbours_are_what_a_breadth_first_search_finds(
    in_acme: Tenant, edges: dict[tuple[int, int], float], depth: int, direction: str, least: float
) -> None:
    Memory.objects.all().delete()
    keys = notes(8)
    Relation.objects.bulk_create(
        Relation(source_id=keys[s], target_id=keys[t], type="related_to", weight=w) for (s, t), w in edges.items()
    )
    told = [(s, t, w) for (s, t), w in edges.items()]
    walk = relations.neighbours(keys[0], depth=depth, direction=direction, min_weight=least)
    assert walk is not None
    found = {keys.index(reached.key): (reached.depth, pytest.approx(reached.weight)) for reached in walk.reached}
    assert found == oracle(told, 0, depth, direction, least)
    for reached in walk.reached:
        assert [step.near for step in reached.path] == [keys[0], *[step.far for step in reached.path[:-1]]]
        assert reached.path[-1].far == reached.key
    chain = relations._walk(keys[0], None, direction, ["related_to"], least, 100, superseded=False)
    assert chain is not None
    assert {keys.index(r.key): (r.depth, pytest.approx(r.weight)) for r in chain.reached} == oracle(
        told, 0, 8, direction, least
    )


@pytest.fixture
def related(ada: Caller) -> list[str]:
    made = [ada.remember(f"note {i}") for i in range(3)]
    for source, target in itertools.pairwise(made):
        body = {"source": source, "target": target, "type": "causes", "weight": 0.5, "metadata": {"a": 1}}
        assert ada.post("relations", body)[0] == 201
    return made


def test_the_api_tells_neighbours_with_their_paths(ada: Caller, related: list[str]) -> None:
    status, body = ada.get(f"memories/{related[0]}/related?depth=2&direction=out&type=causes&type=follows")
    assert (status, body["truncated"]) == (200, False)
    assert [(row["memory"]["content"], row["depth"], row["weight"]) for row in body["data"]] == [
        ("note 1", 1, 0.5),
        ("note 2", 2, 0.25),
    ]
    assert [(s["source"], s["target"], s["type"]) for s in body["data"][1]["path"]] == [
        (related[0], related[1], "causes"),
        (related[1], related[2], "causes"),
    ]
    causes = ada.get(f"memories/{related[2]}/causes")[1]["data"]
    assert [row["memory"]["id"] for row in causes] == related[1::-1]
    assert causes[0]["path"][0]["target"] == related[2]
    assert [row["memory"]["id"] for row in ada.get(f"memories/{related[0]}/effects")[1]["data"]] == related[1:]


def test_relations_are_listed_read_and_deleted(ada: Caller, related: list[str]) -> None:
    page = ada.get("relations?limit=1")[1]
    assert page["has_more"]
    rest = ada.get(f"relations?limit=1&cursor={page['next_cursor']}")[1]
    assert (rest["has_more"], len(rest["data"])) == (False, 1)
    newest = page["data"][0]
    assert ada.get(f"relations/{newest['id']}") == (200, newest)
    assert [r["source"] for r in ada.get(f"relations?memory={related[0]}")[1]["data"]] == [related[0]]
    assert ada.delete(f"relations/{newest['id']}") == (204, None)
    named = f"relations?source={related[0]}&target={related[1]}&type=causes"
    assert [ada.delete(named)[0], ada.delete(named)[0]] == [204, 404]
    assert ada.get("relations")[1]["data"] == []


def test_another_tenants_ids_are_like_random_ones(ada: Caller, ben: Caller, related: list[str]) -> None:
    mine = ben.remember("mine")
    relation = ada.get("relations")[1]["data"][0]["id"]
    for unknown in (related[0], str(uuid.uuid4())):
        status, body = ben.post("relations", {"source": mine, "target": unknown, "type": "causes"})
        assert (status, body["errors"][0]["pointer"], body["errors"][0]["code"]) == (422, "/target", "no_memory")
        assert [ben.get(f"memories/{unknown}/{walk}")[0] for walk in ("related", "causes", "effects")] == [404] * 3
    for unknown in (relation, str(uuid.uuid4())):
        assert (ben.get(f"relations/{unknown}")[0], ben.delete(f"relations/{unknown}")[0]) == (404, 404)


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"type": "likes"}, "/type"),
        ({"weight": 1.5}, "/weight"),
        ({"weight": "heavy"}, "/weight"),
        ({"metadata": []}, "/metadata"),
        ({"source": "x"}, "/source"),
        ({"wait": 1}, "/wait"),
    ],
)
def test_what_is_wrong_with_a_relation_is_pointed_at(ada: Caller, wrong: dict[str, Any], pointer: str) -> None:
    a, b = ada.remember("a"), ada.remember("b")
    status, body = ada.post("relations", {"source": a, "target": b, "type": "causes"} | wrong)
    assert (status, body["errors"][0]["pointer"]) == (422, pointer)
    assert ada.post("relations", {"source": a, "target": a, "type": "causes"})[1]["errors"][0]["pointer"] == "/target"


@pytest.mark.parametrize("asked", ["depth=6", "depth=0", "direction=up", "type=likes", "min_weight=2", "deep=1"])
def test_a_walk_that_cannot_be_walked_is_refused(ada: Caller, asked: str) -> None:
    assert ada.get(f"memories/{ada.remember('a')}/related?{asked}")[0] == 422


def test_relating_and_walking_cost_a_known_number_of_queries(ada: Caller, related: list[str]) -> None:
    with costs(7):  # key, savepoint, hold, upsert, relation, fact, release
        ada.post("relations", {"source": related[0], "target": related[2], "type": "follows"})
    with costs(3):  # key, walk, bodies
        ada.get(f"memories/{related[0]}/related?depth=5")
    with costs(2):  # key, page
        ada.get("relations")


def test_restored_memories_have_their_relations_back(in_acme: Tenant) -> None:
    a, b = notes(2)
    relations.relate(a, b, "part_of")
    erase(b)
    restore(b)
    assert far(relations.neighbours(a)) == [(b, 1)]
    assert remember(Draft("note 0")).id == a
