"""Lists, entities and statistics: what is there, counted and narrowed, and what is erased of one."""

import json
import random
import threading
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
from django.db import connection
from django_tenants.utils import tenant_context

from events.models import Event
from memory import entities
from memory.listing import Narrowing, listed
from memory.models import Memory, Session
from memory.remember import remember, remember_many
from memory.revise import erase, revise
from memory.types import Draft, Scope
from tenants.models import Tenant
from tests.conftest import Caller, costs

NOTES: list[dict[str, Any]] = [
    {"content": "one", "user_id": "cleo", "agent_id": "butler", "session_id": "s1", "tags": ["tea", "home"], "people": ["Ines"],
     "kind": "preference", "importance": 0.9, "event_time": "2026-01-05T10:00:00Z"},
    {"content": "two", "user_id": "cleo", "session_id": "s1", "tags": ["tea"], "event_time": "2026-01-06T10:00:00Z", "importance": 0.5},
    {"content": "three", "user_id": "dan", "session_id": "s2", "namespace": "work", "tags": ["home"], "people": ["Ines", "Ann"],
     "kind": "event", "importance": 0.1, "event_time": "2026-02-01T10:00:00Z"},
    {"content": "four", "user_id": "dan/x", "namespace": "work", "importance": 0.5, "event_time": "2026-02-01T11:00:00Z"},
]  # fmt: skip


@pytest.fixture
def told(ada: Caller) -> Caller:
    for note in NOTES:
        ada.remember(**note)
    return ada


def contents(caller: Caller, asked: str) -> list[str]:
    status, body = caller.get(f"memories?{asked}")
    assert status == 200, body
    return [row["content"] for row in body["data"]]


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ("tags=tea&tags=home", ["three", "two", "one"]),
        ("tags=tea&tags=home&all_tags=true", ["one"]),
        ("tag=tea", ["two", "one"]),
        ("people=Ann&people=Bob", ["three"]),
        ("namespace=work&order=oldest", ["three", "four"]),
        ('filters={"importance":{"gte":0.5},"NOT":{"user_id":"dan/x"}}', ["two", "one"]),
        ("state=deleted", []),
    ],
)
def test_a_list_is_narrowed_and_ordered(told: Caller, asked: str, expected: list[str]) -> None:
    assert contents(told, quote(asked, safe="=&")) == expected


def test_states_are_listed_apart(told: Caller, acme: Tenant) -> None:
    ids = {row["content"]: row["id"] for row in told.get("memories")[1]["data"]}
    told.delete(f"memories/{ids['one']}")
    with tenant_context(acme):
        Memory.objects.filter(pk=ids["two"]).update(state="superseded")
    assert contents(told, "state=deleted") == ["one"]
    assert contents(told, "state=superseded") == ["two"]
    assert contents(told, "") == ["four", "three"]


def test_a_body_asks_for_the_same_list_with_a_total(told: Caller) -> None:
    asked = {"filters": {"tags": "home"}, "order": "oldest", "limit": 1, "include_total": True}
    status, body = told.post("memories/list", asked)
    assert (status, body["data"][0]["content"], body["has_more"], body["total"]) == (200, "one", True, 2)
    rest = told.post("memories/list", asked | {"cursor": body["next_cursor"], "include_total": False})[1]
    assert [row["content"] for row in rest["data"]] == ["three"]
    assert "total" not in rest


@pytest.mark.parametrize(
    ("asked", "status"),
    [("filters=x", 400), ("filters=[]", 422), ('filters={"knd":1}', 400), ("state=gone", 422), ("order=up", 422)],
)
def test_a_list_that_cannot_be_made_is_refused(ada: Caller, asked: str, status: int) -> None:
    assert ada.get(f"memories?{quote(asked, safe='=&')}")[0] == status


@pytest.mark.usefixtures("committed")
@pytest.mark.parametrize("order", ["newest", "oldest"])
def test_iterating_neither_skips_nor_repeats_while_others_write(ada: Caller, acme: Tenant, order: str) -> None:
    with tenant_context(acme):
        made = [outcome.id for outcome in remember_many([Draft(f"note {i}") for i in range(300)])]
    stays = set(made[::2])
    stop = threading.Event()

    def write(seed: int) -> None:
        chance = random.Random(seed)
        try:
            with tenant_context(acme):
                while not stop.is_set():
                    number = chance.random()
                    remember(Draft(f"new {number}"))
                    revise(chance.choice(made), {"topic": str(number)})
                    erase(chance.choice(made[1::2]))
        finally:
            connection.close()

    threads = [threading.Thread(target=write, args=(seed,)) for seed in range(3)]
    for thread in threads:
        thread.start()
    try:
        seen, page = [], {"has_more": True, "next_cursor": ""}
        while page["has_more"]:
            page = ada.post("memories/list", {"order": order, "limit": 7, "cursor": page["next_cursor"]})[1]
            seen += [row["id"] for row in page["data"]]
            if len(seen) > 900:  # the writers run ahead of the oldest-first reader for as long as they write
                stop.set()
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert len(seen) == len(set(seen))
    assert {str(key) for key in stays} <= set(seen)


