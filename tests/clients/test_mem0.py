"""The real mem0 clients, 2.2.1 and 1.0.11, synchronous and not, driven through each of their methods."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from tests.clients.environments import MEM0_1, MEM0_2, Environment
from tests.clients.remote import Agent, Raised, Remote
from tests.journeys.house import House, eventually

PROJECT = "api/v1/orgs/organizations/{org_id}/projects/{project_id}"
# Each public method, and the operations that it calls; of two versions that of 2.2.1 first.
METHODS = {
    "add": "POST v3/memories/add, POST v1/memories",
    "get": "GET v1/memories/{memory_id}",
    "get_all": "POST v3/memories, POST v2/memories",
    "search": "POST v3/memories/search, POST v2/memories/search",
    "update": "PUT v1/memories/{memory_id}",
    "delete": "DELETE v1/memories/{memory_id}",
    "delete_all": "DELETE v1/memories",
    "history": "GET v1/memories/{memory_id}/history",
    "users": "GET v1/entities",
    "delete_users": "GET v1/entities, DELETE v2/entities/user/{name}",
    "reset": "GET v1/entities, DELETE v2/entities/run/{name}",
    "batch_update": "PUT v1/batch",
    "batch_delete": "DELETE v1/batch",
    "create_memory_export": "POST v1/exports",
    "get_memory_export": "POST v1/exports/get",
    "get_summary": "POST v1/summary",
    "get_project": f"GET {PROJECT}",
    "update_project": f"PATCH {PROJECT}",
    "get_webhooks": "GET api/v1/webhooks/projects/{project_id}",
    "create_webhook": "POST api/v1/webhooks/projects/{project_id}",
    "update_webhook": "PUT api/v1/webhooks/{webhook_id}",
    "delete_webhook": "DELETE api/v1/webhooks/{webhook_id}",
    "feedback": "POST v1/feedback",
    "project.get": f"GET {PROJECT}",
    "project.create": "POST api/v1/orgs/organizations/{org_id}/projects",
    "project.update": f"PATCH {PROJECT}",
    "project.delete": f"DELETE {PROJECT}",
    "project.get_members": f"GET {PROJECT}/members",
    "project.add_member": f"POST {PROJECT}/members",
    "project.update_member": f"PUT {PROJECT}/members",
    "project.remove_member": f"DELETE {PROJECT}/members",
}
OF_TWO = {
    "get_profile": "GET v2/entities/user/{name}/profile",
    "generate_profile": "POST v2/profiles/jobs",
    "get_profile_settings": "GET v2/profiles/settings",
    "update_profile_settings": "POST v2/profiles/settings",
    "sample_profiles": "POST v2/profiles/jobs",
    "get_profile_job": "GET v2/profiles/jobs/{job_id}",
}
SILENT = {"chat": "is not made yet, and says so without a call"}
STATUS = {"ValidationError": 400, "AuthenticationError": 403, "MemoryNotFoundError": 404}
NOBODY = "01a1fc31-325e-776f-a220-14f1782bb309"


@dataclass(frozen=True)
class Kind:
    """A version of the client, and which of its two classes."""

    name: str
    environment: Environment
    of: str

    @property
    def two(self) -> bool:
        return self.environment is MEM0_2


SYNC, ASYNC = "mem0.client.main:MemoryClient", "mem0.client.main:AsyncMemoryClient"
KINDS = [Kind("m-two", MEM0_2, SYNC), Kind("m-two-async", MEM0_2, ASYNC), Kind("m-one", MEM0_1, SYNC),
         Kind("m-one-async", MEM0_1, ASYNC)]  # fmt: skip


@pytest.fixture(scope="module", params=KINDS, ids=lambda kind: kind.name)
def kind(request: pytest.FixtureRequest) -> Kind:
    return request.param


@pytest.fixture(scope="module")
def agent(agents: Callable[..., Agent], kind: Kind) -> Agent:
    return agents(kind.environment, MEM0_TELEMETRY="False")


@pytest.fixture(scope="module")
def host(house: House) -> str:
    return f"{house.facts['url']}/compat/mem0"


@pytest.fixture(scope="module")
def key(tenant: Callable[[str], str], kind: Kind) -> str:
    return tenant(kind.name)


@pytest.fixture(scope="module")
def client(agent: Agent, kind: Kind, key: str, host: str) -> Remote:
    return agent.open("client", kind.of, api_key=key, host=host)


@pytest.fixture(scope="module")
def another_tenant(tenant: Callable[[str], str]) -> str:
    return tenant("m-another")


@pytest.fixture(scope="module")
def stranger(agent: Agent, kind: Kind, another_tenant: str, host: str) -> Remote:
    """In another tenant, which the other kinds of clients share."""
    return agent.open("stranger", kind.of, api_key=another_tenant, host=host)


@pytest.fixture(scope="module")
def platform_key(house: House) -> str:
    return house.manage("keys", "issue", "operator", "--platform").splitlines()[-1]


@pytest.fixture
def user(request: pytest.FixtureRequest) -> str:
    """Somebody of this test alone."""
    return f"user {request.node.name}"


@contextmanager
def raising(kind: str) -> Iterator[None]:
    """An error of this class; the asynchronous client of 1.0.11 dresses none and lets httpx tell the status."""
    with pytest.raises(Raised) as caught:
        yield
    if caught.value.kind == "HTTPStatusError":
        assert f"'{STATUS[kind]} " in caught.value.said
    else:
        assert caught.value.kind == kind, caught.value


def all_of(client: Remote, user: str, **more: Any) -> list[str]:
    return sorted(one["memory"] for one in client.get_all(filters={"user_id": user}, **more)["results"])


def found(client: Remote, query: str, **filters: Any) -> list[str]:
    return [one["memory"] for one in client.search(query, filters=filters)["results"]]


def added(client: Remote, text: str, user: str, **fields: Any) -> str:
    told = client.add(text, user_id=user, **fields)
    assert [one["event"] for one in told["results"]] == ["ADD"]
    return told["results"][0]["id"]


def test_it_knows_its_project(client: Remote, native: Callable[[str], httpx.Client], key: str) -> None:
    own = native(key).get("me").json()["tenant"]["id"]
    assert client.org_id.value() == client.project_id.value() == own
    assert client.user_email.value() is None


def test_a_wrong_key_is_no_key(agent: Agent, kind: Kind, host: str) -> None:
    with raising("ValueError"):
        agent.open("wrong", kind.of, api_key="im_wrong_key", host=host)


def test_what_is_added_is_found_by_its_user_alone(client: Remote, stranger: Remote, user: str) -> None:
    messages = [{"role": "user", "content": "I am allergic to peanuts."}, {"role": "assistant", "content": "I see."}]
    told = client.add(messages, user_id=user, metadata={"where": "clinic"})
    assert [one["memory"] for one in told["results"]] == ["I am allergic to peanuts."]
    assert client.add(messages[0], user_id=user)["results"][0]["event"] == "NONE"
    assert found(client, "peanuts allergy", user_id=user) == ["I am allergic to peanuts."]
    assert found(client, "peanuts allergy", user_id="somebody else") == []
    assert found(stranger, "peanuts allergy", user_id=user) == []
    with raising("MemoryNotFoundError"):
        stranger.get(told["results"][0]["id"])


def test_v3_tells_that_it_is_done(client: Remote, kind: Kind, user: str, host: str, key: str) -> None:
    told = client.add("I like tea.", user_id=user)
    if kind.two:
        assert told["status"] == "SUCCEEDED"
        event = httpx.get(f"{host}/v1/event/{told['event_id']}/", headers={"Authorization": f"Token {key}"}).json()
        assert (event["status"], event["results"][0]["memory"]) == ("SUCCEEDED", "I like tea.")


def test_without_infer_all_that_was_said_is_kept(client: Remote, user: str) -> None:
    messages = [{"role": "user", "content": "Hello."}, {"role": "assistant", "content": "Good day."}]
    client.add(messages, user_id=user, infer=False)
    assert all_of(client, user) == ["Good day.", "Hello."]


def test_one_memory_is_told_whole(client: Remote, user: str) -> None:
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).date().isoformat()
    owners = {"agent_id": "bot", "app_id": "shop", "run_id": "talk"}
    memory = added(
        client, "I paint.", user, **owners, metadata={"a": {"b": 1}}, timestamp=1_748_982_480, expiration_date=tomorrow
    )
    told = client.get(memory)
    assert told.items() >= {"id": memory, "memory": "I paint.", "user_id": user, "session_id": "talk", **owners}.items()
    assert (told["metadata"], told["categories"], told["expiration_date"]) == ({"a": {"b": 1}}, [], tomorrow)
    assert told["structured_attributes"]["day_of_week"] == "tuesday"
    assert told["timestamp"] == "2025-06-03T20:28:00+00:00"
    assert datetime.fromisoformat(told["created_at"]).tzinfo


def test_lists_are_paged_and_filtered(client: Remote, kind: Kind, user: str) -> None:
    for number in range(3):
        client.add(f"I own boat {number}.", user_id=user, metadata={"number": number}, run_id=f"run{number}")
    page = client.get_all(filters={"user_id": user}, page=1, page_size=2)
    assert (page["count"], len(page["results"]), page["previous"]) == (3, 2, None)
    assert page["next"]
    assert len(client.get_all(filters={"user_id": user}, page=2, page_size=2)["results"]) == 1
    some = {"AND": [{"user_id": user}, {"OR": [{"metadata": {"number": 2}}, {"run_id": "run0"}]}]}
    assert sorted(one["memory"] for one in client.get_all(filters=some)["results"]) == [
        "I own boat 0.",
        "I own boat 2.",
    ]
    later = (datetime.now(UTC) + timedelta(days=2)).date().isoformat()
    assert all_of(client, user, start_date=later) == []
    with raising("ValidationError"):
        client.get_all(filters={"usr_id": user})
    if not kind.two:
        assert len(client.get_all(user_id=user)["results"]) == 3


def test_searches_filter_and_cut(client: Remote, user: str) -> None:
    client.add("I like green tea.", user_id=user, metadata={"warm": True})
    client.add("I like black tea.", user_id=user, agent_id="bot")
    both = client.search("tea", filters={"user_id": user}, threshold=0.0)["results"]
    assert {one["memory"] for one in both} == {"I like green tea.", "I like black tea."}
    assert both[0]["score"] >= both[1]["score"] > 0
    assert len(client.search("tea", filters={"user_id": user}, top_k=1)["results"]) == 1
    assert found(client, "tea", AND=[{"user_id": user}, {"metadata": {"warm": True}}]) == ["I like green tea."]
    assert found(client, "tea", user_id=user, agent_id="*") == ["I like black tea."]
    only = client.search("tea", filters={"user_id": user}, fields=["memory"])["results"][0]
    assert set(only) == {"id", "memory", "score"}
    assert client.search("tea", filters={"user_id": user}, threshold=1.0)["results"] == []


def test_a_change_is_found_and_told_by_history(client: Remote, user: str) -> None:
    memory = added(client, "I live in Graz.", user)
    assert client.update(memory, text="I live in Vienna.", metadata={"moved": True})["memory"] == "I live in Vienna."
    assert client.update(memory, timestamp="2025-01-15T12:00:00Z")["structured_attributes"]["year"] == 2025
    assert all_of(client, user) == ["I live in Vienna."]
    steps = [(step["event"], step["new_memory"]) for step in client.history(memory)]
    assert steps == [("ADD", "I live in Graz."), ("UPDATE", "I live in Vienna."), ("UPDATE", "I live in Vienna.")]
    with raising("MemoryNotFoundError"):
        client.update(NOBODY, text="nothing")


def test_what_is_deleted_is_gone(client: Remote, stranger: Remote, kind: Kind, user: str) -> None:
    memory = added(client, "I had a dog.", user)
    with raising("MemoryNotFoundError"):
        stranger.delete(memory)
    assert "message" in client.delete(memory, **({"delete_linked": True} if kind.two else {}))
    assert all_of(client, user) == []
    assert client.history(memory)[-1]["event"] == "DELETE"
    with raising("MemoryNotFoundError"):
        client.get(memory)


def test_all_of_one_user_is_deleted_and_nothing_of_others(
    client: Remote, stranger: Remote, agent: Agent, kind: Kind, user: str
) -> None:
    for name in (user, f"{user} two"):
        client.add("I swim.", user_id=name)
    stranger.add("I swim.", user_id=user)
    assert "message" in client.delete_all(user_id=user)
    assert [all_of(client, user), all_of(client, f"{user} two"), all_of(stranger, user)] == [
        [],
        ["I swim."],
        ["I swim."],
    ]
    with raising("ValidationError"):
        client.delete_all()
    assert all_of(client, f"{user} two") == ["I swim."]
    if kind.two:
        told = agent.open("options", "mem0.client.types:DeleteAllMemoryOptions", filters={"user_id": f"{user} two"})
        client.delete_all(told)
        assert all_of(client, f"{user} two") == []


def test_batches_change_and_delete(client: Remote, user: str) -> None:
    first, second = added(client, "I ski.", user), added(client, "I run.", user)
    client.batch_update([{"memory_id": first, "text": "I skate."}, {"memory_id": second, "metadata": {"far": True}}])
    assert all_of(client, user) == ["I run.", "I skate."]
    assert client.get(second)["metadata"] == {"far": True}
    with raising("MemoryNotFoundError"):
        client.batch_delete([{"memory_id": first}, {"memory_id": NOBODY}])
    client.batch_delete([{"memory_id": first}, {"memory_id": second}])
    assert all_of(client, user) == []


def test_an_export_holds_what_its_filters_choose(client: Remote, user: str) -> None:
    client.add("I collect stamps.", user_id=user)
    schema = '{"properties": {"memory": {"type": "string"}, "user_id": {"type": "string"}}}'
    begun = client.create_memory_export(schema=schema, filters={"user_id": user})
    told = eventually(lambda: _ready(client.get_memory_export(memory_export_id=begun["id"])))
    assert told["memories"] == [{"memory": "I collect stamps.", "user_id": user}]
    assert client.get_memory_export(filters={"user_id": user}) == told
    with raising("MemoryNotFoundError"):
        client.get_memory_export(filters={"user_id": "nobody asked"})


def _ready(told: dict[str, Any]) -> dict[str, Any] | None:
    return told if told["status"] == "SUCCEEDED" else None


def test_a_summary_says_what_the_memories_say(client: Remote, user: str) -> None:
    client.add("My sister Eva moved to Lisbon in March.", user_id=user)
    assert "Lisbon" in client.get_summary(filters={"user_id": user})["summary"]
    assert "Lisbon" not in client.get_summary(filters={"user_id": "nobody"})["summary"]


def test_profiles_are_made_and_told(client: Remote, kind: Kind, user: str) -> None:
    if not kind.two:
        pytest.skip("1.0.11 knows no profiles")
    client.add("I really love jazz.", user_id=user)
    told = client.get_profile(user)
    assert (told["status"], told["entity_id"]) == ("succeeded", user)
    assert told["profile"]["preferences"] == ["I really love jazz."]
    begun = client.generate_profile(user, idempotency_key=f"once {kind.name}")
    assert client.generate_profile(user, idempotency_key=f"once {kind.name}")["job_id"] == begun["job_id"]
    assert eventually(lambda: client.get_profile_job(begun["status_url"])["job"]["status"] == "succeeded", 60)
    assert client.get_profile_job(begun["job_id"])["job"]["total"] == 1
    assert client.get_profile(user)["generation_count"] == 1
    sampled = client.sample_profiles(limit=1)
    assert sampled["sampled"] == len(sampled["entity_ids"]) == 1
    with raising("MemoryNotFoundError"):
        client.generate_profile("nobody")


def test_settings_of_profiles_are_kept(client: Remote, kind: Kind, user: str) -> None:
    if not kind.two:
        pytest.skip("1.0.11 knows no profiles")
    assert client.get_profile_settings()["enabled"] is True
    schema = {"properties": {"goals": {"description": "What they want."}}}
    told = client.update_profile_settings(schema=schema, custom_instructions="In short.")
    assert told["entities"]["user"] == {"schema": schema, "custom_instructions": "In short."}
    assert client.update_profile_settings(enabled=False, schema=None)["entities"]["user"]["schema"] is None
    assert client.get_profile_settings()["enabled"] is False
    client.add("I sing.", user_id=user)
    assert client.get_profile(user)["status"] == "not_enabled"
    client.update_profile_settings(enabled=True)


def test_the_project_keeps_its_settings(client: Remote, stranger: Remote) -> None:
    client.project.update(custom_instructions="Only what lasts.", custom_categories=[{"food": "What they eat."}])
    assert client.project.get()["custom_instructions"] == "Only what lasts."
    assert client.project.get(fields=["custom_categories"]) == {"custom_categories": [{"food": "What they eat."}]}
    client.update_project(custom_instructions="All of it.")
    assert client.get_project(fields=["custom_instructions"]) == {"custom_instructions": "All of it."}
    assert stranger.project.get()["custom_instructions"] is None


def test_members_come_and_go(client: Remote, stranger: Remote, kind: Kind) -> None:
    email = f"{kind.name}@example.org"
    client.project.add_member(email=email, role="READER")
    assert [(one["email"], one["role"]) for one in client.project.get_members()["members"]] == [(email, "READER")]
    assert client.project.update_member(email=email, role="READER")["role"] == "READER"
    with raising("AuthenticationError"):  # an ordinary key makes no owners
        client.project.update_member(email=email, role="OWNER")
    with raising("MemoryNotFoundError"):
        stranger.project.remove_member(email=email)
    client.project.remove_member(email=email)
    assert client.project.get_members()["members"] == []


def test_only_a_key_of_the_platform_opens_and_closes_projects(client: Remote) -> None:
    with raising("AuthenticationError"):
        client.project.create(name="Another")
    with raising("AuthenticationError"):
        client.project.delete()


def test_a_key_of_the_platform_opens_and_closes_projects(
    client: Remote, agent: Agent, kind: Kind, platform_key: str, host: str
) -> None:
    if kind.of == ASYNC:
        pytest.skip("its ping takes no header, by which a key of the platform names its tenant")

    def operator(slug: str) -> Remote:
        http = agent.open(f"http of {slug}", "httpx:Client", headers={"X-Tenant-ID": slug})
        return agent.open(f"operator of {slug}", kind.of, api_key=platform_key, host=host, client=http)

    made = operator(kind.name).project.create(name=f"{kind.name} made", description="By a client.")
    assert (made["name"], made["description"]) == (f"{kind.name} made", "By a client.")
    there = operator(f"{kind.name}-made")
    there.project.add_member(email="owner@example.org", role="OWNER")
    assert there.project.get_members()["members"][0]["role"] == "OWNER"
    there.project.delete()
    with raising("MemoryNotFoundError"):
        there.project.get()


def test_webhooks_are_made_changed_and_deleted(client: Remote, stranger: Remote) -> None:
    own = client.project_id.value()
    url = "https://example.com/hook"
    made = client.create_webhook(url=url, name="ours", project_id=own, event_types=["memory_add", "memory_delete"])
    assert (made["event_types"], made["secret"][:6]) == (["memory_add", "memory_delete"], "whsec_")
    assert client.update_webhook(made["webhook_id"], name="theirs")["name"] == "theirs"
    assert [(one["name"], one["url"]) for one in client.get_webhooks(own)] == [("theirs", url)]
    with raising("MemoryNotFoundError"):
        stranger.get_webhooks(own)
    with raising("MemoryNotFoundError"):
        stranger.delete_webhook(made["webhook_id"])
    assert "message" in client.delete_webhook(made["webhook_id"])
    assert client.get_webhooks(own) == []


def test_feedback_reaches_the_memory(
    client: Remote, kind: Kind, user: str, native: Callable[[str], httpx.Client], key: str
) -> None:
    memory = added(client, "I like rain.", user)
    if kind.two:
        assert client.feedback(memory, "NEGATIVE", "Not any more.")["feedback"] == "NEGATIVE"
    else:
        with raising("TypeError"):  # its own, after the call
            client.feedback(memory, "negative", "Not any more.")
    assert native(key).get(f"memories/{memory}").json()["confidence"] < 1


def test_chat_is_not_made(client: Remote) -> None:
    with raising("NotImplementedError"):
        client.chat()


def test_users_are_listed_and_deleted(client: Remote, user: str) -> None:
    client.add("I row.", user_id=user, run_id="race")
    client.add("I row.", user_id=f"{user}/two")
    names = {(one["type"], one["name"]) for one in client.users()["results"]}
    assert {("user", user), ("user", f"{user}/two"), ("run", "race")} <= names
    assert "message" in client.delete_users(user_id=user)
    assert (all_of(client, user), all_of(client, f"{user}/two")) == ([], ["I row."])
    with raising("MemoryNotFoundError"):
        client.delete_users(agent_id="nobody")


def test_reset_leaves_nothing_here_and_everything_elsewhere(client: Remote, stranger: Remote, user: str) -> None:
    for one in (client, stranger):
        one.add("I fly.", user_id=user, agent_id="bot", app_id="sky", run_id="trip")
    assert "message" in client.reset()
    assert client.users()["results"] == []
    assert client.get_all(filters={"user_id": "*"})["results"] == []
    assert all_of(stranger, user) == ["I fly."]
    with raising("ValueError"):
        client.delete_users()  # nobody is left


def test_every_public_method_was_driven(agent: Agent, kind: Kind) -> None:
    """The last in this file: what it counts was done above."""
    known = {**METHODS, **SILENT, **(OF_TWO if kind.two else {})}
    own = {"api_key", "host", "org_id", "project_id", "user_id", "user_email", "client", "async_client", "project"}
    told = {name for name in agent.tell(call="__dir__", on="client") if not name.startswith("_")} - own
    of_project = {name for name in agent.tell(call="project.__dir__", on="client") if not name.startswith("_")}
    methods = told | {f"project.{name}" for name in of_project - {*own, "config"}}
    assert methods == set(known)
    assert set(known) - agent.driven == set()
