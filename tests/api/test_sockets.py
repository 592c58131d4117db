"""Open sockets end with their credential, within five seconds, and hear only what it may read."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from asgiref.testing import ApplicationCommunicator
from django.db import connections
from django.utils import timezone
from django_tenants.utils import tenant_context
from rest_framework_simplejwt.tokens import AccessToken

from api.sockets import consumer as sockets
from events import relay
from memory.remember import remember
from memory.types import Draft, Scope
from tenants import keys, members, tickets, tokens
from tenants.models import ApiKey, Login, Membership, Tenant, User

IN_TIME = 5.0  # seconds
pytestmark = pytest.mark.usefixtures("committed")


class Socket(ApplicationCommunicator):
    """A socket without a network. That of Channels would bring a server along."""

    async def say(self, message: dict[str, Any]) -> None:
        await self.send_input({"type": "websocket.receive", "text": json.dumps(message)})

    async def hear(self, seconds: float = 30) -> Any:
        return json.loads((await self.receive_output(seconds))["text"])


@asynccontextmanager
async def shaken(**scope: Any) -> AsyncIterator[Socket]:
    """A socket whose handshake brought this, and was not answered yet."""
    scope["headers"] = [(name.encode(), value.encode()) for name, value in scope.get("headers", {}).items()]
    socket = Socket(sockets.serve, {"type": "websocket", "path": "/ws"} | scope)
    await socket.send_input({"type": "websocket.connect"})
    try:
        yield socket
    finally:
        await socket.send_input({"type": "websocket.disconnect", "code": 1000})
        await socket.wait(30)
        await sync_to_async(connections.close_all)()  # those of the thread in which a test makes its rows


@asynccontextmanager
async def opened(**auth: Any) -> AsyncIterator[Socket]:
    async with shaken() as socket:
        assert (await socket.receive_output(30))["type"] == "websocket.accept"
        await socket.say({"type": "auth", **auth})
        yield socket


async def ready(socket: Socket) -> None:
    assert (await socket.hear())["type"] == "ready"


async def closed_within(socket: Socket, seconds: float) -> int:
    """The code with which it closes, whatever it says before."""
    until = time.monotonic() + seconds
    while True:
        told = await socket.receive_output(timeout=max(until - time.monotonic(), 0.01))
        if told["type"] == "websocket.close":
            return int(told["code"])


def person(tenant: Tenant) -> User:
    user = User.objects.create_user("ada@example.org")
    Membership.objects.create(user=user, tenant=tenant, role="viewer")
    return user


ENDS: dict[str, Callable[[ApiKey], Any]] = {
    "revoked": keys.revoke,
    "rotated without overlap": lambda key: keys.rotate(key, 0),
    "expired": lambda key: ApiKey.objects.filter(pk=key.pk).update(expires_at=timezone.now()),
    "deleted": lambda key: ApiKey.objects.filter(pk=key.pk).delete(),
    "of a suspended tenant": lambda key: Tenant.objects.filter(pk=key.tenant_id).update(state="suspended"),
}


@pytest.mark.parametrize("end", ENDS)
async def test_a_socket_closes_with_its_key_and_others_stay(end: str, acme: Tenant, globex: Tenant) -> None:
    key, text = await sync_to_async(keys.issue)(acme, "doomed")
    _, other_text = await sync_to_async(keys.issue)(globex, "other")
    async with opened(token=text) as doomed, opened(token=other_text) as other:
        await ready(doomed)
        await ready(other)
        await sync_to_async(ENDS[end])(key)
        assert await closed_within(doomed, IN_TIME) == (4403 if "suspended" in end else 4401)
        await other.say({"type": "ping"})
        assert (await other.hear(5))["type"] == "pong"


async def test_a_fact_that_touches_the_credential_closes_the_socket_at_once(acme: Tenant, monkeypatch: Any) -> None:
    monkeypatch.setattr(sockets, "CHECKED_EVERY", 600)
    key, text = await sync_to_async(keys.issue)(acme, "doomed")
    await sync_to_async(relay.drain)()
    async with opened(token=text) as socket:
        await ready(socket)
        await sync_to_async(keys.revoke)(key)
        await sync_to_async(relay.drain)()
        assert await closed_within(socket, 30) == 4401


PEOPLE: dict[str, Callable[[User, Tenant], Any]] = {
    "the membership ends": lambda user, tenant: members.remove(Membership.objects.get(user=user), by="owner"),
    "the login is closed": lambda user, tenant: Login.objects.filter(user=user).update(closed_at=timezone.now()),
    "the person is locked out": lambda user, tenant: User.objects.filter(pk=user.pk).update(is_active=False),
}


@pytest.mark.parametrize("end", PEOPLE)
async def test_a_socket_closes_with_what_its_token_stands_on(end: str, acme: Tenant) -> None:
    user = await sync_to_async(person)(acme)
    pair = await sync_to_async(tokens.opened)(Login(user=user, tenant=acme))
    async with opened(token=pair["access"]) as socket:
        await ready(socket)
        await sync_to_async(PEOPLE[end])(user, acme)
        assert await closed_within(socket, IN_TIME) == 4401


async def test_a_socket_keeps_no_power_that_its_person_lost(acme: Tenant) -> None:
    user = await sync_to_async(person)(acme)
    member = await sync_to_async(Membership.objects.get)(user=user)
    await sync_to_async(members.change)(member, "editor", by="owner")
    pair = await sync_to_async(tokens.opened)(Login(user=user, tenant=acme))
    async with opened(token=pair["access"]) as socket:
        await ready(socket)
        await socket.say({"type": "identify", "serviceId": "hers"})
        assert (await socket.hear())["type"] == "identified"
        await sync_to_async(members.change)(member, "viewer", by="owner")
        assert await closed_within(socket, 30) == 4401


async def test_a_socket_closes_when_its_token_expires(acme: Tenant) -> None:
    user = await sync_to_async(person)(acme)
    pair = await sync_to_async(tokens.opened)(Login(user=user, tenant=acme))
    token = AccessToken(pair["access"])
    token.set_exp(lifetime=timedelta(seconds=2))
    async with opened(token=str(token)) as socket:
        await ready(socket)
        assert await closed_within(socket, 2 + IN_TIME) == 4401


async def test_a_socket_of_the_console_closes_with_the_membership(acme: Tenant) -> None:
    user = await sync_to_async(person)(acme)
    async with opened(ticket=await sync_to_async(tickets.issue)(user, acme)) as socket:
        await ready(socket)
        await sync_to_async(PEOPLE["the membership ends"])(user, acme)
        assert await closed_within(socket, IN_TIME) == 4401


async def test_a_key_of_the_platform_names_the_tenant_it_listens_to(acme: Tenant) -> None:
    _, text = await sync_to_async(keys.issue)(None, "operator", ["platform"])
    async with opened(token=text, tenant="acme") as socket:
        assert (await socket.hear())["tenant"] == "acme"
        await asyncio.sleep(2 * sockets.CHECKED_EVERY)
        await socket.say({"type": "ping"})
        assert (await socket.hear(5))["type"] == "pong"
    async with opened(token=text) as socket:
        assert await closed_within(socket, IN_TIME) == 4400


async def test_a_socket_that_is_bound_to_namespaces_hears_only_of_them(acme: Tenant) -> None:
    _, text = await sync_to_async(keys.issue)(acme, "bot", ["read"], namespaces=["mine"])

    def say(namespace: str) -> None:
        with tenant_context(acme):
            remember(Draft(f"something in {namespace}", Scope(namespace)))
        relay.drain()

    await sync_to_async(say)("before")
    async with opened(token=text, since=0) as socket:
        await ready(socket)
        for namespace in ("theirs", "mine", "theirs"):
            await sync_to_async(say)(namespace)
        told = await socket.hear(5)
        assert (told["event"]["type"], told["event"]["data"]["namespace"]) == ("memory.created", "mine")
        assert await socket.receive_nothing(timeout=0.5)
