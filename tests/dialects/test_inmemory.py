"""What InMemory's words mean here."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from api import health
from memory import embeddings
from memory.remember import remember
from memory.types import Draft, Scope
from tenants import keys, preferences
from tenants.models import ApiKey, Tenant
from tests.conftest import Caller
from tests.dialects.speaking import Dialect

Told = dict[str, Any]
BERLIN = ZoneInfo("Europe/Berlin")


@pytest.fixture
def ada(acme: Tenant) -> Dialect:
    return Dialect("inmemory", keys.issue(acme, "ada")[1])


@pytest.fixture
def native(ada: Dialect) -> Caller:
    return Caller(ada.key)


def add(speaker: Dialect, content: str, **fields: Any) -> str:
    status, told = speaker.post("v1/memories", {"memory_content": content, **fields})
    assert (status, told["success"]) == (200, True), told
    return told["memory_id"]


def words(answer: tuple[int, Any]) -> set[str]:
    status, told = answer
    assert (status, told["success"]) == (200, True), told
    return {result["memory"] for result in told["results"]}


def test_labels_are_trimmed_and_tags_and_topic_lowered(ada: Dialect, native: Caller) -> None:
    key = add(ada, "Ada eats pizza.", tags=" Food, ITALY,food ", people_mentioned="Ben , Cleo", topic_category="Dinner")
    told = native.get(f"memories/{key}")[1]
    assert (told["tags"], told["people"], told["topic"]) == (["food", "italy"], ["Ben", "Cleo"], "dinner")


def test_tags_and_people_may_be_lists(ada: Dialect, native: Caller) -> None:
    told = native.get(f"memories/{add(ada, 'Ada eats.', tags=['Food', ' x '], people_mentioned=['Ben'])}")[1]
    assert (told["tags"], told["people"]) == (["food", "x"], ["Ben"])


def test_without_a_user_the_memories_are_those_of_the_keys_name(ada: Dialect, native: Caller) -> None:
    assert native.get(f"memories/{add(ada, 'Ada eats.')}")[1]["user_id"] == "ada"
    assert native.get(f"memories/{add(ada, 'Ben eats.', user_id='ben')}")[1]["user_id"] == "ben"
    assert words(ada.get("v1/memories")) == {"Ada eats."}
    assert words(ada.get("v1/memories?user_id=ben")) == {"Ben eats."}
    assert words(ada.post("v1/search", {"query": "who eats"})) == {"Ada eats."}
    assert words(ada.post("v1/memories/search", {"query": "who eats", "user_id": "ben"})) == {"Ben eats."}


def test_a_key_without_a_name_has_a_user_of_its_own(acme: Tenant, ada: Dialect) -> None:
    nameless = Dialect("inmemory", keys.issue(acme, "")[1])
    add(ada, "Ada eats.")
    assert words(nameless.get("v1/memories")) == set()
    assert nameless.delete("v1/memories")[1]["deleted_count"] == 0


def test_a_result_speaks_the_words_of_both_eras(ada: Dialect, in_acme: Tenant) -> None:
    preferences.change(in_acme.pk, {"time_zone": "Europe/Berlin"})
    at = datetime(2026, 5, 30, 23, 5, tzinfo=ZoneInfo("UTC"))  # Sunday, and the 31st, in Berlin
    key = remember(
        Draft("Ada eats.", Scope(user_id="ada"), tags=("food",), people=("Ben",), topic="dinner", event_time=at)
    ).id
    (told,) = ada.post("v1/search", {"query": "eats"})[1]["results"]
    assert told.pop("score") > 0
    assert told == {
        "id": str(key),
        "memory": "Ada eats.",
        "content": "Ada eats.",
        "user_id": "ada",
        "metadata": {},
        "timestamp": "2026-05-30T23:05:00+00:00",
        "tags": ["food"],
        "people_mentioned": ["Ben"],
        "topic_category": "dinner",
        "temporal_data": {
            "day": 31, "hour": 1, "year": 2026, "month": 5, "minute": 5, "quarter": 2, "is_weekend": True,
            "day_of_week": "sunday", "day_of_year": 151, "week_of_year": 22,
        },
    }  # fmt: skip


def test_search_is_narrowed_by_each_of_its_filters(ada: Dialect) -> None:
    add(ada, "Pizza with Ben.", tags="food,italy", people_mentioned="Ben", topic_category="Dinner")
    add(ada, "Pasta with Cleo.", tags="food", people_mentioned="Cleo", topic_category="lunch")

    def found(**narrowed: Any) -> set[str]:
        return words(ada.post("v1/search", {"query": "with whom?", "threshold": 0.0, **narrowed}))

    both = {"Pizza with Ben.", "Pasta with Cleo."}
    assert found(tags="", people_mentioned="", topic_category="", temporal_filter="") == both
    assert found(tags="Italy") == found(people_mentioned=["ben"]) == found(topic_category="DINNER")
    assert found(tags="italy, food") == found(temporal_filter="today") == found(people_mentioned="Ben,Cleo") == both
    assert found(tags="italy", topic_category="lunch") == found(temporal_filter="yesterday") == set()
    assert len(found(limit=1)) == 1
    assert found(threshold=1.0) == set()


def test_tags_are_any_or_all(ada: Dialect, native: Caller) -> None:
    add(ada, "Pizza.", tags="food,italy")
    add(ada, "Curry.", tags="food,india")
    native.remember("Soup.", user_id="ada", tags=["Food"])

    def found(*tags: str, **rest: Any) -> set[str]:
        return words(ada.post("v1/memories/tag-search", {"tags": tags, "semantic_query": None, **rest}))

    assert found("italy", "india") == {"Pizza.", "Curry."}
    assert found("Food") == {"Pizza.", "Curry.", "Soup."}  # as others said it, too
    assert found("italy", "FOOD", match_all=True) == {"Pizza."}
    assert found("italy", "india", match_all=True) == found() == found(match_all=True) == set()
    assert len(found("food", semantic_query="curry", limit=1)) == 1


def test_people_are_any_of_them(ada: Dialect) -> None:
    add(ada, "Pizza.", people_mentioned="Ben")
    add(ada, "Curry.", people_mentioned="Cleo")
    assert words(ada.post("v1/memories/people-search", {"people": ["Ben", "Cleo"]})) == {"Pizza.", "Curry."}
    assert words(ada.post("v1/memories/people-search", {"people": ["Ben"], "semantic_query": "food"})) == {"Pizza."}
    assert words(ada.post("v1/memories/people-search", {"people": []})) == set()


LATELY = ("today", "yesterday", "this_week")
ALWAYS = (
    "weekends", "weekdays", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday",
    "q1", "q2", "q3", "q4", "morning", "am", "afternoon", "pm", "evening", "night",
)  # fmt: skip


def means(word: str, at: datetime, now: datetime) -> bool:
    """What the time words of InMemory mean, told again for this test."""
    told = {
        "today": at.date() == now.date(),
        "yesterday": at.date() == now.date() - timedelta(days=1),
        "this_week": at.isocalendar()[:2] == now.isocalendar()[:2],
        "weekends": at.weekday() >= 5,
        "weekdays": at.weekday() < 5,
        f"{at:%A}".lower(): True,
        f"q{(at.month + 2) // 3}": True,
        "morning": 6 <= at.hour < 12,
        "am": 6 <= at.hour < 12,
        "afternoon": 12 <= at.hour < 18,
        "pm": 12 <= at.hour < 18,
        "evening": 18 <= at.hour < 23,
        "night": 18 <= at.hour < 23,
    }
    return told.get(word, False)


def test_each_time_word_finds_what_it_means_in_the_tenants_zone(ada: Dialect, in_acme: Tenant) -> None:
    preferences.change(in_acme.pk, {"time_zone": "Europe/Berlin"})
    now = timezone.now().astimezone(BERLIN)
    times = {f"at {at:%c}": at for step in range(60) if (at := now - timedelta(hours=step * step + step))}
    for words_said, at in times.items():
        remember(Draft(words_said, Scope(user_id="ada"), event_time=at))
    for word in (*LATELY, *ALWAYS):
        found = words(ada.post("v1/memories/temporal-search", {"temporal_query": word, "limit": 100}))
        assert found == {said for said, at in times.items() if means(word, at, now)}, word


@pytest.mark.parametrize("word", ["", "blah", "sometime or other", "today " * 50])
def test_words_that_are_no_time_find_nothing(ada: Dialect, word: str) -> None:
    add(ada, "Ada eats.")
    assert words(ada.post("v1/memories/temporal-search", {"temporal_query": word, "semantic_query": "eats"})) == set()


def test_a_list_is_paged_by_its_offset_newest_first(ada: Dialect) -> None:
    for number in range(3):
        add(ada, f"number {number}")
    told = ada.get("v1/memories?limit=2&offset=1")[1]
    assert ([result["memory"] for result in told["results"]], told["total"]) == (["number 1", "number 0"], 3)
    assert "score" not in told["results"][0]


def test_more_than_the_most_are_as_many_as_the_most(ada: Dialect) -> None:
    add(ada, "Ada eats.")
    assert words(ada.get("v1/memories?limit=99999")) == words(ada.post("v1/search", {"query": "eats", "limit": 99999}))


def test_a_memory_is_deleted_by_its_user_alone(ada: Dialect) -> None:
    key = add(ada, "Ben eats.", user_id="ben")
    assert ada.delete(f"v1/memories/{key}")[0] == 404
    assert ada.delete(f"v1/memories/{key}?user_id=ben") == (
        200, {"success": True, "message": "Memory deleted", "memory_id": key},
    )  # fmt: skip
    assert ada.delete(f"v1/memories/{key}?user_id=ben")[0] == ada.delete("v1/memories/nonsense")[0] == 404


def test_all_of_a_user_are_deleted_and_can_be_brought_back(ada: Dialect, native: Caller) -> None:
    for user in ("ben", "ben", "cleo"):
        add(ada, f"{user} {timezone.now()}", user_id=user)
    told = ada.delete("v1/memories?user_id=ben")[1]
    assert (told["success"], told["deleted_count"]) == (True, 2)
    assert [len(words(ada.get(f"v1/memories?user_id={user}"))) for user in ("ben", "cleo")] == [0, 1]
    assert native.post("memories/undelete", {"batch": told["batch"]})[1]["restored"] == 2


def test_the_key_is_validated_in_the_words_that_its_users_know(ada: Dialect) -> None:
    assert ada.get("v1/auth/validate") == (200, {"valid": True, "user_id": "ada"})
    assert Dialect("inmemory", "").get("v1/auth/validate") == (401, {"detail": "API key required"})
    assert Dialect("inmemory", "im_no_key").get("v1/auth/validate") == (401, {"detail": "Invalid API key"})
    assert Dialect("inmemory", "").raw("GET", "v1/auth/validate").headers["WWW-Authenticate"] == "Bearer"


def test_a_generated_key_is_of_the_same_tenant_and_may_no_more(ada: Dialect, acme: Tenant) -> None:
    status, told = ada.post("v1/auth/generate-key", {"name": "ben"})
    assert (status, told["success"], told["name"], told["user_id"]) == (200, True, "ben", "ben")
    key = ApiKey.objects.get(name="ben")
    assert (key.tenant, key.scopes) == (acme, ["read", "write"])
    ben = Dialect("inmemory", told["api_key"])
    assert ben.get("v1/auth/validate") == (200, {"valid": True, "user_id": "ben"})
    assert ben.post("v1/auth/generate-key", {})[0] == 403


def test_a_generated_key_lives_no_longer_than_the_one_that_asked(acme: Tenant) -> None:
    until = timezone.now() + timedelta(days=1)
    short = Dialect("inmemory", keys.issue(acme, "short", ["read", "admin"], until)[1])
    assert short.post("v1/auth/generate-key", {})[1]["name"] == "default"
    made = ApiKey.objects.get(name="default")
    assert (made.scopes, made.expires_at) == (["read"], until)


def test_a_key_that_neither_reads_nor_writes_makes_none(acme: Tenant) -> None:
    assert Dialect("inmemory", keys.issue(acme, "keeper", ["admin"])[1]).post("v1/auth/generate-key", {})[0] == 403


@pytest.mark.parametrize("scope", ["read", "write", "admin"])
def test_any_key_may_be_given_up_by_whoever_holds_it(acme: Tenant, ada: Dialect, scope: str) -> None:
    leaving = Dialect("inmemory", keys.issue(acme, "leaving", [scope])[1])
    assert leaving.delete("v1/auth/revoke-key")[1]["success"] is True
    assert leaving.get("v1/auth/validate")[0] == 401
    assert ada.get("v1/auth/validate")[0] == 200


def test_the_current_user_is_told_about_the_key(ada: Dialect) -> None:
    keys.count_uses({ada.key.split("_")[1]: 7})
    status, told = ada.get("v1/users/current")
    key = ApiKey.objects.get(name="ada")
    assert status == 200
    assert told == {
        "user_id": "ada",
        "created_at": key.created_at.isoformat(),
        "last_used": key.last_used_at and key.last_used_at.isoformat(),
        "usage_count": 7,
    }


def test_statistics_count_the_users_memories(ada: Dialect) -> None:
    add(ada, "Ada eats.")
    add(ada, "Ben eats.", user_id="ben")
    add(ada, "Ben sleeps.", user_id="ben")
    told = ada.get("v1/stats")[1]
    assert (told["memory_count"], told["vector_store"], told["status"]) == (1, "pgvector", "active")
    assert (told["embedding_provider"], told["embedding_model"]) == (embeddings.provider(), embeddings.current().name)
    told = ada.get("v1/users/ben/stats")[1]
    assert (told["user_id"], told["memory_count"], told["user_info"]["kinds"]) == ("ben", 2, {"fact": 2})
    assert told["storage_stats"]["bytes"] == len("Ben eats.Ben sleeps.")
    told = ada.get("v1/users/nobody/stats")[1]
    assert (told["memory_count"], told["user_info"]) == (0, {})


def test_nobody_may_ask_for_health_and_only_a_key_is_told_how_much(ada: Dialect) -> None:
    add(ada, "Ada eats.")
    assert Dialect("inmemory", "").get("v1/ping/")[1]["success"] is True
    assert Dialect("inmemory", "").get("v1/health/")[1]["memory_count"] is None
    assert ada.get("v1/health")[1]["memory_count"] == 1
    assert ada.get("v1/health")[1]["status"] == "healthy"
    assert Dialect("inmemory", "im_no_key").get("v1/health")[0] == 401


def test_health_tells_what_is_away(ada: Dialect, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "_redis", lambda: False)
    assert ada.get("v1/health")[1]["status"] == "degraded"
    monkeypatch.setattr(health, "_database", lambda: False)
    status, told = Dialect("inmemory", "").get("v1/health")
    assert (status, told["status"], told["memory_count"]) == (503, "unhealthy", None)


def test_what_is_said_again_with_other_labels_gains_them(ada: Dialect) -> None:
    key = add(ada, "Ada eats pizza.", tags="food", people_mentioned="Ben", topic_category="dinner", metadata={"a": 1})
    again = {"tags": "snack,food", "people_mentioned": "Cleo", "metadata": {"b": 2}}
    assert add(ada, "Ada eats pizza.", **again) == add(ada, "Ada eats pizza.") == key
    (told,) = ada.post("v1/memories/tag-search", {"tags": ["snack"]})[1]["results"]
    assert (told["tags"], told["people_mentioned"]) == (["food", "snack"], ["Ben", "Cleo"])
    assert (told["topic_category"], told["metadata"]) == ("dinner", {"a": 1, "b": 2})


def test_the_documents_paths_stand_at_the_root(ada: Dialect, native: Caller) -> None:
    root: Callable[..., Any] = lambda method, path, body=b"": native.client.generic(  # noqa: E731
        method, path, body, content_type="application/json", headers={"Authorization": f"Bearer {ada.key}"}
    )
    assert root("POST", "/v1/memories/", b'{"memory_content": "Ada eats."}').json()["success"] is True
    assert root("POST", "/v1/memories/search/", b'{"query": "eats"}').json()["results"][0]["memory"] == "Ada eats."
    assert root("GET", "/v1/memories/").json()["total"] == 1
    assert root("DELETE", "/v1/memories/").json()["deleted_count"] == 1
    for path in ("ping", "health", "users/current", "users/ada/stats"):
        assert root("GET", f"/v1/{path}/").status_code == 200, path
