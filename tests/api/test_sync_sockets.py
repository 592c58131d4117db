"""Services on sockets: what each is handed, when it comes again, and what closes nothing."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from channels.db import database_sync_to_async
from django_tenants.utils import tenant_context

from api.sockets import lines
from events import relay
from events.sync import backoff, messages, receipts, services
from events.sync.messages import Draft
from events.sync.models import Receipt
from memory.privacy import erase
from memory.privacy.subjects import Subject
from tenants import keys
from tenants.models import Tenant
from tests.api.test_sockets import Socket, closed_within, opened, ready

pytestmark = pytest.mark.usefixtures("committed")


@pytest.fixture
def key(acme: Tenant) -> str:
    return keys.issue(acme, "programs")[1]


@asynccontextmanager
async def service(key: str, name: str, **said: Any) -> AsyncIterator[Socket]:
    async with opened(token=key) as socket:
        await ready(socket)
        await socket.say({"type": "identify", "serviceId": name, **said})
        socket.pending = (await heard(socket, "identified"))["pending"]  # type: ignore[attr-defined]
        yield socket


async def heard(socket: Socket, type: str, seconds: float = 30) -> dict[str, Any]:
    """The next frame of a type; facts of other things go by."""
    while True:
        frame = await socket.hear(seconds)
        if frame["type"] == type and (type != "sync" or "message" in frame):
            return frame
        assert frame["type"] in ("sync", "heartbeat", "acked", "sent"), frame


async def inside(tenant: Tenant, act: Callable[..., Any], *args: Any, **options: Any) -> Any:
    def hop() -> Any:
        with tenant_context(tenant):
            return act(*args, **options)

    return await database_sync_to_async(hop, thread_sensitive=False)()


async def relayed() -> None:
    await database_sync_to_async(relay.drain, thread_sensitive=False)()


def states() -> list[tuple[str, str, int]]:
    rows = Receipt.objects.select_related("service").order_by("message_id", "service__service_id")
    return [(row.service.service_id, row.state, row.attempts) for row in rows]


A_MESSAGE = {"type": "send", "kind": "memory", "action": "create", "data": {"n": 1}}


async def test_a_message_comes_with_its_fact_and_is_acknowledged(acme: Tenant, key: str) -> None:
    async with service(key, "b") as b, service(key, "a") as a:
        await a.say(A_MESSAGE | {"target": "b", "correlationId": "c-1", "id": 7})
        sent = await heard(a, "sent")
        await relayed()
        frame = await heard(b, "sync")
        message = frame["message"]
        assert (sent["ids"], sent["id"]) == ([message["id"]], 7)
        assert frame["event"]["subject"] == {"type": "message", "id": message["id"]}
        assert "n" not in frame["event"]["data"]
        assert (message["source"], message["target"], message["data"]) == ("a", "b", {"n": 1})
        assert (message["correlation_id"], message["attempt"]) == ("c-1", 1)
        await b.say({"type": "ack", "id": message["id"]})
        assert (await heard(b, "acked"))["ids"] == [message["id"]]
        assert await inside(acme, states) == [("b", "acknowledged", 1)]


async def test_a_direct_message_is_heard_by_its_two_ends_and_by_readers_of_the_feed(acme: Tenant, key: str) -> None:
    async with service(key, "a") as a, service(key, "b") as b, service(key, "c") as c, opened(token=key) as reader:
        await ready(reader)
        await a.say(A_MESSAGE | {"target": "b"})
        await heard(a, "sent")
        await relayed()
        assert (await heard(b, "sync"))["message"]
        for socket in (a, reader):
            while (frame := await socket.hear())["event"]["type"] != "sync.sent":
                pass
            assert "message" not in frame
        await c.say({"type": "ping"})
        while (frame := await c.hear())["type"] != "pong":
            assert frame["event"]["type"] != "sync.sent"


async def test_a_broadcast_reaches_all_but_its_source_who_want_its_kind(acme: Tenant, key: str) -> None:
    able, other = {"capabilities": ["memory"]}, {"capabilities": ["model"]}
    async with (
        service(key, "a") as a,
        service(key, "b", **able) as b,
        service(key, "c") as c,
        service(key, "d", **other),
    ):
        await a.say(A_MESSAGE)
        await heard(a, "sent")
        await relayed()
        assert (await heard(b, "sync"))["message"]["id"] == (await heard(c, "sync"))["message"]["id"]
        assert [name for name, _, _ in await inside(acme, states)] == ["b", "c"]


async def test_what_waits_comes_on_identify_oldest_first(acme: Tenant, key: str) -> None:
    drafts = [Draft("a", "memory", "create", {"n": n}, target="b") for n in range(60)]
    await inside(acme, messages.send_many, drafts)
    async with service(key, "b") as b:
        assert b.pending == 60  # type: ignore[attr-defined]
        assert [(await heard(b, "sync"))["message"]["data"]["n"] for _ in range(60)] == list(range(60))


async def test_the_number_of_what_waited_is_where_the_socket_is_and_never_goes_back(acme: Tenant, key: str) -> None:
    await inside(acme, messages.send, Draft("a", "memory", "create", target="b"))
    await inside(acme, services.identify, "c")
    await relayed()
    async with service(key, "b") as b:
        frame = await heard(b, "sync")
        assert frame["event"]["subject"]["id"] == frame["message"]["id"]
        assert frame["seq"] > frame["event"]["seq"]


async def test_batches_come_in_one_frame_each(acme: Tenant, key: str) -> None:
    drafts = [Draft("a", "memory", "create", {"n": n}, target="b") for n in range(7)]
    await inside(acme, messages.send_many, drafts)
    async with service(key, "b", batch=5) as b:
        sizes = [len((await heard(b, "batch"))["frames"]) for _ in range(2)]
        await inside(acme, messages.send_many, drafts[:2])
        await relayed()
        last = (await heard(b, "batch"))["frames"]
        assert (sizes, [frame["message"]["data"]["n"] for frame in last]) == ([5, 2], [0, 1])


async def test_one_that_nobody_acknowledges_comes_again_to_the_open_socket(
    acme: Tenant, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("events.sync.backoff.FIRST", 0.3)
    async with service(key, "b") as b:
        await inside(acme, messages.send, Draft("a", "memory", "create", target="b"))
        await relayed()
        assert [(await heard(b, "sync"))["message"]["attempt"] for _ in range(3)] == [1, 2, 3]


async def test_one_that_failed_comes_again_after_its_pause(
    acme: Tenant, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("events.sync.backoff.FIRST", 0.3)
    await inside(acme, messages.send, Draft("a", "memory", "create", target="b"))
    async with service(key, "b") as b:
        message = (await heard(b, "sync"))["message"]
        await b.say({"type": "ack", "ids": [message["id"]], "status": "failed", "error": "no room"})
        assert (await heard(b, "sync"))["message"]["attempt"] == 2
        assert await inside(acme, lambda: Receipt.objects.get().error) == "no room"


async def test_it_comes_at_once_after_a_reconnect(acme: Tenant, key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backoff, "FIRST", 600)
    await inside(acme, messages.send, Draft("a", "memory", "create", target="b"))
    for attempt in (1, 2, 3):
        async with service(key, "b") as b:
            assert (await heard(b, "sync"))["message"]["attempt"] == attempt


async def test_a_line_that_failed_looks_again(acme: Tenant, key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    claim, failed = receipts.claim, []

    def failing(*asked: Any, **options: Any) -> Any:
        if not failed:
            failed.append(True)
            raise RuntimeError("of a kind that nobody thought of")
        return claim(*asked, **options)

    monkeypatch.setattr(lines, "RENEWED_EVERY", 0.3)
    monkeypatch.setattr(receipts, "claim", failing)
    await inside(acme, messages.send, Draft("a", "memory", "create", target="b"))
    async with service(key, "b") as b:
        assert (await heard(b, "sync"))["message"]["attempt"] == 1
    assert failed


async def test_two_sockets_of_a_service_share_the_work(acme: Tenant, key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backoff, "FIRST", 600)  # nothing comes again meanwhile
    async with service(key, "b") as one, service(key, "b") as two:
        drafts = [Draft("a", "memory", "create", {"n": n}, target="b") for n in range(10)]
        for draft in drafts:
            await inside(acme, messages.send, draft)
            await relayed()
        got: list[int] = []

        async def read(socket: Socket) -> None:
            while len(got) < 10:
                got.append((await heard(socket, "sync"))["message"]["data"]["n"])

        tasks = [asyncio.ensure_future(read(socket)) for socket in (one, two)]
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED, timeout=60)
        for task in tasks:
            task.cancel()
        assert sorted(got) == list(range(10))
        assert {attempts for _, _, attempts in await inside(acme, states)} == {1}


async def test_more_than_a_window_comes_as_room_is_made(
    acme: Tenant, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(receipts, "WINDOW", 2)
    await inside(acme, messages.send_many, [Draft("a", "memory", "create", {"n": n}, target="b") for n in range(4)])
    async with service(key, "b") as b:
        for n in range(4):
            message = (await heard(b, "sync"))["message"]
            assert message["data"]["n"] == n
            await b.say({"type": "ack", "id": message["id"]})


async def test_a_service_may_say_anew_what_it_wants(acme: Tenant, key: str) -> None:
    async with service(key, "b", capabilities=["memory"]) as b:
        await b.say({"type": "identify", "serviceId": "b", "capabilities": ["custom"]})
        assert (await heard(b, "identified"))["service_id"] == "b"
        await inside(acme, messages.send, Draft("a", "memory", "create"))
        await inside(acme, messages.send, Draft("a", "custom", "create"))
        await relayed()
        assert (await heard(b, "sync"))["message"]["kind"] == "custom"
        await b.say({"type": "identify", "serviceId": "c"})
        assert await closed_within(b, 30) == 4400


async def test_what_cannot_be_done_is_told_and_closes_nothing(acme: Tenant, key: str) -> None:
    other = await inside(acme, messages.send, Draft("a", "memory", "create", target="c"))
    async with service(key, "b") as b:
        await b.say(A_MESSAGE | {"kind": "gossip", "id": "x"})
        told = await heard(b, "refused")
        assert (told["request"], told["problem"], told["id"]) == ("send", "not_valid", "x")
        assert told["errors"][0]["pointer"] == "/kind"
        await b.say({"type": "ack", "id": str(other.pk)})
        assert (await heard(b, "refused"))["errors"][0]["pointer"] == "/ids/0"
        await b.say({"type": "ping"})
        await heard(b, "pong")


async def test_nobody_writes_of_who_was_erased_over_a_socket(acme: Tenant, key: str) -> None:
    def erased() -> None:
        erase.request(Subject("user", "ada"), 0, block=True)
        erase.pending()

    async with service(key, "b") as b:
        await inside(acme, erased)
        await b.say(A_MESSAGE | {"data": {"user_id": "ada"}})
        assert (await heard(b, "refused"))["problem"] == "erased"
        await b.say(A_MESSAGE | {"data": {"user_id": "ben"}})
        assert (await heard(b, "sent"))["ids"]


@pytest.mark.parametrize(
    "frame",
    [
        {"type": "identify"},
        {"type": "identify", "serviceId": 7},
        {"type": "identify", "serviceId": "b", "capabilities": "memory"},
        {"type": "identify", "serviceId": "b", "batch": 51},
        {"type": "send", "kind": "memory", "action": "create"},
        {"type": "ack", "id": "x"},
    ],
    ids=str,
)
async def test_what_cannot_be_understood_closes_the_socket(key: str, frame: dict[str, Any]) -> None:
    async with opened(token=key) as socket:
        await ready(socket)
        await socket.say(frame)
        assert await closed_within(socket, 30) == 4400


@pytest.mark.parametrize(
    "frame",
    [
        {"type": "identify", "serviceId": "c"},
        A_MESSAGE | {"messages": []},
        A_MESSAGE | {"messages": [7]},
        A_MESSAGE | {"target": 7},
        {"type": "send", "kind": 7, "action": "create"},
        A_MESSAGE | {"expires_in": "long"},
        {"type": "ack"},
        {"type": "ack", "ids": []},
        {"type": "ack", "ids": ["x"]},
        {"type": "ack", "ids": [7]},
        {"type": "ack", "id": "01a1fc31-325e-776f-a220-14f1782bb309", "status": "maybe"},
    ],
    ids=str,
)
async def test_nor_can_that_of_a_service(key: str, frame: dict[str, Any]) -> None:
    async with service(key, "b") as b:
        await b.say(frame)
        assert await closed_within(b, 30) == 4400


@pytest.mark.parametrize("may", [{"scopes": ["read"]}, {"scopes": ["read", "write"], "namespaces": ["mine"]}], ids=str)
async def test_who_only_reads_or_is_bound_to_namespaces_takes_no_part(acme: Tenant, may: dict[str, Any]) -> None:
    _, bot = await sync_to_async(keys.issue)(acme, "bot", **may)
    async with opened(token=bot) as socket:
        await ready(socket)
        await socket.say({"type": "identify", "serviceId": "b"})
        assert await closed_within(socket, 30) == 4403


async def test_services_of_the_same_name_in_two_tenants_never_meet(acme: Tenant, globex: Tenant, key: str) -> None:
    other = (await sync_to_async(keys.issue)(globex, "programs"))[1]
    async with service(key, "a") as a, service(other, "b") as stranger, service(key, "b") as b:
        await a.say(A_MESSAGE | {"target": "b"})
        await heard(a, "sent")
        await relayed()
        message = (await heard(b, "sync"))["message"]
        await stranger.say({"type": "ack", "id": message["id"]})
        assert (await heard(stranger, "refused"))["problem"] == "not_valid"
        assert await inside(globex, states) == []


async def test_a_connected_service_is_seen_until_its_socket_closes(acme: Tenant, key: str) -> None:
    def connected() -> list[bool]:
        return [one.connected for one in services.listed()]

    async with service(key, "b"):
        assert await inside(acme, connected) == [True]
    assert await inside(acme, connected) == [False]
