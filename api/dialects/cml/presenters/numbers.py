"""Figures of a tenant: what a dashboard shows on its first page, and what becomes of it over time."""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.utils import timezone

from api.dialects.cml.presenters import browsing
from api.dialects.cml.presenters.facts import OPERATIONS, kind_of
from api.dialects.cml.presenters.memories import type_of
from api.dialects.cml.presenters.reading import MEGABYTE, Rows, kept, mean, summed
from memory.algorithms import decaying
from memory.models import Memory, Session
from tenants.limits import Window

Events = tuple[Mapping[str, int], Mapping[tuple[str, str], int]]  # of events.log: by_type and by_job
STATUSES = ("active", "silent", "compressed", "archived", "deleted")


def overview(rows: Rows, facts: Rows, events: Events, labile: int) -> dict[str, Any]:
    """`facts` are those of the rows that are of kinds of facts. What is deleted is told in its own count alone."""
    of_types, of_jobs = events
    by_status = summed(rows, _status)
    rows, facts = kept(rows), kept(facts)
    by_type = summed(rows, lambda row: type_of(row["kind"], row["source"]))
    return {
        "total_memories": sum(by_type.values()),
        **{f"{name}_memories": by_status[name] for name in STATUSES},
        "labile_memories": labile,
        "by_type": dict(by_type),
        "by_status": dict(by_status),
        "avg_confidence": mean(rows, "average_confidence"),
        "avg_importance": mean(rows, "average_importance"),
        "avg_access_count": mean(rows, "average_recalls"),
        "avg_decay_rate": _decay(rows),
        "oldest_memory": min((row["first_event"] for row in rows), default=None),
        "newest_memory": max((row["last_event"] for row in rows), default=None),
        "estimated_size_mb": round(sum(row["bytes"] for row in rows) / MEGABYTE, 6),
        "total_semantic_facts": sum(row["count"] for row in facts),
        "current_semantic_facts": sum(row["count"] for row in facts if row["state"] == Memory.State.ACTIVE),
        "facts_by_category": dict(summed(facts, lambda row: row["kind"])),
        "avg_fact_confidence": mean(facts, "average_confidence"),
        "total_events": sum(of_types.values()),
        "events_by_type": _kinds(of_types, of_jobs),
        "events_by_operation": _operations(of_types),
    }


def _status(row: Mapping[str, Any]) -> str:
    return browsing.STATUSES[row["state"]]


def _decay(rows: Rows) -> float:
    return mean([{**row, "rate": browsing.HALF / decaying.half_life(row["kind"])} for row in rows], "rate")


def _kinds(of_types: Mapping[str, int], of_jobs: Mapping[tuple[str, str], int]) -> dict[str, int]:
    """As each event tells its type, and as events are asked for by it."""
    found: Counter[str] = Counter()
    others = {(type, ""): count for type, count in of_types.items() if not type.startswith("run.")}
    for (type, job), count in (others | dict(of_jobs)).items():
        found[kind_of(type, job)] += count
    return dict(found)


def _operations(events: Mapping[str, int]) -> dict[str, int]:
    found: Counter[str] = Counter()
    for type, count in events.items():
        if operation := OPERATIONS.get(type):
            found[operation] += count
    return dict(found)


def timeline(days: Iterable[tuple[datetime, int]]) -> dict[str, Any]:
    points = [{"date": day.date().isoformat(), "count": count} for day, count in days]
    return {"points": points, "total": sum(count for _, count in days)}


def hours(points: Iterable[tuple[datetime, int]], day: Iterable[tuple[datetime, int]]) -> dict[str, Any]:
    """`day` are the last 24 hours, however many points are asked for."""
    told = [{"hour": at.isoformat(), "count": count} for at, count in points]
    return {"points": told, "total_last_24h": sum(count for _, count in day)}


def session(row: Session, tenant: str) -> dict[str, Any]:
    left = max((row.expires_at - timezone.now()).total_seconds(), 0) if row.expires_at else -1
    return {
        "session_id": row.session_id,
        "tenant_id": tenant,
        "namespace": row.namespace,
        "user_id": row.user_id or None,
        "created_at": row.created_at,
        "expires_at": row.expires_at,
        "ttl_seconds": int(left),
        "memory_count": row.memories,  # type: ignore[attr-defined]  # annotated by sessions.listed
        "metadata": row.metadata,
    }


def limit(window: Window, tenant: str) -> dict[str, Any]:
    """Of a key, by its public part, or of the tenant; and of which bucket of requests."""
    bucket, _, whose = window.name.partition("-per-")
    used = window.limit - window.left
    return {
        "key_type": "api_key" if whose == "key" else whose,
        "identifier": f"{window.key.split(':')[-2] if whose == 'key' else tenant}/{bucket}",
        "current_count": used,
        "limit": window.limit,
        "ttl_seconds": window.back_in if used else -1,
        "utilization_pct": round(100 * used / window.limit, 2) if window.limit else 100.0,
    }


def labile(tenant: str, count: int) -> dict[str, Any]:
    """What open reviews ask about. Nothing of that is kept in Redis."""
    redis = {"redis_scope_count": 0, "redis_session_count": 0, "redis_memory_count": 0}
    return {
        "tenants": [{"tenant_id": tenant, "db_labile_count": count, **redis}],
        "total_db_labile": count,
        "total_redis_scopes": 0,
        "total_redis_sessions": 0,
        "total_redis_memories": 0,
    }
