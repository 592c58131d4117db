"""What InMemory is told, out of the values of the house."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from api.dialects.base import calendar_of, metadata_of
from memory.models import Memory
from memory.stats import Overview
from memory.types import Hit, Outcome
from tenants.models import ApiKey

STORAGE = "postgresql"


def stored(outcome: Outcome) -> dict[str, Any]:
    return {"success": True, "message": f"Memory {outcome.status}", "memory_id": outcome.id and str(outcome.id)}


def result(memory: Memory, zone: ZoneInfo) -> dict[str, Any]:
    """In the words of both eras: `content` of the first server, `memory` of the later engine."""
    return {
        "id": str(memory.id),
        "memory": memory.content,
        "content": memory.content,
        "user_id": memory.user_id,
        "metadata": metadata_of(memory),
        "timestamp": memory.event_time.isoformat(),
        "tags": memory.tags,
        "people_mentioned": memory.people,
        "topic_category": memory.topic,
        "temporal_data": calendar_of(memory.event_time.astimezone(zone)),
    }


def found(hits: Iterable[Hit], zone: ZoneInfo) -> dict[str, Any]:
    results = [result(hit.memory, zone) | {"score": hit.score} for hit in hits]
    return {"success": True, "message": f"Found {len(results)} memories", "results": results}


def listed(memories: Iterable[Memory], total: int, zone: ZoneInfo) -> dict[str, Any]:
    results = [result(memory, zone) for memory in memories]
    return {"success": True, "message": f"Found {len(results)} memories", "results": results, "total": total}


def deleted_all(count: int, batch: UUID) -> dict[str, Any]:
    told = {"success": True, "message": f"Deleted {count} memories", "deleted_count": count}
    return told | {"batch": str(batch)}


def issued(key: ApiKey, text: str) -> dict[str, Any]:
    return {"success": True, "api_key": text, "user_id": key.name, "name": key.name}


def current(user: str, key: ApiKey | None) -> dict[str, Any]:
    return {
        "user_id": user,
        "created_at": key and key.created_at.isoformat(),
        "last_used": key and key.last_used_at and key.last_used_at.isoformat(),
        "usage_count": key and key.usage_count,
    }


def stats(provider: str, model: str, count: int) -> dict[str, Any]:
    store = {"embedding_provider": provider, "embedding_model": model, "vector_store": "pgvector"}
    return store | {"memory_count": count, "status": "active"}


def user_stats(user: str, numbers: Overview, seen: dict[str, Any] | None) -> dict[str, Any]:
    info = {name: seen[name] for name in ("first_seen", "last_seen", "sessions", "kinds")} if seen else {}
    kept = {"superseded": numbers.superseded, "deleted": numbers.deleted, "waiting": numbers.waiting}
    return {
        "user_id": user,
        "memory_count": numbers.live,
        "user_info": info,
        "storage_backend": STORAGE,
        "storage_stats": kept | {"bytes": numbers.bytes},
    }


def pong(at: datetime) -> dict[str, Any]:
    return {"success": True, "message": "pong", "timestamp": at.isoformat(), "service": "managed"}


def health(parts: Mapping[str, bool], version: str, count: int | None) -> dict[str, Any]:
    """Without Redis it still stores and finds."""
    status = "healthy" if all(parts.values()) else "degraded" if parts["database"] else "unhealthy"
    service = {"status": status, "service": "memhouse", "version": version, "storage": STORAGE}
    return service | {"memory_count": count}
