"""No webhook reaches an address that is not public: sixty addresses, a listener on loopback, and not one hit."""

import asyncio
import socket
from collections.abc import Callable, Iterator
from ipaddress import IPv4Address, IPv6Address
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from events.webhooks import addresses, schedule, signing
from events.webhooks.errors import BadWebhook
from events.webhooks.sending import Letter, Outcome, sent
from tests.receiver import Receiver, saying

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
HOSTS = [
    # loopback, as it is written and as nobody writes it
    "127.0.0.1", "127.0.0.1.", "127.1", "127.0.1", "127.255.255.254", "2130706433", "0x7f000001", "0x7f.1",
    "0x7f.0x0.0x0.0x1", "0177.0.0.1", "017700000001", "0177.1", "127.0.0.01", "0", "0.0.0.0", "0x0",  # noqa: S104
    "localhost", "localhost.", "LOCALHOST", "x.localhost", "[::1]", "[::]", "[0:0:0:0:0:0:0:1]",
    # addresses of version 4 inside addresses of version 6
    "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::127.0.0.1]", "[::ffff:0:127.0.0.1]", "[64:ff9b::127.0.0.1]",
    "[64:ff9b::7f00:1]", "[64:ff9b:1::7f00:1]", "[64:ff9b::a9fe:a9fe]", "[2002:7f00:1::]", "[2002:7f00:1::1]",
    "[2002:a9fe:a9fe::1]", "[2001:0:7f00:1::]", "[2001:0:4136:e378:8000:63bf:80ff:fffe]", "[2001:db8::5efe:7f00:1]",
    "[2606:4700::5efe:127.0.0.1]",
    # private, shared, link-local, metadata, multicast, reserved
    "10.0.0.1", "172.16.0.1", "192.168.0.1", "169.254.169.254", "100.64.0.1", "100.100.100.200", "192.0.0.192",
    "198.18.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255", "192.88.99.1", "[fe80::1]", "[fe80::1%25lo]",
    "[fc00::1]", "[fd00:ec2::254]", "[fec0::1]", "[ff02::1]", "[3fff::1]", "[2001:db8::1]",
    # written to be read as something else
    "127%2e0%2e0%2e1", "127。0。0。1", "１２７.０.０.１", "①②⑦.0.0.1", "ｌｏｃａｌｈｏｓｔ", "example.com@127.0.0.1",
    "example.com\\@127.0.0.1", "127.0.0.1#example.com", "127.0.0.1 example.com", "127.0.0.1\tx", "127.0.0.1\n",
    "a@b@127.0.0.1", "", ".", "..", "a" * 64 + ".example", "[v1.127]",
]  # fmt: skip


def letter(url: str) -> Letter:
    headers = signing.headers(str(uuid4()), timezone.now(), "{}", [SECRET])
    return Letter(uuid4(), uuid4(), uuid4(), 1, url, b"{}", headers)


@pytest.fixture
def listener(settings: Any) -> Iterator[Receiver]:
    """On all of loopback's port, which webhooks may use: the address alone stands between."""
    with Receiver() as receiver:
        settings.WEBHOOK_PORTS = [receiver.port, 443]
        settings.WEBHOOK_PRIVATE_HOSTS = []
        yield receiver


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[str]]:
    """What a name comes to, one answer after the other, the last one for good; who was asked."""
    asked: list[str] = []

    def answering(*answers: list[str]) -> list[str]:
        left = list(answers)

        def resolve(host: str, port: int, *args: Any, **options: Any) -> list[Any]:
            asked.append(host)
            found = left.pop(0) if len(left) > 1 else left[0]
            kinds = {address: socket.AF_INET6 if ":" in address else socket.AF_INET for address in found}
            return [(kinds[one], socket.SOCK_STREAM, 6, "", (one, port)) for one in found]

        monkeypatch.setattr(socket, "getaddrinfo", resolve)  # the resolver is a stranger's, who may answer anything
        return asked

    return answering


def test_the_corpus_is_large() -> None:
    assert len(set(HOSTS)) == len(HOSTS) >= 60


@pytest.mark.parametrize("host", HOSTS)
async def test_an_address_that_is_not_public_is_never_reached(listener: Receiver, host: str) -> None:
    outcome = await sent(letter(f"http://{host}:{listener.port}/"))
    assert (outcome.status, listener.heard) == (None, [])
    assert outcome.error


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "2130706433",
        "0x7f.1",
        "localhost.",
        "[::ffff:127.0.0.1]",
        "[2002:7f00:1::]",
        "a b",
        "user@example.com",
    ],
)
def test_what_can_never_be_sent_to_is_refused_when_the_webhook_is_made(listener: Receiver, host: str) -> None:
    with pytest.raises(BadWebhook) as refused:
        addresses.check_url(f"http://{host}/")
    assert refused.value.field == "url"


