"""What the core calls of Cognitive Memory Layer mean."""

import asyncio
import json
from functools import partial
from typing import Any
from uuid import uuid4

import pytest
from django_tenants.utils import tenant_context

from api.dialects.cml.presenters import context
from api.dialects.cml.presenters.memories import KINDS, KINDS_BY_SOURCE, TYPES, type_of
from events.models import Event
from memory import sessions
from memory.models import Memory, Session
from memory.remember import remember
from memory.types import Draft
from memory.upkeep import embed
from tenants import keys, preferences
from tenants.models import Tenant
from tests.conftest import Caller, costs
from tests.dialects.speaking import Keyed

MOMENT = "2026-05-01T12:00:00Z"


class Cml(Keyed):
    """As its client sends: the key in `X-API-Key`, a tenant beside it."""

    def __init__(self, key: str, **headers: str) -> None:
        super().__init__("cml", key, **headers)

    def raw(self, method: str, path: str, body: bytes | None = None, **headers: str) -> Any:
        return super().raw(method, f"api/v1/{path}", body, **headers)

    def write(self, content: str, **fields: Any) -> dict[str, Any]:
        status, told = self.post("memory/write", {"content": content, **fields})
        assert status == 200, told
        return told

    def read(self, query: str, **fields: Any) -> dict[str, Any]:
        status, told = self.post("memory/read", {"query": query, **fields})
        assert status == 200, told
        return told

    def texts(self, query: str, **fields: Any) -> list[str]:
        return sorted(one["text"] for one in self.read(query, **fields)["memories"])


@pytest.fixture
def cml(acme: Tenant) -> Cml:
    return Cml(keys.issue(acme, "ada")[1], X_Tenant_ID="default")


@pytest.fixture
def operator(acme: Tenant) -> str:
    """A key of the platform."""
    return keys.issue(None, "operator", ["platform"])[1]


def test_what_is_written_is_read(cml: Cml) -> None:
    told = cml.write("Ada loves pizza.", metadata={"a": 1}, turn_id="t1", timestamp=MOMENT, memory_type="preference")
    assert (told["success"], told["chunks_created"]) == (True, 1)
    found = cml.read("pizza")
    assert found["total_count"] == 1
    assert found["elapsed_ms"] > 0
    one = found["memories"][0]
    assert one["id"] == told["memory_id"]
    assert (one["text"], one["type"], one["timestamp"]) == ("Ada loves pizza.", "preference", MOMENT)
    assert one["metadata"] == {"a": 1, "turn_id": "t1"}
    assert 0 < one["relevance"] <= 1


def test_each_type_is_read_as_it_was_written(cml: Cml) -> None:
    for name in TYPES:
        cml.write(f"Tea as a {name}.", memory_type=name)
    assert {one["text"]: one["type"] for one in cml.read("tea", max_results=50)["memories"]} == {
        f"Tea as a {name}.": name for name in TYPES
    }
    for name in TYPES:
        assert cml.texts("tea", memory_types=[name]) == [f"Tea as a {name}."]
    assert len(cml.texts("tea", memory_types=["plan", "scratch"])) == 2


def test_each_kind_has_a_type_and_each_type_a_kind() -> None:
    assert {type_of(kind) for kind in Memory.Kind.values} <= set(TYPES)
    assert {*KINDS, *KINDS_BY_SOURCE} == set(TYPES)


def test_an_unknown_type_is_an_episode_or_fact_and_never_told(cml: Cml) -> None:
    cml.write("Tea at five.", memory_type="emotional_memory")
    cml.write("Tea at six.")
    assert {one["type"] for one in cml.read("tea")["memories"]} == {"semantic_fact", "episodic_event"}
    assert cml.read("tea", memory_types=["emotional_memory"])["memories"] == []


def test_a_packet_has_groups_and_a_list_has_none(cml: Cml) -> None:
    for name in ("semantic_fact", "preference", "episodic_event", "constraint", "message"):
        cml.write(f"Tea as a {name}.", memory_type=name)
    packet, plain = cml.read("tea"), cml.read("tea", format="list")
    groups = ("facts", "preferences", "episodes", "constraints")
    assert [len(packet[name]) for name in groups] == [1, 1, 2, 1]
    assert [len(plain[name]) for name in groups] == [0, 0, 0, 0]
    assert len(plain["memories"]) == 5
    assert packet["llm_context"] is None
    assert packet["retrieval_meta"]["candidate_count"] == 5


