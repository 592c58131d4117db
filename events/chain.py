"""The chain over a tenant's numbered facts: what is hashed, and how. docs/audit.md has the formula for outsiders."""

import hashlib
import json
import os
from collections.abc import Iterable
from datetime import UTC
from typing import Any
from uuid import UUID

from events.models import Event

BEGINNING = "0" * 64  # stands before the first fact
# Names of people in a fact's data. They are hashed as salted digests, so that a person can be taken out of the
# ledger (see events.forgetting) and the chain still holds.
PERSONAL = ("user_id", "agent_id", "session_id")


def row(event: Event) -> dict[str, Any]:
    """A numbered fact as it is exported and, without its person's names, hashed."""
    return {
        "seq": event.seq,
        "id": str(event.id),
        "tenant_id": _text(event.tenant_id),
        "type": event.type,
        "subject": {"type": event.subject_type, "id": event.subject_id},
        "actor": event.actor,
        "key_id": _text(event.key_id),
        "person_id": _text(event.person_id),
        "ip": event.ip,
        "request_id": event.request_id,
        "data": event.data,
        "occurred_at": event.occurred_at.astimezone(UTC).isoformat(timespec="microseconds"),
    }


def exported(event: Event) -> dict[str, Any]:
    """The row with what an outsider needs to check it: its salt and its hash, both in hex or null."""
    return row(event) | {"salt": event.salt, "hash": event.hash}


def link(before: str, told: dict[str, Any], salt: str | None) -> str:
    """The hash of a row, in hex: SHA-256 over the hash before it, in hex, and the row as canonical JSON."""
    told = told | {"data": _sealed(told["data"], salt)} if salt else told
    canonical = json.dumps(told, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256((before + canonical).encode()).hexdigest()


def of(event: Event, before: str) -> str:
    """The hash that an event should have after the one before it."""
    return link(before, row(event), event.salt)


def extend(events: Iterable[Event], head: str) -> str:
    """Give each of the events, in their order, its salt and its hash; the new head."""
    for event in events:
        event.salt = os.urandom(16).hex() if any(event.data.get(name) for name in PERSONAL) else None
        event.hash = head = of(event, head)
    return head


def _sealed(data: dict[str, Any], salt: str) -> dict[str, Any]:
    raw = bytes.fromhex(salt)
    names = {name: data[name] for name in PERSONAL if isinstance(data.get(name), str)}
    return data | {name: "sha256:" + hashlib.sha256(raw + value.encode()).hexdigest() for name, value in names.items()}


def _text(id: UUID | None) -> str | None:
    return str(id) if id else None