@pytest.mark.parametrize(
    "url",
    [
        "ftp://example.com/",
        "file:///etc/passwd",
        "//example.com",
        "example.com",
        "",
        "http://example.com:22/",
        "http://[::1",
        "\ud800",
        "https://example.com/" + "x" * 2048,
        "gopher://127.0.0.1:443/",
        "http://example.com:99999/",
        "http://x\x00y/",
    ],
)
def test_what_is_no_address_of_the_web_is_refused(url: str) -> None:
    with pytest.raises(BadWebhook):
        addresses.check_url(url)


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com/hook?x=1",
        "https://example.com:8443/",
        "http://bücher.example/",
        "https://example.com./",
        "https://[2606:4700::1111]/",
        "http://1.1.1.1/",
        "https://[64:ff9b::1.1.1.1]/",
        "https://[2002:101:101::1]/",
    ],
)
def test_public_addresses_are_taken(url: str) -> None:
    addresses.check_url(url)


@given(st.ip_addresses(v=4))
def test_an_address_inside_an_address_is_judged_as_the_one_that_is_reached(inner: IPv4Address) -> None:
    number, same = int(inner), addresses.allowed("x", str(inner))
    for base, shift in ((0xFFFF << 32, 0), (0x64FF9B << 96, 0), (0x2002 << 112, 80)):
        assert addresses.allowed("x", str(IPv6Address(base | number << shift))) is same
    for base in (0x5EFE << 32, 0x0200_5EFE << 32):  # behind a public network
        assert addresses.allowed("x", str(IPv6Address(0x2606_4700 << 96 | base | number))) is same
    for base in (0, 0xFFFF << 48, 0x20010000 << 96):  # compatible, translated, Teredo: nobody uses them any more
        assert not addresses.allowed("x", str(IPv6Address(base | number)))


@pytest.mark.parametrize(
    "answers",
    [
        ["127.0.0.1"],
        ["::1"],
        ["93.184.215.14", "127.0.0.1"],
        ["2606:4700::1111", "10.0.0.1"],
        ["64:ff9b::7f00:1"],
        ["2002:7f00:1::"],
        ["::ffff:169.254.169.254"],
        ["fe80::1%lo"],
    ],
)
async def test_a_name_is_refused_when_any_of_its_addresses_is_not_public(
    listener: Receiver, names: Any, answers: list[str]
) -> None:
    names(answers)
    outcome = await sent(letter(f"http://rebound.example:{listener.port}/"))
    assert (outcome.error, listener.heard) == ("url leads to an address that is not public", [])


async def test_a_name_is_asked_for_once_so_a_resolver_that_changes_its_mind_gains_nothing(
    listener: Receiver, names: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = names(["203.0.113.7"], ["127.0.0.1"])
    monkeypatch.setattr(addresses, "allowed", lambda host, address: address != "127.0.0.1")  # as if it were public
    outcome = await asyncio.wait_for(sent(letter(f"http://rebound.example:{listener.port}/")), 20)
    assert outcome.status is None
    assert (asked.count("rebound.example"), listener.heard) == (1, [])


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_not_followed_and_is_a_failure(settings: Any, status: int) -> None:
    with Receiver() as inner:
        with Receiver(saying(status, location=inner.url)) as outer:
            settings.WEBHOOK_PORTS = [inner.port, outer.port]
            settings.WEBHOOK_PRIVATE_HOSTS = ["127.0.0.1"]
            outcome: Outcome = await sent(letter(outer.url))
        assert (outcome.status, len(outer.heard), inner.heard) == (status, 1, [])
        assert not schedule.arrived(outcome.status)


async def test_no_proxy_of_the_environment_is_asked(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    with Receiver() as proxy, Receiver() as receiver:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, proxy.url)
        settings.WEBHOOK_PRIVATE_HOSTS = ["127.0.0.1"]
        await sent(letter(receiver.url))
        assert (len(receiver.heard), proxy.heard) == (1, [])


@pytest.mark.parametrize("exempt", [["127.0.0.1"], ["127.0.0.0/8"], ["other.internal", "127.0.0.1/32"]])
async def test_what_the_operator_names_is_reached(settings: Any, exempt: list[str]) -> None:
    with Receiver() as receiver:
        settings.WEBHOOK_PRIVATE_HOSTS = exempt
        addresses.check_url(receiver.url)
        assert (await sent(letter(receiver.url))).status == 200


async def test_a_host_that_the_operator_names_may_have_a_private_address(settings: Any, names: Any) -> None:
    with Receiver() as receiver:
        names(["127.0.0.1"])
        settings.WEBHOOK_PRIVATE_HOSTS = ["Receiver.internal"]
        assert (await sent(letter(f"http://receiver.INTERNAL:{receiver.port}/"))).status == 200
        assert receiver.heard[0].headers["host"] == f"receiver.internal:{receiver.port}"
        settings.WEBHOOK_PRIVATE_HOSTS = ["other.internal"]
        settings.WEBHOOK_PORTS = [receiver.port]
        assert (await sent(letter(f"http://receiver.internal:{receiver.port}/"))).status is None


async def test_the_next_address_of_a_name_is_tried_when_one_does_not_answer(settings: Any, names: Any) -> None:
    with Receiver() as receiver:
        names(["127.0.0.9", "127.0.0.1"])
        settings.WEBHOOK_PRIVATE_HOSTS = ["two.internal"]
        assert (await sent(letter(f"http://two.internal:{receiver.port}/"))).status == 200
