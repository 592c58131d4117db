"""Two tenants at the same time, through every way that reads: thousands of reads, and none has the other's canary."""

import asyncio
import json
import random
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from celery import shared_task
from django.db import connections
from django_tenants.utils import tenant_context

from api.selftest.doors import Socket
from events import feed, relay
from memory.models import Memory
from memory.remember import remember_many
from memory.tiers import cold, hot
from memory.types import Draft, Scope
from tenants import keys
from tenants.channels import in_tenant
from tenants.models import Tenant
from tenants.resolve import Speaker
from tenants.tasks import TenantTask
from tests.conftest import Caller, _forget

THREADS, SOCKETS = 8, 10


class House:
    """A tenant, a key of it, and ten memories that all hold its canary."""

    def __init__(self, slug: str) -> None:
        self.tenant, self.canary = Tenant.objects.get(slug=slug), f"canary{slug}"
        self.key = keys.issue(self.tenant, "interleaved")[1]
        with tenant_context(self.tenant):
            made = remember_many([Draft(f"{self.canary} {i}", Scope(user_id=self.canary)) for i in range(10)])
            self.ids = [outcome.id for outcome in made]
            cold.archive(self.ids[0])
        self.speaker = Speaker(self.tenant, "key:test", frozenset({"read"}))


@pytest.fixture(scope="module")
def houses(django_db_setup: None, django_db_blocker: Any) -> Iterator[list[House]]:
    with django_db_blocker.unblock():
        yield [House("acme"), House("globex")]
        _forget()


def only_its_own(house: House, text: str) -> bool:
    other = "globex" if house.tenant.slug == "acme" else "acme"
    return house.canary in text and f"canary{other}" not in text


def in_threads(houses: list[House], reads: int, read: Callable[[House, int], str]) -> list[bool]:
    """Many reads by threads that change the tenant at each of them."""

    def one(number: int) -> bool:
        house = random.choice(houses)
        return only_its_own(house, read(house, number))

    everybody = threading.Barrier(THREADS)

    def leave(_: int) -> None:
        everybody.wait()  # so that each thread does it once
        connections.close_all()

    with ThreadPoolExecutor(THREADS) as pool:
        found = list(pool.map(one, range(reads)))
        list(pool.map(leave, range(THREADS)))
    return found


def test_five_hundred_reads_of_views_under_threads(houses: list[House]) -> None:
    def read(house: House, number: int) -> str:
        path = ("memories?limit=5", f"memories/{house.ids[number % 10]}", "entities?type=user", "events")[number % 4]
        return Caller(house.key).raw("GET", path).content.decode()

    relay.drain()
    assert in_threads(houses, 500, read) == [True] * 500


def test_a_thousand_reads_of_cold_content_and_its_hot_copies(houses: list[House]) -> None:
    def read(house: House, number: int) -> str:
        with tenant_context(house.tenant):
            memory = Memory.objects.get(pk=house.ids[0])
            return hot.get_many([memory]).get(memory.pk) or cold.told(memory).content

    assert in_threads(houses, 1000, read) == [True] * 1000


@shared_task(base=TenantTask, name="tests.tell")
def tell(tenant_id: str) -> str:
    return " ".join(Memory.objects.values_list("user_id", flat=True))


def test_a_thousand_tasks_of_two_tenants(houses: list[House]) -> None:
    assert in_threads(houses, 1000, lambda house, _: tell(str(house.tenant.id))) == [True] * 1000


def _contents() -> str:
    return " ".join(Memory.objects.values_list("user_id", flat=True))


async def test_a_thousand_reads_of_coroutines(houses: list[House]) -> None:
    async def reader() -> list[bool]:
        found = []
        for _ in range(50):
            house = random.choice(houses)
            found.append(only_its_own(house, await in_tenant(house.speaker, _contents)))
        return found

    read = await asyncio.gather(*(reader() for _ in range(20)))
    assert [one for found in read for one in found] == [True] * 1000


async def opened(house: House) -> Socket:
    socket = Socket()
    socket.say({"type": "auth", "token": house.key, "since": 0})
    assert (await socket.hear())["tenant"] == house.tenant.slug
    return socket


async def heard(socket: Socket, count: int) -> list[dict[str, Any]]:
    return [await socket.hear() for _ in range(count)]


def say_more(houses: list[House]) -> dict[str, int]:
    """Twenty facts of each, one after the other, numbered and pushed; how many each has in all."""
    for i in range(20):
        for house in houses:
            with tenant_context(house.tenant):
                remember_many([Draft(f"{house.canary} more {i}", Scope(user_id=house.canary))])
    relay.drain()
    found = {house.tenant.slug: feed.last_seq(house.tenant.id) for house in houses}
    connections.close_all()
    return found


async def test_twenty_sockets_of_two_tenants_hear_only_their_own(houses: list[House]) -> None:
    sockets = [(house, await opened(house)) for _ in range(SOCKETS) for house in houses]
    counts = await sync_to_async(say_more)(houses)
    frames = await asyncio.gather(*(heard(socket, counts[house.tenant.slug]) for house, socket in sockets))
    for (house, socket), events in zip(sockets, frames, strict=True):
        assert [frame["seq"] for frame in events] == list(range(1, len(events) + 1))
        of_memories = [frame for frame in events if frame["event"]["type"] == "memory.created"]
        assert len(of_memories) == 30
        assert all(only_its_own(house, json.dumps(frame)) for frame in of_memories)
        await socket.close()


async def asked(house: House, reads: int) -> list[bool]:
    """Answers to searches over one socket, each with the tenant's own canary alone."""
    socket = Socket()
    socket.say({"type": "auth", "token": house.key})
    socket.say({"type": "unsubscribe"})
    found = []
    for number in range(reads):
        socket.say({"type": "search", "id": number, "query": "canaryacme canaryglobex"})
        while (frame := await socket.hear())["type"] != "search_results":
            pass
        found.append(frame["id"] == number and only_its_own(house, json.dumps(frame["results"])))
    await socket.close()
    return found


async def test_five_hundred_searches_over_sockets_of_two_tenants(houses: list[House]) -> None:
    read = await asyncio.gather(*(asked(house, 50) for _ in range(5) for house in houses))
    assert [one for found in read for one in found] == [True] * 500


async def test_memories_beside_facts_are_of_the_sockets_tenant(houses: list[House]) -> None:
    sockets = []
    for house in houses * 5:
        socket = Socket()
        socket.say({"type": "auth", "token": house.key})
        socket.say({"type": "subscribe", "types": ["memory.created"], "include": ["memory"], "since": 0})
        sockets.append((house, socket))
    for house, socket in sockets:
        told = []
        while len(told) < 10:
            frame = await socket.hear()
            if frame["type"] == "sync" and "memory" in frame:
                told.append(only_its_own(house, frame["memory"]["content"]))
        assert told == [True] * 10
        await socket.close()
