"""Sessions: opened once, read in order, closed by hand or by time, deleted with what was said in them."""

import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone
from django_tenants.utils import tenant_context

from events.models import Event
from memory import sessions
from memory.models import Memory, Session
from memory.remember import remember_many
from memory.types import Draft, Scope, SessionDraft
from memory.upkeep import sweep
from tenants.models import Tenant
from tests.conftest import Caller, costs


def told(type: str) -> list[dict[str, Any]]:
    return list(Event.objects.filter(type=type).order_by("id").values_list("data", flat=True))


def said(caller: Caller, count: int, **fields: Any) -> list[str]:
    items = [{"content": f"line {i}", "session_id": "s", "user_id": "cleo", **fields} for i in range(count)]
    return [item["id"] for item in caller.post("memories", {"memories": items})[1]["data"]]


def opened(caller: Caller, **fields: Any) -> dict[str, Any]:
    status, body = caller.post("sessions", {"session_id": "s", "user_id": "cleo", **fields})
    assert status in (200, 201), body
    return body


def test_a_session_comes_back_as_it_was_opened(ada: Caller) -> None:
    sent = {
        "session_id": "chat-1", "user_id": "cleo", "agent_id": "butler", "namespace": "home", "title": "Tea",
        "metadata": {"a": [1]}, "ephemeral": True,
    }  # fmt: skip
    status, body = ada.post("sessions", sent | {"ttl_seconds": 60})
    assert status == 201
    assert {name: body[name] for name in sent} == sent
    assert (body["state"], body["memories"], body["closed_at"]) == ("open", 0, None)
    assert ada.get(f"sessions/{body['id']}") == (200, body)


def test_a_session_without_a_name_gets_one(ada: Caller) -> None:
    names = {ada.post("sessions", {})[1]["session_id"] for _ in range(2)}
    assert len(names) == 2
    assert all(uuid.UUID(name) for name in names)


def test_a_session_opened_again_is_the_same_one(ada: Caller) -> None:
    first = opened(ada, title="Tea")
    status, again = ada.post("sessions", {"session_id": "s", "user_id": "cleo", "title": "Other"})
    assert (status, again) == (200, first)
    assert ada.post("sessions", {"session_id": "s", "user_id": "dan"})[0] == 201


@pytest.mark.usefixtures("committed")
def test_many_who_open_it_at_once_open_one(acme: Tenant) -> None:
    def run(_: int) -> uuid.UUID:
        try:
            with tenant_context(acme):
                return sessions.open_session(SessionDraft(Scope(user_id="cleo", session_id="s")))[0].pk
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(run, range(24)))) == 1
    assert len(told("session.opened")) == 1


def test_what_was_said_is_read_in_order_page_by_page(ada: Caller) -> None:
    session = opened(ada)
    said(ada, 5, role="user")
    said(ada, 2, session_id="other")
    said(ada, 2, user_id="dan")
    for order, expected in (("oldest", [0, 1, 2, 3, 4]), ("newest", [4, 3, 2, 1, 0])):
        page = ada.get(f"sessions/{session['id']}/memories?limit=2&order={order}")[1]
        seen = [row["content"] for row in page["data"]]
        while page["has_more"]:
            at = f"limit=2&order={order}&cursor={page['next_cursor']}"
            page = ada.get(f"sessions/{session['id']}/memories?{at}")[1]
            seen += [row["content"] for row in page["data"]]
        assert seen == [f"line {i}" for i in expected]
    assert page["counts"]["memories"] == 5
    assert (page["counts"]["roles"], page["counts"]["kinds"]) == ({"user": 5}, {"fact": 5})
    assert ada.get(f"sessions/{session['id']}")[1]["memories"] == 5


@pytest.mark.parametrize("cursor", ["x", "e30", "WzEsMl0", "WzEsIngiXQ", "WzFlOTk5OSwgIngiXQ", "🦊"])
def test_a_cursor_of_somebody_else_is_refused(ada: Caller, cursor: str) -> None:
    session = opened(ada)
    assert ada.get(f"sessions/{session['id']}/memories?cursor={cursor}")[0] == 422


