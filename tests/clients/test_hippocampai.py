"""The real HippocampAI client in remote mode, driven through each of its methods, and its backend likewise."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.clients.environments import HIPPOCAMPAI
from tests.clients.remote import Agent, Raised, Remote
from tests.journeys.house import House, eventually

METHODS = {
    "remember": "POST v1/memories:remember",
    "recall": "POST v1/memories:recall",
    "get_memory": "GET v1/memories/{memory_id}",
    "get_memories": "POST v1/memories:get",
    "update_memory": "PATCH v1/memories:update",
    "delete_memory": "DELETE v1/memories:delete",
    "batch_remember": "POST v1/memories/batch",
    "batch_get_memories": "POST v1/memories/batch/get",
    "batch_delete_memories": "POST v1/memories/batch/delete",
    "consolidate_memories": "POST v1/memories/consolidate",
    "cleanup_expired_memories": "POST v1/memories/cleanup",
    "get_memory_analytics": "GET v1/memories/analytics",
    "health_check": "GET health",
}
OF_THE_BACKEND = METHODS | {
    "batch_create_memories": "POST v1/memories/batch",
    "extract_from_conversation": "POST v1/memories:extract",
    "deduplicate_memories": "POST v1/memories/deduplicate",
}
SILENT = {"compact_conversations"}  # it asks a Qdrant of its own, and fails in remote mode before any call
TYPES = ("fact", "preference", "goal", "habit", "event", "context", "summary", "procedural", "prospective")
UNIFIED = "hippocampai.unified_client:UnifiedMemoryClient"
BACKEND = "hippocampai.backends.remote:RemoteBackend"


@pytest.fixture(scope="module")
def key(tenant: Callable[[str], str]) -> str:
    return tenant("hippocampai")


@pytest.fixture(scope="module")
def url(house: House) -> str:
    return f"{house.facts['url']}/compat/hippocampai"


@pytest.fixture(scope="module")
def driver(agents: Callable[..., Agent]) -> Agent:
    return agents(HIPPOCAMPAI)


@pytest.fixture(scope="module")
def behind(agents: Callable[..., Agent]) -> Agent:
    return agents(HIPPOCAMPAI)


@pytest.fixture(scope="module")
def client(driver: Agent, key: str, url: str) -> Remote:
    return driver.open("unified", UNIFIED, mode="remote", api_url=url, api_key=key)


@pytest.fixture(scope="module")
def backend(behind: Agent, key: str, url: str) -> Remote:
    return behind.open("backend", BACKEND, api_url=url, api_key=key)


@pytest.fixture(scope="module")
def stranger(driver: Agent, tenant: Callable[[str], str], url: str) -> Remote:
    return driver.open("stranger", UNIFIED, mode="remote", api_url=url, api_key=tenant("hippocampai-other"))


@pytest.fixture(params=["client", "backend"])
def either(request: pytest.FixtureRequest) -> Remote:
    remote: Remote = request.getfixturevalue(request.param)
    return remote


@pytest.fixture
def user() -> str:
    return f"user-{uuid4().hex[:8]}"


@pytest.fixture
def raw(key: str, url: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=url, headers={"Authorization": f"Bearer {key}"}, trust_env=False) as made:
        yield made


def test_what_is_remembered_is_told_back_whole(either: Remote, user: str) -> None:
    until = datetime.now(UTC).replace(microsecond=0) + timedelta(days=3)
    said = either.remember(
        "Ada prefers dark mode", user, session_id="s1", metadata={"app": "editor"}, tags=["ui"], importance=7.5,
        expires_at=until, extract_entities=True, extract_facts=True, extract_relationships=True,
    )  # fmt: skip
    told = either.get_memory(said["id"])
    assert told == said
    assert (told["text"], told["user_id"], told["session_id"]) == ("Ada prefers dark mode", user, "s1")
    assert (told["type"], told["importance"]) == ("preference", 7.5)
    assert (told["metadata"], told["tags"]) == ({"app": "editor"}, ["ui"])
    assert datetime.fromisoformat(told["expires_at"]) == until


@pytest.mark.parametrize("word", TYPES)
def test_each_type_comes_back(client: Remote, user: str, word: str) -> None:
    assert client.remember("Said as it is.", user, metadata={"type": word})["type"] == word
    assert [one["type"] for one in client.get_memories(user, filters={"memory_type": word})] == [word]


def test_a_foreign_type_in_the_metadata_is_kept_there_alone(either: Remote, user: str) -> None:
    said = either.remember("The rent is due on the first.", user, metadata={"type": "rent", "amount": 900})
    assert said["metadata"] == {"type": "rent", "amount": 900}
    assert said["type"] in TYPES
    assert either.get_memories(user, filters={"metadata.type": "rent"})[0]["id"] == said["id"]


def test_a_tag_that_names_a_type_is_one(client: Remote, user: str) -> None:
    assert client.remember("Run a marathon", user, tags=["goal"])["type"] == "goal"


def test_recall_finds_by_words_within_the_user(either: Remote, user: str) -> None:
    either.remember("Ada drinks green tea in the morning", user)
    either.remember("Ben repairs old bicycles", user)
    either.remember("Somebody else drinks green tea, too", f"other-{user}")
    found = either.recall("Who drinks green tea?", user, limit=5)
    assert found[0]["memory"]["text"] == "Ada drinks green tea in the morning"
    assert {one["memory"]["user_id"] for one in found} == {user}
    assert found[0]["score"] > found[1]["score"]
    assert found[0]["breakdown"]["final"] == found[0]["score"]
    assert found[0]["memory"]["rank"] == 1
    assert len(either.recall("tea", user, limit=1)) == 1
    assert either.recall("tea", user, min_score=1.1) == []


def test_recall_takes_k_for_its_limit(client: Remote, user: str) -> None:
    client.batch_remember([{"text": f"Tea number {n}", "user_id": user} for n in range(3)])
    assert len(client.recall("tea", user, k=2)) == 2


def test_recall_is_narrowed_by_filters(either: Remote, user: str) -> None:
    either.remember("Tea from Assam", user, session_id="a", tags=["black"], metadata={"shop": "one"}, importance=9)
    either.remember("Tea from Uji", user, session_id="b", tags=["green"], metadata={"shop": "two"}, importance=3)

    def asked(**filters: Any) -> set[str]:
        return {one["memory"]["text"].split()[-1] for one in either.recall("tea", user, filters=filters)}

    assert asked() == {"Assam", "Uji"}
    assert asked(tags=["black"]) == {"Assam"}
    assert asked(**{"metadata.shop": "two"}) == {"Uji"}
    assert asked(min_importance=5) == {"Assam"}
    assert asked(importance_min=9) == {"Assam"}  # as many, or more
    assert asked(session_id="b") == {"Uji"}
    assert asked(memory_type="goal") == set()
    assert {one["memory"]["session_id"] for one in either.recall("tea", user, session_id="a")} == {"a"}


def test_memories_are_listed_by_what_they_are_and_when(either: Remote, user: str) -> None:
    began = datetime.now(UTC)
    first = either.remember("First", user, session_id="s", importance=2)
    second = either.remember("Second", user, importance=8)
    ids = [one["id"] for one in either.get_memories(user)]
    assert ids == [second["id"], first["id"]]
    assert [one["id"] for one in either.get_memories(user, limit=1)] == [second["id"]]
    assert [one["id"] for one in either.get_memories(user, session_id="s")] == [first["id"]]
    assert [one["id"] for one in either.get_memories(user, min_importance=8)] == [second["id"]]
    assert len(either.get_memories(user, after=began - timedelta(minutes=1))) == 2
    assert either.get_memories(user, before=began - timedelta(minutes=1)) == []
    assert either.get_memories(f"nobody-{user}") == []


def test_an_update_changes_what_it_names(either: Remote, user: str) -> None:
    said = either.remember("Ada lives in Berlin", user, tags=["home"], metadata={"a": 1}, importance=4)
    until = datetime.now(UTC) + timedelta(days=1)
    changed = either.update_memory(
        said["id"], text="Ada lives in Paris", metadata={"b": 2}, importance=10, expires_at=until
    )
    assert (changed["text"], changed["importance"], changed["tags"]) == ("Ada lives in Paris", 10, ["home"])
    assert changed["metadata"] == {"a": 1, "b": 2}
    assert datetime.fromisoformat(changed["expires_at"]) == until
    assert either.update_memory(said["id"], tags=["flat"])["tags"] == ["flat"]
    assert either.get_memory(said["id"])["text"] == "Ada lives in Paris"
    assert either.update_memory(str(uuid4()), text="x") is None
    assert either.update_memory("no-id", text="x") is None


def test_what_is_deleted_is_gone(either: Remote, user: str) -> None:
    said = either.remember("Forget me", user)
    assert either.delete_memory(said["id"]) is True
    assert either.get_memory(said["id"]) is None
    assert either.get_memories(user) == []
    assert either.recall("Forget me", user) == []
    assert either.delete_memory(said["id"]) is False
    assert either.get_memory("no-id") is None


def test_a_user_who_is_named_narrows_a_deletion(backend: Remote, user: str) -> None:
    said = backend.remember("Mine", user)
    assert backend.delete_memory(said["id"], user_id=f"not-{user}") is False
    assert backend.delete_memory(said["id"], user_id=user) is True


def test_batches_store_read_and_delete(either: Remote, user: str) -> None:
    told = [{"text": f"Note {n}", "user_id": user, "tags": ["n"], "importance": n} for n in range(3)]
    stored = either.batch_remember(told)
    assert [(one["text"], one["importance"]) for one in stored] == [(f"Note {n}", n) for n in range(3)]
    ids = [one["id"] for one in stored]
    assert [one["id"] for one in either.batch_get_memories([ids[2], str(uuid4()), ids[0]])] == [ids[2], ids[0]]
    assert either.batch_delete_memories(ids[:2]) is True
    assert [one["id"] for one in either.get_memories(user)] == [ids[2]]


def test_a_batch_has_another_name(backend: Remote, user: str) -> None:
    assert backend.batch_create_memories([{"text": "Once", "user_id": user}])[0]["text"] == "Once"


def test_what_the_user_states_in_a_conversation_is_remembered(backend: Remote, user: str) -> None:
    talk = [
        {"role": "user", "content": "Hi! I love pizza. I want to learn Japanese. What do you think?"},
        {"role": "assistant", "content": "I love helping with languages!"},
    ]
    found = backend.extract_from_conversation(talk, user, session_id="talk")
    assert {(one["text"], one["type"]) for one in found} == {
        ("I love pizza.", "preference"), ("I want to learn Japanese.", "goal"),
    }  # fmt: skip
    assert {one["session_id"] for one in backend.get_memories(user)} == {"talk"}


def test_doubles_are_found_and_merged(backend: Remote, user: str) -> None:
    backend.batch_remember([{"text": text, "user_id": user} for text in ("Ada plays chess.", "ada plays chess!")])
    dry = backend.deduplicate_memories(user)
    assert (dry["dry_run"], dry["duplicates_found"], dry["memories_removed"]) == (True, 1, 0)
    assert len(backend.get_memories(user)) == 2
    assert backend.deduplicate_memories(user, dry_run=False)["memories_removed"] == 1
    assert len(backend.get_memories(user)) == 1


def test_episodes_are_consolidated(either: Remote, user: str) -> None:
    places = ("at the gym in Kreuzberg", "at the gym near Kreuzberg", "in the gym of Kreuzberg")
    told = [{"text": f"Ada loves climbing {place}.", "user_id": user, "type": "event"} for place in places]
    either.batch_remember(told)
    made = either.consolidate_memories(user, session_id="s")
    assert [one["action"] for one in made] == ["create"]
    assert len(either.get_memories(user)) == len(told) + 1


def test_what_has_expired_is_cleared_away(either: Remote, user: str) -> None:
    either.remember("Only for now", user, expires_at=datetime.now(UTC) + timedelta(milliseconds=300))
    either.remember("For good", user)
    eventually(lambda: len(either.get_memories(user)) == 1)
    assert either.cleanup_expired_memories() == 1
    assert either.cleanup_expired_memories() == 0
    assert [one["text"] for one in either.get_memories(user)] == ["For good"]


def test_numbers_of_a_user(either: Remote, user: str) -> None:
    either.remember("I like tea", user, metadata={"type": "preference"}, tags=["drink", "tea"], importance=6)
    either.remember("Water boils", user, metadata={"type": "fact"}, tags=["drink"], importance=2)
    told = either.get_memory_analytics(user)
    assert (told["total_memories"], told["avg_importance"]) == (2, 4.0)
    assert told["memory_types"] == {"preference": 1, "fact": 1}
    assert told["top_tags"][0] == {"tag": "drink", "count": 2}


def test_health_is_told_to_everybody(either: Remote, driver: Agent, url: str) -> None:
    assert either.health_check()["status"] == "healthy"
    assert driver.open("nobody", UNIFIED, mode="remote", api_url=url).health_check()["status"] == "healthy"


def test_without_a_key_nothing_is_told(driver: Agent, url: str, user: str) -> None:
    nobody = driver.open("nobody", UNIFIED, mode="remote", api_url=url)
    with pytest.raises(Raised) as raised:
        nobody.get_memories(user)
    assert (raised.value.kind, "401" in raised.value.said) == ("HTTPStatusError", True)


def test_another_tenant_has_nothing_of_it(client: Remote, stranger: Remote, user: str) -> None:
    said = client.remember("Only here", user)
    assert stranger.get_memory(said["id"]) is None
    assert stranger.get_memories(user) == []
    assert stranger.recall("Only here", user) == []
    assert stranger.update_memory(said["id"], text="Mine") is None
    assert stranger.delete_memory(said["id"]) is False
    assert stranger.batch_get_memories([said["id"]]) == []
    assert stranger.batch_delete_memories([said["id"]]) is True  # there was nothing to delete
    assert client.get_memory(said["id"])["text"] == "Only here"


def test_a_wrong_call_says_what_is_wrong(raw: httpx.Client) -> None:
    answer = raw.post("/v1/memories:remember", json={"user_id": "ada"})
    assert (answer.status_code, "text" in answer.json()["detail"]) == (422, True)
    assert raw.get(f"/v1/memories/{uuid4()}").json().keys() == {"detail"}
    refused = raw.post("/v1/memories:recall", json={}, headers={"Authorization": "Bearer none"})
    assert (refused.status_code, refused.json().keys()) == (401, {"error", "message"})


def test_the_limits_are_told(raw: httpx.Client, user: str) -> None:
    answer = raw.post("/v1/memories:get", json={"user_id": user})
    assert int(answer.headers["X-RateLimit-Remaining"]) < int(answer.headers["X-RateLimit-Limit"])


def test_compacting_makes_no_call(client: Remote, user: str) -> None:
    with pytest.raises(Raised) as raised:
        client.compact_conversations(user)
    assert raised.value.kind in ("AttributeError", "ModuleNotFoundError", "ImportError")


def test_each_public_method_was_driven(driver: Agent, behind: Agent, client: Remote, backend: Remote) -> None:
    def public(agent: Agent, name: str) -> set[str]:
        own = agent.tell(call="__dir__", on=name)
        fields = agent.tell(get="__dict__", on=name)
        return {one for one in own if not one.startswith("_") and one not in fields}

    assert public(driver, "unified") == METHODS.keys() | SILENT <= driver.driven
    assert public(behind, "backend") == OF_THE_BACKEND.keys() <= behind.driven
