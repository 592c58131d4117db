"""A key that is limited to namespaces reads and writes there, and nowhere else, whichever way it asks."""

import json
from typing import Any

import pytest
from django_tenants.utils import tenant_context

from events import relay
from memory import transfers
from memory.models import Memory
from memory.upkeep import embed
from tenants import keys
from tenants.models import Tenant
from tests.conftest import Caller

SECRET = "xyzzy"


@pytest.fixture
def bot(acme: Tenant) -> Caller:
    """Limited to `mine`."""
    return Caller(keys.issue(acme, "bot", ["read", "write"], namespaces=["mine"])[1])


@pytest.fixture
def there(ada: Caller, acme: Tenant) -> dict[str, str]:
    """What is in another namespace, and related to something in `mine`."""
    hidden = ada.remember(f"{SECRET} tea", namespace="theirs", user_id="cleo", session_id="s1", tags=[SECRET])
    other = ada.remember(f"{SECRET} milk", namespace="theirs", user_id="cleo", session_id="s1")
    mine = ada.remember("green tea", namespace="mine", user_id="cleo", session_id="s2")
    across = ada.post("relations", {"source": mine, "target": hidden, "type": "causes"})[1]["id"]
    far = ada.post("relations", {"source": hidden, "target": other, "type": "causes"})[1]["id"]
    session = ada.get("sessions?namespace=theirs")[1]["data"][0]["id"]
    ada.patch(f"memories/{hidden}", {"content": f"{SECRET} black tea"})
    with tenant_context(acme):
        embed.pending()
    relay.drain()
    return {"hidden": hidden, "other": other, "mine": mine, "across": across, "far": far, "session": session}


READS = [
    "memories",
    "memories?namespace=theirs",
    "memories?state=deleted",
    "memories/{hidden}",
    "memories/{hidden}/history",
    "memories/{hidden}/diff?before=1&after=2",
    "memories/{hidden}/related",
    "memories/{mine}/related?depth=3",
    "memories/{mine}/effects",
    "memories/{hidden}/causes",
    "memories/stream?query=tea",
    "memories/stream?all=true",
    "relations",
    "relations/{across}",
    "relations/{far}",
    "relations?memory={mine}",
    "sessions",
    "sessions/{session}",
    "sessions/{session}/memories",
    "messages?session_id=s1&user_id=cleo",
    "namespaces",
    "entities?type=tag",
    "entities?type=namespace",
    "entities/tag/xyzzy",
    "entities/namespace/theirs",
    "stats?group_by=namespace",
    "stats?group_by=tag",
    "exports/stream",
    "exports/stream?format=csv",
    "events",
]


@pytest.mark.parametrize("path", READS)
def test_nothing_of_another_namespace_is_read(bot: Caller, ada: Caller, there: dict[str, str], path: str) -> None:
    answer = bot.raw("GET", path.format(**there))
    content = b"".join(answer) if answer.streaming and not answer.is_async else getattr(answer, "content", b"")
    told = content.decode()
    assert answer.status_code in (200, 404)
    own = {there["hidden"], there["other"], there["across"], there["far"], there["session"]}
    body = told.replace(path.format(**there).partition("?")[0], "")  # a problem quotes the path that was asked
    assert [name for name in (SECRET, "theirs", *own) if name in body] == []


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("memories/search", {"query": f"{SECRET} black tea"}),
        ("memories/search", {"query": "tea", "namespaces": ["theirs"]}),
        ("memories/search", {"query": "tea", "as_of": "2100-01-01T00:00:00Z"}),
        ("memories/search", {"query": "tea", "valid_at": "2100-01-01T00:00:00Z"}),
        ("memories/search", {"tags": [SECRET]}),
        ("memories/list", {"filters": {"namespace": "theirs"}}),
        ("context", {"query": f"{SECRET} tea", "user_id": "cleo", "session_id": "s1", "include_session": 5}),
    ],
)
def test_nothing_of_another_namespace_is_found(bot: Caller, there: dict[str, str], path: str, body: Any) -> None:
    answer = bot.raw("POST", path, json.dumps(body).encode())
    told = answer.content.decode()
    assert answer.status_code == 200
    assert SECRET not in told
    assert "theirs" not in told


