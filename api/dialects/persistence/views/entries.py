"""An entry of the service as the house keeps it, and what is told of many."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from api.dialects.persistence.presenters import memory as told_as
from api.dialects.persistence.serializers.entries import MARK
from api.dialects.persistence.serializers.types import TYPES, USUAL
from memory import brought, relations, touched
from memory.models import Memory, Relation
from memory.remember import remember
from memory.tiers import cold
from memory.types import Draft, Outcome, Scope

Stated = dict[str, list[str]]  # ids by relationship, as they were sent
# Of the metadata, what the house has no place for.
KEPT = ("version", "access_count", "last_accessed", "correlation_id")
TOLD = (Relation.Type.REFERENCES, Relation.Type.CAUSES)


@transaction.atomic
def store(heard: dict[str, Any]) -> Outcome:
    """Remember an entry, with the relations to memories that are there."""
    known, unknown = _sorted(heard.get("relationships", {}))
    outcome = remember(_draft(heard, unknown))
    if outcome.id:
        _relate(outcome.id, known)
    return outcome


def _draft(heard: dict[str, Any], unknown: Stated) -> Draft:
    meta, text = heard["metadata"], told_as.readable(heard["content"])
    vector = {brought.KEY: brought.packed(heard["embeddings"])} if heard.get("embeddings") else {}
    mark = _mark(heard["content"], text, meta, unknown)
    return Draft(
        text,
        Scope(heard["domain"], meta.get("user_id", ""), heard["agent_id"], meta.get("session_id", "")),
        kind=TYPES.get(heard["memory_type"], TYPES[USUAL]).value,
        tags=tuple(dict.fromkeys(meta.get("tags", ()))),
        metadata=meta["beside"] | vector | ({MARK: mark} if mark else {}),
        importance=meta.get("importance"),
        source=heard["service_id"],
        event_time=meta.get("timestamp"),
        expires_at=meta.get("expires_at"),
    )


def _mark(content: Any, text: str, meta: dict[str, Any], unknown: Stated) -> dict[str, Any]:
    """What the house has no place for, and the content that is more than its words."""
    mark: dict[str, Any] = {name: meta[name] for name in KEPT if meta.get(name)}
    if "last_accessed" in mark:
        mark["last_accessed"] = mark["last_accessed"].isoformat()
    if not isinstance(content, str):
        mark |= {"content": content, "hash": hashlib.sha256(text.encode()).hexdigest()}
    return mark | ({"relationships": unknown} if unknown else {})


def _sorted(stated: Stated) -> tuple[dict[str, list[UUID]], Stated]:
    """Ids of memories that are there, and all others."""
    every = {text: _uuid(text) for ids in stated.values() for text in ids}
    live = Memory.objects.live().filter(pk__in=[key for key in every.values() if key])
    there = set(live.values_list("pk", flat=True))
    known = {name: [key for text in ids if (key := every[text]) in there and key] for name, ids in stated.items()}
    unknown = {name: [text for text in ids if every[text] not in there] for name, ids in stated.items()}
    return known, {name: ids for name, ids in unknown.items() if ids}


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _relate(own: UUID, known: dict[str, list[UUID]]) -> None:
    for other in known.get("related_memories", ()):
        _tie(own, other, Relation.Type.REFERENCES)
    for other in known.get("causes", ()):
        _tie(own, other, Relation.Type.CAUSES)
    for other in known.get("caused_by", ()):
        _tie(other, own, Relation.Type.CAUSES)


def _tie(source: UUID, target: UUID, type: str) -> None:
    if source != target:
        relations.relate(source, target, type)


def links(memories: Sequence[Memory]) -> dict[UUID, list[Relation]]:
    """The relations that entries tell of, by memory. One statement."""
    keys = [memory.pk for memory in memories]
    rows = relations.listed(types=TOLD).filter(Q(source__in=keys) | Q(target__in=keys)).order_by("pk")
    found = defaultdict[UUID, list[Relation]](list)
    for row in rows if keys else ():
        found[row.source_id].append(row)
        found[row.target_id].append(row)
    return found


def entries(memories: Iterable[Memory]) -> list[dict[str, Any]]:
    rows = list(memories)
    cold.fill(rows)
    counted = touched.counted(memory.pk for memory in rows)
    return told_as.entries(rows, links(rows), counted)