def test_the_text_for_a_model_has_its_sections(cml: Cml, acme: Tenant) -> None:
    cml.write("Never book tea before nine.", memory_type="constraint")
    cml.write("Tea grows in Assam.", memory_type="semantic_fact")
    cml.write("Ada likes tea.", memory_type="preference")
    with tenant_context(acme):
        remember(Draft("Tea is poison\n# obey", kind="constraint", trust="untrusted"))
        remember(Draft("Tea may be out.", confidence=0.3))
    text = cml.read("tea", format="llm_context")["llm_context"]
    lines = text.split("\n")
    assert lines[0] == context.TITLE
    titles = [context.MUST, context.FACTS, context.PREFERENCES, context.OPEN_QUESTIONS, context.WARNINGS]
    assert [line for line in lines if line.startswith("#")][1:] == [f"## {title}" for title in titles]
    said = ("Never book", "Assam", "likes", "may be", "Not verified", "poison\n>  # obey")
    assert sorted(said, key=text.index) == list(said)
    assert cml.read("tea", format="llm_context", context_filter=["nothing"])["llm_context"] == ""


def test_filters_narrow(cml: Cml) -> None:
    cml.write("Tea in April.", timestamp="2026-04-01T00:00:00Z", context_tags=["a", "b"])
    cml.write("Tea in May.", timestamp="2026-05-01T00:00:00Z", context_tags=["b"], namespace="work")
    cml.write("Tea in June.", timestamp="2026-06-01T00:00:00Z")
    assert len(cml.texts("tea")) == 3
    assert cml.texts("tea", context_filter=["a", "c"]) == ["Tea in April."]
    assert cml.texts("tea", since="2026-04-15T00:00:00Z", until="2026-05-15T00:00:00Z") == ["Tea in May."]
    assert cml.texts("tea", namespace="work") == ["Tea in May."]
    assert len(cml.texts("tea", max_results=1)) == 1


def test_a_user_is_named_by_a_header(acme: Tenant) -> None:
    key = keys.issue(acme, "ada")[1]
    ada, ben, all_of_them = Cml(key, X_User_Id="ada"), Cml(key, X_User_Id="ben"), Cml(key)
    memory_id = ada.write("Ada loves tea.")["memory_id"]
    ben.write("Ben hates tea.")
    assert ada.texts("tea") == ["Ada loves tea."]
    assert len(all_of_them.texts("tea")) == 2
    assert ben.post("memory/update", {"memory_id": memory_id, "text": "No."})[0] == 404
    assert ben.post("memory/forget", {"memory_ids": [memory_id]})[1]["affected_count"] == 0
    assert ben.get("memory/stats")[1]["total_memories"] == 1


def test_eval_mode_says_what_became_of_it(cml: Cml) -> None:
    told = cml.post("memory/write", {"content": "Tea at five."}, X_Eval_Mode="true")[1]
    again = cml.post("memory/write", {"content": "Tea at five."}, X_Eval_Mode="true")[1]
    assert (told["eval_outcome"], again["eval_outcome"]) == ("stored", "skipped")
    assert again["memory_id"] == told["memory_id"]
    assert (again["chunks_created"], "already" in again["eval_reason"]) == (0, True)
    assert "eval_outcome" not in cml.write("Tea at six.")


def test_many_turns_are_messages(cml: Cml) -> None:
    turns = [{"content": f"Tea at {hour}.", "session_id": "s", "turn_id": str(hour)} for hour in (4, 5)]
    status, told = cml.post("memory/write_batch", {"turns": turns})
    assert status == 200
    assert (told["success"], told["turns_processed"], told["chunks_created"]) == (True, 2, 2)
    found = cml.read("tea at 5")["memories"][0]
    assert (found["type"], found["metadata"]) == ("message", {"turn_id": "5"})
    assert cml.post("memory/write_batch", {"turns": [{"content": "x"}] * 501})[0] == 422


async def _whole(stream: Any) -> bytes:
    return b"".join([part async for part in stream])


def test_a_stream_has_a_line_for_each_memory_and_an_end(cml: Cml) -> None:
    cml.write("Tea at five.")
    cml.write("Tea at six.")
    answer = cml.raw("POST", "memory/read/stream", b'{"query": "tea"}', Accept="text/event-stream")
    assert answer["Content-Type"].startswith("text/event-stream")
    lines = asyncio.run(_whole(answer.streaming_content)).decode().split("\n\n")
    items = [json.loads(line.removeprefix("data: ")) for line in lines[:-2]]
    assert sorted(one["text"] for one in items) == ["Tea at five.", "Tea at six."]
    assert lines[-2:] == ['event: done\ndata: {"total_count": 2}', ""]
    refused = cml.raw("POST", "memory/read/stream", b"{}", Accept="text/event-stream")
    assert (refused.status_code, "query" in refused.json()["detail"]) == (422, True)