def test_what_is_in_its_own_namespace_is_found(bot: Caller, there: dict[str, str]) -> None:
    assert [hit["id"] for hit in bot.search("tea")] == [there["mine"]]
    assert bot.get(f"memories/{there['mine']}")[0] == 200
    assert bot.get("stats")[1]["live"] == 1
    assert [s["session_id"] for s in bot.get("sessions")[1]["data"]] == ["s2"]
    assert {event["data"]["namespace"] for event in bot.get("events")[1]["data"]} == {"mine"}


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PATCH", "memories/{hidden}", {"content": "mine now"}),
        ("PUT", "memories/{hidden}", {"content": "mine now"}),
        ("DELETE", "memories/{hidden}", None),
        ("POST", "memories/{hidden}/feedback", {"verdict": "incorrect"}),
        ("POST", "memories/{hidden}/supersede", {"content": "mine now"}),
        ("POST", "memories/{hidden}/archive", None),
        ("POST", "memories/{hidden}/restore", {"version": 1}),
        ("POST", "relations", {"source": "{mine}", "target": "{hidden}", "type": "causes"}),
        ("DELETE", "relations/{across}", None),
        ("DELETE", "relations/{far}", None),
        ("PATCH", "sessions/{session}", {"title": "mine now"}),
        ("POST", "sessions/{session}/close", None),
        ("DELETE", "sessions/{session}", None),
        ("POST", "memories/delete", {"user_id": "cleo", "confirm_count": 3}),
        ("DELETE", "entities/namespace/theirs?confirm_count=2", None),
    ],
)
def test_nothing_of_another_namespace_is_changed(
    bot: Caller, ada: Caller, there: dict[str, str], method: str, path: str, body: Any
) -> None:
    before = [ada.get(f"memories/{there[name]}")[1] for name in ("hidden", "other")]
    sent = (
        None if body is None else json.dumps(body).replace("{mine}", there["mine"]).replace("{hidden}", there["hidden"])
    )
    answer = bot.raw(method, path.format(**there), sent.encode() if sent else None)
    assert answer.status_code in (404, 409, 422), answer.content
    assert [ada.get(f"memories/{there[name]}")[1] for name in ("hidden", "other")] == before
    assert ada.get(f"sessions/{there['session']}")[1]["state"] == "open"
    assert len(ada.get("relations")[1]["data"]) == 2


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("memories", {"content": "x", "namespace": "theirs"}),
        ("memories", {"memories": [{"content": "x"}, {"content": "y", "namespace": "theirs"}], "partial": True}),
        ("messages", {"content": "x", "namespace": "theirs", "session_id": "s", "role": "user"}),
        ("sessions", {"session_id": "s", "namespace": "theirs"}),
        ("turns", {"message": "x", "namespace": "theirs"}),
    ],
)
def test_nothing_is_written_into_another_namespace(bot: Caller, acme: Tenant, path: str, body: Any) -> None:
    status, told = bot.post(path, body)
    assert (status, told["code"]) == (403, "outside_namespaces"), told
    with tenant_context(acme):
        assert not Memory.objects.exists()


def test_an_id_of_another_namespace_is_not_taken_over(bot: Caller, ada: Caller, there: dict[str, str]) -> None:
    status, _ = bot.post("memories", {"content": "mine now", "id": there["hidden"]})
    assert status == 409
    assert SECRET in ada.get(f"memories/{there['hidden']}")[1]["content"]


def test_without_a_name_the_only_namespace_is_meant(bot: Caller, ada: Caller) -> None:
    made = bot.remember("x")
    assert ada.get(f"memories/{made}")[1]["namespace"] == "mine"
    assert bot.post("sessions", {"session_id": "s"})[1]["namespace"] == "mine"


def test_of_several_namespaces_one_is_named_unless_default_is_among_them(acme: Tenant) -> None:
    two = Caller(keys.issue(acme, "two", ["read", "write"], namespaces=["a", "b"])[1])
    assert two.post("memories", {"content": "x"})[0] == 403
    assert two.post("memories", {"content": "x", "namespace": "b"})[0] == 201
    with_default = Caller(keys.issue(acme, "three", ["read", "write"], namespaces=["a", "default"])[1])
    assert with_default.post("memories", {"content": "x"})[0] == 201


def test_the_same_words_in_another_namespace_are_another_memory(bot: Caller, ada: Caller) -> None:
    ada.remember("Tea is ready for you.", namespace="theirs", role="assistant")
    status, told = bot.post("memories", {"content": "Tea is ready for you.", "role": "assistant"})
    assert (status, told["data"][0]["status"]) == (201, "created")


def test_an_export_and_an_import_stay_inside(bot: Caller, ada: Caller, acme: Tenant, there: dict[str, str]) -> None:
    asked = bot.post("exports", {"format": "jsonl"})[1]["id"]
    with tenant_context(acme):
        transfers.pending()
    file = b"".join(bot.raw("GET", f"exports/{asked}/file")).decode()
    assert there["mine"] in file
    assert SECRET not in file
    lines = [{"content": "new here"}, {"content": "there", "namespace": "theirs"}]
    lines.append({"type": "relation", "source_id": there["hidden"], "target_id": there["mine"], "relation": "causes"})
    sent = "\n".join(json.dumps(line) for line in lines).encode()
    job = json.loads(bot.raw("POST", "imports", sent, Content_Type="application/x-ndjson").content)["id"]
    with tenant_context(acme):
        transfers.pending()
    done = bot.get(f"imports/{job}")[1]
    assert (done["counts"]["created"], done["counts"]["failed"]) == (1, 2), done
    assert ada.get("memories?namespace=mine&order=newest")[1]["data"][0]["content"] == "new here"


def test_a_transfer_of_another_is_not_seen(bot: Caller, ada: Caller, acme: Tenant) -> None:
    whole = ada.post("exports", {"format": "jsonl"})[1]["id"]
    assert bot.get(f"exports/{whole}")[0] == 404
    assert bot.get(f"exports/{whole}/file")[0] == 404
    assert bot.post(f"exports/{whole}/cancel", None)[0] == 404
    assert bot.get("exports")[1]["data"] == []
    bot.post("exports", {"format": "jsonl"})
    assert len(bot.get("exports")[1]["data"]) == 1
    assert len(ada.get("exports")[1]["data"]) == 2
