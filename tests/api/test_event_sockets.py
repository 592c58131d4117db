"""Sockets in the words of synchronisation events: what services of the Memory Persistence Service send and hear."""

from typing import Any
from uuid import uuid4

import pytest

from api.sockets import consumer, events
from memory.remember import remember
from memory.types import Draft, Scope
from tenants import keys
from tenants.models import Tenant
from tests.api.test_sockets import Socket, closed_within
from tests.api.test_sync_sockets import inside, relayed, service, states

pytestmark = pytest.mark.usefixtures("committed")


@pytest.fixture
def key(acme: Tenant) -> str:
    return keys.issue(acme, "programs")[1]


@pytest.fixture
def in_events(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(consumer, "serve", consumer.serve_events)


AN_EVENT: dict[str, Any] = {
    "id": "sync_1", "type": "learning", "action": "create", "source": "a", "target": "b", "data": {"n": 1},
    "timestamp": "2026-11-20T10:00:00Z", "correlationId": "c-1",
}  # fmt: skip


async def next_of(socket: Socket, type: str, **fields: Any) -> dict[str, Any]:
    """The next frame of a type that says this."""
    while True:
        frame = await socket.hear(30)
        assert frame["type"] != "error", frame
        if frame["type"] == type and fields.items() <= frame.items():
            return dict(frame)


async def test_an_event_is_sent_told_and_acknowledged(acme: Tenant, key: str, in_events: None) -> None:
    async with service(key, "b", capabilities=["learning"]) as b, service(key, "a") as a:
        await a.say(AN_EVENT)
        sent = await next_of(a, "ack")
        assert (sent["id"], sent["data"]["originalEventId"], sent["data"]["status"]) == (
            "ack_sync_1",
            "sync_1",
            "processed",
        )
        await relayed()
        told = await next_of(b, "sync", kind="learning", source="a")
        same = {name: AN_EVENT[name] for name in ("action", "source", "target", "data", "correlationId")}
        assert same.items() <= told.items()
        assert told["event"] == same | {"id": told["id"], "type": "learning", "timestamp": told["timestamp"]}
        assert sent["data"]["eventIds"] == [told["id"]]
        answer = {"originalEventId": told["id"], "status": "processed", "timestamp": told["timestamp"]}
        await b.say({"id": f"ack_{told['id']}", "type": "learning", "action": "sync", "source": "b", "data": answer})
        await next_of(b, "acked")
        assert await inside(acme, states) == [("b", "acknowledged", 1)]


async def test_one_that_failed_is_said_so(acme: Tenant, key: str, in_events: None) -> None:
    async with service(key, "b") as b, service(key, "a") as a:
        await a.say({"type": "sync", "event": AN_EVENT})
        await relayed()
        told = await next_of(b, "sync", kind="learning", source="a")
        data = {"originalEventId": told["id"], "error": "no room"}
        await b.say({"type": "sync", "kind": "learning", "id": f"error_{told['id']}", "data": data})
        await next_of(b, "acked")
        assert await inside(acme, states) == [("b", "failed", 1)]


async def test_what_cannot_be_sent_is_told_as_an_error_of_its_event(key: str, in_events: None) -> None:
    async with service(key, "a") as a:
        await a.say(AN_EVENT | {"action": "gossip"})
        told = await next_of(a, "ack")
        assert (told["id"], told["data"]["status"]) == ("error_sync_1", "failed")
        assert "action" in told["data"]["error"]


async def test_facts_of_the_house_are_events_by_capability(acme: Tenant, key: str, in_events: None) -> None:
    async with service(key, "a", capabilities=["memory"]) as a:
        made = await inside(acme, remember, Draft("Tea at five.", Scope("legal")))
        await relayed()
        told = await next_of(a, "sync", kind="memory", action="create")
        assert (told["source"], told["data"]["subject"]["id"]) == (events.HOUSE, str(made.id))
        assert (told["data"]["fact"], told["data"]["namespace"]) == ("memory.created", "legal")


async def test_facts_may_be_acknowledged_and_of_what_is_not_theirs_the_event_is_named(
    acme: Tenant, key: str, in_events: None
) -> None:
    async with service(key, "a") as a:
        await inside(acme, remember, Draft("Tea at five.", Scope("legal")))
        await relayed()
        told = await next_of(a, "sync", kind="memory", action="create")
        await a.say({"id": f"ack_{told['id']}", "type": "memory", "data": {"originalEventId": told["id"]}})
        assert (await next_of(a, "acked"))["ids"] == []
        other = f"sync_{uuid4()}"
        await a.say({"id": f"ack_{other}", "type": "memory", "data": {}})
        refused = await next_of(a, "ack")
        assert (refused["id"], refused["data"]["originalEventId"]) == (f"error_{other}", other)
        assert refused["data"]["status"] == "failed"


async def test_an_acknowledgement_of_no_id_of_the_house_says_where_the_id_stands(key: str) -> None:
    async with service(key, "a") as a:
        await a.say({"id": "ack_e1", "type": "memory", "data": {"originalEventId": "e1"}})
        frame = await a.hear(30)
        assert frame["type"] == "error"
        assert "`originalEventId`" in frame["detail"]


async def test_the_socket_at_the_root_understands_events_too(acme: Tenant, key: str) -> None:
    async with service(key, "b") as b, service(key, "a") as a:
        await a.say(AN_EVENT)
        await next_of(a, "sent", id="sync_1")
        await relayed()
        while "message" not in (frame := await next_of(b, "sync")):
            pass
        message = frame["message"]
        assert (message["type"], message["correlationId"], message["timestamp"]) == (
            "learning",
            "c-1",
            message["created_at"],
        )
        await b.say({"type": "learning", "id": f"ack_sync_{message['id']}", "action": "sync", "data": {}})
        assert (await next_of(b, "acked"))["ids"] == [message["id"]]


async def test_an_acknowledgement_of_what_is_no_id_closes_the_socket(key: str) -> None:
    async with service(key, "b") as b:
        await b.say({"type": "memory", "id": "ack_nothing", "data": {}})
        assert await closed_within(b, 30) == 4400


@pytest.mark.parametrize("message", [None, 7, [], {"type": "ping"}, {"type": ["memory"]}, {}], ids=str)
def test_what_is_no_event_is_left_as_it_is(message: Any) -> None:
    assert events.heard(message) is message