def test_sessions_are_listed_by_user_namespace_and_state(ada: Caller) -> None:
    first, second = opened(ada), opened(ada, session_id="t", namespace="home", agent_id="butler")
    third = opened(ada, session_id="u", user_id="dan")
    ada.post(f"sessions/{first['id']}/close", None)
    page = ada.get("sessions?limit=2")[1]
    assert [row["id"] for row in page["data"]] == [third["id"], second["id"]]
    rest = ada.get(f"sessions?limit=2&cursor={page['next_cursor']}")[1]
    assert [row["id"] for row in rest["data"]] == [first["id"]]
    for asked, expected in [
        ("user_id=dan", [third]),
        ("namespace=home", [second]),
        ("agent_id=butler", [second]),
        ("session_id=u", [third]),
    ]:
        assert [row["id"] for row in ada.get(f"sessions?{asked}")[1]["data"]] == [row["id"] for row in expected]
    assert [row["id"] for row in ada.get("sessions?state=closed")[1]["data"]] == [first["id"]]
    assert len(ada.get("sessions?state=open")[1]["data"]) == 2


def test_patch_merges_metadata_and_keeps_the_rest(ada: Caller) -> None:
    session = opened(ada, title="Tea", metadata={"a": 1, "b": 2})
    status, body = ada.patch(f"sessions/{session['id']}", {"metadata": {"b": 3}})
    assert (status, body["title"], body["metadata"]) == (200, "Tea", {"a": 1, "b": 3})
    ada.patch(f"sessions/{session['id']}", {"title": "Tea"})
    assert [data["fields"] for data in told("session.updated")] == [["metadata"]]
    assert ada.patch(f"sessions/{session['id']}", {"user_id": "dan"})[0] == 422


def test_a_session_is_closed_once_and_can_be_opened_again(ada: Caller) -> None:
    session = opened(ada)
    for _ in range(2):
        status, body = ada.post(f"sessions/{session['id']}/close", None)
        assert (status, body["state"]) == (200, "closed")
    assert len(told("session.closed")) == 1
    status, body = ada.post(f"sessions/{session['id']}/reopen", {"ttl_seconds": 60})
    assert (status, body["state"], body["closed_at"]) == (200, "open", None)
    assert body["expires_at"] is not None


def test_a_session_whose_time_is_over_is_closed_at_once_and_then_by_the_sweep(ada: Caller, acme: Tenant) -> None:
    session, lasting = opened(ada, ttl_seconds=60), opened(ada, session_id="lasting")
    kept = said(ada, 1)
    with tenant_context(acme):
        Session.objects.filter(pk=session["id"]).update(expires_at=timezone.now() - timedelta(seconds=1))
    assert ada.get(f"sessions/{session['id']}")[1]["state"] == "closed"
    assert [row["id"] for row in ada.get("sessions?state=open")[1]["data"]] == [lasting["id"]]
    with tenant_context(acme):
        assert sweep.run() == 0
        assert sweep.run() == 0
        row = Session.objects.get(pk=session["id"])
    assert (row.state, len(told("session.closed"))) == ("closed", 1)
    assert ada.get(f"memories/{kept[0]}")[0] == 200


def test_the_memories_of_an_ephemeral_session_expire_with_it(ada: Caller, acme: Tenant) -> None:
    session = opened(ada, ephemeral=True, ttl_seconds=3600)
    gone = said(ada, 2)
    assert ada.get(f"memories/{gone[0]}")[0] == 200
    with tenant_context(acme):
        Session.objects.filter(pk=session["id"]).update(expires_at=timezone.now())
        assert sweep.run() == 2
        assert not Memory.objects.exists()


