"""The real InMemory client, sync and async, driven through each of its methods.

It does not raise: what went wrong is an `error` in its answer, so that each answer is looked at for one.
"""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.clients.environments import INMEMORY
from tests.clients.remote import Agent, Raised, Remote
from tests.journeys.house import House

Told = dict[str, Any]
OPENING_METHODS = {"__init__": "GET v1/auth/validate"}
METHODS = {
    "add": "POST v1/memories",
    "search": "POST v1/search",
    "get_all": "GET v1/memories",
    "delete": "DELETE v1/memories/{memory_id}",
    "delete_all": "DELETE v1/memories",
    "temporal_search": "POST v1/memories/temporal-search",
    "search_by_tags": "POST v1/memories/tag-search",
    "search_by_people": "POST v1/memories/people-search",
    "get_stats": "GET v1/stats",
    "health_check": "GET v1/health",
}
NO_CALLS = {"close": "ends the connection"}
CLASSES = {"sync": "inmemory.client:InmemoryClient", "async": "inmemory.client:AsyncInmemoryClient"}


@pytest.fixture(scope="module")
def url(house: House) -> str:
    return f"{house.facts['url']}/compat/inmemory"


@pytest.fixture(scope="module", params=list(CLASSES))
def era(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def agent(agents: Callable[..., Agent], era: str) -> Agent:
    return agents(INMEMORY)


@pytest.fixture(scope="module")
def key(tenant: Callable[[str], str], era: str) -> str:
    return tenant(f"inmemory-{era}")


@pytest.fixture
def client(agent: Agent, url: str, key: str, era: str) -> Remote:
    """With nothing in memory."""
    client = agent.open("ada", CLASSES[era], api_key=key, host=url)
    fine(client.delete_all())
    return client


def fine(told: Told) -> Told:
    """An answer in which nothing went wrong."""
    assert "error" not in told, told
    assert told.get("success", True) is True, told
    return told


def said(told: Told) -> set[str]:
    return {result["memory"] for result in fine(told)["results"]}


@pytest.fixture
def dinner(client: Remote) -> dict[str, str]:
    """Three memories, by their words."""
    told: dict[str, Told] = {
        "I had pizza with Ben.": {"tags": "Food, Italy", "people_mentioned": "Ben", "topic_category": "Dinner"},
        "I had curry with Cleo.": {"tags": "food,india", "people_mentioned": "Cleo", "metadata": {"hot": True}},
        "My train leaves at nine.": {"tags": "travel"},
    }
    return {words: fine(client.add(words, **rest))["memory_id"] for words, rest in told.items()}


def test_a_wrong_key_opens_nothing(agent: Agent, url: str, era: str) -> None:
    with pytest.raises(Raised) as error:
        agent.open("nobody", CLASSES[era], api_key="im_no_key", host=url)
    assert error.value.kind == "ValueError"
    assert "Invalid API key" in error.value.said or "401" in error.value.said


def test_what_is_added_is_listed_with_all_that_was_said(client: Remote, dinner: dict[str, str]) -> None:
    results = {result["memory"]: result for result in fine(client.get_all())["results"]}
    assert {words: result["id"] for words, result in results.items()} == dinner
    pizza = results["I had pizza with Ben."]
    assert (pizza["tags"], pizza["people_mentioned"], pizza["topic_category"]) == (["food", "italy"], ["Ben"], "dinner")
    assert results["I had curry with Cleo."]["metadata"] == {"hot": True}
    assert pizza["content"] == pizza["memory"]
    assert pizza["temporal_data"]["year"] == int(pizza["timestamp"][:4])


def test_a_list_is_paged(client: Remote, dinner: dict[str, str]) -> None:
    pages = [said(client.get_all(limit=2)), said(client.get_all(limit=2, offset=2))]
    assert [len(page) for page in pages] == [2, 1]
    assert pages[0] | pages[1] == set(dinner)


def test_what_was_added_is_found_by_meaning(client: Remote, dinner: dict[str, str]) -> None:
    found = fine(client.search("When does my train go?"))["results"]
    assert found[0]["memory"] == "My train leaves at nine."
    assert found[0]["score"] >= found[-1]["score"] > 0


def test_a_search_is_narrowed_by_each_of_its_filters(client: Remote, dinner: dict[str, str]) -> None:
    pizza, curry = {"I had pizza with Ben."}, {"I had curry with Cleo."}
    assert said(client.search("What did I have?", tags=["italy"])) == pizza
    assert said(client.search("What did I have?", tags=["Food"])) == pizza | curry
    assert said(client.search("What did I have?", people_mentioned=["Cleo"])) == curry
    assert said(client.search("What did I have?", topic_category="dinner")) == pizza
    assert said(client.search("What did I have?", temporal_filter="today")) == set(dinner)
    assert said(client.search("What did I have?", temporal_filter="yesterday")) == set()
    assert said(client.search("What did I have?", threshold=1.0)) == set()
    assert len(said(client.search("What did I have?", limit=1))) == 1


def test_a_time_is_searched(client: Remote, dinner: dict[str, str]) -> None:
    assert said(client.temporal_search("today")) == said(client.temporal_search("this_week")) == set(dinner)
    assert said(client.temporal_search("yesterday")) == said(client.temporal_search("gibberish of no time")) == set()
    assert said(client.temporal_search("today", semantic_query="the train", limit=1)) == {"My train leaves at nine."}


def test_tags_are_searched_any_or_all(client: Remote, dinner: dict[str, str]) -> None:
    pizza, curry = {"I had pizza with Ben."}, {"I had curry with Cleo."}
    assert said(client.search_by_tags(["italy", "india"])) == pizza | curry
    assert said(client.search_by_tags(["Food", "Italy"], match_all=True)) == pizza
    assert said(client.search_by_tags("food, india", match_all=True, semantic_query="curry", limit=1)) == curry


def test_people_are_searched(client: Remote, dinner: dict[str, str]) -> None:
    assert said(client.search_by_people(["Ben"])) == {"I had pizza with Ben."}
    assert len(said(client.search_by_people(["Ben", "Cleo"], semantic_query="dinner"))) == 2
    assert said(client.search_by_people(["Dora"])) == set()


def test_what_is_deleted_is_gone(client: Remote, dinner: dict[str, str]) -> None:
    fine(client.delete(dinner["I had pizza with Ben."]))
    assert said(client.get_all()) == set(dinner) - {"I had pizza with Ben."}
    assert "error" in client.delete(dinner["I had pizza with Ben."])
    assert fine(client.delete_all())["deleted_count"] == 2
    assert said(client.get_all()) == set()


def test_numbers_are_told(client: Remote, dinner: dict[str, str]) -> None:
    assert fine(client.get_stats())["memory_count"] == len(dinner)
    told = fine(client.health_check())
    assert (told["status"], told["memory_count"]) == ("healthy", len(dinner))


def test_another_user_and_another_tenant_see_nothing(
    client: Remote, dinner: dict[str, str], agent: Agent, url: str, key: str, era: str,
    another_key: Callable[..., str], tenant: Callable[[str], str],
) -> None:  # fmt: skip
    others = {"ben": another_key(key, f"ben-{era}"), "cleo": tenant(f"inmemory-other-{era}")}
    for name, theirs in others.items():
        other = agent.open(name, CLASSES[era], api_key=theirs, host=url)
        assert said(other.get_all()) == said(other.search("pizza")) == said(other.temporal_search("today")) == set()
        assert "error" in other.delete(dinner["I had pizza with Ben."])
        assert fine(other.delete_all())["deleted_count"] == 0
    assert said(client.get_all()) == set(dinner)


def test_the_native_api_reads_the_same_memories(
    client: Remote, dinner: dict[str, str], key: str, native: Callable[[str], httpx.Client]
) -> None:
    with native(key) as house:
        told = house.get(f"memories/{dinner['I had curry with Cleo.']}").json()
        assert (told["content"], told["people"], told["kind"]) == ("I had curry with Cleo.", ["Cleo"], "fact")
        house.delete(f"memories/{dinner['I had curry with Cleo.']}")
    assert said(client.get_all()) == set(dinner) - {"I had curry with Cleo."}


def test_each_public_method_was_driven(agent: Agent, client: Remote) -> None:
    client.close()
    names, own = (agent.open(told, f"builtins:{told}", client).copy() for told in ("dir", "vars"))
    assert {name for name in names if name[0] != "_"} - set(own) == METHODS.keys() | NO_CALLS.keys()
    assert agent.driven >= METHODS.keys() | NO_CALLS.keys()