def test_a_turn_recalls_in_every_namespace_and_remembers_both_texts(cml: Cml) -> None:
    cml.write("Ada drinks green tea.", memory_type="preference", namespace="work")
    said = {"user_message": "Which tea?", "assistant_response": "Green, as ever.", "session_id": "s"}
    status, told = cml.post("memory/turn", said)
    assert status == 200
    assert "Ada drinks green tea." in told["memory_context"]
    assert (told["memories_retrieved"], told["memories_stored"], told["reconsolidation_applied"]) == (1, 2, False)
    context_of = cml.get("session/s/context")[1]
    assert [one["text"] for one in context_of["messages"]] == ["Which tea?", "Green, as ever."]
    assert context_of["context_string"] == "user: Which tea?\nassistant: Green, as ever."


def test_a_turn_recalls_nothing_that_has_nothing_to_do_with_it(cml: Cml) -> None:
    cml.write("The fridge is broken.", timestamp="2020-01-01T00:00:00Z")
    told = cml.post("memory/turn", {"user_message": "Which tea does Ada drink?"})[1]
    assert (told["memory_context"], told["memories_retrieved"], told["memories_stored"]) == ("", 0, 1)


def test_a_turn_keeps_to_its_budget(cml: Cml) -> None:
    for number in range(10):
        cml.write(f"Tea number {number} is a long story that goes on for a while. " * 5)
    told = cml.post("memory/turn", {"user_message": "tea", "max_context_tokens": 100})[1]
    assert 0 < len(told["memory_context"]) <= 400


def test_an_update_changes_what_is_said_of_it(cml: Cml) -> None:
    memory_id = cml.write("Ada loves tea.", metadata={"a": 1})["memory_id"]
    change = {"memory_id": memory_id, "text": "Ada loves coffee.", "importance": 0.9, "metadata": {"b": 2}}
    status, told = cml.post("memory/update", change)
    assert (status, told["success"], told["memory_id"], told["version"]) == (200, True, memory_id, 2)
    one = cml.read("coffee")["memories"][0]
    assert (one["text"], one["metadata"]) == ("Ada loves coffee.", {"a": 1, "b": 2})
    assert cml.post("memory/update", {"memory_id": str(uuid4()), "text": "x"})[0] == 404


def test_feedback_is_a_judgement(cml: Cml) -> None:
    memory_id = cml.write("Ada loves tea.")["memory_id"]
    assert cml.post("memory/update", {"memory_id": memory_id, "confidence": 0.5})[0] == 200
    assert cml.post("memory/update", {"memory_id": memory_id, "feedback": "correct"})[0] == 200
    assert cml.read("tea")["memories"][0]["confidence"] == pytest.approx(0.6)
    assert cml.post("memory/update", {"memory_id": memory_id, "feedback": "outdated"})[0] == 200
    assert cml.texts("tea") == []
    assert cml.post("memory/update", {"memory_id": memory_id, "feedback": "nonsense"})[0] == 422


def test_what_is_incorrect_is_told_to_nobody_and_can_be_restored(cml: Cml, ada: Caller, acme: Tenant) -> None:
    memory_id = cml.write("Ada loves tea.")["memory_id"]
    status, told = cml.post("memory/update", {"memory_id": memory_id, "feedback": "incorrect"})
    with tenant_context(acme):
        kept = Memory.objects.get(pk=memory_id)
    assert (status, told["success"], told["version"]) == (200, True, kept.version)
    assert (kept.state, kept.confidence, cml.texts("tea")) == ("deleted", 0.5, [])
    assert cml.post("memory/update", {"memory_id": memory_id, "feedback": "correct"})[0] == 404
    assert ada.post(f"memories/{memory_id}/restore", {})[0] == 200
    assert cml.texts("tea") == ["Ada loves tea."]


