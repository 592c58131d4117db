"""What each type of message does: an async function of (socket, message). The first one, `auth`, is the consumer's."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from api.sockets import hearing
from api.sockets.frames import Fact, Frame, bad, since_of

if TYPE_CHECKING:
    from api.sockets.consumer import FeedConsumer

Handler = Callable[["FeedConsumer", Frame], Awaitable[None]]


async def ping(socket: "FeedConsumer", message: Frame) -> None:
    await socket.say({"type": "pong"})


async def subscribe(socket: "FeedConsumer", message: Frame) -> None:
    asked, memory = hearing.asked_of(message)
    since = since_of(message)
    if memory and not socket.speaker.may("memories.read"):
        raise bad("`include`: this credential may not read memories.")
    socket.ears = replace(socket.ears, asked=asked, memory=memory, open=True)
    await socket.say({"type": "subscribed", **hearing.told(asked, memory)})
    if since is not None:
        await socket.go_back(since)


async def unsubscribe(socket: "FeedConsumer", message: Frame) -> None:
    socket.ears = replace(socket.ears, asked=None, memory=False, open=False)
    await socket.say({"type": "unsubscribed"})


async def identify(socket: "FeedConsumer", message: Frame) -> None:
    socket.capabilities = hearing.capabilities_of(message)
    socket.ears = replace(socket.ears, able=hearing.able_to(socket.capabilities))
    name = message.get("serviceId", message.get("service_id"))
    if not isinstance(name, str) or not 0 < len(name) <= 255:
        raise bad("`serviceId` is the name of a service.")
    socket.service = name
    await socket.say({"type": "identified", "service_id": name, "pending": 0})


async def search(socket: "FeedConsumer", message: Frame) -> None:
    await socket.searches.ask(message)


async def unsearch(socket: "FeedConsumer", message: Frame) -> None:
    await socket.searches.drop(message)


HANDLERS: dict[str, Handler] = {
    "identify": identify,
    "subscribe": subscribe,
    "unsubscribe": unsubscribe,
    "search": search,
    "unsearch": unsearch,
    "ping": ping,
}


async def carried(socket: "FeedConsumer", facts: list[Fact]) -> dict[int, dict[str, Any]]:
    """By number, what facts carry to this socket's service."""
    return {}


def hears(socket: "FeedConsumer", fact: Fact, carried: dict[int, dict[str, Any]]) -> bool:
    """A message is heard by its service whatever it subscribed to, and by no other service."""
    if fact.type == hearing.MESSAGES and socket.service:
        return fact.seq in carried
    return socket.ears.hear(fact)


async def left(socket: "FeedConsumer") -> None:
    """The socket is closed."""
