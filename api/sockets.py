"""/ws: the feed as it moves.

The first message authenticates: `{"type": "auth", "token": …}` with a key or an access token, or
`{"type": "auth", "ticket": …}`, with `"since": seq` to resume. Then each fact comes once, in order, as
`{"type": "sync", "seq": …, "event": {…}}`. When the credential is not good any more, the socket is closed.
`{"type": "subscribe", "types": […]}` narrows to event types; `{"type": "ping"}` is answered `{"type": "pong"}`.
"""

import asyncio
import uuid
from contextlib import suppress
from typing import Any

from channels.generic.websocket import AsyncWebsocketConsumer
from django.core.serializers.json import DjangoJSONEncoder
from django.db import DatabaseError
from django.urls import path
from redis.exceptions import RedisError
from rest_framework.exceptions import APIException

from api.gate import read_json
from events import actors, feed, sockets
from events.types import CATALOGUE
from tenants import limits, tickets
from tenants.channels import in_public, in_tenant
from tenants.errors import LimitError, SpeakerError, Unauthenticated
from tenants.resolve import Speaker, resolve, still_speaks

AUTH_WITHIN = 5.0  # seconds
CATCH_UP = 200  # facts read at a time
CHECKED_EVERY = 2.5  # seconds after which an open socket's credential is looked at again
# After these facts it is looked at right away.
TOUCHING = {"key.revoked", "login.closed", "member.changed", "member.removed", "tenant.suspended", "tenant.deleted"}
encode = DjangoJSONEncoder(ensure_ascii=False).encode


class Refused(Exception):
    """The socket closes with this code, after a frame that says why."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code, self.reason = code, reason


class FeedConsumer(AsyncWebsocketConsumer):
    speaker: Speaker | None = None
    types: frozenset[str] = frozenset()  # empty: all
    seq = 0
    watching: asyncio.Task[None] | None = None

    async def connect(self) -> None:
        await self.accept()
        self.deadline = asyncio.get_running_loop().call_later(AUTH_WITHIN, self._too_late)

    def _too_late(self) -> None:
        self.closing = asyncio.ensure_future(self._refuse(Refused(4401, "No auth message came in time.")))

    async def disconnect(self, code: int) -> None:
        self.deadline.cancel()
        if self.watching:
            self.watching.cancel()
        if self.speaker:
            with suppress(RedisError):  # without Redis the group is gone anyway
                await self.channel_layer.group_discard(sockets.group(self.speaker.tenant.id), self.channel_name)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        try:
            await self._hear(read_json(bytes_data or (text_data or "").encode("utf-8", "surrogatepass")))
        except Refused as refused:
            await self._refuse(refused)
        except SpeakerError:
            await self._refuse(Refused(4401, "The credential is not valid here."))
        except LimitError:
            await self._refuse(Refused(4429, "Too many messages; come back in a minute, with `since`."))
        except APIException as error:
            await self._refuse(Refused(4400, str(error.detail)))
        except (DatabaseError, RedisError):
            await self._refuse(Refused(1013, "A service behind this does not answer; come back with `since`."))

    async def _hear(self, message: Any) -> None:
        kind = message.get("type") if isinstance(message, dict) else None
        if self.speaker is None and kind != "auth":
            raise Refused(4401, "The first message must be auth.")
        if self.speaker:
            await in_public(limits.spend, self.speaker, "read")
        if kind == "ping":
            await self._say({"type": "pong"})
        elif kind == "subscribe":
            await self._subscribe(message)
        elif kind == "auth" and self.speaker is None:
            await self._auth(message)
        else:
            raise Refused(4400, "Messages are auth (once, first), subscribe and ping.")

    async def _auth(self, message: dict[str, Any]) -> None:
        speaker = await self._recognise(message)
        if not speaker.may("events.read"):
            raise Refused(4403, "This credential may not read.")
        if speaker.on_platform:
            raise Refused(4400, "Name the tenant, as `tenant`.")
        self.speaker = speaker
        self.deadline.cancel()
        self.watching = asyncio.ensure_future(self._watch())
        tenant = self.speaker.tenant
        await self.channel_layer.group_add(sockets.group(tenant.id), self.channel_name)
        last = await in_tenant(self.speaker, feed.last_seq, tenant.id)
        self.seq = _since(message, last)
        await self._say({"type": "ready", "tenant": tenant.slug, "seq": last})
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

    async def _subscribe(self, message: dict[str, Any]) -> None:
        types = message.get("types", [])
        if not isinstance(types, list) or not all(isinstance(name, str) and name in CATALOGUE for name in types):
            raise Refused(4400, f"`types` is a list of {', '.join(CATALOGUE)}.")
        self.types = frozenset(types)
        await self._say({"type": "subscribed", "types": sorted(self.types)})
        if "since" in message:
            self.seq = _since(message, self.seq)
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
        for event in events:
            if event["seq"] <= self.seq:
                continue
            self.seq = event["seq"]
            if self._hears(event):
                await self._say({"type": "sync", "seq": event["seq"], "event": event})
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
        await self._refuse(Refused(4401, "The credential is not valid any more."))
        return False

    async def _say(self, frame: dict[str, Any]) -> None:
        await self.send(text_data=encode(frame))

    async def _refuse(self, refused: Refused) -> None:
        await self._say({"type": "error", "code": refused.code, "detail": refused.reason})
        await self.close(refused.code)


def _since(message: dict[str, Any], default: int) -> int:
    since = message.get("since", default)
    if isinstance(since, bool) or not isinstance(since, int) or since < 0:
        raise Refused(4400, "`since` is a sequence number.")
    return since


websocket_urlpatterns = [path("ws", FeedConsumer.as_asgi()), path("ws/", FeedConsumer.as_asgi())]
