"""What each type of message does: an async function of (socket, message). `auth` comes first and is the consumer's."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from api.sockets import services
from api.sockets.frames import Frame, bad, since_of
from events.types import CATALOGUE

if TYPE_CHECKING:
    from api.sockets.consumer import FeedConsumer

Handler = Callable[["FeedConsumer", Frame], Awaitable[None]]


async def ping(socket: "FeedConsumer", message: Frame) -> None:
    await socket.say({"type": "pong"})


async def subscribe(socket: "FeedConsumer", message: Frame) -> None:
    types = message.get("types", [])
    if not isinstance(types, list) or not all(isinstance(name, str) and name in CATALOGUE for name in types):
        raise bad(f"`types` is a list of {', '.join(CATALOGUE)}.")
    socket.types = frozenset(types)
    await socket.say({"type": "subscribed", "types": sorted(socket.types)})
    if "since" in message:
        await socket.go_back(since_of(message, socket.seq))


HANDLERS: dict[str, Handler] = {
    "ping": ping, "subscribe": subscribe,
    "identify": services.identify, "send": services.send, "ack": services.ack,
}  # fmt: skip
