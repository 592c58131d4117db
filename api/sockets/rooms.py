"""One room a tenant in each process: it hears the relay once, for all sockets of the tenant that are open here.

A room joins the layer's group by one channel, so the relay's message comes once and not once a socket. When Redis
goes away the sockets stay: nothing is numbered meanwhile, and afterwards each looks into the feed.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Protocol
from uuid import UUID
from weakref import WeakKeyDictionary

import structlog
from channels.layers import get_channel_layer
from django.db import DatabaseError
from redis.exceptions import RedisError

from api.sockets.frames import Fact
from events import feed, sockets
from tenants import seats
from tenants.channels import in_public

log = structlog.get_logger(__name__)
AWAY = (RedisError, DatabaseError, OSError, TimeoutError)
REST = 1.0  # seconds before Redis is tried again
KEPT_EVERY = 20.0  # seconds; a group's member and a seat last longer


class Listener(Protocol):
    seat: seats.Seat

    def news(self, facts: list[Fact]) -> None:
        """New facts, in order."""

    def look(self) -> None:
        """Something may have been missed: the feed has it."""


class Room:
    def __init__(self, tenant_id: UUID) -> None:
        self.tenant_id, self.sockets = tenant_id, set[Listener]()
        self._group, self._channel, self._last = sockets.group(tenant_id), "", 0
        self._tasks = [asyncio.ensure_future(_for_ever(work)) for work in (self._hear, self._keep)]

    async def _hear(self) -> None:
        layer = get_channel_layer()
        self._channel = await layer.new_channel("room")
        await layer.group_add(self._group, self._channel)
        self._look()
        while True:
            facts = [Fact(event) for event in (await layer.receive(self._channel))["events"]]
            self._last = max(self._last, facts[-1].seq)
            for socket in list(self.sockets):
                socket.news(facts)

    def _look(self) -> None:
        for socket in list(self.sockets):
            socket.look()

    async def _keep(self) -> None:
        """Hold the seats and the place in the group; and see whether news were lost on their way."""
        await asyncio.sleep(KEPT_EVERY)
        await in_public(seats.renew, [socket.seat for socket in self.sockets])
        if self._channel:
            await get_channel_layer().group_add(self._group, self._channel)
        last = await in_public(feed.last_seq, self.tenant_id)
        if last > self._last:
            self._last = last
            self._look()

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        with suppress(*AWAY):  # without Redis the group is gone anyway
            layer = get_channel_layer()
            await layer.group_discard(self._group, self._channel or "nobody")
            await layer.wait_received()  # else its lock stays shut, for good, where this loop ends


async def _for_ever(work: Callable[[], Awaitable[None]]) -> None:
    while True:
        try:
            await work()
        except AWAY as error:
            log.warning("sockets hear nothing of the relay", error=type(error).__name__)
            await asyncio.sleep(REST)
        except Exception:
            log.exception("a room of sockets failed")
            await asyncio.sleep(REST)


_rooms: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[UUID, Room]] = WeakKeyDictionary()


def enter(tenant_id: UUID, socket: Listener) -> None:
    """From now on the socket hears of news; what came before it finds in the feed."""
    here = _rooms.setdefault(asyncio.get_running_loop(), {})
    if tenant_id not in here:
        here[tenant_id] = Room(tenant_id)
    here[tenant_id].sockets.add(socket)


async def leave(tenant_id: UUID, socket: Listener) -> None:
    here = _rooms.get(asyncio.get_running_loop(), {})
    if room := here.get(tenant_id):
        room.sockets.discard(socket)
        if not room.sockets:
            del here[tenant_id]
            await room.close()
