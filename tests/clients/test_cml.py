"""The real clients of Cognitive Memory Layer, new and old, sync and async, driven through each of their core methods.

What an administrator does is in test_cml_admin.py, with a table of its own.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from tests.clients.environments import CML, CML_OLD, Environment
from tests.clients.remote import Agent, Raised, Remote
from tests.journeys.house import House, eventually

WRITE, READ = "POST api/v1/memory/write", "POST api/v1/memory/read"
METHODS = {
    "health": "GET api/v1/health",
    "write": WRITE,
    "remember": WRITE,
    "batch_write": WRITE,
    "read": READ,
    "search": READ,
    "read_safe": READ,
    "get_context": READ,
    "batch_read": READ,
    "read_stream": "POST api/v1/memory/read/stream",
    "turn": "POST api/v1/memory/turn",
    "update": "POST api/v1/memory/update",
    "forget": "POST api/v1/memory/forget",
    "stats": "GET api/v1/memory/stats",
    "delete_all": "DELETE api/v1/memory/all",
    "create_session": "POST api/v1/session/create",
    "get_session_context": "GET api/v1/session/{session_id}/context",
    "session": "POST api/v1/session/create",  # and what is written and read in it
}
CALLS_NOTHING = {
    "set_tenant": "says which tenant the next calls name",
    "with_namespace": "makes a client that names a namespace",
    "close": "closes the connections",
    "tenant_id": "a property",
}
NEW = {"read_stream"}  # what the old client has not
CLIENTS = [
    (environment, of)
    for environment in (CML, CML_OLD)
    for of in ("cml:CognitiveMemoryLayer", "cml:AsyncCognitiveMemoryLayer")
]
NAMES = [f"{environment.name}-{of.partition(':')[2]}" for environment, of in CLIENTS]
TYPES = (
    "episodic_event", "semantic_fact", "procedure", "constraint", "hypothesis", "preference", "task_state",
    "conversation", "message", "tool_result", "reasoning_step", "scratch", "knowledge", "observation", "plan",
)  # fmt: skip


class Party:
    """A client of one class in one version, its agent and its tenant."""

    def __init__(self, agent: Agent, environment: Environment, of: str, url: str) -> None:
        self.agent, self.is_new, self.is_async = agent, environment is CML, "Async" in of
        self.of, self.url, self.key = of, url, ""
        self.slug = f"core-{'new' if self.is_new else 'old'}-{'async' if self.is_async else 'sync'}"

    def open(self, name: str, key: str, **options: Any) -> Remote:
        told = {"api_key": key, "base_url": self.url, "max_retries": 0} | options
        return self.agent.open(name, self.of, **told)


@pytest.fixture(scope="module")
def their_key(tenant: Callable[[str], str]) -> str:
    """The key of another tenant, whose memories are counted and all deleted."""
    return tenant("core-other")


@pytest.fixture(scope="module")
def operator(house: House) -> str:
    """A key of the platform."""
    return house.manage("keys", "issue", "cml-operator", "--platform").splitlines()[-1]


@pytest.fixture(scope="module", params=CLIENTS, ids=NAMES)
def party(
    request: pytest.FixtureRequest, house: House, tenant: Callable[[str], str], agents: Callable[..., Agent]
) -> Party:
    environment, of = request.param
    party = Party(agents(environment), environment, of, f"{house.facts['url']}/compat/cml")
    party.key = tenant(party.slug)
    return party


@pytest.fixture(scope="module")
def client(party: Party) -> Remote:
    return party.open("own", party.key)


@pytest.fixture(scope="module")
def other(party: Party, their_key: str) -> Remote:
    return party.open("other", their_key)


@pytest.fixture
def embedded(party: Party, native: Callable[[str], httpx.Client]) -> Callable[[], None]:
    """Waits until each memory has its vector."""
    return lambda: eventually(lambda: native(party.key).get("stats").json()["waiting"] == 0, 60)


@pytest.fixture
def tag() -> str:
    """What the memories of one test carry."""
    return uuid4().hex[:12]


def texts(found: Any) -> list[str]:
    return sorted(one["text"] for one in found["memories"])


def test_it_is_healthy(client: Remote) -> None:
    assert client.health()["status"] == "healthy"


def test_it_is_served_at_the_root_too(party: Party, tag: str) -> None:
    client = party.open(f"root-{tag}", party.key, base_url=party.url.removesuffix("/compat/cml"))
    assert client.health()["status"] == "healthy"
    client.write(f"Ada loves {tag}.", context_tags=[tag])
    assert texts(client.read(tag, context_filter=[tag])) == [f"Ada loves {tag}."]


def test_what_is_written_is_found_by_those_of_its_tenant_alone(client: Remote, other: Remote, tag: str) -> None:
    when = datetime(2026, 5, 1, 12, tzinfo=UTC)
    written = client.write(
        f"Ada loves pizza with olives {tag}.", context_tags=[tag], memory_type="preference", metadata={"a": 1},
        turn_id="t1", agent_id="cook",
    )  # fmt: skip
    assert (written["success"], written["chunks_created"]) == (True, 1)
    assert UUID(written["memory_id"])
    found = client.read("What does Ada love?", context_filter=[tag], since=when - timedelta(days=9999))
    assert texts(found) == [f"Ada loves pizza with olives {tag}."]
    one = found["memories"][0]
    assert (one["id"], one["type"], one["metadata"]) == (written["memory_id"], "preference", {"a": 1, "turn_id": "t1"})
    assert 0 < one["relevance"] <= 1
    assert found["preferences"] == found["memories"]
    assert found["facts"] == found["episodes"] == []
    assert not any(tag in text for text in texts(other.read(f"What does Ada love, {tag}?")))


def test_remembering_and_searching_are_writing_and_reading(client: Remote, tag: str) -> None:
    assert client.remember(f"Ben plays chess {tag}.", context_tags=[tag])["success"]
    assert texts(client.search("chess", context_filter=[tag])) == [f"Ben plays chess {tag}."]
    assert texts(client.read_safe("chess", context_filter=[tag])) == [f"Ben plays chess {tag}."]
    assert texts(client.search("chess", context_filter=["another"])) == []


def test_a_safe_read_is_empty_where_nobody_answers(party: Party) -> None:
    lost = party.open("lost", party.key, base_url="http://127.0.0.1:9")
    assert lost.read_safe("chess")["memories"] == []


def test_each_type_comes_back_as_it_was_written(client: Remote, tag: str) -> None:
    for name in TYPES:
        client.write(f"Tea as a {name}, {tag}.", memory_type=name, context_tags=[tag])
    found = client.read("tea", max_results=50, context_filter=[tag])
    assert {one["text"]: one["type"] for one in found["memories"]} == {
        f"Tea as a {name}, {tag}.": name for name in TYPES
    }
    scratch = client.read("tea", context_filter=[tag], memory_types=["scratch", "plan"])
    assert texts(scratch) == [f"Tea as a plan, {tag}.", f"Tea as a scratch, {tag}."]


def test_a_read_is_narrowed_by_time_and_count(party: Party, client: Remote, tag: str) -> None:
    now = datetime.now(UTC)
    client.write(f"Tea now {tag}.", context_tags=[tag])
    client.write(f"Tea as well {tag}.", context_tags=[tag])
    assert client.read("tea", context_filter=[tag], until=now - timedelta(days=1))["total_count"] == 0
    assert client.read("tea", context_filter=[tag], since=now - timedelta(days=1))["total_count"] == 2
    assert client.read("tea", context_filter=[tag], max_results=1, response_format="list")["total_count"] == 1
    if party.is_new:
        client.write(f"Tea then {tag}.", context_tags=[tag], timestamp=now - timedelta(days=30))
        then = client.read("tea", context_filter=[tag], until=now - timedelta(days=1), user_timezone="Europe/Berlin")
        assert texts(then) == [f"Tea then {tag}."]
        assert then["memories"][0]["timestamp"][:10] == (now - timedelta(days=30)).isoformat()[:10]


def test_a_stranger_to_its_own_words_is_told_whether_it_was_stored(party: Party, client: Remote, tag: str) -> None:
    if not party.is_new:
        pytest.skip("the old client has no eval_mode")
    told = [client.write(f"Tea at five {tag}.", context_tags=[tag], session_id=tag, eval_mode=True) for _ in "ab"]
    assert [one["eval_outcome"] for one in told] == ["stored", "skipped"]
    assert told[0]["memory_id"] == told[1]["memory_id"]


def test_the_text_for_a_model_is_in_sections(client: Remote, tag: str) -> None:
    client.write(f"Never serve Ada nuts {tag}.", memory_type="constraint", context_tags=[tag])
    client.write(f"Ada likes rice {tag}.", memory_type="preference", context_tags=[tag])
    text = client.get_context("What may Ada eat?", context_filter=[tag])
    assert text.startswith("# Retrieved Memory Context")
    assert text.index("## Constraints (Must Follow)") < text.index(f"Never serve Ada nuts {tag}.")
    assert text.index("## User Preferences") < text.index(f"Ada likes rice {tag}.")
    assert client.get_context("anything", context_filter=["nothing"]) == ""


def test_many_are_written_and_read(client: Remote, tag: str) -> None:
    items = [
        {"content": f"Ada lives in {tag}.", "context_tags": [tag]},
        {
            "content": f"Ada works at {tag}.",
            "context_tags": [tag],
            "memory_type": "semantic_fact",
            "metadata": {"n": 2},
        },
    ]
    told = client.batch_write(items, session_id=f"s-{tag}", namespace=f"n-{tag}")
    assert [one["success"] for one in told] == [True, True]
    where, works = client.batch_read([f"Where does Ada live, {tag}?", f"Where does Ada work, {tag}?"], max_results=50)
    assert f"Ada lives in {tag}." in texts(where)
    assert f"Ada works at {tag}." in texts(works)
    assert len(client.get_session_context(f"s-{tag}")["messages"]) == 2


def test_a_stream_brings_the_same_memories(party: Party, client: Remote, tag: str) -> None:
    if not party.is_new:
        pytest.skip("the old client has no streams")
    for name in ("five", "six", "seven"):
        client.write(f"Tea at {name}, {tag}.", context_tags=[tag])
    items = client.read_stream("tea", context_filter=[tag], max_results=2)
    assert len(items) == 2
    assert {one["text"] for one in items} < {f"Tea at {name}, {tag}." for name in ("five", "six", "seven")}
    assert client.read_stream("tea", context_filter=["nothing"]) == []


def test_a_turn_recalls_and_remembers(client: Remote, embedded: Callable[[], None], tag: str) -> None:
    client.write(f"Ada drinks {tag} tea.", memory_type="preference")
    embedded()
    told = client.turn(f"Which {tag} does Ada drink?", assistant_response=f"A {tag}, as ever.", session_id=tag)
    assert f"Ada drinks {tag} tea." in told["memory_context"]
    assert told["memories_retrieved"] >= 1
    assert told["memories_stored"] == 2
    said = client.get_session_context(tag)
    assert [one["text"] for one in said["messages"]] == [f"Which {tag} does Ada drink?", f"A {tag}, as ever."]
    assert f"assistant: A {tag}, as ever." in said["context_string"]


def test_an_update_changes_words_weight_and_belief(client: Remote, other: Remote, tag: str) -> None:
    memory_id = UUID(client.write(f"Ada lives in Rome {tag}.", context_tags=[tag])["memory_id"])
    told = client.update(
        memory_id, text=f"Ada lives in Porto, {tag}.", confidence=0.5, importance=0.9, metadata={"b": 2}
    )
    assert (told["success"], told["memory_id"], told["version"]) == (True, str(memory_id), 2)
    one = client.read("Where does Ada live?", context_filter=[tag])["memories"][0]
    assert (one["text"], one["confidence"], one["metadata"]) == (f"Ada lives in Porto, {tag}.", 0.5, {"b": 2})
    client.update(memory_id, feedback="correct")
    assert client.read("Ada", context_filter=[tag])["memories"][0]["confidence"] == pytest.approx(0.6)
    client.update(memory_id, feedback="outdated")
    assert texts(client.read("Ada", context_filter=[tag])) == []
    for stranger, unknown in ((client, uuid4()), (other, memory_id)):
        with pytest.raises(Raised) as raised:
            stranger.update(unknown, text="No.")
        assert raised.value.kind == "NotFoundError"


@pytest.mark.parametrize("action", ["delete", "archive", "silence"])
def test_what_is_forgotten_is_not_found_any_more(client: Remote, other: Remote, tag: str, action: str) -> None:
    gone = UUID(client.write(f"Ada sells her {tag} car.", context_tags=[tag])["memory_id"])
    client.write(f"Ada keeps her {tag} car.", context_tags=[tag])
    assert other.forget(memory_ids=[gone], action=action)["affected_count"] == 0
    before = client.stats()
    told = client.forget(memory_ids=[gone], action=action)
    assert (told["success"], told["affected_count"]) == (True, 1)
    assert texts(client.read("car", context_filter=[tag])) == [f"Ada keeps her {tag} car."]
    after = client.stats()
    assert after["active_memories"] == before["active_memories"] - 1
    name = {"archive": "archived_memories", "silence": "silent_memories"}.get(action)
    assert name is None or after[name] == before[name] + 1


def test_what_is_forgotten_may_be_named_by_words_and_by_time(other: Remote) -> None:
    other.delete_all(confirm=True)
    other.write("The zeppelin is red.")
    other.write("Ada lives in Porto.")
    assert other.forget(query="zeppelin")["affected_count"] == 1
    assert texts(other.read("zeppelin Porto")) == ["Ada lives in Porto."]
    assert other.forget(before=datetime(2000, 1, 1, tzinfo=UTC))["affected_count"] == 0
    assert other.forget(before=datetime.now(UTC) + timedelta(days=1))["affected_count"] == 1


def test_stats_tell_what_there_is(other: Remote) -> None:
    other.delete_all(confirm=True)
    assert other.stats()["total_memories"] == 0
    for name in ("scratch", "plan", "plan"):
        other.write(f"Tea, {uuid4().hex}.", memory_type=name)
    told = other.stats()
    assert (told["total_memories"], told["active_memories"]) == (3, 3)
    assert told["by_type"] == {"scratch": 1, "plan": 2}
    assert told["avg_confidence"] == 1.0
    assert 0 < told["avg_importance"] < 1
    assert told["oldest_memory"] <= told["newest_memory"]
    assert told["estimated_size_mb"] > 0


def test_everything_of_a_tenant_goes_and_nothing_of_another(client: Remote, other: Remote, tag: str) -> None:
    other.delete_all(confirm=True)
    client.write(f"This one stays, {tag}.", context_tags=[tag])
    other.write("This one goes.")
    other.write("And this one.")
    assert other.delete_all(confirm=True) == 2
    assert other.read("this one")["total_count"] == 0
    assert texts(client.read("this one", context_filter=[tag])) == [f"This one stays, {tag}."]


def test_a_session_is_opened_and_lasts_as_long_as_is_said(client: Remote, tag: str) -> None:
    opened = client.create_session(name="Supper", ttl_hours=2, metadata={"a": 1})
    begins, ends = (datetime.fromisoformat(opened[name]) for name in ("created_at", "expires_at"))
    assert timedelta(hours=1.9) < ends - begins < timedelta(hours=2.1)
    client.write("Tea?", session_id=opened["session_id"], memory_type="message", context_tags=[tag])
    client.write("Kettle: on.", session_id=opened["session_id"], memory_type="tool_result")
    client.write("Buy milk.", session_id=opened["session_id"], memory_type="scratch")
    told = client.get_session_context(opened["session_id"])
    groups = ("messages", "tool_results", "scratch_pad")
    assert [[one["text"] for one in told[name]] for name in groups] == [["Tea?"], ["Kettle: on."], ["Buy milk."]]
    assert client.get_session_context(f"never-{tag}")["messages"] == []


def test_inside_a_session_one_writes_and_reads_there(party: Party, client: Remote, tag: str) -> None:
    enter, leave = ("__aenter__", "__aexit__") if party.is_async else ("__enter__", "__exit__")
    client.write(f"{tag} soup outside.", context_tags=[tag])
    manager = client.session(name=f"talk {tag}", ttl_hours=1)
    talk = getattr(manager, enter)()
    assert talk.write(f"{tag} soup inside.", context_tags=[tag], memory_type="message")["success"]
    assert talk.remember(f"{tag} soup inside, more.", context_tags=[tag])["success"]
    inside = [f"{tag} soup inside, more.", f"{tag} soup inside."]
    outside = [] if party.is_new else [f"{tag} soup outside."]  # the old one's session reads everywhere
    assert texts(talk.read("soup", context_filter=[tag])) == [*inside, *outside]
    assert talk.turn("Any soup left?")["memories_stored"] == 1
    getattr(manager, leave)(None, None, None)
    assert len(client.read("soup", context_filter=[tag])["memories"]) == 3


def test_a_namespace_is_written_to_and_reads_are_not_narrowed_to_it(
    party: Party, client: Remote, native: Callable[[str], httpx.Client], tag: str
) -> None:
    work = client.with_namespace(f"work-{tag}")
    client.write(f"The plan at home {tag}.", context_tags=[tag])
    memory_id = work.write(f"The plan at work {tag}.", context_tags=[tag])["memory_id"]
    work.batch_write([{"content": f"Another plan at work {tag}.", "context_tags": [tag]}])
    assert native(party.key).get(f"memories/{memory_id}").json()["namespace"] == f"work-{tag}"
    assert len(work.read("plan", context_filter=[tag])["memories"]) == 3
    assert len(client.read("plan", context_filter=[tag])["memories"]) == 3
    work.update(UUID(memory_id), text=f"The new plan at work {tag}.")
    assert f"The new plan at work {tag}." in work.get_context("plan", context_filter=[tag])
    assert work.forget(memory_ids=[UUID(memory_id)])["affected_count"] == 1


def test_an_ordinary_key_stays_in_its_tenant(party: Party, tag: str) -> None:
    own = party.open(f"own-{tag}", party.key)
    own.write(f"Ada loves {tag}.", context_tags=[tag])
    own.set_tenant("core-other")
    assert own.tenant_id.value() == "core-other"
    assert texts(own.read(tag, context_filter=[tag])) == [f"Ada loves {tag}."]
    own.close()


def test_a_key_of_the_platform_goes_to_the_tenant_that_it_names(
    party: Party, client: Remote, other: Remote, operator: str, tag: str
) -> None:
    other.write(f"Ben loves {tag}.", context_tags=[tag])
    anywhere = party.open(f"operator-{tag}", operator, tenant_id=party.slug)
    client.write(f"Ada loves {tag}.", context_tags=[tag])
    assert texts(anywhere.read(tag, context_filter=[tag])) == [f"Ada loves {tag}."]
    anywhere.set_tenant("core-other")
    assert texts(anywhere.read(tag, context_filter=[tag])) == [f"Ben loves {tag}."]
    anywhere.set_tenant("nowhere")
    with pytest.raises(Raised) as raised:
        anywhere.read(tag)
    assert raised.value.kind == "NotFoundError"


@pytest.mark.parametrize(("sent", "said"), [("nonsense", "Invalid API key"), ("", "API key required")])
def test_who_is_not_known_is_told_so(party: Party, tag: str, sent: str, said: str) -> None:
    stranger = party.open(f"stranger-{tag}", sent)
    with pytest.raises(Raised) as raised:
        stranger.stats()
    assert raised.value.kind == "AuthenticationError"
    assert said in raised.value.said


def test_what_may_not_be_done_or_is_not_valid_is_told_so(
    party: Party, another_key: Callable[..., str], tag: str
) -> None:
    reader = party.open(f"reader-{tag}", another_key(party.key, tag, scopes=["read"]))
    for call, kind in (
        (lambda: reader.write("No."), "AuthorizationError"),
        (lambda: reader.delete_all(confirm=True), "AuthorizationError"),
        (lambda: reader.read("tea", user_timezone="Mars/Base"), "ValidationError"),
    ):
        if kind == "ValidationError" and not party.is_new:
            continue
        with pytest.raises(Raised) as raised:
            call()
        assert raised.value.kind == kind
        assert raised.value.fields["request_id"]


def test_the_openai_helper_answers_with_what_is_remembered_and_remembers_it(
    party: Party, client: Remote, embedded: Callable[[], None], tag: str
) -> None:
    if party.is_async:
        pytest.skip("the helper takes the synchronous client alone")
    agent, plain = party.agent, "types:SimpleNamespace"
    client.write(f"Ada drinks {tag} tea.", memory_type="preference")
    embedded()
    message = agent.open(f"message-{tag}", plain, content=f"Offer her {tag} tea, in a blue cup.")
    choice = agent.open(f"choice-{tag}", plain, message=message)
    reply = agent.open(f"reply-{tag}", plain, choices=[choice])
    openai = agent.open(f"openai-{tag}", "unittest.mock:Mock", **{"chat.completions.create.return_value": reply})
    helper = agent.open(f"helper-{tag}", "cml.integrations:CMLOpenAIHelper", client, openai, model="a-model")
    answer = helper.chat(f"Which {tag} tea for Ada?", session_id=tag)
    assert answer == f"Offer her {tag} tea, in a blue cup."
    sent = openai.chat.completions.create.call_args.kwargs.value()
    assert sent["model"] == "a-model"
    assert any(f"Ada drinks {tag} tea." in one["content"] for one in sent["messages"] if one["role"] == "system")
    said = [one["text"] for one in client.get_session_context(tag)["messages"]]
    assert said == [f"Which {tag} tea for Ada?", answer]


def test_each_core_method_was_driven(party: Party) -> None:
    wanted = {*METHODS, *CALLS_NOTHING} - {"tenant_id", *(() if party.is_new else NEW)}
    assert wanted - party.agent.driven == set()
