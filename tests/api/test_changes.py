"""Versions, ETags, superseding, feedback, deleting many: what becomes of a memory after it was stored."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django_tenants.utils import tenant_context
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from events.models import Event
from memory import erasing
from memory.models import Memory
from tenants.models import Tenant
from tests.conftest import Caller, costs

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), min_size=1, max_size=30)


@pytest.fixture
def made(ada: Caller) -> str:
    return ada.remember("Ada lives in Lisbon.", user_id="ada", tags=["home"], metadata={"a": 1})


def put(caller: Caller, path: str, body: Any, **headers: str) -> tuple[int, Any]:
    return caller.call("PUT", path, body, **headers)


def test_a_change_keeps_what_was_said_before(ada: Caller, made: str) -> None:
    ada.patch(f"memories/{made}", {"content": "Ada lives in Porto."})
    ada.patch(f"memories/{made}", {"tags": ["home", "town"]})
    status, body = ada.get(f"memories/{made}/history")
    assert status == 200
    assert [(state["version"], state["changed"]) for state in body["data"]] == [
        (3, []),
        (2, ["tags"]),
        (1, ["content"]),
    ]
    assert [state["said"]["content"][13:-1] for state in body["data"]] == ["Porto", "Porto", "Lisbon"]
    assert body["data"][0]["until"] is None
    assert body["data"][1]["until"] == body["data"][0]["since"]
    assert body["data"][2]["actor"].startswith("key:")


def test_history_is_paged_by_version(ada: Caller, made: str) -> None:
    for number in range(5):
        ada.patch(f"memories/{made}", {"topic": f"t{number}"})
    seen, cursor = [], ""
    while True:
        _, body = ada.get(f"memories/{made}/history?limit=2{cursor}")
        seen += [state["version"] for state in body["data"]]
        if not body["has_more"]:
            break
        cursor = f"&cursor={body['next_cursor']}"
    assert seen == [6, 5, 4, 3, 2, 1]


def test_a_diff_names_the_fields_and_the_words(ada: Caller, made: str) -> None:
    ada.patch(f"memories/{made}", {"content": "Ada lives in Porto.", "importance": 0.9})
    _, body = ada.get(f"memories/{made}/diff?before=1&after=2")
    assert set(body["fields_changed"]) == {"content", "importance", "importance_stated"}
    runs = body["fields_changed"]["content"]["words"]
    assert runs == [
        {"op": "equal", "text": "Ada lives in "},
        {"op": "delete", "text": "Lisbon."},
        {"op": "insert", "text": "Porto."},
    ]
    assert ada.get(f"memories/{made}/diff?before=1&after=9")[0] == 404


def test_a_version_is_said_again_as_a_new_one(ada: Caller, made: str) -> None:
    ada.patch(f"memories/{made}", {"content": "Ada lives in Porto.", "metadata": {"b": 2}})
    status, body = ada.post(f"memories/{made}/restore", {"version": 1})
    assert (status, body["content"], body["metadata"], body["version"]) == (200, "Ada lives in Lisbon.", {"a": 1}, 3)
    assert ada.post(f"memories/{made}/restore", {"version": 17})[0] == 404


def test_a_deleted_memory_comes_back(ada: Caller, made: str) -> None:
    ada.delete(f"memories/{made}")
    assert ada.get(f"memories/{made}")[0] == 404
    status, body = ada.post(f"memories/{made}/restore", {})
    assert (status, body["state"]) == (200, "active")
    assert ada.post(f"memories/{made}/restore", {})[0] == 404
    assert [item["id"] for item in ada.search("Where does Ada live?")] == [made]


def test_put_says_all_of_it_anew(ada: Caller, made: str) -> None:
    status, body = put(ada, f"memories/{made}", {"content": "Ada lives here.", "kind": "preference"})
    assert (status, body["kind"], body["tags"], body["metadata"], body["user_id"]) == (200, "preference", [], {}, "ada")
    assert put(ada, f"memories/{made}", {"kind": "fact"})[0] == 422


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    changes=st.fixed_dictionaries(
        {},
        optional={
            "topic": TEXT.map(str.strip),
            "tags": st.lists(TEXT.map(str.strip).filter(bool), max_size=3),
            "importance": st.floats(0, 1),
            "author": TEXT.map(str.strip),
            "source": TEXT.map(str.strip),
            "trust": st.sampled_from(["trusted", "unverified", "untrusted"]),
        },
    )
)
def test_patch_keeps_what_it_was_not_given(ada: Caller, made: str, changes: dict[str, Any]) -> None:
    before = ada.get(f"memories/{made}")[1]
    status, after = ada.patch(f"memories/{made}", changes)
    assert status == 200
    moving = {"version", "updated_at"}
    assert {k: v for k, v in after.items() if k not in moving} == {
        k: v for k, v in (before | changes).items() if k not in moving
    }


def test_an_etag_guards_against_the_lost_update(ada: Caller, made: str) -> None:
    answer = ada.raw("GET", f"memories/{made}")
    assert answer["ETag"] == '"1"'
    assert ada.raw("GET", f"memories/{made}", **{"If-None-Match": '"1"'}).status_code == 304
    assert ada.call("PATCH", f"memories/{made}", {"topic": "a"}, **{"If-Match": '"1"'})[0] == 200
    for method, body in (("PATCH", {"topic": "b"}), ("PUT", {"content": "x"}), ("DELETE", None)):
        status, problem = ada.call(method, f"memories/{made}", body, **{"If-Match": '"1"'})
        assert (status, problem["code"]) == (412, "version_conflict")
    assert ada.call("PATCH", f"memories/{made}", {"topic": "b"}, **{"If-Match": "abc"})[0] == 422
    assert ada.get(f"memories/{made}")[1]["topic"] == "a"


@pytest.mark.usefixtures("committed")
def test_of_twenty_who_change_the_same_version_one_succeeds(ada: Caller, caller: Any) -> None:
    made = ada.remember("one")

    def change(number: int) -> int:
        own = caller(ada.key)
        return own.call("PATCH", f"memories/{made}", {"topic": f"t{number}"}, **{"If-Match": '"1"'})[0]

    with ThreadPoolExecutor(8) as pool:
        told = list(pool.map(change, range(20)))
    assert sorted(told) == [200] + [412] * 19


def test_a_superseded_memory_leaves_search_and_keeps_its_history(ada: Caller, made: str) -> None:
    status, outcome = ada.post(f"memories/{made}/supersede", {"content": "Ada lives in Porto."})
    assert (status, outcome["status"]) == (201, "created")
    assert [item["id"] for item in ada.search("Where does Ada live?")] == [outcome["id"]]
    assert [item["id"] for item in ada.get("memories")[1]["data"]] == [outcome["id"]]
    _, old = ada.get(f"memories/{made}")
    assert (old["state"], old["superseded_by"]) == ("superseded", outcome["id"])
    assert old["valid_to"]
    _, new = ada.get(f"memories/{outcome['id']}")
    assert (new["user_id"], new["kind"]) == ("ada", "fact")
    _, related = ada.get(f"relations?memory={outcome['id']}")
    assert [(edge["type"], edge["target"]) for edge in related["data"]] == [("supersedes", made)]
    assert Event.objects.filter(type="memory.superseded").count() == 1


def test_what_was_believed_then_is_found_as_of_then(ada: Caller, made: str) -> None:
    then = ada.get(f"memories/{made}")[1]["updated_at"]
    ada.patch(f"memories/{made}", {"content": "Ada moved to Porto by train."})
    other = ada.remember("Ada bought a boat.", user_id="ada")
    ada.delete(f"memories/{other}")
    between = ada.get(f"memories/{made}")[1]["updated_at"]
    ada.post(f"memories/{made}/supersede", {"content": "Ada lives in Rome."})

    def found(**asked: str) -> list[str]:
        return [item["content"] for item in ada.search("Where does Ada live?", **asked)]

    assert found(as_of=then) == ["Ada lives in Lisbon."]
    assert found(as_of=between) == ["Ada moved to Porto by train."]
    assert found() == ["Ada lives in Rome."]
    assert found(as_of="2020-01-01T00:00:00Z") == []


def test_what_held_then_is_found_as_valid_then(ada: Caller) -> None:
    made = ada.remember("Ada lives in Lisbon.", event_time="2020-01-01T00:00:00Z", valid_from="2020-01-01T00:00:00Z")
    ada.post(f"memories/{made}/supersede", {"content": "Ada lives in Porto.", "valid_from": "2024-01-01T00:00:00Z"})

    def found(**asked: str) -> list[str]:
        return [item["content"][13:] for item in ada.search("Where does Ada live?", **asked)]

    assert found(valid_at="2022-01-01T00:00:00Z") == ["Lisbon."]
    assert found(valid_at="2025-01-01T00:00:00Z") == ["Porto."]
    assert found(valid_at="2019-01-01T00:00:00Z") == []


def test_a_memory_cannot_supersede_itself(ada: Caller, made: str) -> None:
    status, problem = ada.post(f"memories/{made}/supersede", {"content": "Ada lives in Lisbon."})
    assert (status, problem["code"]) == (409, "not_stored")
    assert ada.get(f"memories/{made}")[1]["state"] == "active"


def test_feedback_moves_confidence_and_ends_what_is_outdated(ada: Caller, made: str) -> None:
    assert ada.post(f"memories/{made}/feedback", {"verdict": "incorrect"})[1]["confidence"] == 0.5
    assert ada.post(f"memories/{made}/feedback", {"verdict": "correct"})[1]["confidence"] == pytest.approx(0.6)
    status, body = ada.post(f"memories/{made}/feedback", {"verdict": "outdated"})
    assert (status, body["state"]) == (200, "superseded")
    assert ada.search("Where does Ada live?") == []
    assert ada.post(f"memories/{made}/restore", {})[1]["valid_to"] is None
    assert ada.post(f"memories/{made}/feedback", {"verdict": "maybe"})[0] == 422


def test_many_are_deleted_after_a_preview_and_come_back(ada: Caller) -> None:
    for number in range(7):
        ada.remember(f"note {number}", user_id="cleo", kind="message")
    kept = ada.remember("a fact", user_id="cleo")
    asked = {"user_id": "cleo", "filters": {"kind": "message"}}
    status, preview = ada.post("memories/delete", asked)
    assert (status, preview["count"], preview["deleted"], len(preview["sample"])) == (200, 7, 0, 5)
    status, problem = ada.post("memories/delete", asked | {"confirm_count": 6})
    assert (status, problem["code"]) == (409, "unconfirmed")
    status, done = ada.post("memories/delete", asked | {"confirm_count": 7})
    assert (status, done["deleted"]) == (200, 7)
    assert [item["id"] for item in ada.get("memories")[1]["data"]] == [kept]
    assert ada.post("memories/undelete", {"batch": done["batch"]}) == (200, {"restored": 7})
    assert len(ada.get("memories")[1]["data"]) == 8


@pytest.mark.parametrize("body", [{}, {"filters": {}}, {"state": "active"}, {"confirm_count": 0}])
def test_deleting_everything_by_mistake_is_refused(ada: Caller, made: str, body: dict[str, Any]) -> None:
    assert ada.post("memories/delete", body)[0] == 422
    assert ada.get(f"memories/{made}")[0] == 200


def test_of_a_partial_batch_what_is_good_is_stored(ada: Caller, made: str) -> None:
    items = [
        {"content": "good"},
        {"content": "  "},
        {"content": "bad", "importance": 7},
        "not even an object",
        {"content": "Ada lives in Porto.", "id": made, "user_id": "ada"},
        {"content": "elsewhere", "id": made, "user_id": "dan"},
        {"content": "good"},
    ]
    status, body = ada.post("memories", {"memories": items, "partial": True})
    told = [(item["index"], item["status"]) for item in body["data"]]
    assert status == 201
    assert told == list(enumerate(["created", "failed", "failed", "failed", "updated", "failed", "merged"]))
    assert all(item["reason"] for item in body["data"] if item["status"] == "failed")
    assert ada.get(f"memories/{made}")[1]["content"] == "Ada lives in Porto."
    before = len(ada.get("memories")[1]["data"])
    assert ada.post("memories", {"memories": items[:3]})[0] == 422
    assert ada.post("memories", {"memories": [{"content": "new"}, items[5]]})[1]["code"] == "not_stored"
    assert len(ada.get("memories")[1]["data"]) == before


def test_a_memory_may_bring_its_id(ada: Caller) -> None:
    own = "0197f5a0-0000-7000-8000-000000000001"
    assert ada.remember("mine", id=own) == own
    status, body = ada.post("memories", {"content": "mine", "id": own})
    assert (status, body["data"][0]["status"]) == (200, "skipped")


def test_a_time_to_live_is_another_way_to_say_when_it_expires(ada: Caller) -> None:
    made = ada.remember("soon gone", ttl_seconds=60)
    assert ada.get(f"memories/{made}")[1]["expires_at"]
    both = {"content": "x", "ttl_seconds": 5, "expires_at": "2099-01-01T00:00:00Z"}
    assert ada.post("memories", both)[0] == 422


def test_a_closed_session_takes_no_more(ada: Caller) -> None:
    ada.remember("hello", session_id="s1")
    _, sessions = ada.get("sessions")
    assert [(session["session_id"], session["memories"]) for session in sessions["data"]] == [("s1", 1)]
    ada.post(f"sessions/{sessions['data'][0]['id']}/close", {})
    status, problem = ada.post("memories", {"content": "too late", "session_id": "s1"})
    assert (status, problem["code"], problem["errors"][0]["detail"]) == (409, "not_stored", "its session is closed")
    batch = {"memories": [{"content": "too late", "session_id": "s1"}, {"content": "in time"}], "partial": True}
    _, body = ada.post("memories", batch)
    assert [item["status"] for item in body["data"]] == ["failed", "created"]


def test_places_in_a_session_follow_each_other(ada: Caller) -> None:
    ada.post("memories", {"memories": [{"content": f"a{n}", "session_id": "s"} for n in range(3)]})
    ada.remember("a3", session_id="s")
    told = {item["content"]: item["position"] for item in ada.get("memories?session_id=s")[1]["data"]}
    assert told == {"a0": 1, "a1": 2, "a2": 3, "a3": 4}


def test_metadata_is_neither_too_deep_nor_too_long(ada: Caller) -> None:
    deep: Any = 1
    for _ in range(8):
        deep = {"a": deep}
    long = {"a": dict.fromkeys(map(str, range(200))), "b": list(range(54))}
    for told in (deep, long):
        ada.remember("good", metadata=told)
    for told in ({"a": deep}, long | {"c": 1}):
        status, problem = ada.post("memories", {"memories": [{"content": "x", "metadata": told}]})
        assert (status, problem["errors"][0]["pointer"]) == (422, "/memories/0/metadata")


def test_the_history_of_what_is_deleted_is_not_told(ada: Caller, made: str) -> None:
    ada.patch(f"memories/{made}", {"content": "Ada lives in Porto."})
    ada.delete(f"memories/{made}")
    assert ada.get(f"memories/{made}/history")[0] == 404
    assert ada.get(f"memories/{made}/diff?before=1&after=2")[0] == 404
    assert ada.post(f"memories/{made}/restore", {"version": 1})[0] == 404
    ada.post(f"memories/{made}/restore", {})
    assert [state["version"] for state in ada.get(f"memories/{made}/history")[1]["data"]] == [4, 3, 2, 1]


def test_the_history_of_a_cold_memory_has_its_words(ada: Caller, made: str) -> None:
    ada.patch(f"memories/{made}", {"content": "Ada lives in Porto."})
    assert ada.post(f"memories/{made}/archive", None)[0] == 200
    told = [state["said"]["content"] for state in ada.get(f"memories/{made}/history")[1]["data"]]
    assert told == ["Ada lives in Porto.", "Ada lives in Lisbon."]


def test_changes_cost_a_known_number_of_queries(ada: Caller, made: str) -> None:
    ada.patch(f"memories/{made}", {"topic": "a"})
    with costs(3):  # key, memory, versions
        ada.get(f"memories/{made}/history")
    with costs(2):
        ada.get(f"memories/{made}")


def test_an_importance_that_put_does_not_say_is_worked_out_and_stays_so(ada: Caller, made: str, acme: Tenant) -> None:
    ada.patch(f"memories/{made}", {"importance": 0.9})
    _, body = put(ada, f"memories/{made}", {"content": "Ada lives in Porto.", "kind": "preference"})
    assert body["importance"] == pytest.approx(0.4 + 0.2 * 0.5 + 0.4 * 0.7, abs=0.01)
    with tenant_context(acme):
        assert not Memory.objects.get(pk=made).importance_stated


@pytest.mark.parametrize("method", ["PATCH", "PUT"])
def test_a_validity_does_not_end_before_it_begins(ada: Caller, made: str, method: str) -> None:
    backwards = {"content": "x", "valid_from": "2026-05-02T00:00:00Z", "valid_to": "2026-05-01T00:00:00Z"}
    for status, problem in (ada.call(method, f"memories/{made}", backwards), ada.post("memories", backwards)):
        assert (status, problem["errors"][0]["pointer"]) == (422, "/valid_to")
    assert ada.patch(f"memories/{made}", {"valid_from": "2026-05-02T00:00:00Z"})[0] == 200
    status, problem = ada.patch(f"memories/{made}", {"valid_to": "2026-05-01T00:00:00Z"})
    assert (status, problem["errors"][0]["pointer"]) == (422, "/valid_to")


def test_a_restore_heeds_if_match(ada: Caller, made: str) -> None:
    ada.delete(f"memories/{made}")
    assert ada.post(f"memories/{made}/restore", {}, If_Match='"1"')[0] == 412
    assert ada.post(f"memories/{made}/restore", {}, If_Match='"2"')[0] == 200


def test_what_was_superseded_comes_back_with_the_end_it_had(ada: Caller, made: str) -> None:
    ends = "2030-01-01T00:00:00Z"
    ada.patch(f"memories/{made}", {"valid_to": ends})
    ada.post(f"memories/{made}/supersede", {"content": "Ada lives in Porto."})
    assert ada.post(f"memories/{made}/restore", {})[1]["valid_to"] == ends


def test_superseding_by_words_that_are_there_already_creates_nothing(ada: Caller, made: str) -> None:
    there = ada.remember("Ada lives in Porto.", user_id="ada")
    status, outcome = ada.post(f"memories/{made}/supersede", {"content": "Ada lives in Porto."})
    assert (status, outcome["status"], outcome["id"]) == (200, "merged", there)


def test_what_is_deleted_already_is_not_counted_to_be_deleted(ada: Caller, made: str) -> None:
    ada.delete(f"memories/{made}")
    assert ada.post("memories/delete", {"user_id": "ada", "state": "deleted"})[1]["count"] == 0


def test_of_a_batch_comes_back_what_nobody_says_by_now(ada: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(erasing, "SLICE", 2)
    for number in range(5):
        ada.remember(f"note {number}", user_id="cleo")
    done = ada.post("memories/delete", {"user_id": "cleo", "confirm_count": 5})[1]
    ada.remember("note 3", user_id="cleo")
    assert ada.post("memories/undelete", {"batch": done["batch"]}) == (200, {"restored": 4})
    assert [memory["version"] for memory in ada.get("memories")[1]["data"]].count(3) == 4
    assert Event.objects.filter(type="memory.restored").count() == 4


def test_bringing_many_back_costs_no_more_than_bringing_one(ada: Caller) -> None:
    for count in (1, 9):
        for number in range(count):
            ada.remember(f"note {number} of {count}", user_id="cleo")
        done = ada.post("memories/delete", {"user_id": "cleo", "confirm_count": count})[1]
        with costs(12):
            ada.post("memories/undelete", {"batch": done["batch"]})
        ada.post("memories/delete", {"user_id": "cleo", "confirm_count": count})
