"""What each type of message does: an async function of (socket, message). The first one, `auth`, is the consumer's."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from api.sockets import hearing, services
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
        await socket.telling.go_back(since)


async def unsubscribe(socket: "FeedConsumer", message: Frame) -> None:
    socket.ears = replace(socket.ears, asked=None, memory=False, open=False)
    await socket.say({"type": "unsubscribed"})


async def identify(socket: "FeedConsumer", message: Frame) -> None:
    hearing.check_capabilities(message)
    await services.identify(socket, message)
    socket.ears = replace(socket.ears, able=hearing.able_to(socket.capabilities))


async def search(socket: "FeedConsumer", message: Frame) -> None:
    await socket.searches.ask(message)


async def unsearch(socket: "FeedConsumer", message: Frame) -> None:
    await socket.searches.drop(message)


HANDLERS: dict[str, Handler] = {
    "identify": identify,
    "send": services.send,
    "ack": services.ack,
    "subscribe": subscribe,
    "unsubscribe": unsubscribe,
    "search": search,
    "unsearch": unsearch,
    "ping": ping,
}


async def carried(socket: "FeedConsumer", facts: list[Fact]) -> dict[int, Frame | None]:
    """By number, the facts about messages that this socket may be told, and what each brings to its service."""
    sent = [fact.json for fact in facts if fact.type == hearing.MESSAGES]
    return await services.message_of(socket, sent) if sent else {}


def hears(socket: "FeedConsumer", fact: Fact, carried: dict[int, Frame | None]) -> bool:
    """A message is heard by its service whatever it subscribed to, and its fact by no other service."""
    if fact.type == hearing.MESSAGES:
        return bool(carried.get(fact.seq)) or (fact.seq in carried and socket.ears.hear(fact))
    return socket.ears.hear(fact)
