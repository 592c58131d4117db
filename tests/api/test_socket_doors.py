"""How a socket is opened: by what, from where, and how many at once."""

import time
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from channels.routing import URLRouter

from api.sockets import websocket_urlpatterns
from tenants import keys, limits, seats, tickets, tokens
from tenants.errors import Unauthenticated
from tenants.models import ApiKey, Login, Tenant
from tenants.resolve import resolve
from tests.api.test_sockets import Socket, closed_within, opened, person, ready, shaken
from tests.conftest import Caller

pytestmark = pytest.mark.usefixtures("committed")


@pytest.fixture
def key(acme: Tenant) -> tuple[ApiKey, str]:
    return keys.issue(acme, "door", ["read"])


async def accepted(socket: Socket) -> dict[str, Any]:
    told: dict[str, Any] = await socket.receive_output(30)
    assert told["type"] == "websocket.accept"
    return told


async def test_a_header_of_the_handshake_is_enough(key: tuple[ApiKey, str]) -> None:
    for headers in ({"authorization": f"Bearer {key[1]}"}, {"x-api-key": key[1], "x-tenant-id": "acme"}):
        async with shaken(headers=headers) as socket:
            await accepted(socket)
            await ready(socket)


async def test_a_header_that_names_another_tenant_opens_nothing(key: tuple[ApiKey, str]) -> None:
    async with shaken(headers={"authorization": f"Bearer {key[1]}", "x-tenant-id": "globex"}) as socket:
        assert await closed_within(socket, 30) == 4401


async def test_a_ticket_comes_as_a_subprotocol_which_is_accepted_without_it(key: tuple[ApiKey, str]) -> None:
    ticket = await sync_to_async(tickets.issue_to)(await sync_to_async(resolve)(key[1]))
    async with shaken(subprotocols=["memhouse.ticket", ticket]) as socket:
        assert (await accepted(socket))["subprotocol"] == "memhouse.ticket"
        await ready(socket)
    async with shaken(subprotocols=["memhouse.ticket", ticket]) as socket:
        assert await closed_within(socket, 30) == 4401


async def test_identify_may_bring_the_credential(acme: Tenant) -> None:
    _, text = await sync_to_async(keys.issue)(acme, "service", ["read", "write"])
    async with shaken() as socket:
        await accepted(socket)
        await socket.say({"type": "identify", "serviceId": "indexer", "capabilities": ["memory"], "token": text})
        await ready(socket)
        assert (await socket.hear())["type"] == "identified"


@pytest.mark.parametrize("name", ["token", "key", "ticket", "access_token", "API_KEY"])
async def test_a_credential_in_the_url_is_refused_with_a_word_that_says_how(name: str, key: tuple[ApiKey, str]) -> None:
    async with shaken(query_string=f"{name}={key[1]}".encode()) as socket:
        await accepted(socket)
        told = await socket.hear()
        assert (told["code"], told["problem"], told["since"]) == (4400, "credential_in_url", None)
        assert "memhouse.ticket" in told["detail"]


@pytest.mark.parametrize(
    ("origin", "opens"),
    [
        ("http://localhost:8000", True),
        ("https://app.example", True),
        ("https://console.example", True),
        ("https://a.trusted.example", True),
        ("http://a.trusted.example", False),
        ("https://evil.example", False),
        ("http://localhost:9000", False),
        ("http://localhost.evil.example:8000", False),
        ("null", False),
        ("", False),
    ],
)
async def test_a_page_of_a_foreign_origin_is_refused_at_the_handshake(origin: str, opens: bool, settings: Any) -> None:
    settings.CORS_ORIGINS = ["https://app.example"]
    settings.CSRF_TRUSTED_ORIGINS = ["https://console.example", "https://*.trusted.example"]
    headers = {"origin": origin, "host": "localhost:8000", "cookie": "sessionid=stolen"}
    async with shaken(headers=headers) as socket:
        told = await socket.receive_output(30)
        assert told["type"] == ("websocket.accept" if opens else "websocket.close")


async def test_a_name_that_was_bent_to_our_address_is_no_origin_of_ours() -> None:
    async with shaken(headers={"origin": "http://evil.example", "host": "evil.example"}) as socket:
        assert (await socket.receive_output(30))["type"] == "websocket.close"


