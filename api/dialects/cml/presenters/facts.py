"""Facts of the ledger as events, and lasting memories as facts."""

from typing import Any
from uuid import UUID

from api.dialects.cml.presenters.memories import type_of
from api.dialects.cml.presenters.runs import JOBS
from events.models import Event
from events.wanted import Wanted, known
from memory import facts
from memory.models import Memory

# What is one type of event there is many here; the job tells runs apart.
KINDS = {
    "memory_op": Wanted(types=("memory.*",)),
    "consolidation": Wanted(types=("run.*",), jobs=(JOBS["consolidate"],)),
    "forgetting": Wanted(types=("run.*",), jobs=(JOBS["forget"],)),
    "reconsolidation": Wanted(types=("run.*",), jobs=(JOBS["reconsolidate"],)),
}
OPERATIONS = {
    "memory.created": "add", "memory.restored": "add", "memory.updated": "update", "memory.superseded": "update",
    "memory.judged": "reinforce", "memory.rescored": "update", "memory.silenced": "silence",
    "memory.compressed": "compress", "memory.deleted": "delete", "memory.purged": "delete", "memory.erased": "delete",
}  # fmt: skip


def wanted(type: str) -> Wanted | None:
    """Which facts an event type stands for: one of KINDS or one of ours; None when it is neither."""
    if type in KINDS or not type:
        return KINDS.get(type, Wanted())
    return Wanted(types=(type,)) if known(type) else None


def kind_of(type: str, job: str) -> str:
    """The first of KINDS that a fact of this type is one of; else its own type."""
    if type.startswith("memory."):
        return "memory_op"
    job = job if type.startswith("run.") else ""
    return next((name for name, told in KINDS.items() if job and job in told.jobs), type)


def event(event: Event, tenant: str) -> dict[str, Any]:
    return {
        "id": str(event.pk),
        "tenant_id": tenant,
        "scope_id": event.data.get("namespace") or "default",
        "agent_id": None,
        "event_type": kind_of(event.type, event.data.get("job", "")),
        "operation": OPERATIONS.get(event.type),
        "payload": {"type": event.type, "actor": event.actor, **event.data},
        "memory_ids": [event.subject_id] if event.subject_type == "memory" and _is_id(event.subject_id) else [],
        "parent_event_id": None,
        "created_at": event.occurred_at,
    }


def _is_id(text: str) -> bool:
    try:
        return bool(UUID(text))
    except ValueError:
        return False


def fact(memory: Memory, tenant: str) -> dict[str, Any]:
    """`key` is what consolidation gave it, else its topic; without either its id, for a fact has a key there."""
    key = memory.metadata.get("key")
    return {
        "id": str(memory.pk),
        "tenant_id": tenant,
        "category": memory.kind,
        "type": type_of(memory.kind, memory.source),
        "key": key if isinstance(key, str) and key else memory.topic or str(memory.pk),
        "value": memory.content,
        "confidence": memory.confidence,
        "evidence_count": facts.evidence_count(memory),
        "is_current": memory.state == Memory.State.ACTIVE,
        "version": memory.version,
        "user_id": memory.user_id or None,
        "context_tags": memory.tags,
        "valid_from": memory.valid_from or memory.event_time,
        "valid_to": memory.valid_to,
        "created_at": memory.created_at,
        "updated_at": memory.updated_at,
    }
