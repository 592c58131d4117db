"""What mem0 means here: each behaviour by itself, spoken as its clients speak."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from api.dialects.mem0.serializers import filters
from api.dialects.mem0.views.memories import History
from api.dialects.mem0.views.projects import slug_of
from memory import transfers
from memory.types import Scope
from tenants import keys
from tenants.models import Tenant
from tests.conftest import Caller, costs
from tests.dialects.speaking import Dialect

NOBODY = "01a1fc31-325e-776f-a220-14f1782bb309"
EVERYTHING = {"created_at": {"gte": "2020-01-01"}}  # what narrows nothing is refused


class Mem0(Dialect):
    scheme = "Token"

    def add(self, *said: str, **fields: Any) -> list[dict[str, Any]]:
        messages = [{"role": "user", "content": text} for text in said]
        status, told = self.post("v3/memories/add/", {"messages": messages, "user_id": "ada"} | fields)
        assert status == 200, told
        assert told["status"] == "SUCCEEDED"
        return told["results"]

    def all(self, filters: Any = None, **fields: Any) -> list[str]:
        status, told = self.post("v3/memories/", {"filters": filters or EVERYTHING} | fields)
        assert status == 200, told
        return sorted(one["memory"] for one in told["results"])


@pytest.fixture
def mem0(acme: Tenant) -> Mem0:
    return Mem0("mem0", keys.issue(acme, "ada")[1])


def one(mem0: Mem0, text: str = "I like tea.", **fields: Any) -> dict[str, Any]:
    told = mem0.get(f"v1/memories/{mem0.add(text, **fields)[0]['id']}/")[1]
    assert told["memory"] == text
    return told


def test_ping_names_the_tenant(mem0: Mem0, acme: Tenant) -> None:
    assert mem0.get("v1/ping/") == (
        200, {"status": "ok", "org_id": str(acme.pk), "project_id": str(acme.pk), "user_email": None},
    )  # fmt: skip


def test_only_what_the_user_said_is_kept_and_by_what_it_states(mem0: Mem0, ada: Caller) -> None:
    messages = [
        {"role": "system", "content": "Be nice."},
        {"role": "user", "content": "I really love tea."},
        {"role": "assistant", "content": "Noted."},
        {"role": "user", "content": [{"type": "text", "text": "I am allergic to nuts."}, {"type": "image_url"}]},
    ]
    mem0.post("v3/memories/add/", {"messages": messages, "user_id": "ada"})
    told = ada.get("memories")[1]["data"]
    kinds = {memory["content"]: memory["kind"] for memory in told}
    assert kinds == {"I really love tea.": "preference", "I am allergic to nuts.": "constraint"}


def test_a_message_without_a_text_says_nothing(mem0: Mem0) -> None:
    silent = [
        {"role": "assistant", "content": None, "tool_calls": [{"id": "1"}]},
        {"role": "assistant"},
        {"role": "user", "content": [{"type": "image_url", "image_url": {"url": "https://example.org/a.png"}}]},
        {"role": "user", "content": " "},
        {"role": "user", "content": 3},
    ]
    for infer in (True, False):
        body = {"user_id": "ada", "infer": infer}
        told = mem0.post("v3/memories/add/", body | {"messages": [*silent, {"role": "user", "content": "I like tea."}]})
        assert [each["memory"] for each in told[1]["results"]] == ["I like tea."]
        status, told = mem0.post("v3/memories/add/", body | {"messages": silent})
        assert (status, "nothing that somebody said" in told["detail"]) == (400, True)


def test_without_infer_every_message_is_kept(mem0: Mem0, ada: Caller) -> None:
    messages = [{"role": "user", "content": "Hello."}, {"role": "assistant", "content": "Good day."}]
    mem0.post("v3/memories/add/", {"messages": messages, "user_id": "ada", "infer": False})
    told = {memory["role"]: memory["kind"] for memory in ada.get("memories")[1]["data"]}
    assert told == {"user": "message", "assistant": "message"}


def test_the_same_words_again_change_nothing(mem0: Mem0) -> None:
    first, again = mem0.add("I like tea.")[0], mem0.add("I like tea.")[0]
    assert (first["event"], again["event"]) == ("ADD", "NONE")
    assert first["id"] == again["id"]


def test_owners_are_those_of_the_house(mem0: Mem0, ada: Caller) -> None:
    told = one(mem0, agent_id="bot", run_id="talk", app_id="shop", metadata={"a": 1}, categories=["food"])
    names = ("user_id", "agent_id", "run_id", "session_id", "app_id", "metadata", "categories")
    assert [told[name] for name in names] == ["ada", "bot", "talk", "talk", "shop", {"a": 1}, ["food"]]
    ours = ada.get(f"memories/{told['id']}")[1]
    assert [ours[name] for name in ("session_id", "namespace", "tags")] == ["talk", "shop", ["food"]]


def test_owners_may_be_named_by_filters(mem0: Mem0) -> None:
    told = one(mem0, user_id=None, filters={"AND": [{"user_id": "ben"}, {"agent_id": "bot"}]})
    assert (told["user_id"], told["agent_id"], told["app_id"]) == ("ben", "bot", None)


@pytest.mark.parametrize("filters", [{}, {"OR": [{"user_id": "ada"}]}, {"user_id": "*"}, {"metadata": {"a": 1}}])
def test_nobody_is_written_of_without_a_name(mem0: Mem0, filters: Any) -> None:
    status, told = mem0.post("v3/memories/add/", {"messages": "I like tea.", "filters": filters})
    assert status == 400
    assert "user_id" in told["detail"]


def test_when_it_happened_is_told_in_parts(mem0: Mem0) -> None:
    at = int(datetime(2025, 6, 3, 20, 28, tzinfo=UTC).timestamp())
    told = one(mem0, timestamp=at)
    assert told["timestamp"] == "2025-06-03T20:28:00+00:00"
    assert told["structured_attributes"] == {
        "year": 2025, "quarter": 2, "month": 6, "week_of_year": 23, "day_of_year": 154, "day": 3,
        "day_of_week": "tuesday", "is_weekend": False, "hour": 20, "minute": 28,
    }  # fmt: skip


def test_a_memory_lives_through_its_last_day_and_no_longer(mem0: Mem0) -> None:
    today = datetime.now(UTC).date()
    kept = one(mem0, expiration_date=today.isoformat())
    assert kept["expiration_date"] == today.isoformat()
    mem0.add("I like coffee.", expiration_date=(today - timedelta(days=1)).isoformat())
    assert mem0.all() == ["I like tea."]
    cleared = mem0.call("PUT", f"v1/memories/{kept['id']}/", {"expiration_date": None})[1]
    assert cleared["expiration_date"] is None


def test_what_was_added_can_be_asked_for_as_an_event(mem0: Mem0) -> None:
    messages = [{"role": "user", "content": text} for text in ("I like tea.", "I have a cat.")]
    mem0.add("I was here before.")
    event = mem0.post("v3/memories/add/", {"messages": messages, "user_id": "ada"})[1]["event_id"]
    told = mem0.get(f"v1/event/{event}/")[1]
    assert told["status"] == "SUCCEEDED"
    assert [one["memory"] for one in told["results"]] == ["I like tea.", "I have a cat."]
    assert mem0.get(f"v1/event/{NOBODY}/")[0] == 404


def test_older_clients_get_the_lists_they_know(mem0: Mem0) -> None:
    body = {"messages": "I like tea.", "user_id": "ada", "async_mode": True}
    assert mem0.post("v1/memories/", body | {"output_format": "v1.1"})[1]["results"][0]["event"] == "ADD"
    assert mem0.post("v1/memories/", body | {"output_format": "v1.0"})[1][0]["event"] == "NONE"
    asked = {"query": "tea", "user_id": "ada"}
    assert mem0.post("v1/memories/search/", asked)[1]["results"][0]["memory"] == "I like tea."
    assert mem0.post("v1/memories/search/", asked | {"output_format": "v1.0"})[1][0]["memory"] == "I like tea."
    assert mem0.get("v1/memories/?user_id=ada")[1]["count"] == 1
    assert mem0.get("v1/memories/?categories=a&categories=b")[1]["count"] == 0


@pytest.fixture
def several(mem0: Mem0) -> Mem0:
    mem0.add("Tea is hers.", metadata={"team": "a", "n": 3}, categories=["food"], timestamp=1_700_000_000)
    mem0.add("The shop is his.", user_id="ben", app_id="shop", metadata={"team": "b", "at": {"city": "Graz"}})
    mem0.add("The talk is theirs.", user_id="ben", run_id="talk", agent_id="bot", categories=["talk", "food"])
    return mem0


TEA, SHOP, TALK = "Tea is hers.", "The shop is his.", "The talk is theirs."


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        (EVERYTHING, [TEA, SHOP, TALK]),
        ({"user_id": "ada"}, [TEA]),
        ({"user_id": "*"}, [TEA, SHOP, TALK]),
        ({"user_id": {"in": ["ada", "eve"]}}, [TEA]),
        ({"user_id": {"ne": "ada"}}, [SHOP, TALK]),
        ({"AND": [{"user_id": "ben"}, {"run_id": "talk"}]}, [TALK]),
        ({"AND": [{"user_id": "ada"}, {"user_id": "ben"}]}, []),
        ({"OR": [{"user_id": "ada"}, {"app_id": "shop"}]}, [TEA, SHOP]),
        ({"NOT": [{"user_id": "ada"}, {"app_id": "shop"}]}, [TALK]),
        ({"NOT": {"agent_id": "bot"}}, [TEA, SHOP]),
        ({"app_id": "*"}, [SHOP]),
        ({"app_id": None}, [TEA, TALK]),
        ({"run_id": None}, [TEA, SHOP]),
        ({"agent_id": {"in": ["*"]}}, [TALK]),
        ({"categories": {"in": ["talk"]}}, [TALK]),
        ({"categories": {"contains": "food"}}, [TEA, TALK]),
        ({"categories": {"ne": "talk"}}, [TEA, SHOP]),
        ({"categories": "*"}, [TEA, TALK]),
        ({"metadata": {"team": "a"}}, [TEA]),
        ({"metadata": {"team": {"ne": "a"}}}, [SHOP, TALK]),
        ({"metadata": {"at": {"city": "Graz"}}}, [SHOP]),
        ({"metadata.n": {"gt": 2, "lte": 3}}, [TEA]),
        ({"keywords": {"icontains": "THE"}}, [SHOP, TALK]),
        ({"keywords": {"contains": "Tea"}}, [TEA]),
        ({"timestamp": {"lt": 1_700_000_001}}, [TEA]),
        ({"timestamp": {"gte": "2024-01-01"}}, [SHOP, TALK]),
        ({"created_at": {"lt": "2024-01-01"}}, []),
        ([{"user_id": "ben"}, {"OR": [{"run_id": "talk"}, {"app_id": "nowhere"}]}], [TALK]),
    ],
)
def test_filters_filter(several: Mem0, filters: Any, found: list[str]) -> None:
    assert several.all(filters) == sorted(found)


@pytest.mark.parametrize(
    "filters",
    [
        {"usr_id": "ada"}, {"user_id": {"like": "a"}}, {"metadata": "a"}, {"OR": []}, {"AND": [{}, {"x": 1}]}, "ada",
        {"NOT": [{}]}, {"timestamp": {"gte": "soon"}}, {"categories": {"gt": "a"}}, {"user_id": {}}, {"id": "no"},
        {"created_at": {"gte": 1e30}}, {"memory_ids": []}, {"user_id": 3},
    ],
)  # fmt: skip
def test_a_filter_that_is_not_understood_is_refused(mem0: Mem0, filters: Any) -> None:
    for path, more in (("v3/memories/", {}), ("v2/memories/search/", {"query": "tea"})):
        status, told = mem0.post(path, {"filters": filters, **more})
        assert status == 400
        assert told["detail"]


@pytest.mark.parametrize("path", ["v3/memories/", "v2/memories/", "v3/memories/search/", "v2/memories/search/"])
@pytest.mark.parametrize("said", [{}, {"filters": {}}, {"filters": None}, {"user_id": "", "filters": []}])
def test_nobody_is_told_of_everybody_by_mistake(several: Mem0, path: str, said: Any) -> None:
    status, told = several.post(path, {"query": "tea", **said})
    assert status == 400
    assert told["detail"].endswith("filters are required and cannot be empty.")
    assert several.get("v1/memories/?page=1")[0] == 400


def test_what_is_wrong_with_a_value_is_told_once(mem0: Mem0) -> None:
    told = mem0.post("v3/memories/", {"filters": {"user_id": 3}})[1]
    assert told == {"detail": "/filters/AND/0/user_id/eq must be a string."}


def test_owners_are_asked_as_a_scope_and_the_rest_as_filters() -> None:
    told = filters.translated({"AND": [{"user_id": "ada"}, {"app_id": "shop"}], "categories": ["a"]})
    assert filters.split(told) == (Scope(user_id="ada", namespace="shop"), {"AND": [{"tags": {"any": ["a"]}}]})
    assert filters.split(filters.translated({"user_id": ""})) == (Scope(), {"AND": [{"user_id": ""}]})


def test_ids_choose(mem0: Mem0) -> None:
    tea = one(mem0)["id"]
    one(mem0, "I have a cat.")
    assert mem0.all({"memory_ids": [tea]}) == mem0.all({"id": tea}) == ["I like tea."]


def test_pages_follow_each_other(mem0: Mem0) -> None:
    mem0.add(*[f"I own {n} cats." for n in range(5)])
    first = mem0.post("v3/memories/?page=1&page_size=2", {"filters": {"user_id": "ada"}})[1]
    assert (first["count"], len(first["results"]), first["previous"]) == (5, 2, None)
    assert first["next"].endswith("/compat/mem0/v3/memories/?page=2&page_size=2")
    last = mem0.post("v2/memories?page=3&page_size=2", {"user_id": "ada"})[1]
    assert (len(last["results"]), last["next"]) == (1, None)
    assert last["previous"].endswith("?page=2&page_size=2")
    beyond = mem0.post("v3/memories/?page=9&page_size=2", {"filters": {"user_id": "ada"}})[1]
    assert (beyond["results"], beyond["next"]) == ([], None)
    assert beyond["previous"].endswith("?page=3&page_size=2")


def test_the_next_page_of_a_query_is_of_the_same_query(several: Mem0) -> None:
    first = several.get("v1/memories/?user_id=ben&categories=food&categories=talk&page_size=1")[1]
    assert (first["count"], first["next"]) == (1, None)
    first = several.get("v1/memories/?user_id=ben&top_k=1")[1]
    second = several.get(first["next"].partition("/compat/mem0/")[2])[1]
    assert [one["memory"] for page in (first, second) for one in page["results"]] == [TALK, SHOP]
    assert (second["count"], second["next"]) == (2, None)
    runs = several.get("v1/entities/?page=1&page_size=4&org_id=acme")[1]
    assert several.get(runs["next"].partition("/compat/mem0/")[2])[1]["results"][0]["name"] == "talk"


def test_lists_are_narrowed_by_days_and_categories(several: Mem0) -> None:
    today, tomorrow = (datetime.now(UTC).date() + timedelta(days=days) for days in (0, 1))
    assert several.all({}, start_date=today.isoformat(), end_date=tomorrow.isoformat(), categories=["talk"]) == [TALK]
    assert several.all({}, start_date=tomorrow.isoformat()) == []
    assert several.post("v3/memories/", [])[0] == 400


def test_searches_find_the_best_first_and_tell_what_is_asked_for(several: Mem0) -> None:
    asked = {"query": "whose is the tea?", "filters": {"user_id": "*"}, "threshold": 0}
    told = several.post("v3/memories/search/", asked)[1]["results"]
    assert told[0]["memory"] == TEA
    assert told[0]["score"] > told[1]["score"]
    few = several.post("v3/memories/search/", asked | {"top_k": 1, "fields": ["memory"]})[1]["results"]
    assert [set(each) for each in few] == [{"id", "memory", "score"}]
    narrow = several.post("v3/memories/search/", asked | {"metadata": {"team": "b"}})[1]["results"]
    assert [each["memory"] for each in narrow] == [SHOP]


def test_time_words_are_read_from_the_day_of_reference(mem0: Mem0) -> None:
    mem0.add("I went to the lake.", timestamp="2024-05-07T12:00:00Z")
    mem0.add("I went to the hills.", timestamp="2025-05-07T12:00:00Z")
    asked = {"query": "Where did I go last week?", "filters": {"user_id": "ada"}, "threshold": 0}
    for day, first in (("2024-05-15", "I went to the lake."), ("2025-05-15", "I went to the hills.")):
        told = mem0.post("v3/memories/search/", asked | {"reference_date": day})[1]["results"]
        assert told[0]["memory"] == first
    assert mem0.post("v3/memories/search/", asked | {"reference_date": "soon"})[0] == 400


def test_the_threshold_is_higher_in_the_second_version(mem0: Mem0) -> None:
    mem0.add("I like tea.", "The weather is fine today and nobody minds.")
    asked = {"query": "tea", "filters": {"user_id": "ada"}}
    found = {version: mem0.post(f"{version}/memories/search/", asked)[1]["results"] for version in ("v2", "v3")}
    assert all(hit["score"] >= 0.3 for hit in found["v2"])
    assert all(hit["score"] >= 0.1 for hit in found["v3"])
    assert mem0.post("v3/memories/search/", asked | {"threshold": 1})[1]["results"] == []


def test_changes_change_what_is_given(mem0: Mem0) -> None:
    known = one(mem0, metadata={"a": 1})
    body = {"text": "I like coffee.", "metadata": {"b": 2}, "timestamp": "2025-01-15T12:00:00Z"}
    status, told = mem0.call("PUT", f"v1/memories/{known['id']}/", body)
    assert status == 200
    assert (told["memory"], told["metadata"]) == ("I like coffee.", {"a": 1, "b": 2})
    assert told["timestamp"] == "2025-01-15T12:00:00+00:00"
    assert mem0.call("PUT", f"v1/memories/{known['id']}/", {})[0] == 400
    assert mem0.call("PUT", f"v1/memories/{NOBODY}/", {"text": "x"})[0] == 404


def test_history_tells_what_was_done(mem0: Mem0) -> None:
    known = one(mem0)["id"]
    mem0.call("PUT", f"v1/memories/{known}/", {"text": "I like coffee."})
    assert mem0.delete(f"v1/memories/{known}/") == (200, {"message": "Memory deleted successfully!"})
    told = mem0.get(f"v1/memories/{known}/history/")[1]
    assert [(each["event"], each["old_memory"], each["new_memory"]) for each in told] == [
        ("ADD", None, "I like tea."),
        ("UPDATE", "I like tea.", "I like coffee."),
        ("DELETE", "I like coffee.", None),
    ]
    assert len({each["id"] for each in told}) == 3
    assert mem0.get(f"v1/memories/{known}/")[0] == mem0.get(f"v1/memories/{NOBODY}/history/")[0] == 404


def test_a_long_history_is_told_from_where_its_latest_steps_began(mem0: Mem0, monkeypatch: pytest.MonkeyPatch) -> None:
    known = one(mem0)["id"]
    for drink in ("coffee", "cocoa", "juice"):
        mem0.call("PUT", f"v1/memories/{known}/", {"text": f"I like {drink}."})
    whole = mem0.get(f"v1/memories/{known}/history/")[1]
    assert [each["event"] for each in whole] == ["ADD", "UPDATE", "UPDATE", "UPDATE"]
    monkeypatch.setattr(History, "MOST", 2)
    assert mem0.get(f"v1/memories/{known}/history/")[1] == whole[2:]


def test_linked_memories_are_deleted_only_when_asked_to(mem0: Mem0, ada: Caller) -> None:
    old = one(mem0)["id"]
    new = ada.post(f"memories/{old}/supersede", {"content": "I like coffee."})[1]["id"]
    assert mem0.delete(f"v1/memories/{new}/?delete_linked=true")[0] == 200
    assert ada.get(f"memories/{old}")[0] == 404


@pytest.mark.parametrize("query", ["", "user_id=", "filters={}", "usr_id=ada", "user_id=ada&metadata=x", "filters=ada"])
def test_nobody_is_deleted_whom_nobody_named(several: Mem0, query: str) -> None:
    status, told = several.delete(f"v1/memories/?{query}")
    assert status == 400
    assert told["detail"]
    assert several.all() == [TEA, SHOP, TALK]


@pytest.mark.parametrize(
    ("query", "left"),
    [
        ("user_id=ada", [SHOP, TALK]),
        ("user_id=ben&run_id=talk", [TEA, SHOP]),
        ("user_id=*", []),
        ("app_id=shop", [TEA, TALK]),
        ("filters={'user_id': 'ben'}", [TEA]),
        ('filters={"OR": [{"user_id": "ada"}, {"agent_id": "bot"}]}', [SHOP]),
    ],
)
def test_all_of_somebody_is_deleted(several: Mem0, query: str, left: list[str]) -> None:
    assert several.delete(f"v1/memories/?{query}")[0] == 200
    assert several.all() == left


def test_entities_are_listed_and_deleted(several: Mem0) -> None:
    told = several.get("v1/entities/")[1]
    names = [(each["type"], each["name"], each["total_memories"]) for each in told["results"]]
    assert names == [
        ("user", "ada", 1),
        ("user", "ben", 2),
        ("agent", "bot", 1),
        ("app", "shop", 1),
        ("run", "talk", 1),
    ]
    assert (told["count"], told["total_users"], told["next"]) == (5, 2, None)
    assert len(several.get("v1/entities/?page=2&page_size=3")[1]["results"]) == 2
    assert several.delete("v2/entities/user/ben/")[0] == 200
    assert several.all() == [TEA]
    assert several.delete("v2/entities/agent/bot/")[0] == 200  # who lists them first deletes them one by one
    assert several.delete("v2/entities/user/nobody/")[0] == 404


def test_a_batch_is_done_whole_or_not_at_all(mem0: Mem0) -> None:
    tea, cat = one(mem0)["id"], one(mem0, "I have a cat.")["id"]
    several = [{"memory_id": tea, "text": "I like coffee."}, {"memory_id": cat, "text": "I have a dog."}]
    assert mem0.call("PUT", "v1/batch/", {"memories": [*several, {"memory_id": NOBODY, "text": "x"}]})[0] == 404
    assert mem0.all() == ["I have a cat.", "I like tea."]
    assert mem0.call("PUT", "v1/batch/", {"memories": several})[0] == 200
    assert mem0.all() == ["I have a dog.", "I like coffee."]
    assert mem0.call("DELETE", "v1/batch/", {"memories": [{"memory_id": tea}, {"memory_id": NOBODY}]})[0] == 404
    assert mem0.call("DELETE", "v1/batch/", {"memories": [{"memory_id": tea}, {"memory_id": cat}]})[0] == 200
    assert mem0.all() == []


def test_exports_hold_what_their_filters_and_their_schema_name(several: Mem0, in_acme: Tenant) -> None:
    schema = {"properties": {"memory": {"type": "string"}, "categories": {}, "mood": {}}}
    begun = several.post("v1/exports/", {"schema": schema, "filters": {"user_id": "ada"}})[1]
    assert several.post("v1/exports/get/", {"memory_export_id": begun["id"]})[1] == {"status": "PENDING"}
    transfers.pending(seconds=10)
    told = several.post("v1/exports/get/", {"memory_export_id": begun["id"]})[1]
    assert told == {"status": "SUCCEEDED", "memories": [{"memory": TEA, "categories": ["food"]}]}
    assert several.post("v1/exports/get/", {"filters": {"user_id": "ada"}})[1] == told
    assert several.post("v1/exports/get/", {"user_id": "eve"})[0] == 404


def test_a_summary_is_made_of_what_the_filters_choose(several: Mem0) -> None:
    told = several.post("v1/summary/", {"filters": {"user_id": "ada"}})[1]
    assert "Tea is hers" in told["summary"]
    assert "shop" not in told["summary"]


def test_a_profile_is_what_lasts_of_a_user(mem0: Mem0) -> None:
    assert mem0.get("v2/entities/user/ada/profile/")[0] == 404
    mem0.add("I am at home.", infer=False)
    assert mem0.get("v2/entities/user/ada/profile/")[1]["status"] == "insufficient_data"
    mem0.add("I really love tea.", "I am allergic to nuts.")
    told = mem0.get("v2/entities/user/ada/profile/")[1]
    assert told["status"] == "succeeded"
    assert told["profile"]["preferences"] == ["I really love tea."]
    assert told["profile"]["constraints"] == ["I am allergic to nuts."]
    assert told["generation_count"] == 0


def test_settings_of_profiles_are_kept_and_cleared(mem0: Mem0) -> None:
    schema = {"properties": {"preferences": {"description": "Likes."}, "mood": {"description": "Mood."}}}
    mem0.add("I really love tea.")
    told = mem0.post("v2/profiles/settings/", {"entities": {"user": {"schema": schema, "custom_instructions": "x"}}})[1]
    assert told["entities"]["user"] == {"schema": schema, "custom_instructions": "x"}
    profile = mem0.get("v2/entities/user/ada/profile/")[1]["profile"]
    assert profile == {"preferences": ["I really love tea."], "mood": None}
    mem0.post("v2/profiles/settings/", {"enabled": False, "entities": {"user": {"schema": None}}})
    told = mem0.get("v2/profiles/settings/")[1]
    assert (told["enabled"], told["entities"]["user"]["schema"]) == (False, None)
    assert mem0.get("v2/entities/user/ada/profile/")[1]["status"] == "not_enabled"
    assert mem0.post("v2/profiles/jobs/", {"operation": "trigger", "entity_id": "ada"})[0] == 400


def test_a_job_for_profiles_is_a_run_for_each_user(mem0: Mem0) -> None:
    mem0.add("I really love tea.")
    mem0.add("I have a cat.", user_id="ben")
    begun = mem0.post("v2/profiles/jobs/", {"operation": "sample", "entity_type": "user", "limit": 2})[1]
    assert sorted(begun["entity_ids"]) == ["ada", "ben"]
    job = mem0.get(f"compat{begun['status_url']}".removeprefix("compat/"))[1]["job"]
    assert (job["status"], job["total"], job["completed"]) == ("pending", 2, 0)
    assert mem0.post("v2/profiles/jobs/", {"operation": "trigger", "entity_id": "eve"})[0] == 404


def test_the_project_is_the_tenant(mem0: Mem0, acme: Tenant, globex: Tenant) -> None:
    path = f"api/v1/orgs/organizations/{acme.pk}/projects/acme/"
    assert mem0.patch(path, {"custom_instructions": "Only what lasts.", "multilingual": True})[0] == 200
    told = mem0.get(path)[1]
    assert (told["name"], told["custom_instructions"], told["multilingual"]) == ("Acme", "Only what lasts.", True)
    assert mem0.get(f"{path}?fields=custom_instructions&fields=decay")[1] == {
        "custom_instructions": "Only what lasts.", "decay": None,
    }  # fmt: skip
    assert mem0.get(path.replace("acme", "globex"))[0] == 404
    assert mem0.get(f"v1/ping/?org_id={globex.pk}&project_id={globex.pk}")[0] == 404
    assert mem0.post("v3/memories/", {"org_id": str(globex.pk)})[0] == 404


def test_what_the_project_keeps_is_no_setting_of_the_house(mem0: Mem0, ada: Caller, acme: Tenant) -> None:
    mem0.patch(f"api/v1/orgs/organizations/{acme.pk}/projects/{acme.pk}/", {"custom_instructions": "x"})
    assert ada.patch("settings", {"undo_days": 3})[1]["set"] == ["undo_days"]
    told = mem0.get(f"api/v1/orgs/organizations/{acme.pk}/projects/{acme.pk}/")[1]
    assert told["custom_instructions"] == "x"
    long = [{"name": "x" * 20_000}] * 4
    status = mem0.patch(f"api/v1/orgs/organizations/{acme.pk}/projects/{acme.pk}/", {"custom_categories": long})[0]
    assert status == 400


def test_members_are_readers_or_owners(mem0: Mem0, acme: Tenant) -> None:
    path = f"api/v1/orgs/organizations/{acme.pk}/projects/{acme.pk}/members/"
    assert mem0.post(path, {"email": "ben@example.org"})[1]["role"] == "READER"
    assert mem0.post(path, {"email": "ben@example.org"})[0] == 409
    assert [each["email"] for each in mem0.get(path)[1]["members"]] == ["ben@example.org"]
    assert mem0.call("PUT", path, {"email": "Ben@example.org", "role": "OWNER"})[0] == 403  # a key has no role
    assert mem0.delete(f"{path}?email=ben@example.org")[0] == 200
    assert mem0.delete(f"{path}?email=ben@example.org")[0] == 404


def test_a_key_of_the_platform_opens_projects_and_makes_owners(acme: Tenant) -> None:
    operator = Mem0("mem0", keys.issue(None, "operator", ["platform"])[1])
    of_acme = {"X-Tenant-ID": "acme"}
    assert operator.get("v1/ping/")[0] == 400
    assert operator.get("v1/ping/", **of_acme)[1]["project_id"] == str(acme.pk)
    path = f"api/v1/orgs/organizations/{acme.pk}/projects/{acme.pk}/members/"
    assert operator.post(path, {"email": "eve@example.org", "role": "OWNER"}, **of_acme)[1]["role"] == "OWNER"
    projects = f"api/v1/orgs/organizations/{acme.pk}/projects/"
    made = operator.post(projects, {"name": "Ada's Shop", "description": "Tea."}, **of_acme)[1]
    assert (made["name"], made["description"]) == ("Ada's Shop", "Tea.")
    assert Tenant.objects.get(pk=made["project_id"]).slug == "adas-shop"
    assert operator.post(projects, {"name": "Ada's shop"}, **of_acme)[0] == 400
    assert operator.delete(f"{projects}{acme.pk}/", **of_acme)[0] == 200
    assert operator.get("v1/ping/", **of_acme)[0] == 404  # closed, and to be restored until its grace is over


def test_webhooks_are_those_of_the_house(mem0: Mem0, ada: Caller, acme: Tenant) -> None:
    path = f"api/v1/webhooks/projects/{acme.pk}/"
    body = {"url": "https://example.com/hook", "name": "ours", "event_types": ["memory_add", "memory_delete"]}
    made = mem0.post(path, body)[1]
    assert made["secret"].startswith("whsec_")
    assert ada.get(f"webhooks/{made['webhook_id']}")[1]["types"] == ["memory.created", "memory.deleted"]
    one = f"api/v1/webhooks/{made['webhook_id']}/"
    assert mem0.call("PUT", one, {"name": "theirs", "event_types": ["memory_update"]})[0] == 200
    told = mem0.get(path)[1]
    assert [(each["name"], each["event_types"]) for each in told] == [
        ("theirs", ["memory_update", "memory_categorize"])
    ]
    assert "secret" not in told[0]
    assert mem0.delete(one)[0] == 200
    assert mem0.delete(one)[0] == 404
    assert mem0.post(path, body | {"event_types": ["memory_forget"]})[0] == 400


@pytest.mark.parametrize(("said", "way"), [("POSITIVE", 1), ("NEGATIVE", -1), ("VERY_NEGATIVE", -2), (None, 0)])
def test_feedback_moves_the_confidence(mem0: Mem0, ada: Caller, said: str | None, way: int) -> None:
    memory = ada.remember("Ada likes tea.", confidence=0.5)
    status, told = mem0.post("v1/feedback/", {"memory_id": memory, "feedback": said, "feedback_reason": "why"})
    assert (status, told["feedback"]) == (200, said)
    now = ada.get(f"memories/{memory}")[1]
    assert (now["confidence"] > 0.5) - (now["confidence"] < 0.5) == (way > 0) - (way < 0)
    assert now["version"] == 1 + abs(way)
    assert mem0.post("v1/feedback/", {"memory_id": NOBODY, "feedback": "POSITIVE"})[0] == 404


def test_errors_are_told_in_a_detail(mem0: Mem0) -> None:
    assert mem0.post("v3/memories/search/", {"filters": {}}) == (
        400, {"detail": "Some of what was sent is not valid. query: This field is required."},
    )  # fmt: skip
    for nowhere in ("v1/memories/mem_123/", "v1/memories/", "v9"):
        assert mem0.call("PATCH", nowhere, {})[0] in (404, 405)
    assert mem0.get("v1/memories/mem_123/") == (404, {"detail": "There is nothing here for this credential."})
    stranger = Mem0("mem0", "im_nobody_knows")
    status, told = stranger.get("v1/ping/")
    assert status == 401
    assert set(told) == {"detail"}


@pytest.mark.parametrize("count", [1, 9])
def test_a_list_costs_as_much_whatever_its_length(mem0: Mem0, count: int) -> None:
    mem0.add(*[f"I like tea number {number}." for number in range(count)], run_id="talk")
    for cost, ask in (
        (3, lambda: mem0.get("v1/memories/?user_id=ada")),
        (3, lambda: mem0.post("v3/memories/", {"filters": {"user_id": "ada"}})),
        (4, lambda: mem0.post("v3/memories/search/", {"query": "tea", "filters": {"user_id": "ada"}})),
        (5, lambda: mem0.get("v1/entities/")),
    ):
        ask()
        with costs(cost):
            status, told = ask()
        assert (status, len(told["results"])) in ((200, count), (200, 2))


def test_a_batch_takes_turns_by_id(mem0: Mem0) -> None:
    ids = sorted((told["id"] for told in mem0.add("I like tea.", "I have a cat.")), reverse=True)
    with CaptureQueriesContext(connection) as captured:
        mem0.call("PUT", "v1/batch/", {"memories": [{"memory_id": key, "metadata": {"a": 1}} for key in ids]})
    locked = [query["sql"] for query in captured if "FOR UPDATE" in query["sql"]]
    assert [next(key for key in ids if key in sql or key.replace("-", "") in sql) for sql in locked] == sorted(ids)


@pytest.mark.parametrize(("name", "slug"), [("my_project", "my-project"), (f"{'a' * 46} b", "a" * 46)])
def test_a_name_makes_a_slug(name: str, slug: str) -> None:
    assert slug_of(name) == slug


def test_others_see_nothing_of_it(mem0: Mem0, globex: Tenant) -> None:
    memory = one(mem0)["id"]
    ben = Mem0("mem0", keys.issue(globex, "ben")[1])
    assert ben.all() == []
    assert ben.get("v1/entities/")[1]["results"] == []
    assert ben.get(f"v1/memories/{memory}/")[0] == ben.get(f"v1/event/{memory}/")[0] == 404
    assert ben.delete("v1/memories/?user_id=ada")[0] == 200
    assert mem0.all() == ["I like tea."]
