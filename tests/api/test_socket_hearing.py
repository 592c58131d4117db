"""What a socket hears, from where it goes on, how its searches stay true, and what a slow one costs."""

import asyncio
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.utils import timezone
from django_tenants.utils import tenant_context

from api.sockets import consumer, outbox, rooms, searches
from api.sockets.frames import Refused
from api.sockets.outbox import Outbox
from events import feed, relay, sockets
from events.models import Event
from memory.remember import remember
from memory.revise import erase, revise
from memory.types import Draft, Scope
from tenants import keys, preferences
from tenants.models import Tenant
from tests.api.test_sockets import Socket, closed_within, opened, ready

pytestmark = pytest.mark.usefixtures("committed")


@pytest.fixture
def key(acme: Tenant) -> str:
    text = keys.issue(acme, "ears")[1]
    relay.drain()
    return text


async def inside(tenant: Tenant, act: Callable[..., Any], *args: Any, **options: Any) -> Any:
    """Do it in the tenant, and let the relay tell."""

    def hop() -> Any:
        with tenant_context(tenant):
            done = act(*args, **options)
        relay.drain()
        return done

    return await sync_to_async(hop)()


def says(content: str, user: str = "", namespace: str = "default") -> str:
    return str(remember(Draft(content, Scope(namespace, user_id=user))).id)


async def heard(socket: Socket, type: str = "sync", seconds: float = 30) -> dict[str, Any]:
    frame: dict[str, Any] = await socket.hear(seconds)
    assert frame["type"] == type, frame
    return frame


async def subscribed(socket: Socket, **to: Any) -> dict[str, Any]:
    await ready(socket)
    await socket.say({"type": "subscribe", **to})
    return await heard(socket, "subscribed")


async def nothing_more(socket: Socket) -> None:
    await socket.say({"type": "ping"})
    await heard(socket, "pong")


async def test_a_subscription_narrows_to_families_users_namespaces_and_subjects(acme: Tenant, key: str) -> None:
    async with opened(token=key) as socket:
        await subscribed(socket, types=["memory.*"], users=["ada"], namespaces=["tea"])
        for user, namespace in (("ada", "tea"), ("ben", "tea"), ("ada", "work")):
            await inside(acme, says, f"{user} in {namespace}", user, namespace)
        told = (await heard(socket))["event"]
        assert (told["data"]["user_id"], told["data"]["namespace"]) == ("ada", "tea")
        await nothing_more(socket)
        await socket.say({"type": "subscribe", "subjects": [told["subject"]["id"]]})
        await heard(socket, "subscribed")
        await inside(acme, says, "Another.", "ada", "tea")
        await inside(acme, revise, told["subject"]["id"], {"topic": "tea"})
        assert (await heard(socket))["event"]["type"] == "memory.updated"


@pytest.mark.parametrize(
    "asked",
    [
        {"types": ["nonsense.*"]},
        {"users": "ada"},
        {"include": ["all"]},
        {"since": -1},
        {"since": True},
        {"namespace": "a"},
    ],
)
async def test_a_subscription_that_cannot_be_is_refused(asked: dict[str, Any], key: str) -> None:
    async with opened(token=key) as socket:
        await ready(socket)
        await socket.say({"type": "subscribe", **asked})
        told = await socket.hear()
        assert (told["code"], told["problem"]) == (4400, "bad_message")


async def test_unsubscribe_hears_nothing_and_subscribe_everything_again(acme: Tenant, key: str) -> None:
    async with opened(token=key) as socket:
        await ready(socket)
        await socket.say({"type": "unsubscribe"})
        await heard(socket, "unsubscribed")
        await inside(acme, says, "Unheard.")
        await nothing_more(socket)
        await socket.say({"type": "subscribe"})
        await heard(socket, "subscribed")
        await inside(acme, says, "Heard.")
        assert (await heard(socket))["event"]["type"] == "memory.created"


async def test_the_memory_is_told_beside_facts_about_it(acme: Tenant, key: str) -> None:
    async with opened(token=key) as socket:
        await subscribed(socket, types=["memory.*"], include=["memory"])
        id = await inside(acme, says, "Ada takes tea.", "ada")
        told = (await heard(socket))["memory"]
        assert (told["id"], told["content"], told["user_id"]) == (id, "Ada takes tea.", "ada")
        await inside(acme, erase, id)
        assert (await heard(socket))["memory"] is None


async def test_a_socket_bound_to_namespaces_is_told_no_other_memory(acme: Tenant, key: str) -> None:
    _, text = await sync_to_async(keys.issue)(acme, "bot", ["read"], namespaces=["mine"])
    async with opened(token=text) as socket:
        await subscribed(socket, include=["memory"], namespaces=["theirs"])
        await inside(acme, says, "Theirs.", "", "theirs")
        await socket.say({"type": "search", "query": "Theirs"})
        assert (await heard(socket, "search_results"))["results"] == []