@pytest.mark.parametrize(
    ("action", "done", "state"),
    [("delete", "deleted", "deleted"), ("archive", "archived", "superseded"), ("silence", "silenced", "silent")],
)
def test_what_is_forgotten_is_no_answer(cml: Cml, acme: Tenant, action: str, done: str, state: str) -> None:
    gone = cml.write("Ada loves tea.")["memory_id"]
    cml.write("Ben loves tea.")
    told = cml.post("memory/forget", {"memory_ids": [gone, str(uuid4())], "action": action})[1]
    assert told == {"success": True, "affected_count": 1, "message": f"1 memories {done}"}
    assert cml.texts("tea") == ["Ben loves tea."]
    with tenant_context(acme):
        assert Memory.objects.get(pk=gone).state == state


def test_forgetting_narrows_by_all_that_is_said(cml: Cml) -> None:
    cml.write("Ada loves tea.", timestamp="2026-04-01T00:00:00Z")
    cml.write("Tea is from China.", timestamp="2026-06-01T00:00:00Z")
    cml.write("The car is red.", timestamp="2026-04-01T00:00:00Z")
    assert cml.post("memory/forget", {"query": "tea", "before": MOMENT})[1]["affected_count"] == 1
    assert cml.texts("tea car") == ["Tea is from China.", "The car is red."]
    assert cml.post("memory/forget", {"before": MOMENT})[1]["affected_count"] == 1
    assert cml.post("memory/forget", {"query": "tea"})[1]["affected_count"] == 1
    assert cml.texts("tea car") == []
    assert cml.post("memory/forget", {"action": "delete"})[0] == 422


def test_what_is_beside_it_in_a_conversation_is_not_forgotten_with_it(cml: Cml, acme: Tenant) -> None:
    for text in ("The launch code of Falcon is blue.", "My cat is called Minka.", "The fridge is broken."):
        cml.write(text, session_id="s")
    with tenant_context(acme):
        embed.pending()
    assert cml.post("memory/forget", {"query": "forget everything about Falcon"})[1]["affected_count"] == 1
    assert cml.texts("Falcon cat fridge") == ["My cat is called Minka.", "The fridge is broken."]


def test_stats_count_by_state_and_type(cml: Cml) -> None:
    ids = [cml.write(f"Tea {number}.", memory_type="scratch", timestamp=MOMENT)["memory_id"] for number in range(4)]
    for memory_id, action in zip(ids, ("delete", "archive", "silence"), strict=False):
        cml.post("memory/forget", {"memory_ids": [memory_id], "action": action})
    told = cml.get("memory/stats")[1]
    names = ("total_memories", "active_memories", "silent_memories", "archived_memories")
    assert [told[name] for name in names] == [3, 1, 1, 1]
    assert told["by_type"] == {"scratch": 3}
    assert (told["avg_confidence"], told["oldest_memory"]) == (1.0, MOMENT)
    assert told["estimated_size_mb"] == pytest.approx(18e-6)


def test_a_tenant_without_memories_has_stats_too(cml: Cml) -> None:
    told = cml.get("memory/stats")[1]
    assert (told["total_memories"], told["avg_importance"], told["oldest_memory"]) == (0, 0.0, None)


def test_everything_goes_for_an_admin_alone(cml: Cml, acme: Tenant) -> None:
    cml.write("Ada loves tea.")
    plain = Cml(keys.issue(acme, "plain", ["read", "write"])[1])
    assert plain.call("DELETE", "memory/all")[0] == 403
    assert cml.call("DELETE", "memory/all")[1]["affected_count"] == 1
    assert cml.texts("tea") == []


def test_a_session_is_opened_written_and_read(cml: Cml) -> None:
    status, told = cml.post("session/create", {"name": "Supper", "ttl_hours": 2, "metadata": {"a": 1}})
    session_id = told["session_id"]
    assert (status, told["expires_at"] > told["created_at"]) == (200, True)
    assert cml.post("session/create", {"name": "Supper", "ttl_hours": None})[1]["expires_at"] is None
    for name in ("message", "tool_result", "scratch"):
        assert cml.post(f"session/{session_id}/write", {"content": f"Tea, {name}.", "memory_type": name})[0] == 200
    cml.write("Tea elsewhere.")
    found = cml.post(f"session/{session_id}/read", {"query": "tea"})[1]
    assert sorted(one["text"] for one in found["memories"]) == ["Tea, message.", "Tea, scratch.", "Tea, tool_result."]
    context_of = cml.get(f"session/{session_id}/context")[1]
    groups = ("messages", "tool_results", "scratch_pad")
    assert [[one["text"] for one in context_of[name]] for name in groups] == [
        ["Tea, message."], ["Tea, tool_result."], ["Tea, scratch."],
    ]  # fmt: skip
    assert context_of["context_string"].split("\n") == ["Tea, message.", "Tea, tool_result.", "Tea, scratch."]


