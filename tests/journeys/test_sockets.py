"""/ws: who may listen, and that nobody hears another tenant or misses a number."""

import httpx
import pytest
from websockets.exceptions import ConnectionClosed

from tests.journeys.house import Feed, House, eventually


def closed_with(feed: Feed, within: float = 10.0) -> int:
    """The code that a socket is closed with, whatever comes before."""
    with pytest.raises(ConnectionClosed) as closed:
        while True:
            feed.next(within)
    assert closed.value.rcvd is not None
    return closed.value.rcvd.code


def test_a_socket_that_does_not_authenticate_is_closed(house: House) -> None:
    assert closed_with(house.socket(None)) == 4401


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        ({"type": "subscribe"}, 4401),
        ({"type": "auth"}, 4401),
        ({"type": "auth", "token": "im_a_b"}, 4401),
        ({"type": "auth", "token": 7}, 4401),
        ({"type": "auth", "ticket": "x"}, 4401),
        ([], 4401),
    ],
)
def test_a_bad_first_message_is_refused(house: House, frame: dict[str, str], code: int) -> None:
    assert closed_with(house.socket(frame)) == code


@pytest.mark.parametrize("raw", ["{", "[" * 5000, '{"type":"auth","token":"\\u0000"}', "\ud83e\udd8a" * 10])
def test_a_hostile_message_closes_only_its_socket(house: House, raw: str) -> None:
    feed = house.socket(None)
    feed.connection.send(raw.encode("utf-16", "surrogatepass").decode("utf-16"))
    assert closed_with(feed) in (4400, 4401)


def test_a_message_that_is_too_large_closes_the_socket(house: House) -> None:
    feed = house.socket(None)
    feed.connection.send('{"type":"' + "x" * 70_000 + '"}')
    assert closed_with(feed) == 1009


def test_a_tenant_named_beside_the_token_must_agree(house: House) -> None:
    auth = {"type": "auth", "token": house.facts["api_key"]}
    assert house.socket(auth | {"tenant": "acme"}).next()["type"] == "ready"
    assert closed_with(house.socket(auth | {"tenant": "globex"})) == 4401


def test_two_tenants_at_once_hear_only_their_own(house: House, globex: httpx.Client, globex_key: str) -> None:
    acme_feed = house.socket({"type": "auth", "token": house.facts["api_key"]})
    globex_feed = house.socket({"type": "auth", "token": globex_key})
    assert (acme_feed.next()["tenant"], globex_feed.next()["tenant"]) == ("acme", "globex")
    made: dict[str, set[str]] = {"acme": set(), "globex": set()}
    for i in range(20):
        for name, client in (("acme", house.api), ("globex", globex)):
            made[name].add(client.post("memories", json={"content": f"{name} says {i}"}).json()["data"][0]["id"])
    for name, feed in (("acme", acme_feed), ("globex", globex_feed)):
        heard = set()
        while heard < made[name]:
            event = feed.next()["event"]
            if event["type"] == "memory.created":
                heard.add(event["subject"]["id"])
        assert heard == made[name]


def test_a_socket_resumes_after_the_number_it_has(house: House) -> None:
    for i in range(5):
        house.api.post("memories", json={"content": f"resumed {i}"})
    last = eventually(lambda: (seen := house.events()) and len(seen) > 5 and seen[-1]["seq"])
    feed = house.socket({"type": "auth", "token": house.facts["api_key"], "since": last - 3})
    assert feed.next()["seq"] >= last
    assert [feed.next()["seq"] for _ in range(3)] == [last - 2, last - 1, last]


def test_a_subscription_narrows_to_types(house: House) -> None:
    feed = house.socket({"type": "auth", "token": house.facts["api_key"]})
    feed.next()
    feed.send({"type": "subscribe", "types": ["memory.deleted"]})
    feed.until(lambda frame: frame["type"] == "subscribed")
    made = house.api.post("memories", json={"content": "short-lived"}).json()["data"][0]["id"]
    house.api.delete(f"memories/{made}")
    told = feed.until(lambda frame: frame["type"] == "sync")["event"]
    assert (told["type"], told["subject"]["id"]) == ("memory.deleted", made)
    feed.send({"type": "ping"})
    assert feed.next() == {"type": "pong"}
    feed.send({"type": "subscribe", "types": ["nonsense"]})
    assert closed_with(feed) == 4400


def test_a_revoked_key_closes_its_socket_and_no_other(house: House) -> None:
    script = (
        "from tenants import keys; from tenants.models import Tenant;"
        "key, text = keys.issue(Tenant.objects.get(slug='acme'), 'doomed'); print(text)"
    )
    text = house.manage("shell", "-v0", "-c", script).splitlines()[-1]
    doomed = house.socket({"type": "auth", "token": text})
    other = house.socket({"type": "auth", "token": house.facts["api_key"]})
    assert doomed.next()["type"] == other.next()["type"] == "ready"
    house.manage("shell", "-v0", "-c", f"from tenants import keys; keys.revoke(keys.find('{text}'))")
    assert closed_with(doomed) == 4401
    other.send({"type": "ping"})
    other.until(lambda frame: frame["type"] == "pong")


def _ready(house: House, key: str) -> Feed | None:
    feed = house.socket({"type": "auth", "token": key, "since": 0})
    return feed if feed.next()["type"] == "ready" else None


def test_a_suspended_tenants_sockets_close_and_open_again_after_resuming(house: House, globex_key: str) -> None:
    feed = house.socket({"type": "auth", "token": globex_key})
    assert feed.next()["type"] == "ready"
    house.manage("tenants", "suspend", "globex", "--reason", "unpaid")
    assert closed_with(feed) == 4403
    assert closed_with(house.socket({"type": "auth", "token": globex_key})) == 4403
    house.manage("tenants", "resume", "globex")
    again = eventually(lambda: _ready(house, globex_key))  # a closed tenant is known as such for two seconds
    again.until(lambda frame: frame["type"] == "sync" and frame["event"]["type"] == "tenant.resumed")