async def test_reading_over_a_socket_is_told_by_tenants_that_audit_reads(acme: Tenant, key: str) -> None:
    await sync_to_async(preferences.change)(acme.pk, {"audit_reads": True})
    try:
        async with opened(token=key) as socket:
            await subscribed(socket, types=["memory.created"], include=["memory"])
            await inside(acme, says, "Ada takes tea.", "ada")
            await heard(socket)
            await socket.say({"type": "search", "query": "tea"})
            await heard(socket, "search_results")
        told = await sync_to_async(list)(Event.objects.filter(type="content.read").values_list("data", "actor"))
        assert sorted(data["operation"] for data, _ in told) == ["ws/memory", "ws/search"]
        assert all(actor.startswith("key:") for _, actor in told)
    finally:
        await sync_to_async(preferences.change)(acme.pk, {"audit_reads": None})


async def test_capabilities_narrow_until_one_subscribes(acme: Tenant, key: str) -> None:
    async with opened(token=key) as socket:
        await ready(socket)
        await socket.say({"type": "identify", "serviceId": "models", "capabilities": ["model"]})
        await heard(socket, "identified")
        await inside(acme, says, "Of no model.")
        await nothing_more(socket)
        await socket.say({"type": "subscribe", "types": ["memory.*"]})
        await heard(socket, "subscribed")
        await inside(acme, says, "Heard.")
        await heard(socket)


async def test_a_capability_that_nobody_knows_is_refused_with_the_list(key: str) -> None:
    async with opened(token=key) as socket:
        await ready(socket)
        await socket.say({"type": "identify", "serviceId": "x", "capabilities": ["flying"]})
        told = await socket.hear()
        assert told["problem"] == "unknown_capability"
        assert all(name in told["detail"] for name in ("memory", "learning", "model", "configuration"))


async def test_who_comes_after_the_feed_went_on_is_told_to_read_everything_anew(acme: Tenant, key: str) -> None:
    await inside(acme, says, "Old.")

    def age() -> int:
        Event.objects.filter(tenant_id=acme.pk).update(occurred_at=timezone.now() - timedelta(days=30))
        return feed.last_seq(acme.pk)

    last = await sync_to_async(age)()
    async with opened(token=key, since=0) as socket:
        told = await socket.hear()
        assert (told["code"], told["problem"]) == (4410, "resync_required")
        assert await closed_within(socket, 30) == 4410
    async with opened(token=key, since=last) as socket:
        await ready(socket)


async def test_who_goes_on_from_a_number_that_was_never_given_is_told_so(acme: Tenant, key: str) -> None:
    await inside(acme, says, "New.")
    async with opened(token=key, since=1000) as socket:
        told = await socket.hear()
        assert (told["code"], told["problem"]) == (4410, "resync_required")


async def test_news_that_were_lost_on_their_way_are_found_in_the_feed(acme: Tenant, key: str, monkeypatch: Any) -> None:
    monkeypatch.setattr(rooms, "KEPT_EVERY", 0.3)
    async with opened(token=key) as socket:
        await ready(socket)
        await inside(acme, says, "Told.")
        first = await heard(socket)
        with monkeypatch.context() as lost:
            lost.setattr(sockets, "_send", lambda *_: None)
            await inside(acme, says, "Lost.")
        assert (await heard(socket))["seq"] == first["seq"] + 1
        assert await socket.receive_nothing(timeout=0.5)


async def test_a_heartbeat_tells_where_the_socket_is(acme: Tenant, key: str, monkeypatch: Any) -> None:
    monkeypatch.setattr(consumer, "HEARTBEAT", 0.1)
    monkeypatch.setattr(consumer, "CHECKED_EVERY", 0.1)
    async with opened(token=key) as socket:
        last = (await socket.hear())["seq"]
        assert await heard(socket, "heartbeat") == {"type": "heartbeat", "seq": last}


async def test_an_old_socket_is_sent_back_with_where_to_go_on(acme: Tenant, key: str, settings: Any) -> None:
    settings.SOCKET_SECONDS = 2
    async with opened(token=key) as socket:
        last = (await socket.hear())["seq"]
        told = await socket.hear()
        assert (told["code"], told["problem"], told["since"]) == (1012, "come_back", last)


async def test_a_search_is_answered_and_a_live_one_again_when_its_answer_changes(acme: Tenant, key: str) -> None:
    await inside(acme, says, "Ada takes green tea.", "ada")
    async with opened(token=key) as socket:
        await subscribed(socket, types=["memory.pinned"])
        await socket.say({"type": "search", "id": 1, "query": "tea", "user_id": "ada", "top_k": 5, "live": True})
        first = await heard(socket, "search_results")
        assert [hit["content"] for hit in first["results"]] == ["Ada takes green tea."]
        assert (first["id"], first["query"]) == (1, "tea")
        await inside(acme, says, "Ben hates green tea.", "ben")  # somebody else's
        await inside(acme, says, "Ada takes black tea.", "ada")
        again = await heard(socket, "search_results")
        assert {hit["content"] for hit in again["results"]} == {"Ada takes green tea.", "Ada takes black tea."}
        await socket.say({"type": "unsearch", "id": 1})
        await heard(socket, "unsearched")
        await inside(acme, says, "Ada takes white tea.", "ada")
        assert await socket.receive_nothing(timeout=1)


