"""/ws over a real server: who reads slowly, who comes back, who floods, and who should never have come."""

import json
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import httpx
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from tests.journeys.house import ROOT, Feed, House, eventually, free_port
from tests.journeys.test_sockets import closed_with

AN_OLD_AGE = "1.0"  # seconds
LARGE = 12  # memories of almost a megabyte


def url(house: House) -> str:
    return str(house.facts["url"]).replace("http", "ws") + "/ws"


def auth(house: House, **more: Any) -> dict[str, Any]:
    return {"type": "auth", "token": house.facts["api_key"], **more}


def last_seq(house: House) -> int:
    return max((int(event["seq"]) for event in house.events()), default=0)


def to_the_end(feed: Feed, within: float = 30.0) -> list[dict[str, Any]]:
    """All frames until the socket is closed."""
    frames = []
    try:
        while True:
            frames.append(feed.next(within))
    except ConnectionClosed:
        return frames


def seqs(frames: list[dict[str, Any]]) -> list[int]:
    return [frame["seq"] for frame in frames if frame["type"] == "sync"]


def lazy(house: House) -> Feed:
    """A socket that wants large memories, whose other side holds little of what nobody reads."""
    plain = socket.socket()
    plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65_536)
    plain.connect(("127.0.0.1", house.port))
    feed = Feed(connect(url(house), sock=plain, proxy=None, max_size=None, max_queue=1, legacy=True))
    feed.send(auth(house))
    feed.send({"type": "subscribe", "types": ["memory.created"], "include": ["memory"]})
    feed.until(lambda frame: frame["type"] == "subscribed")
    return feed


def test_a_burst_reaches_a_reader_whole_and_in_order(house: House) -> None:
    began = last_seq(house)
    feed = house.socket(auth(house, since=began))
    for start in (0, 600):
        house.api.post("memories", json={"memories": [{"content": f"burst {start + i}"} for i in range(600)]})
    heard: list[dict[str, Any]] = []
    while sum(frame["event"]["type"] == "memory.created" for frame in heard) < 1200:
        heard += [frame for frame in [feed.next(30)] if frame["type"] == "sync"]
    assert seqs(heard) == list(range(began + 1, began + 1 + len(heard)))
    feed.close()


def test_a_slow_reader_is_closed_with_where_to_go_on_and_loses_nothing(house: House) -> None:
    """Nothing is read for 12 seconds, while more comes than any buffer holds."""
    began = last_seq(house)
    feed = lazy(house)
    for number in range(LARGE):
        house.api.post("memories", json={"content": f"large {number} " + "tea " * 220_000})
    other = house.socket(auth(house))
    other.next()
    asked = time.monotonic()
    other.send({"type": "ping"})
    other.until(lambda frame: frame["type"] == "pong")
    assert time.monotonic() - asked < 8  # who reads is not held up by who does not
    time.sleep(12)
    frames = to_the_end(feed)
    told, why = seqs(frames), frames[-1]
    assert (why["type"], why["code"], why["problem"]) == ("error", 1013, "slow_reader")
    assert why["since"] >= told[-1]
    again = house.socket(auth(house, since=why["since"]))
    last = last_seq(house)
    rest = [again.next() for _ in range(1 + last - why["since"])]
    large = {event["seq"] for event in house.events() if event["seq"] > began and event["type"] == "memory.created"}
    assert len(told) == len(set(told)) < LARGE
    assert set(told) == {seq for seq in large if seq <= why["since"]}
    assert seqs(rest) == list(range(why["since"] + 1, last + 1))


