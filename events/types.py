"""The catalogue of event types: a name, one sentence, the keys of its payload. Docs and subscriptions come from it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class EventType:
    name: str
    says: str
    keys: tuple[str, ...] = ()


_ALL = [
    EventType("memory.created", "A memory was stored.", ("kind", "namespace", "user_id", "version")),
    EventType("memory.updated", "A memory was changed.", ("kind", "namespace", "user_id", "version", "fields")),
    EventType(
        "memory.deleted",
        "A memory was deleted; it can be restored for the undo window.",
        ("kind", "namespace", "user_id", "version"),
    ),
    EventType("memory.purged", "Deleted and expired memories were erased for good.", ("count",)),
    EventType("embedding.completed", "Memories got their vectors and are found by meaning.", ("count", "model")),
    EventType("tenant.created", "A tenant was opened.", ("slug",)),
    EventType("key.issued", "An API key was issued.", ("name", "scopes")),
    EventType("key.revoked", "An API key was revoked.", ("name",)),
]
CATALOGUE = {kind.name: kind for kind in _ALL}
