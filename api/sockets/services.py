"""Services on sockets: `identify`, `send`, `ack`, and the messages that a service's sockets are handed.

A socket that identified is a line of its service, see events.sync.services. What waits is handed over at once, then
each message with its fact; one that is not acknowledged comes again while the socket is open.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import UUID

from django.utils import timezone

from api.sockets.frames import Frame, Refused, bad
from api.sockets.lines import Line, line_of, words
from events import feed, ledger
from events.sync import receipts
from events.sync import services as known
from events.sync.errors import BadMessage, NotTheirs, SyncError
from events.sync.messages import MOST, Draft
from memory.errors import Erased
from memory.privacy import between
from tenants import limits
from tenants.channels import in_public, in_tenant

if TYPE_CHECKING:
    from api.sockets.consumer import FeedConsumer

T = TypeVar("T")
STATUSES = ("processed", "failed")
PROBLEMS = {"QueueFull": "queue_full", "TooManyServices": "too_many_services", "Erased": "erased"}


async def identify(socket: "FeedConsumer", message: Frame) -> None:
    """`{type, serviceId, capabilities?, batch?}`: this socket is a service's from now on, and gets what it is owed."""
    _may_take_part(socket)
    name = _text(message, "serviceId" if "serviceId" in message else "service_id")
    if socket.service not in ("", name):
        raise bad(f"This socket is {socket.service} already.")
    able = _words(message["capabilities"]) if message.get("capabilities") is not None else None
    batch = _number(message, "batch", most=receipts.BATCH)
    own = line_of(socket) or Line(socket, name)
    opened = await _done(socket, message, own.open, able)
    if opened is None:
        return
    socket.service, socket.capabilities = name, tuple(opened.capabilities)
    await socket.say({"type": "identified", "service_id": name, "pending": opened.owed})
    own.begin(batch)


async def send(socket: "FeedConsumer", message: Frame) -> None:
    """`{type, kind, action, data, target?, correlation_id?}`, or `messages`: a list of such. All are sent, or none."""
    _identified(socket)
    await in_public(limits.spend, socket.speaker, "write")
    many = message.get("messages", [message])
    if not isinstance(many, list) or not 0 < len(many) <= MOST or not all(isinstance(one, dict) for one in many):
        raise bad(f"`messages` is a list of 1 to {MOST} messages.")
    drafts = [_draft(socket.service, one) for one in many]
    sent = await _done(socket, message, between.send_many, drafts)
    if sent is not None:
        await socket.say(_echo(message) | {"type": "sent", "ids": [str(one.pk) for one in sent]})


async def ack(socket: "FeedConsumer", message: Frame) -> None:
    """`{type, ids | id, status?, error?}`: the messages were processed, or this service failed to."""
    _identified(socket)
    ids = [_uuid(one) for one in _listed(message)]
    status, error = message.get("status", "processed"), message.get("error", "")
    if status not in STATUSES or not isinstance(error, str):
        raise bad(f"`status` is one of {', '.join(STATUSES)}, and `error` a text.")

    def told() -> list[Any]:
        tenant_id = ledger.current_tenant_id()
        if "event" in message and tenant_id and feed.has(tenant_id, ids[0]):
            return []  # a fact of the house, which waits for nobody
        return receipts.acknowledge(socket.service, ids, failed=status == "failed", error=error)

    done = await _done(socket, message, told)
    if done is None:
        return
    await socket.say({"type": "acked", "ids": [str(row.message_id) for row in done]})
    if own := line_of(socket):
        own.has_room(min((row.next_at for row in done if row.settled_at is None), default=None))


async def left(socket: "FeedConsumer") -> None:
    """The socket is gone: what it had comes to another one of its service at once."""
    if own := line_of(socket):
        await own.close()