async def test_what_changes_while_a_live_search_is_first_asked_is_not_missed(
    acme: Tenant, key: str, monkeypatch: Any
) -> None:
    found, late = searches._found, asyncio.Event()

    def slow(*asked: Any) -> Any:
        told = found(*asked)
        if not late.is_set():  # something changes, and is told, before the answer is
            late.set()
            says("Ada takes black tea.", "ada")
            relay.drain()
            time.sleep(1)
        return told

    monkeypatch.setattr(searches, "_found", slow)
    async with opened(token=key) as socket:
        await subscribed(socket, types=["memory.pinned"])
        await socket.say({"type": "search", "query": "tea", "live": True})
        assert (await heard(socket, "search_results"))["results"] == []
        again = await heard(socket, "search_results")
        assert [hit["content"] for hit in again["results"]] == ["Ada takes black tea."]


async def test_a_live_search_minds_what_was_lost_on_its_way_though_nobody_subscribed_to_it(
    acme: Tenant, key: str, monkeypatch: Any
) -> None:
    monkeypatch.setattr(rooms, "KEPT_EVERY", 0.3)
    async with opened(token=key) as socket:
        await subscribed(socket, types=["memory.pinned"])
        await socket.say({"type": "search", "query": "tea", "live": True})
        assert (await heard(socket, "search_results"))["results"] == []
        monkeypatch.setattr(sockets, "_send", lambda *_: None)
        await inside(acme, says, "Ada takes tea.")
        assert len((await heard(socket, "search_results"))["results"]) == 1


async def test_a_search_that_cannot_be_is_told_and_the_socket_stays(key: str) -> None:
    async with opened(token=key) as socket:
        await ready(socket)
        await socket.say({"type": "search", "id": "x", "query": "tea", "filters": {"nonsense": 1}})
        told = await heard(socket, "search_failed")
        assert (told["id"], told["problem"]) == ("x", "bad_filter")
        await nothing_more(socket)


async def test_the_wrong_parts_of_a_search_are_pointed_at(key: str) -> None:
    async with opened(token=key) as socket:
        await ready(socket)
        await socket.say({"type": "search", "query": "tea", "limit": 0})
        told = await socket.hear()
        assert (told["code"], told["problem"]) == (4400, "not_valid")
        assert {one["pointer"] for one in told["errors"]} == {"/limit"}


async def test_a_socket_has_five_live_searches_at_most(key: str) -> None:
    async with opened(token=key) as socket:
        await ready(socket)
        for id in range(searches.MOST + 1):
            await socket.say({"type": "search", "id": id, "query": "tea", "live": True})
        for _ in range(searches.MOST):
            await heard(socket, "search_results")
        assert (await socket.hear())["problem"] == "too_many_searches"


async def test_a_flood_is_refused_and_what_was_said_before_it_is_answered(key: str) -> None:
    async with opened(token=key) as socket:
        await ready(socket)
        for _ in range(400):
            await socket.say({"type": "ping"})
        frames = []
        while not frames or frames[-1]["type"] != "error":
            frames.append(await socket.hear())
        assert frames[-1]["code"] == 4429
        assert {frame["type"] for frame in frames[:-1]} == {"pong"}


class Slow:
    """A sender that can be stopped."""

    def __init__(self) -> None:
        self.open, self.sent = asyncio.Event(), list[str]()

    async def __call__(self, text: str) -> None:
        await self.open.wait()
        self.sent.append(text)


async def test_an_outbox_is_bounded_and_knows_from_where_to_resume(monkeypatch: Any) -> None:
    monkeypatch.setattr(outbox, "PATIENCE", 0.3)
    box, send = Outbox(), Slow()
    writer = asyncio.ensure_future(box.write(send))
    with pytest.raises(Refused, match="since"):
        for seq in range(11, 11 + outbox.MOST + 1):
            await box.put("x", seq)
    assert (box.before(999), send.sent) == (10, [])
    with pytest.raises(Refused, match="since"):
        await writer


async def test_large_frames_fill_an_outbox_too(monkeypatch: Any) -> None:
    monkeypatch.setattr(outbox, "PATIENCE", 0.1)
    box = Outbox()
    with pytest.raises(Refused):
        for _ in range(10):
            await box.put("x" * (outbox.MOST_CHARACTERS // 3))


async def test_a_burst_larger_than_an_outbox_reaches_one_who_reads(monkeypatch: Any) -> None:
    box, send = Outbox(), Slow()
    writer = asyncio.ensure_future(box.write(send))
    asyncio.get_running_loop().call_later(0.2, send.open.set)
    for seq in range(1000):
        await box.put(str(seq), seq)
    await box.emptied(30)
    assert send.sent == [str(seq) for seq in range(1000)]
    writer.cancel()