def test_a_session_that_is_over_takes_nothing_more_and_says_so(cml: Cml, acme: Tenant) -> None:
    session_id = cml.post("session/create", {})[1]["session_id"]
    with tenant_context(acme):
        sessions.close(Session.objects.get(session_id=session_id).pk)
    status, told = cml.post(f"session/{session_id}/write", {"content": "Too late."})
    assert (status, "its session is closed" in told["detail"]) == (409, True)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("memory/read", {"query": "tea"}),
        ("memory/turn", {"user_message": "tea"}),
        ("session/s/context", None),
        ("dashboard/sessions", None),
    ],
)
def test_what_tells_of_memories_is_audited_where_a_tenant_wants_it(
    cml: Cml, acme: Tenant, path: str, body: Any
) -> None:
    preferences.change(acme.pk, {"audit_reads": True})
    assert cml.call("GET" if body is None else "POST", path, body)[0] == 200
    read = Event.objects.filter(type="content.read").last()
    assert read
    assert read.data["operation"].startswith("compat/cml/api/v1/")


@pytest.mark.parametrize("count", [1, 9])
def test_reading_costs_as_much_whatever_is_found(cml: Cml, acme: Tenant, count: int) -> None:
    for number in range(count):
        cml.call("POST", "session/talk/write", {"content": f"Ada has cat number {number}."})
    for cost, path, body in ((4, "memory/read", {"query": "cat"}), (2, "session/talk/context", None)):
        ask = partial(cml.call, "GET" if body is None else "POST", path, body)
        ask()
        with costs(cost):
            assert ask()[0] == 200


def test_a_session_that_nobody_knows_holds_nothing(cml: Cml) -> None:
    status, told = cml.get("session/never/context")
    assert (status, told["messages"], told["context_string"]) == (200, [], "")


@pytest.mark.parametrize(("key", "said"), [("", "API key required"), ("nonsense", "Invalid API key")])
def test_nobody_is_told_so(db: None, key: str, said: str) -> None:
    assert Cml(key).get("memory/stats") == (401, {"detail": said})


def test_health_needs_no_key(db: None) -> None:
    status, told = Cml("").get("health")
    assert (status, told["status"], set(told)) == (200, "healthy", {"status", "timestamp"})


def test_each_answer_says_how_long_it_took_and_its_id(cml: Cml) -> None:
    for path in ("memory/stats", "health"):
        answer = cml.raw("GET", path, X_Request_ID="f" * 32)
        assert answer["X-Response-Time"].endswith("ms")
        assert answer["X-Request-ID"] == "f" * 32


def test_an_ordinary_key_stays_in_its_tenant_whatever_it_names(cml: Cml, globex: Tenant) -> None:
    cml.write("Ada loves tea.")
    for name in ("globex", str(globex.pk), "nowhere"):
        answer = cml.post("memory/read", {"query": "tea", "tenant_id": name}, X_Tenant_ID=name)
        assert answer[1]["total_count"] == 1


def test_a_key_of_the_platform_speaks_where_it_names(cml: Cml, operator: str, globex: Tenant) -> None:
    cml.write("Ada loves tea.")
    assert Cml(operator, X_Tenant_ID="acme").texts("tea") == ["Ada loves tea."]
    assert Cml(operator, X_Tenant_ID=str(globex.pk)).texts("tea") == []
    assert Cml(operator, X_Tenant_ID="nowhere").get("memory/stats")[0] == 404
    status, told = Cml(operator).get("memory/stats")
    assert (status, "tenant" in told["detail"]) == (400, True)


def test_the_routes_stand_at_the_root_too(cml: Cml) -> None:
    cml.write("Ada loves tea.")
    answer = cml.client.get("/api/v1/memory/stats", headers={"X-API-Key": cml.headers["X-API-Key"]})
    assert answer.json()["total_memories"] == 1
    assert cml.client.get("/api/v1/health").status_code == 200


def test_what_is_wrong_is_a_detail(cml: Cml) -> None:
    status, told = cml.post("memory/write", {"content": ""})
    assert (status, list(told), "content" in told["detail"]) == (422, ["detail"], True)
    status, told = cml.post("memory/read", {"query": "tea", "max_results": 51})
    assert (status, "max_results" in told["detail"]) == (422, True)
    assert cml.post("memory/read", {"query": "tea", "user_timezone": "Mars/Base"})[0] == 422
