"""One open socket: who speaks on it, what it hears, when it ends."""

import asyncio
import uuid
from contextlib import suppress
from typing import Any

from channels.generic.websocket import AsyncWebsocketConsumer
from django.db import DatabaseError
from redis.exceptions import RedisError
from rest_framework.exceptions import APIException

from api.gate import read_json
from api.sockets import services
from api.sockets.frames import Frame, Refused, bad, encode, since_of
from api.sockets.handlers import HANDLERS
from events import actors, feed, sockets
from tenants import lifecycle, limits, tickets
from tenants.channels import in_public, in_tenant
from tenants.errors import LimitError, SpeakerError, Suspended, Unauthenticated
from tenants.resolve import Speaker, resolve, still_speaks

AUTH_WITHIN = 5.0  # seconds
CATCH_UP = 200  # facts read at a time
CHECKED_EVERY = 2.5  # seconds after which an open socket's credential is looked at again
# After these facts it is looked at right away.
TOUCHING = {
    "key.revoked", "login.closed", "member.changed", "member.removed", "tenant.suspended", "tenant.deletion_asked",
}  # fmt: skip
SUSPENDED = Refused(4403, "tenant_suspended", "The tenant is suspended.")


class FeedConsumer(AsyncWebsocketConsumer):
    speaker: Speaker | None = None
    types: frozenset[str] = frozenset()  # empty: all
    service = ""  # what it identified itself as
    capabilities: tuple[str, ...] = ()
    seq = 0
    watching: asyncio.Task[None] | None = None

    async def connect(self) -> None:
        await self.accept()
        self.deadline = asyncio.get_running_loop().call_later(AUTH_WITHIN, self._too_late)

    def _too_late(self) -> None:
        self.closing = asyncio.ensure_future(
            self._refuse(Refused(4401, "not_authenticated", "No auth message came in time."))
        )

    async def disconnect(self, code: int) -> None:
        self.deadline.cancel()
        if self.watching:
            self.watching.cancel()
        await services.left(self)
        if self.speaker:
            with suppress(RedisError):  # without Redis the group is gone anyway
                await self.channel_layer.group_discard(sockets.group(self.speaker.tenant.id), self.channel_name)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        try:
            await self._hear(read_json(bytes_data or (text_data or "").encode("utf-8", "surrogatepass")))
        except Refused as refused:
            await self._refuse(refused)
        except Suspended:
            await self._refuse(SUSPENDED)
        except SpeakerError:
            await self._refuse(Refused(4401, "not_authenticated", "The credential is not valid here."))
        except LimitError:
            await self._refuse(Refused(4429, "rate_limited", "Too many messages; come back in a minute, with `since`."))
        except APIException as error:
            await self._refuse(bad(str(error.detail)))
        except (DatabaseError, RedisError):
            await self._refuse(
                Refused(1013, "not_available", "A service behind this does not answer; come back with `since`.")
            )

    async def _hear(self, message: Any) -> None:
        kind = message.get("type") if isinstance(message, dict) else None
        if self.speaker is None and kind != "auth":
            raise Refused(4401, "not_authenticated", "The first message must be auth.")
        if self.speaker:
            await in_public(limits.spend, self.speaker, "read")
        if self.speaker is None:
            await self._auth(message)
        elif isinstance(kind, str) and kind in HANDLERS:
            await HANDLERS[kind](self, message)
        else:
            raise bad(f"Messages are auth (once, first), {', '.join(HANDLERS)}.")

    async def _auth(self, message: dict[str, Any]) -> None:
        speaker = await self._recognise(message)
        if not speaker.may("events.read"):
            raise Refused(4403, "not_allowed", "This credential may not read.")
        if speaker.on_platform:
            raise Refused(4400, "tenant_needed", "Name the tenant, as `tenant`.")
        self.speaker = speaker
        self.deadline.cancel()
        self.watching = asyncio.ensure_future(self._watch())
        tenant = self.speaker.tenant
        await self.channel_layer.group_add(sockets.group(tenant.id), self.channel_name)
        last = await in_tenant(self.speaker, feed.last_seq, tenant.id)
        self.seq = since_of(message, last)
        await self.say({"type": "ready", "tenant": tenant.slug, "seq": last})
        await self._catch_up()

    async def _recognise(self, message: dict[str, Any]) -> Speaker:
        with actors.asked_from((self.scope.get("client") or [""])[0], uuid.uuid4().hex):
            return await self._resolve(message)

    async def _resolve(self, message: dict[str, Any]) -> Speaker:
        ticket, token = message.get("ticket"), message.get("token")
        if isinstance(ticket, str):
            return await in_public(tickets.redeem, ticket)
        if not isinstance(token, str):
            raise Unauthenticated
        host = dict(self.scope["headers"]).get(b"host", b"").decode("latin-1").rsplit(":", 1)[0]
        named = [name for name in [message.get("tenant")] if name is not None]
        return await in_public(resolve, token, named=named, host=host)

    async def go_back(self, since: int) -> None:
        """Tell again what came after a number."""
        self.seq = since
        await self._catch_up()

    async def feed_advanced(self, message: dict[str, Any]) -> None:
        """The relay numbered new facts. A gap means that a poke was lost: the feed has what is missing."""
        if message["events"][0]["seq"] > self.seq + 1:
            await self._catch_up()
        await self._send_new(message["events"])

    async def _catch_up(self) -> None:
        assert self.speaker is not None
        while True:
            tenant_id, bound = self.speaker.tenant.id, self.speaker.namespaces
            found = await in_tenant(self.speaker, feed.since, tenant_id, self.seq, limit=CATCH_UP, namespaces=bound)
            await self._send_new([feed.as_json(event) for event in found])
            if len(found) < CATCH_UP:
                return

    async def _send_new(self, events: list[dict[str, Any]]) -> None:
        assert self.speaker is not None
        sent = [event for event in events if event["type"] == "sync.sent" and event["seq"] > self.seq]
        carried = await services.message_of(self, sent) if sent else {}
        for event in events:
            if event["seq"] <= self.seq:
                continue
            self.seq = event["seq"]
            ours = event["type"] != "sync.sent" or event["seq"] in carried
            message = carried.get(event["seq"])
            if message or (ours and self._hears(event)):
                frame = {"type": "sync", "seq": event["seq"], "event": event}
                await self.say(frame | ({"message": message} if message else {}))
            if event["type"] in TOUCHING and not await self._still_speaks():
                return

    def _hears(self, event: dict[str, Any]) -> bool:
        bound = self.speaker.namespaces if self.speaker else ()
        within = not bound or event["data"].get("namespace") in bound
        return within and (not self.types or event["type"] in self.types)

    async def _watch(self) -> None:
        """Look at the credential again and again; a fact that touches it may be of another tenant, or be lost."""
        while True:
            await asyncio.sleep(CHECKED_EVERY)
            with suppress(DatabaseError):
                if not await self._still_speaks():
                    return

    async def _still_speaks(self) -> bool:
        """Whether the credential is still good; the socket closes when it is not."""
        assert self.speaker is not None
        if await in_public(still_speaks, self.speaker, "events.read"):
            return True
        if await in_public(lifecycle.is_open, self.speaker.tenant.id):
            await self._refuse(Refused(4401, "not_authenticated", "The credential is not valid any more."))
        else:
            await self._refuse(SUSPENDED)
        return False

    async def say(self, frame: Frame) -> None:
        await self.send(text_data=encode(frame))

    async def _refuse(self, refused: Refused) -> None:
        await self.say({"type": "error", "code": refused.code, "problem": refused.word, "detail": refused.detail})
        await self.close(refused.code)
