"""What one socket hears: its key's namespaces, what it subscribed to, what its capabilities ask for."""

from dataclasses import dataclass
from typing import Any

from api.sockets.frames import Fact, Frame, Refused, bad
from events.wanted import EVERYTHING, BadWanted, Wanted, wanted

# What a service that can this wants to hear, unless it subscribed to something else.
CAPABILITIES = {
    "memory": ("memory.*", "relation.*", "session.*", "entity.*"),
    "learning": ("memory.judged", "learning.*"),
    "model": ("embedding.*",),
    "configuration": ("policy.*", "tenant.*", "webhook.*", "rule.*"),
    "custom": ("sync.*",),
}
FIELDS = ("types", "users", "namespaces", "subjects")
SUBSCRIPTION = {"type", *FIELDS, "include", "since"}
INCLUDES = ("memory",)
MESSAGES = "sync.sent"  # carries a message from one service to another


@dataclass(frozen=True)
class Ears:
    """`bound` are the namespaces of the key; without `open` nothing is heard but messages to the service."""

    bound: tuple[str, ...] = ()
    asked: Wanted | None = None  # None: nobody subscribed
    able: Wanted = EVERYTHING  # by capabilities
    open: bool = True
    memory: bool = False  # tell the memory beside facts about one

    def hear(self, fact: Fact) -> bool:
        if self.bound and fact.json["data"].get("namespace") not in self.bound:
            return False
        return self.open and self.wanted.hears(fact.json)

    @property
    def wanted(self) -> Wanted:
        return self.able if self.asked is None else self.asked

    def narrowest(self, service: str) -> Wanted | None:
        """What has to be read of the feed to hear all of this; None where nothing has. A service has its messages."""
        if not service:
            return self.wanted if self.open else None
        if not self.open:
            return Wanted(types=(MESSAGES,))
        return Wanted(types=(*self.wanted.types, MESSAGES)) if self.wanted.types else EVERYTHING


def asked_of(message: Frame) -> tuple[Wanted, bool]:
    """What a `subscribe` asks for, and whether memories are to be told beside it. Raises Refused."""
    if unknown := set(message) - SUBSCRIPTION:  # a misspelt one would hear everything
        raise bad(f"`{min(unknown)[:64]}` is no field of subscribe.")
    include = message.get("include") or []
    if not isinstance(include, list) or not all(one in INCLUDES for one in include):
        raise bad("`include` is a list that may hold `memory`.")
    try:
        return wanted(**{field: message.get(field) or [] for field in FIELDS}), bool(include)
    except BadWanted as error:
        raise bad(f"`{error.field}` {error.detail}.") from None


def told(asked: Wanted, memory: bool) -> dict[str, Any]:
    return {field: list(getattr(asked, field)) for field in FIELDS} | {"include": ["memory"] if memory else []}


def check_capabilities(message: Frame) -> None:
    """Raises Refused when an `identify` names capabilities that nobody knows."""
    names = message.get("capabilities") or []
    if not isinstance(names, list) or not all(isinstance(name, str) and name in CAPABILITIES for name in names):
        raise Refused(4400, "unknown_capability", f"`capabilities` are some of {', '.join(CAPABILITIES)}.")


def able_to(capabilities: tuple[str, ...]) -> Wanted:
    """The facts that belong to capabilities; all facts where none is named."""
    return Wanted(types=tuple(sorted({type for name in capabilities for type in CAPABILITIES.get(name, ())})))
