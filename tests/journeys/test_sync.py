"""Two services over real sockets: direct and broadcast, acknowledged or again, through a kill and a restart."""

import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.exceptions import ConnectionClosed

from tests.journeys.house import Feed, House, eventually

A_MESSAGE = {"type": "send", "kind": "memory", "action": "create", "data": {"n": 1}}


def service(house: House, name: str, key: str = "", **said: Any) -> Feed:
    feed = house.socket({"type": "auth", "token": key or house.facts["api_key"]})
    assert feed.next()["type"] == "ready"
    feed.send({"type": "identify", "serviceId": name, "capabilities": ["memory", "learning"], **said})
    feed.until(lambda frame: frame["type"] == "identified")
    return feed


def message(feed: Feed, within: float = 20.0) -> dict[str, Any]:
    return feed.until(lambda frame: frame["type"] == "sync" and "message" in frame, within)["message"]


def sent(feed: Feed, **fields: Any) -> str:
    feed.send(A_MESSAGE | fields)
    return feed.until(lambda frame: frame["type"] == "sent")["ids"][0]


def acked(feed: Feed, *ids: str) -> None:
    feed.send({"type": "ack", "ids": list(ids)})
    feed.until(lambda frame: frame["type"] == "acked")


def receipts(house: House, id: str) -> list[tuple[str, str, int]]:
    told = house.api.get(f"sync/messages/{id}").json()["receipts"]
    return sorted((one["service"], one["state"], one["attempts"]) for one in told)


def test_direct_messages_and_broadcasts_reach_their_services_and_are_acknowledged(house: House) -> None:
    a, b, c = (service(house, name) for name in ("a", "b", "c"))
    direct, broadcast = sent(a, target="b"), sent(a, kind="learning")
    assert [message(b)["id"], message(b)["id"]] == [direct, broadcast]
    assert message(c)["id"] == broadcast
    acked(b, direct, broadcast)
    acked(c, broadcast)
    assert receipts(house, direct) == [("b", "acknowledged", 1)]
    assert [one[:2] for one in receipts(house, broadcast)] == [("b", "acknowledged"), ("c", "acknowledged")]

    def told() -> list[str]:
        return [e["type"] for e in house.events() if e["subject"]["id"] == direct]

    assert eventually(lambda: told() == ["sync.sent", "sync.acknowledged"])
    for feed in (a, b, c):
        feed.close()


def test_one_that_nobody_acknowledges_comes_again_to_the_open_socket(house: House) -> None:
    a, b = service(house, "a"), service(house, "slow")
    id = sent(a, target="slow")
    assert message(b)["attempt"] == 1
    began = time.monotonic()
    again = message(b)
    assert (again["id"], again["attempt"]) == (id, 2)
    assert 3 < time.monotonic() - began < 20
    acked(b, id)


def test_the_first_message_may_say_who_one_is_and_batches_come_together(house: House) -> None:
    a = service(house, "a")
    for n in range(5):
        sent(a, target="batched", data={"n": n})
    feed = house.socket({"type": "identify", "serviceId": "batched", "token": house.facts["api_key"], "batch": 3})
    frames = [feed.until(lambda frame: frame["type"] == "batch")["frames"] for _ in range(2)]
    assert [len(one) for one in frames] == [3, 2]
    acked(feed, *(frame["message"]["id"] for one in frames for frame in one))


def test_two_tenants_with_the_same_names_never_meet(house: House, globex: httpx.Client, globex_key: str) -> None:
    a, b, stranger = service(house, "a"), service(house, "b"), service(house, "b", globex_key)
    id = sent(a, target="b")
    assert message(b)["id"] == id
    acked(b, id)
    stranger.send({"type": "ack", "id": id})
    assert stranger.until(lambda frame: frame["type"] == "refused")["problem"] == "not_valid"
    assert globex.get(f"sync/messages/{id}").status_code == 404
    assert globex.get("sync/messages").json()["data"] == []


@pytest.fixture
def own(tmp_path: Path) -> Iterator[House]:
    house = House(tmp_path)
    try:
        yield house.start()
    finally:
        house.stop()


def test_nothing_is_lost_when_web_is_killed_and_the_house_restarts(own: House) -> None:
    b = service(own, "b")
    b.close()
    drafts = [{"source": "a", "target": "b", "kind": "memory", "action": "create", "data": {"n": n}} for n in range(5)]
    ids = [one["id"] for one in own.api.post("sync/messages", json={"messages": drafts}).json()["data"]]
    b = service(own, "b")
    assert [message(b)["id"] for _ in ids] == ids
    acked(b, ids[0])
    for process in own.running("uvicorn"):  # with four messages in its hands
        process.send_signal(signal.SIGKILL)
    with pytest.raises((ConnectionClosed, TimeoutError)):
        while True:
            b.next(5)
    eventually(lambda: _answers(own), 60)
    assert [one[1] for id in ids for one in receipts(own, id)] == ["acknowledged"] + ["sent"] * 4
    own.stop()
    own.start()
    b = service(own, "b")
    again = [message(b, 60)["id"] for _ in ids[1:]]
    assert sorted(again) == sorted(ids[1:])
    acked(b, *again)
    for id in ids:
        ((name, state, _),) = receipts(own, id)
        assert (name, state) == ("b", "acknowledged")
    eventually(lambda: _acknowledged(own) == sorted(ids))


def _acknowledged(house: House) -> list[str]:
    """Of which messages it is told that they were acknowledged, each as often as it is told."""
    return sorted(event["subject"]["id"] for event in house.events() if event["type"] == "sync.acknowledged")


def _answers(house: House) -> bool:
    try:
        return house.api.get("sync/queue").status_code == 200
    except httpx.HTTPError:
        return False