def names(caller: Caller, asked: str) -> list[tuple[str, int]]:
    status, body = caller.get(f"entities?{asked}")
    assert status == 200, body
    return [(row["name"], row["memories"]) for row in body["data"]]


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ("type=user", [("cleo", 2), ("dan", 1), ("dan/x", 1)]),
        ("type=agent", [("butler", 1)]),
        ("type=session", [("s1", 2), ("s2", 1)]),
        ("type=namespace", [("default", 2), ("work", 2)]),
        ("type=tag", [("home", 2), ("tea", 2)]),
        ("type=person&order=name", [("Ann", 1), ("Ines", 2)]),
        ("type=person&namespace=default", [("Ines", 1)]),
        ("type=user&q=da", [("dan", 1), ("dan/x", 1)]),
        ("type=user&q=%25", []),
    ],
)
def test_entities_are_counted(told: Caller, asked: str, expected: list[tuple[str, int]]) -> None:
    assert names(told, asked) == expected


def pages(caller: Caller, path: str) -> Iterator[str]:
    page: dict[str, Any] = {"has_more": True, "next_cursor": ""}
    while page["has_more"]:
        page = caller.get(f"{path}&limit=1" + (f"&cursor={page['next_cursor']}" if page["next_cursor"] else ""))[1]
        yield from [row["name"] for row in page["data"]]


@pytest.mark.parametrize("order", ["count", "name"])
def test_entities_are_paged(told: Caller, order: str) -> None:
    assert list(pages(told, f"entities?type=user&order={order}")) == ["cleo", "dan", "dan/x"]


def test_namespaces_are_listed(told: Caller) -> None:
    status, body = told.get("namespaces")
    assert (status, [(row["name"], row["memories"]) for row in body["data"]]) == (200, [("default", 2), ("work", 2)])


def test_one_entity_is_told_by_kinds_and_sessions(told: Caller) -> None:
    status, body = told.get("entities/user/cleo")
    assert status == 200
    assert (body["memories"], body["kinds"], body["sessions"]) == (2, {"fact": 1, "preference": 1}, 1)
    assert told.get("entities/user/dan/x")[1]["memories"] == 1
    assert told.get("entities/user/dan/x/")[1]["memories"] == 1
    assert told.get("entities/tag/tea")[1]["users"] == 1
    assert [told.get(f"entities/{path}")[0] for path in ("user/nobody", "planet/mars", "tag/tea?namespace=work")] == [
        404
    ] * 3


def test_a_namespace_is_never_seen_from_another(told: Caller) -> None:
    assert contents(told, "namespace=default") == ["two", "one"]
    assert {hit["content"] for hit in told.search("three four", namespace="default")} == {"one", "two"}
    assert names(told, "type=person&namespace=default") == [("Ines", 1)]
    assert told.get("entities/person/Ann?namespace=default")[0] == 404
    assert told.get("stats?namespace=default")[1]["live"] == 2
    groups = told.get("stats?group_by=tag&namespace=work")[1]["data"]
    assert [group["group"] for group in groups] == [{"tag": "home"}]


def test_erasing_an_entity_needs_the_count_that_was_previewed(told: Caller) -> None:
    for asked in ("", "?confirm_count=3"):
        status, body = told.delete(f"entities/user/cleo{asked}")
        assert (status, body["code"], body["errors"][0]["detail"]) == (409, "unconfirmed", "2")
    assert contents(told, "user_id=cleo") == ["two", "one"]
    assert told.delete("entities/user/cleo?confirm_count=2") == (200, {"count": 2})
    assert contents(told, "") == ["four", "three"]
    assert contents(told, "state=deleted") == ["two", "one"]
    fact = Event.objects.get(type="entity.erased")
    assert (fact.data, fact.subject_type) == ({"entity": "user", "count": 2, "sessions": 1}, "tenant")
    assert Event.objects.filter(type="memory.deleted").count() == 2


def test_erasing_a_user_erases_superseded_memories_and_ends_the_sessions(told: Caller, acme: Tenant) -> None:
    told.post("sessions", {"user_id": "dan", "namespace": "work", "session_id": "s2", "title": "Secret"})
    with tenant_context(acme):
        Memory.objects.filter(content="three").update(state="superseded")
    assert told.delete("entities/user/dan?confirm_count=1")[0] == 200
    with tenant_context(acme):
        assert not Session.objects.filter(user_id="dan").exists()
        assert Memory.objects.get(content="three").state == "deleted"


@pytest.mark.parametrize(("path", "column"), [("tag/home", "tags"), ("person/Ines", "people")])
def test_erasing_a_label_takes_it_off_and_deletes_nothing(told: Caller, path: str, column: str) -> None:
    assert told.delete(f"entities/{path}?confirm_count=2") == (200, {"count": 2})
    rows = {row["content"]: row for row in told.get("memories")[1]["data"]}
    assert len(rows) == 4
    assert all(path.split("/")[1] not in row[column] for row in rows.values())
    assert (rows["one"]["version"], rows["two"]["version"]) == (2, 1)
    facts = Event.objects.filter(type__in=["memory.updated", "entity.erased"])
    assert "Ines" not in json.dumps(list(facts.values_list("data", flat=True)))
    assert facts.count() == 3