@pytest.mark.parametrize("path", ["/t/acme/ws", "/", "/ws/x", "/wsx"])
async def test_a_path_where_there_is_no_socket_is_refused_at_the_handshake(path: str) -> None:
    socket = Socket(URLRouter(websocket_urlpatterns), {"type": "websocket", "path": path, "headers": []})
    await socket.send_input({"type": "websocket.connect"})
    assert (await socket.receive_output(5))["type"] == "websocket.close"
    await socket.wait(5)


def test_a_ticket_over_the_api_stands_for_its_key(acme: Tenant) -> None:
    key, text = keys.issue(acme, "app", ["read"], namespaces=["mine"])
    status, told = Caller(text).post("tickets", {})
    assert (status, told["expires_in"]) == (201, 30)
    assert set(told["ticket"]) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.")
    speaker = tickets.redeem(told["ticket"])
    assert (speaker.tenant, speaker.key, speaker.namespaces, speaker.scopes) == (acme, key, ("mine",), {"read"})


def test_a_ticket_of_a_key_that_is_revoked_meanwhile_opens_nothing(acme: Tenant) -> None:
    key, text = keys.issue(acme, "app", ["read"])
    ticket = Caller(text).post("tickets", {})[1]["ticket"]
    keys.revoke(key)
    with pytest.raises(Unauthenticated):
        tickets.redeem(ticket)


def test_a_ticket_of_a_token_ends_with_it(acme: Tenant) -> None:
    login = Login(user=person(acme), tenant=acme)
    access = tokens.opened(login)["access"]
    speaker = tickets.redeem(Caller(access).post("tickets", {})[1]["ticket"])
    assert (speaker.login, speaker.until) == (login, resolve(access).until)


def test_a_key_that_may_not_read_gets_no_ticket(acme: Tenant) -> None:
    assert Caller(keys.issue(acme, "writer", ["write"])[1]).post("tickets", {})[0] == 403


async def test_sockets_of_a_credential_are_capped_and_a_closed_one_makes_room(
    key: tuple[ApiKey, str], settings: Any
) -> None:
    settings.SOCKETS_PER_KEY = 2
    async with opened(token=key[1]) as first:
        await ready(first)
        async with opened(token=key[1]) as second:
            await ready(second)
            async with opened(token=key[1]) as third:
                told = await third.hear()
                assert (told["code"], told["problem"]) == (4409, "too_many_sockets")
                assert await closed_within(third, 30) == 4409
        async with opened(token=key[1]) as fourth:
            await ready(fourth)


def test_leases_of_a_killed_process_end_and_another_process_counts_too(acme: Tenant, monkeypatch: Any) -> None:
    speaker = resolve(keys.issue(acme, "leases")[1])
    monkeypatch.setattr(seats, "LEASE", 2)
    monkeypatch.setattr(seats, "_open", type(seats._open)())
    client = limits._script().registered_client
    place = f"sockets:{acme.pk}:{speaker.actor}"
    for _ in range(3):
        seats.take(speaker)
    assert client.zcard(place) == 3
    time.sleep(3.1)
    seat = seats.take(speaker)
    assert client.zcard(place) == 1
    seats.give_back(seat)
    assert client.zcard(place) == 0


def test_without_redis_a_process_keeps_its_share(acme: Tenant, settings: Any, monkeypatch: Any) -> None:
    settings.SOCKETS_PER_KEY, settings.WEB_PROCESSES = 8, 4
    speaker = resolve(keys.issue(acme, "alone")[1])
    monkeypatch.setattr(limits, "run", lambda *_: None)
    taken = [seats.take(speaker), seats.take(speaker)]
    with pytest.raises(seats.TooManySockets):
        seats.take(speaker)
    for seat in taken:
        seats.give_back(seat)
    seats.give_back(seats.take(speaker))


@pytest.mark.parametrize("headers", [{"origin": "http://["}, {"origin": "http://localhost", "host": "["}], ids=str)
async def test_an_origin_or_a_host_that_is_no_url_is_refused(headers: dict[str, str]) -> None:
    async with shaken(headers=headers) as socket:
        assert await closed_within(socket, 30) == 4403


@pytest.mark.parametrize("tenant", [[], {}, 5, True], ids=str)
async def test_a_tenant_that_is_no_name_is_a_bad_message(key: tuple[ApiKey, str], tenant: Any) -> None:
    async with opened(token=key[1], tenant=tenant) as socket:
        told = await socket.hear()
        assert (told["code"], told["problem"]) == (4400, "bad_message")
