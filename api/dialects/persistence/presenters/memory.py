"""Memories as entries of the service: content as it was sent, importance 0 to 10, accesses and relationships."""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from api.dialects.base import TENFOLD, metadata_of
from api.dialects.persistence.serializers.entries import MARK
from api.dialects.persistence.serializers.types import TYPE_OF, TYPES
from api.native.words import CONTENT_LIMIT_BYTES
from memory import brought, stats
from memory.models import Memory, Relation
from memory.upkeep import marks

Counted = Mapping[str, tuple[int, datetime]]  # accesses that are not in the rows yet, by id
Links = Mapping[UUID, Sequence[Relation]]  # relations of each memory
DEEPEST = 3  # names that lead to a value are told


def moment(at: datetime | None) -> str | None:
    return at.astimezone(UTC).isoformat() if at else None


def tenfold(importance: float) -> float:
    return round(importance * TENFOLD, 6)


# --- content


def readable(content: Any) -> str:
    """JSON as a person reads it: text as it is, else a line for each value after the names leading to it."""
    if isinstance(content, str):
        return content
    text = "\n".join(_lines(content, ()))
    plain = text.strip() and len(text.encode()) <= CONTENT_LIMIT_BYTES
    return text if plain else json.dumps(content, ensure_ascii=False)


def _lines(value: Any, names: tuple[str, ...]) -> Iterator[str]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _lines(inner, (*names, name[:64])[-DEEPEST:])
    elif isinstance(value, list) and any(isinstance(inner, dict | list) for inner in value):
        for inner in value:
            yield from _lines(inner, names)
    else:
        said = ", ".join(map(_plain, value)) if isinstance(value, list) else _plain(value)
        yield f"{' '.join(names)}: {said}" if names else said


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def mark_of(memory: Memory) -> dict[str, Any]:
    found = marks.of(memory).get(MARK)
    return found if isinstance(found, dict) else {}


def content_of(memory: Memory) -> Any:
    """What was sent, for as long as the memory says what it said then; else its words."""
    mark = mark_of(memory)
    return mark["content"] if "content" in mark and mark.get("hash") == memory.content_hash else memory.content


# --- entries


def entry(memory: Memory, links: Links, counted: Counted) -> dict[str, Any]:
    return {
        "id": str(memory.pk),
        "serviceId": memory.source,
        "agentId": memory.agent_id,
        "memoryType": TYPE_OF[memory.kind],
        "domain": memory.namespace,
        "content": content_of(memory),
        "metadata": metadata(memory, counted),
        "relationships": relationships(memory, links.get(memory.pk, ())),
    }


def metadata(memory: Memory, counted: Counted) -> dict[str, Any]:
    mark = mark_of(memory)
    optional = {"correlationId": mark.get("correlation_id"), "expiresAt": moment(memory.expires_at)}
    optional |= {"sessionId": memory.session_id, "userId": memory.user_id}
    return {
        **metadata_of(memory),
        "timestamp": moment(memory.event_time),
        "version": _number(mark, "version", 1) + memory.version - 1,
        "tags": memory.tags,
        "importance": tenfold(memory.importance),
        **accesses(memory, counted),
        **{name: value for name, value in optional.items() if value},
    }


def accesses(memory: Memory, counted: Counted) -> dict[str, Any]:
    """How often it was asked for, before it came here too, and when last."""
    mark = mark_of(memory)
    more, at = counted.get(str(memory.pk), (0, None))
    times = [at, memory.recalled_at, marks.moment(mark.get("last_accessed"))]
    last = max((time for time in times if time), default=None)
    return {"accessCount": _number(mark, "access_count", 0) + memory.recalls + more, "lastAccessed": moment(last)}


def _number(mark: dict[str, Any], name: str, usual: int) -> int:
    return int(marks.number(mark.get(name)) or usual)


def relationships(memory: Memory, links: Sequence[Relation]) -> dict[str, Any]:
    """What it refers to, what caused it and what it caused; ids that were never of a memory here are told as sent."""
    found = defaultdict[str, list[str]](list)
    for link in links:
        if link.type == Relation.Type.REFERENCES and link.source_id == memory.pk:
            found["related_memories"].append(str(link.target_id))
        elif link.type == Relation.Type.CAUSES:
            out = link.source_id == memory.pk
            found["causes" if out else "caused_by"].append(str(link.target_id if out else link.source_id))
    told = {name: [*found[name], *_sent(memory, name)] for name in ("related_memories", "caused_by", "causes")}
    first = next(iter(told["caused_by"]), None)
    return {"relatedMemories": told["related_memories"], "causedBy": first, "causes": told["causes"]}


def _sent(memory: Memory, name: str) -> list[str]:
    """Of the mark, which is metadata too and may hold anything."""
    sent = mark_of(memory).get("relationships")
    ids = sent.get(name) if isinstance(sent, dict) else None
    return [id for id in ids if isinstance(id, str)] if isinstance(ids, list) else []


def embeddings(memory: Memory) -> dict[str, Any]:
    vector = brought.unpacked(marks.of(memory).get(brought.KEY))
    return {} if vector is None else {"embeddings": vector.tolist()}


def entries(memories: Iterable[Memory], links: Links, counted: Counted) -> list[dict[str, Any]]:
    return [entry(memory, links, counted) for memory in memories]


# --- numbers


def by_type(groups: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    told = dict.fromkeys(TYPES, 0)
    for group in groups:
        told[TYPE_OF[group["group"]["kind"]]] += group["count"]
    return told


def average(groups: Iterable[Mapping[str, Any]]) -> float | None:
    """Of the importance of all groups together, 0 to 10."""
    mean = stats.mean(groups, "average_importance")
    return None if mean is None else tenfold(mean)


def patterns(count: int, recalls: int, top: Iterable[Memory]) -> dict[str, Any]:
    return {
        "totalAccesses": recalls,
        "averageAccessesPerMemory": recalls / count if count else 0.0,
        "mostAccessed": [
            {"id": str(memory.pk), "accessCount": memory.recalls, "lastAccessed": moment(memory.recalled_at)}
            for memory in top
        ],
    }