def test_many_memories_are_erased_in_slices(in_acme: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    remember_many([Draft(f"note {i}", Scope(user_id="cleo"), tags=("x",)) for i in range(7)])
    monkeypatch.setattr(entities, "SLICE", 3)
    monkeypatch.setattr("memory.erasing.SLICE", 3)
    assert entities.erase_entity("tag", "x", 7) == 7
    assert entities.erase_entity("user", "cleo", 7) == 7
    assert listed(Narrowing()).count() == 0


def test_the_overview_counts_and_shows_growth(told: Caller) -> None:
    told.delete(f"memories/{told.remember('gone')}")
    status, body = told.get("stats")
    assert status == 200
    expected = {"live": 4, "waiting": 4, "users": 3, "sessions": 2, "superseded": 0, "deleted": 1, "bytes": 15}
    assert {name: body[name] for name in expected} == expected
    assert (len(body["growth"]), body["growth"][-1]["count"]) == (30, 4)
    assert told.get("stats?user_id=cleo")[1]["live"] == 2


def test_sessions_of_one_name_are_as_many_as_their_users(ada: Caller) -> None:
    for user in ("cleo", "dan", "dan"):
        ada.remember(f"{user} speaks", user_id=user, session_id="s")
    assert ada.get("stats")[1]["sessions"] == 2


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ("group_by=kind", [({"kind": "fact"}, 2), ({"kind": "event"}, 1), ({"kind": "preference"}, 1)]),
        ("group_by=tag", [({"tag": "home"}, 2), ({"tag": "tea"}, 2)]),
        ("group_by=month", [({"month": "2026-01-01"}, 2), ({"month": "2026-02-01"}, 2)]),
        ("group_by=week", [({"week": "2026-01-05"}, 2), ({"week": "2026-01-26"}, 2)]),
        (
            "group_by=day&group_by=kind",
            [
                ({"day": "2026-01-05", "kind": "preference"}, 1),
                ({"day": "2026-01-06", "kind": "fact"}, 1),
                ({"day": "2026-02-01", "kind": "event"}, 1),
                ({"day": "2026-02-01", "kind": "fact"}, 1),
            ],
        ),
        ("group_by=user_id&namespace=work", [({"user_id": "dan"}, 1), ({"user_id": "dan/x"}, 1)]),
        ('group_by=tier&filters={"tags":"tea"}', [({"tier": "warm"}, 2)]),
        ("group_by=state&kind=event", [({"state": "active"}, 1)]),
        *[(f"group_by={key}&limit=1&people=Ann", None) for key in ("agent_id", "role", "source", "trust")],
    ],
)
def test_memories_are_counted_in_groups(told: Caller, asked: str, expected: Any) -> None:
    status, body = told.get(f"stats?{quote(asked, safe='=&')}")
    assert status == 200
    found = [(group["group"], group["count"]) for group in body["data"]]
    assert found == expected if expected else [count for _, count in found] == [1]


def test_a_group_tells_importance_times_and_bytes(told: Caller) -> None:
    group = told.get("stats?group_by=user_id&user_id=cleo")[1]["data"][0]
    assert group["average_importance"] == pytest.approx(0.7)
    assert (group["bytes"], group["first_event"], group["last_event"]) == (
        6, "2026-01-05T10:00:00Z", "2026-01-06T10:00:00Z",
    )  # fmt: skip


@pytest.mark.parametrize(
    "asked",
    ["group_by=colour", "group_by=kind&group_by=kind", "group_by=kind&group_by=tag&group_by=day", "kind=fact", "tag=food", "all_tags=true", "x=1", "group_by=kind&limit=0"],
)  # fmt: skip
def test_groups_that_cannot_be_made_are_refused(ada: Caller, asked: str) -> None:
    assert ada.get(f"stats?{asked}")[0] == 422


def test_other_tenants_are_counted_apart(told: Caller, ben: Caller) -> None:
    assert ben.get("stats")[1]["live"] == 0
    assert names(ben, "type=user") == []
    assert ben.delete("entities/user/cleo?confirm_count=2")[1]["errors"][0]["detail"] == "0"
    assert ben.post("memories/list", {})[1]["data"] == []


def test_lists_and_statistics_cost_a_known_number_of_queries(told: Caller) -> None:
    for path, queries in [
        ("memories?include_total=true", 3), ("entities?type=tag", 2), ("entities?type=user", 2), ("entities/user/cleo", 2),
        ("namespaces", 2), ("stats", 3), ("stats?group_by=tag&group_by=month", 2),
    ]:  # fmt: skip  # one of each is the key
        with costs(queries):
            told.get(path)
    with costs(2):
        told.post("memories/list", {})