def test_deleting_a_session_deletes_what_was_said_in_it(ada: Caller, acme: Tenant) -> None:
    session = opened(ada)
    gone, kept = said(ada, 3), said(ada, 1, session_id="other")
    assert ada.delete(f"sessions/{session['id']}") == (200, {"deleted_memories": 3})
    assert ada.delete(f"sessions/{session['id']}")[0] == 404
    assert [ada.get(f"memories/{key}")[0] for key in [*gone, *kept]] == [404, 404, 404, 200]
    assert told("session.deleted")[0]["count"] == 3
    assert len(told("memory.deleted")) == 3
    with tenant_context(acme):
        assert set(Memory.objects.filter(state="deleted").values_list("version", flat=True)) == {2}


def test_another_tenants_session_is_like_a_random_one(ada: Caller, ben: Caller) -> None:
    session = opened(ada)
    for key in (session["id"], str(uuid.uuid4())):
        assert [
            ben.get(f"sessions/{key}")[0],
            ben.patch(f"sessions/{key}", {"title": "x"})[0],
            ben.post(f"sessions/{key}/close", None)[0],
            ben.post(f"sessions/{key}/reopen", {})[0],
            ben.get(f"sessions/{key}/memories")[0],
            ben.delete(f"sessions/{key}")[0],
        ] == [404] * 6
    assert ben.get("sessions")[1]["data"] == []


@pytest.mark.parametrize(
    "wrong", [{"ttl_seconds": 0}, {"ttl_seconds": 10**12}, {"title": 3}, {"metadata": []}, {"state": "open"}]
)
def test_what_is_wrong_with_a_session_is_pointed_at(ada: Caller, wrong: dict[str, Any]) -> None:
    status, body = ada.post("sessions", wrong)
    assert (status, body["errors"][0]["pointer"]) == (422, f"/{next(iter(wrong))}")


def test_sessions_cost_a_known_number_of_queries(ada: Caller) -> None:
    session = opened(ada)
    for i in range(10):
        opened(ada, session_id=f"s{i}")
    said(ada, 20)
    with costs(2):  # key, page with its counts
        ada.get("sessions")
    with costs(2):
        ada.get(f"sessions/{session['id']}")
    with costs(4):  # key, session, page, counts
        ada.get(f"sessions/{session['id']}/memories")
    with costs(13):  # key, two savepoints and releases, session, memories, versions, update, next, facts, fact, row
        ada.delete(f"sessions/{session['id']}")


def test_what_was_said_in_a_closed_session_can_be_superseded(ada: Caller) -> None:
    session = opened(ada)
    (old,) = said(ada, 1)
    ada.post(f"sessions/{session['id']}/close", None)
    status, outcome = ada.post(f"memories/{old}/supersede", {"content": "It was otherwise."})
    assert (status, outcome["status"]) == (201, "created")
    made = ada.get(f"memories/{outcome['id']}")[1]
    assert (made["session_id"], made["user_id"]) == ("", session["user_id"])
    assert ada.get(f"memories/{old}")[1]["superseded_by"] == outcome["id"]


@pytest.mark.parametrize(
    ("path", "body", "pointer"),
    [
        ("messages", {"content": "late", "role": "user"}, ""),
        ("memories", {"content": "late"}, ""),
        ("turns", {"message": "late"}, "/message"),
        ("memories", {"memories": [{"content": "late"}]}, "/memories/0"),
    ],
)
def test_what_a_closed_session_refuses_is_pointed_at(ada: Caller, path: str, body: Any, pointer: str) -> None:
    session = opened(ada)
    ada.post(f"sessions/{session['id']}/close", None)
    place = {"session_id": session["session_id"], "user_id": session["user_id"]}
    sent = {"memories": [item | place for item in body["memories"]]} if "memories" in body else body | place
    status, problem = ada.post(path, sent)
    assert (status, problem["errors"][0]["pointer"]) == (409, pointer)


def test_what_a_session_holds_is_counted_by_the_index_of_sessions(in_acme: Tenant) -> None:
    """It is partial: a statement that does not say that a session has a name reads all memories of the user instead."""
    remember_many([Draft(f"tea {n}", Scope(user_id="ada", session_id=f"talk {n % 40}")) for n in range(400)])
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE memory_memory")
    assert "memory_session_place" in sessions.listed(Scope()).explain()
