"""The line of a service's socket: it is kept open, and looks when something is due. It never asks again and again."""

import asyncio
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID
from weakref import WeakKeyDictionary

import structlog
from django.db import DatabaseError
from django.utils import timezone
from uuid_utils.compat import uuid7

from api.sockets.frames import Frame, Refused
from events.sync import messages, receipts, services
from events.sync.models import Receipt, Service
from tenants.channels import in_tenant

if TYPE_CHECKING:
    from api.sockets.consumer import FeedConsumer

log = structlog.get_logger(__name__)
RENEWED_EVERY = services.LEASE / 3  # seconds; also how often it looks when nothing says that something is due
GATHERED = 0.05  # seconds for which messages are gathered where batches were asked for
_lines: "WeakKeyDictionary[FeedConsumer, Line]" = WeakKeyDictionary()


@dataclass(frozen=True)
class Opened:
    capabilities: Sequence[str]
    owed: int


def line_of(socket: "FeedConsumer") -> "Line | None":
    return _lines.get(socket)


def words(row: Receipt) -> Frame:
    """A message as it is handed over; its kind, its time and its name stand by the words of api.sockets.events too."""
    told = messages.as_json(row.message)
    also = {"type": told["kind"], "timestamp": told["created_at"], "correlationId": told["correlation_id"]}
    return told | also | {"attempt": row.attempts}


class Line:
    """One socket of a service. `batch` is how many frames go into one; 0: each goes alone."""

    def __init__(self, socket: "FeedConsumer", service: str) -> None:
        self.socket, self.service, self.id = socket, service, uuid7()
        self.batch, self.next_look, self.full, self.closed = 0, 0.0, False, False
        self.woken = asyncio.Event()
        self.task: asyncio.Task[None] | None = None

    def open(self, capabilities: Sequence[str] | None) -> Opened:
        """In the tenant: identify, and put this line into its list. Raises BadMessage, TooManyServices."""
        service = services.open_line(self.service, capabilities, self.id)
        return Opened(service.capabilities, receipts.owed(service))

    def begin(self, batch: int) -> None:
        self.batch = batch
        _lines[self.socket] = self
        self.look_soon()
        if self.task is None:
            self.task = asyncio.ensure_future(self._tend())

    async def close(self) -> None:
        self.closed = True
        _lines.pop(self.socket, None)
        if self.task:
            self.task.cancel()
            await asyncio.gather(self.task, return_exceptions=True)
        with suppress(DatabaseError):  # its lease ends by itself
            await self._in_tenant(services.close_line, self.id)

    async def claim(self, only: Sequence[UUID]) -> list[Receipt]:
        """Of these messages those that this socket is to work on."""
        rows = await self._in_tenant(self._claim, only)
        self._comes_again(rows)
        self.full = self.full or len(rows) < len(only)
        return rows

    def has_room(self, again: datetime | None) -> None:
        """Something was acknowledged: look, if there was more than this line could hold, or when one comes again."""
        if self.full:
            self.look_soon()
        if again:
            self._look_in((again - timezone.now()).total_seconds())

    def look_soon(self) -> None:
        self._look_in(0)

    def _look_in(self, seconds: float) -> None:
        at = time.monotonic() + max(0.0, seconds)
        if at < self.next_look or not seconds:
            self.next_look = at
            self.woken.set()

    def _comes_again(self, rows: Sequence[Receipt]) -> None:
        if rows:
            self._look_in((min(row.next_at for row in rows) - timezone.now()).total_seconds())

    async def _tend(self) -> None:
        while True:
            while (left := self.next_look - time.monotonic()) > 0:
                self.woken.clear()
                with suppress(TimeoutError):
                    await asyncio.wait_for(self.woken.wait(), left)
            if self.batch:
                await asyncio.sleep(GATHERED)
            self.next_look = time.monotonic() + RENEWED_EVERY
            try:
                await self._look()
            except Refused:  # nobody reads: the socket ends
                return
            except DatabaseError as error:
                log.warning("a service's messages cannot be read now", error=type(error).__name__)
            except Exception:  # nobody waits for this task: without it the service would hear nothing, for good
                log.exception("a service's line failed")

    async def _look(self) -> None:
        """Hand over all that is due, batch by batch, and see when the next is."""
        while True:
            rows, facts, due = await self._in_tenant(self._owed)
            await self._say([self._frame(row, facts.get(row.message_id)) for row in rows])
            if len(rows) < receipts.BATCH:
                break
        self.full = due is not None and due <= timezone.now()  # it holds as many as it may, or another line is at it
        if due and not self.full:
            self._look_in((due - timezone.now()).total_seconds())

    def _frame(self, row: Receipt, fact: Frame | None) -> Frame:
        # Its `seq` is where the socket is: a client that resumes from it goes neither back nor past anything.
        return {"type": "sync", "seq": self.socket.telling.seq, "event": fact, "message": words(row)}

    async def _say(self, frames: list[Frame]) -> None:
        if not self.batch:
            for frame in frames:
                await self.socket.say(frame)
            return
        for at in range(0, len(frames), self.batch):
            await self.socket.say({"type": "batch", "frames": frames[at : at + self.batch]})

    def _claim(self, only: Sequence[UUID]) -> list[Receipt]:
        service = Service.objects.filter(service_id=self.service).first()
        return receipts.claim(service, self.id, limit=len(only), only=only) if service else []

    def _owed(self) -> tuple[list[Receipt], dict[UUID, Frame], datetime | None]:
        if not services.renew(self.id):
            if self.closed:  # while this thread was on its way, which nobody can call back
                return [], {}, None
            services.open_line(self.service, None, self.id)
        service = Service.objects.get(service_id=self.service)
        rows = receipts.claim(service, self.id)
        facts = messages.facts_of(row.message_id for row in rows) if rows else {}
        return rows, facts, receipts.next_due(service)

    async def _in_tenant(self, act: Any, *args: Any) -> Any:
        return await in_tenant(self.socket.speaker, act, *args)
