"""What keeps tenants apart beneath the API: names of copies and objects, keys of sealing, feeds, tickets, sockets."""

from collections.abc import Callable
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.db import connections
from django.test import Client
from django_tenants.utils import tenant_context

from api.selftest.doors import Closed, Socket
from events import feed, relay, sockets
from memory import sealing
from memory.errors import Unreadable
from memory.models import Memory
from memory.remember import remember
from memory.tiers import cold, hot
from memory.types import Draft
from tenants import keys, tickets
from tenants.channels import in_public
from tenants.errors import Unauthenticated
from tenants.models import Membership, Tenant, User
from tests.conftest import Caller


def made(tenant: Tenant, content: str) -> Memory:
    with tenant_context(tenant):
        return Memory.objects.get(pk=remember(Draft(content)).id)


def test_a_hot_copy_is_named_after_its_tenant(acme: Tenant, globex: Tenant) -> None:
    memory = made(acme, "Only acme knows this.")
    with tenant_context(acme):
        hot.put(memory)
    names = {key.decode() for key in hot._redis().scan_iter(match=f"*{memory.pk}*")}
    assert names == {f"t:{acme.pk}:hot:{memory.pk}"}
    with tenant_context(globex):
        assert hot.get_many([memory]) == {}


def test_hot_copies_of_a_tenant_are_forgotten_and_no_others(acme: Tenant, globex: Tenant) -> None:
    memory = made(acme, "Only acme knows this.")
    for tenant in (acme, globex):
        with tenant_context(tenant):
            hot.put(memory)
    hot.forget(globex.pk)
    with tenant_context(acme):
        assert hot.get_many([memory]) == {memory.pk: "Only acme knows this."}
    with tenant_context(globex):
        assert hot.get_many([memory]) == {}


def test_a_cold_object_is_named_after_its_tenant_and_opens_for_no_other(acme: Tenant, globex: Tenant) -> None:
    memory = made(acme, "Only acme knows this.")
    with tenant_context(acme):
        assert cold.archive(memory.pk)
        memory = Memory.objects.light().get(pk=memory.pk)
        assert memory.cold_key.startswith(f"v1/{acme.pk}/")
        assert cold.unpack(memory) == "Only acme knows this."
    with tenant_context(globex), pytest.raises(Unreadable):
        cold.unpack(memory)


def test_what_is_sealed_for_one_opens_for_no_other(acme: Tenant, globex: Tenant) -> None:
    sealed = sealing.seal(b"x", acme.pk, "cold", "place")
    assert sealing.unseal(sealed, acme.pk, "cold", "place") == b"x"
    for tenant, purpose, place in ((globex, "cold", "place"), (acme, "hot", "place"), (acme, "cold", "elsewhere")):
        with pytest.raises(Unreadable):
            sealing.unseal(sealed, tenant.pk, purpose, place)


def test_a_feed_holds_the_facts_of_its_tenant_alone(ada: Caller, ben: Caller, acme: Tenant, globex: Tenant) -> None:
    hers, his = ada.remember("Hers."), ben.remember("His.")
    relay.drain()
    for tenant, own, foreign in ((acme, hers, his), (globex, his, hers)):
        told = {event.subject_id for event in feed.page(tenant.pk, 0, limit=200).events}
        assert own in told
        assert foreign not in told


def test_each_tenant_has_a_group_of_sockets_of_its_own(acme: Tenant, globex: Tenant) -> None:
    assert sockets.group(acme.pk) != sockets.group(globex.pk)


@pytest.fixture
def member(acme: Tenant) -> User:
    user = User.objects.create_user("member@example.org", "correct horse", is_staff=True)
    Membership.objects.create(user=user, tenant=acme, role="viewer")
    return user


def test_a_ticket_opens_its_tenant_once(member: User, acme: Tenant) -> None:
    ticket = tickets.issue(member, acme)
    assert tickets.redeem(ticket).tenant == acme
    with pytest.raises(Unauthenticated):
        tickets.redeem(ticket)


def test_a_ticket_for_a_tenant_that_the_person_may_not_enter_opens_nothing(member: User, globex: Tenant) -> None:
    with pytest.raises(Unauthenticated):
        tickets.redeem(tickets.issue(member, globex))


def test_a_ticket_of_a_suspended_tenant_opens_nothing(member: User, acme: Tenant) -> None:
    ticket = tickets.issue(member, acme)
    Tenant.objects.filter(pk=acme.pk).update(state=Tenant.State.SUSPENDED)
    with pytest.raises(Unauthenticated):
        tickets.redeem(ticket)


def test_the_console_lists_keys_and_facts_of_its_tenant_alone(acme: Tenant, globex: Tenant) -> None:
    for tenant in (acme, globex):
        keys.issue(tenant, f"key of {tenant.slug}")
    memory = made(globex, "His.")
    operator = Client()
    operator.force_login(User.objects.create_superuser("operator@example.org", "correct horse"))
    shown = operator.get("/t/acme/console/tenants/apikey/").content.decode()
    assert "key of acme" in shown
    assert "key of globex" not in shown
    assert str(memory.pk) not in operator.get("/t/acme/console/events/event/").content.decode()


def test_a_member_is_shown_no_other_tenants_name(member: User, acme: Tenant, globex: Tenant) -> None:
    client = Client()
    client.force_login(member)
    assert globex.slug not in client.get("/t/acme/console/").content.decode().lower()


def closed_after(key: Any, text: str, change: Callable[[], object]) -> int:
    """The code that a socket of this key is closed with after a change."""

    def act() -> None:
        change()
        relay.drain()
        connections.close_all()

    async def listen() -> int:
        socket = Socket()
        socket.say({"type": "auth", "token": text})
        assert (await socket.hear())["type"] == "ready"
        await in_public(act)
        try:
            while True:
                await socket.hear(6)
        except Closed as closed:
            return closed.code
        except TimeoutError:
            return 0
        finally:
            await socket.close()

    return async_to_sync(listen)()


def test_a_revoked_key_closes_its_open_socket(committed: None, acme: Tenant) -> None:
    key, text = keys.issue(acme, "doomed")
    relay.drain()
    assert closed_after(key, text, lambda: keys.revoke(key)) == 4401


def test_a_socket_that_names_another_tenant_is_closed(committed: None, acme: Tenant, globex: Tenant) -> None:
    _, text = keys.issue(acme, "one")

    async def listen() -> int:
        socket = Socket()
        socket.say({"type": "auth", "token": text, "tenant": globex.slug})
        try:
            while True:
                assert (await socket.hear())["type"] == "error"
        except Closed as closed:
            return closed.code
        finally:
            await socket.close()

    assert async_to_sync(listen)() == 4401
