"""Synchronisation events as the Memory Persistence Service writes them: `{id, type, action, source, data, …}`.

`type` is the kind of the event there. Every socket understands such an event, or `{"type": "sync", "event": {…}}`, as a
message to send, and one whose id is `ack_…` or `error_…` as an acknowledgement. A socket that speaks these words alone
is told all frames in them, see `told`.
"""

from typing import Any

from django.utils import timezone

from api.sockets.frames import Frame
from events.sync.models import Message

KINDS = list(Message.Kind.values)  # a list: what is compared may be no text
HOUSE = "memhouse"  # the source of what nobody sent: facts of the house
# The kind of a fact, by how its type begins; of any other `configuration`.
OF_FACTS = {"memory": "memory", "relation": "memory", "session": "memory", "entity": "memory", "learning": "learning",
            "embedding": "model", "sync": "custom"}  # fmt: skip
ACTIONS = {
    "created": "create", "recorded": "create", "issued": "create", "deleted": "delete", "erased": "delete",
    "revoked": "delete", "removed": "delete",
}  # fmt: skip


# --- what is heard


def heard(message: Any) -> Any:
    """An event as the `send` or `ack` that it stands for; any other message as it is."""
    event = _event(message)
    if event is None:
        return message
    id, data = event.get("id"), event.get("data", {})
    if isinstance(id, str) and id.startswith(("ack_", "error_")) and isinstance(data, dict):
        return _ack(id, data)
    told = {name: event[name] for name in ("id", "action", "target", "correlationId") if event.get(name) is not None}
    return told | {"type": "send", "kind": event.get("type"), "data": data}


def _event(message: Any) -> Frame | None:
    if not isinstance(message, dict):
        return None
    if message.get("type") == "sync" and isinstance(message.get("event"), dict):
        return dict(message["event"])
    if message.get("type") == "sync":
        return message | {"type": message.get("kind")}
    return message if message.get("type") in KINDS else None


def _ack(id: str, data: Frame) -> Frame:
    event = str(data.get("originalEventId") or id.partition("_")[2])
    failed = id.startswith("error_") or data.get("status") in ("failed", "error")
    error = data.get("error")
    told = {"error": error[:500]} if failed and isinstance(error, str) else {}
    status = "failed" if failed else "processed"
    return {"type": "ack", "ids": [event.removeprefix("sync_")], "event": event, "status": status} | told


# --- what is told


def told(frame: Frame) -> Frame:
    """A frame of ours in these words: an event stands in it whole, and its fields beside `type` too."""
    way = WAYS.get(frame["type"])
    return way(frame) if way else frame


def _sync(frame: Frame) -> Frame:
    message, fact = frame.get("message"), frame["event"]
    event = of_message(message) if message else of_fact(fact)
    more = {"attempt": message["attempt"]} if message else {}
    more |= {"memory": frame["memory"]} if "memory" in frame else {}
    return event | more | {"type": "sync", "kind": event["type"], "seq": frame["seq"], "event": event}


def of_message(message: Frame) -> Frame:
    event = {
        "id": f"sync_{message['id']}",
        "type": message["kind"],
        "action": message["action"],
        "source": message["source"],
        "data": message["data"],
        "timestamp": message["created_at"],
    }
    optional = {"target": message["target"], "correlationId": message["correlation_id"]}
    return event | {name: value for name, value in optional.items() if value}


def of_fact(fact: Frame) -> Frame:
    """A fact of the house, as if a service had told it; `data` says which fact it is, and of what."""
    begins, _, ends = fact["type"].partition(".")
    return {
        "id": f"sync_{fact['id']}",
        "type": OF_FACTS.get(begins, "configuration"),
        "action": ACTIONS.get(ends, "update"),
        "source": HOUSE,
        "data": fact["data"] | {"fact": fact["type"], "subject": fact["subject"]},
        "timestamp": fact["occurred_at"],
    }


def _batch(frame: Frame) -> Frame:
    return frame | {"frames": [told(one) for one in frame["frames"]]}


def _identified(frame: Frame) -> Frame:
    return {"type": "identified", "serviceId": frame["service_id"], "pending": frame["pending"]}


def _sent(frame: Frame) -> Frame:
    return _answer("ack", frame, {"status": "processed", "eventIds": [f"sync_{id}" for id in frame["ids"]]})


def _refused(frame: Frame) -> Frame:
    return _answer("error", frame, {"status": "failed", "error": frame["detail"]})


def _answer(word: str, frame: Frame, data: Frame) -> Frame:
    id = frame.get("id", "")
    at = timezone.now().isoformat()
    return {"type": "ack", "id": f"{word}_{id}", "data": {"originalEventId": id, "timestamp": at} | data}


WAYS = {"sync": _sync, "batch": _batch, "identified": _identified, "sent": _sent, "refused": _refused}