@pytest.fixture
def hurried(house: House) -> Iterator[str]:
    """Another web process of the same house, whose sockets are old after a second."""
    web, port = house.running("uvicorn", "config.asgi")[0], str(free_port())
    words = [port if word == str(house.port) else word for word in web.cmdline()]
    env = web.environ() | {"SOCKET_SECONDS": AN_OLD_AGE}
    process = subprocess.Popen(words, cwd=ROOT, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    address = f"127.0.0.1:{port}"
    try:
        eventually(lambda: _answers(address), 60)
        yield f"ws://{address}/ws"
    finally:
        process.terminate()
        process.wait(20)


def _answers(address: str) -> bool:
    try:
        return httpx.get(f"http://{address}/healthz", timeout=1, trust_env=False).status_code == 200
    except httpx.TransportError:
        return False


def test_who_is_sent_back_again_and_again_hears_each_number_once(house: House, hurried: str) -> None:
    began = since = last_seq(house)
    heard: list[int] = []
    codes: set[int] = set()

    def write() -> None:
        for number in range(40):
            house.api.post("memories", json={"content": f"while old ones go {number}"})
            time.sleep(0.1)

    writing = threading.Thread(target=write)
    writing.start()
    while writing.is_alive() or since < last_seq(house):
        feed = Feed(connect(hurried, proxy=None, legacy=True))
        feed.send(auth(house, since=since))
        frames = to_the_end(feed)
        codes.add(frames[-1]["code"])
        since = frames[-1]["since"]
        heard += seqs(frames)
    assert codes == {1012}
    assert heard == list(range(began + 1, since + 1))
    assert len(heard) >= 40


def test_a_token_in_the_url_is_refused_and_is_in_no_log(house: House, globex_key: str) -> None:
    feed = Feed(connect(f"{url(house)}?token={globex_key}", proxy=None, legacy=True))
    frames = to_the_end(feed)
    assert [(frame["type"], frame["problem"]) for frame in frames] == [("error", "credential_in_url")]
    eventually(lambda: "/ws" in house.log())
    assert globex_key.split("_")[2] not in house.log()


def test_a_foreign_page_is_refused_even_with_a_cookie(house: House) -> None:
    with pytest.raises(InvalidStatus) as refused:
        connect(
            url(house),
            proxy=None,
            origin="https://evil.example",
            legacy=True,
            additional_headers={"Cookie": "sessionid=x"},
        )  # type: ignore[arg-type]
    assert refused.value.response.status_code == 403
    own = Feed(connect(url(house), proxy=None, origin=house.facts["url"], legacy=True))
    own.send(auth(house))
    assert own.next()["type"] == "ready"


def test_a_browser_app_opens_a_socket_with_a_ticket_for_a_subprotocol(house: House) -> None:
    ticket = house.api.post("tickets", json={}).json()["ticket"]
    feed = Feed(connect(url(house), proxy=None, subprotocols=["memhouse.ticket", ticket], legacy=True))  # type: ignore[list-item]
    assert feed.connection.subprotocol == "memhouse.ticket"
    assert feed.next()["type"] == "ready"
    assert (
        closed_with(Feed(connect(url(house), proxy=None, subprotocols=["memhouse.ticket", ticket], legacy=True)))
        == 4401
    )  # type: ignore[list-item]


def test_who_says_nothing_is_closed_after_five_seconds(house: House) -> None:
    began = time.monotonic()
    assert closed_with(house.socket(None)) == 4401
    assert 4.5 < time.monotonic() - began < 15


def test_a_flood_is_refused_while_another_tenant_is_served_at_once(
    house: House, globex: httpx.Client, globex_key: str
) -> None:
    calm = house.socket({"type": "auth", "token": globex_key})
    calm.next()
    floods = [house.socket(auth(house)) for _ in range(5)]
    ends: list[int] = []

    def flood(feed: Feed) -> None:
        with suppress(ConnectionClosed):
            while True:
                feed.connection.send(json.dumps({"type": "ping"}))

    def read(feed: Feed) -> None:
        ends.append(to_the_end(feed)[-1]["code"])

    threads = [threading.Thread(target=work, args=(feed,)) for feed in floods for work in (flood, read)]
    for thread in threads:
        thread.start()
    waits = []
    for _ in range(20):
        began = time.monotonic()
        calm.send({"type": "ping"})
        calm.until(lambda frame: frame["type"] == "pong")
        assert globex.get("memories", params={"limit": 1}).status_code == 200
        waits.append(time.monotonic() - began)
    for thread in threads:
        thread.join(60)
    assert sorted(waits)[18] < 5
    assert ends == [4429] * 5


def test_a_stuck_peer_keeps_no_connection(house: House) -> None:
    """One that reads nothing, answers no ping and never closes is cut off; the server's side of it is gone."""
    web = house.running("uvicorn", "config.asgi")[0]
    feed = lazy(house)
    own = feed.connection.socket.getsockname()[1]
    assert _has_peer(web, own)
    for number in range(LARGE):
        house.api.post("memories", json={"content": f"stuck {number} " + "tea " * 220_000})
    eventually(lambda: not _has_peer(web, own), 60)


def _has_peer(web: Any, port: int) -> bool:
    return any(found.raddr and found.raddr.port == port for found in web.net_connections(kind="tcp"))
