"""One room a tenant in each process: it hears the relay once, for all sockets of the tenant that are open here.

A room joins the layer's group by one channel, so the relay's message comes once and not once a socket. When Redis
goes away the sockets stay: nothing is numbered meanwhile, and afterwards each looks into the feed.
"""

import asyncio
from contextlib import suppress
from typing import Protocol
from uuid import UUID
from weakref import WeakKeyDictionary

import structlog
from channels.layers import get_channel_layer
from redis.exceptions import RedisError

from api.sockets.frames import Fact
from events import sockets
from tenants import seats
from tenants.channels import in_public

log = structlog.get_logger(__name__)
AWAY = (RedisError, OSError, TimeoutError)
REST = 1.0  # seconds before Redis is tried again
RENEWED_EVERY = 20.0  # seconds; a group's member and a seat last longer


class Listener(Protocol):
    seat: seats.Seat

    def news(self, facts: list[Fact]) -> None:
        """New facts, in order."""

    def look(self) -> None:
        """Something may have been missed: the feed has it."""


class Room:
    def __init__(self, tenant_id: UUID) -> None:
        self.tenant_id, self.sockets = tenant_id, set[Listener]()
        self._tasks = [asyncio.ensure_future(task) for task in (self._listen(), self._renew())]

    async def _listen(self) -> None:
        while True:
            try:
                await self._hear()
            except AWAY as error:
                log.warning("sockets hear nothing of the relay", error=type(error).__name__)
            await asyncio.sleep(REST)

    async def _hear(self) -> None:
        layer = get_channel_layer()
        self._channel = await layer.new_channel("room")
        await layer.group_add(sockets.group(self.tenant_id), self._channel)
        for socket in list(self.sockets):
            socket.look()
        while True:
            message = await layer.receive(self._channel)
            facts = [Fact(event) for event in message["events"]]
            for socket in list(self.sockets):
                socket.news(facts)

    async def _renew(self) -> None:
        while True:
            await asyncio.sleep(RENEWED_EVERY)
            await in_public(seats.renew, [socket.seat for socket in self.sockets])
            with suppress(*AWAY):
                await get_channel_layer().group_add(sockets.group(self.tenant_id), self._channel)

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        with suppress(*AWAY):  # without Redis the group is gone anyway
            await get_channel_layer().group_discard(sockets.group(self.tenant_id), self._channel)

    _channel = ""


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