async def message_of(socket: "FeedConsumer", facts: list[Frame]) -> dict[int, Frame | None]:
    """Which of these facts of type `sync.sent` are told to this socket, by `seq`, and the message that comes with each.

    To a service: those of messages that this socket is to work on now, with the message, and those that the service
    sent, without (None). What is not here is not told: it is for another service, or another socket of this one has it.
    """
    own = line_of(socket)
    if own is None:
        return {fact["seq"]: None for fact in facts}
    told: dict[int, Frame | None] = {f["seq"]: None for f in facts if f["data"]["source"] == socket.service}
    ours = {UUID(f["subject"]["id"]): f["seq"] for f in facts if f["data"]["target"] in ("", socket.service)}
    if own.batch:
        own.look_soon()
        return told
    for row in await own.claim(list(ours)) if ours else []:
        told[ours[row.message_id]] = words(row)
    return told


async def _done(socket: "FeedConsumer", message: Frame, act: Callable[..., T], *args: Any) -> T | None:
    """What was done in the tenant; None when it was refused, which is told and does not close the socket."""
    now = replace(socket.speaker, asked=replace(socket.speaker.asked, since=timezone.now()))
    try:
        return await in_tenant(now, act, *args)
    except (SyncError, Erased) as error:
        await socket.say(_echo(message) | {"type": "refused", "request": message["type"]} | _why(error))
        return None


def _why(error: Exception) -> Frame:
    problem = PROBLEMS.get(type(error).__name__, "not_valid")
    wrong: list[Frame] = []
    if isinstance(error, BadMessage):
        wrong = [{"pointer": error.pointer, "detail": error.detail}]
    elif isinstance(error, NotTheirs):
        wrong = [{"pointer": f"/ids/{at}", "detail": "is no message of this service"} for at in error.at]
    return {"problem": problem, "detail": str(error), "errors": wrong}


def _may_take_part(socket: "FeedConsumer") -> None:
    speaker = socket.speaker
    if not speaker.may("sync.write") or speaker.namespaces:
        raise Refused(4403, "not_allowed", "This credential may not take part in synchronisation.")


def _identified(socket: "FeedConsumer") -> None:
    _may_take_part(socket)
    if not socket.service:
        raise bad("Say who you are first, with identify.")


def _draft(source: str, told: Frame) -> Draft:
    for name in ("kind", "action"):
        _text(told, name)
    seconds = told.get("expires_in")
    if isinstance(seconds, bool) or not isinstance(seconds, int | float | None):
        raise bad("`expires_in` is a number of seconds.")
    either = "correlationId" if "correlationId" in told else "correlation_id"
    return Draft(
        source, told["kind"], told["action"], told.get("data", {}), _text(told, "target", ""),
        _text(told, either, ""), seconds,
    )  # fmt: skip


def _echo(message: Frame) -> Frame:
    """The name that the client gave to its request, so that it knows what is answered; of an event what it is about."""
    name = message.get("event" if message["type"] == "ack" else "id")
    return {"id": name} if isinstance(name, str | int) else {}


def _listed(message: Frame) -> list[Any]:
    ids = message["ids"] if "ids" in message else [message.get("id")]
    if not isinstance(ids, list) or not 0 < len(ids) <= MOST:
        raise bad(f"`ids` is a list of 1 to {MOST} ids.")
    return ids


def _uuid(text: Any) -> UUID:
    try:
        return UUID(text)
    except (ValueError, TypeError, AttributeError):
        raise bad("`ids`, in an event `originalEventId`, are ids of messages as they were told here.") from None


def _words(told: Any) -> list[str]:
    if not isinstance(told, list) or not all(isinstance(word, str) for word in told):
        raise bad("`capabilities` is a list of words.")
    return told[: known.MOST_CAPABILITIES + 1]


def _text(message: Frame, name: str, default: str | None = None) -> str:
    value = message.get(name)
    if value is None and default is not None:
        return default
    if not isinstance(value, str):
        raise bad(f"`{name}` is a text.")
    return value


def _number(message: Frame, name: str, *, most: int) -> int:
    """0 when it was not said."""
    value = message.get(name, 0)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= most:
        raise bad(f"`{name}` is a number up to {most}.")
    return value
