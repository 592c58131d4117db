"""Memories as a dashboard lists and shows them."""

import math
from collections.abc import Iterable
from typing import Any

from django.db.models import F, QuerySet

from api.dialects.base import metadata_of
from api.dialects.cml.presenters.memories import type_of
from events.models import Event
from memory.algorithms import decaying
from memory.history import State
from memory.models import Memory, Relation

STATUSES = {"active": "active", "silent": "silent", "compressed": "compressed", "superseded": "archived",
            "deleted": "deleted"}  # fmt: skip
STATES = {status: state for state, status in STATUSES.items()}
SORTS = {
    "written_at": "created_at", "timestamp": "event_time", "confidence": "confidence", "importance": "importance",
    "access_count": "recalls", "last_accessed_at": "recalled_at", "type": "kind", "status": "state",
    "version": "version", "text": "content", "id": "id",
}  # fmt: skip
HALF = math.log(2)  # what decays at this rate is halved in one unit of time


def ordered(rows: QuerySet[Memory], by: str, order: str) -> QuerySet[Memory]:
    """Newest first where it says nothing that can be sorted by."""
    column = F(SORTS.get(by, "created_at"))
    first = column.asc(nulls_first=True) if order.lower() == "asc" else column.desc(nulls_last=True)
    return rows.order_by(first, "id" if order.lower() == "asc" else "-id")


def item(memory: Memory, tenant: str, labile: bool = False) -> dict[str, Any]:
    key = memory.metadata.get("key")
    return {
        "id": str(memory.pk),
        "tenant_id": tenant,
        "agent_id": memory.agent_id or None,
        "user_id": memory.user_id or None,
        "type": type_of(memory.kind, memory.source),
        "status": STATUSES[memory.state],
        "text": memory.content,
        "key": key if isinstance(key, str) else None,
        "namespace": memory.namespace,
        "context_tags": memory.tags,
        "confidence": memory.confidence,
        "importance": memory.importance,
        "access_count": memory.recalls,
        "decay_rate": round(HALF / decaying.half_life(memory.kind), 4),
        "labile": labile,
        "version": memory.version,
        "timestamp": memory.event_time,
        "written_at": memory.created_at,
        "metadata": metadata_of(memory),
    }


def detail(
    memory: Memory, tenant: str, labile: bool, relations: Iterable[Relation], events: Iterable[dict[str, Any]]
) -> dict[str, Any]:
    told = list(relations)
    supersedes = next((one for one in told if one.source_id == memory.pk and one.type == "supersedes"), None)
    return item(memory, tenant, labile) | {
        "source_session_id": memory.session_id or None,
        "entities": memory.people,
        "relations": [relation(one) for one in told],
        "last_accessed_at": memory.recalled_at,
        "provenance": {"source": memory.source, "author": memory.author, "role": memory.role, "trust": memory.trust},
        "supersedes_id": str(supersedes.target_id) if supersedes else None,
        "superseded_by": str(memory.superseded_by) if memory.superseded_by else None,
        "content_hash": memory.content_hash,
        "valid_from": memory.valid_from,
        "valid_to": memory.valid_to,
        "related_events": list(events),
    }


def relation(one: Relation) -> dict[str, Any]:
    return {
        "id": str(one.pk),
        "source": str(one.source_id),
        "target": str(one.target_id),
        "predicate": one.type,
        "confidence": one.weight,
    }


def version(state: State) -> dict[str, Any]:
    return {
        "version": state.version,
        "since": state.since,
        "until": state.until,
        "changed": list(state.changed),
        "text": state.said["content"],
        "confidence": state.said["confidence"],
        "importance": state.said["importance"],
    }


def of_memory(event: Event) -> dict[str, Any]:
    return {"id": str(event.pk), "event_type": event.type, "created_at": event.occurred_at, "payload": event.data}
