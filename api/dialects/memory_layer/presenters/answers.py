"""Messages, what was found, and how the house does, as AI Memory Layer is told of them."""

import math
import time
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.utils import timezone

from analytics.checks.base import Component, Status
from api.dialects.base import metadata_of
from api.dialects.memory_layer.serializers.words import ROLES
from memory import sessions
from memory.models import Memory, Rule, Session
from memory.types import Hit

STARTED = time.monotonic()
SIMILARITY, IMPORTANCE, DECAY = 0.6, 0.3, 0.1  # how much each counts in the score
FALL = timedelta(days=7)


def role(memory: Memory) -> str:
    """One of the three that there are: of what nobody said in a conversation it is the user's."""
    return memory.role if memory.role in ROLES else "user"


def message(memory: Memory, tenant: str) -> dict[str, Any]:
    """One whose content is here."""
    return {
        "id": str(memory.pk),
        "tenant_id": tenant,
        "conversation_id": memory.session_id,
        "role": role(memory),
        "content": memory.content,
        "message_metadata": metadata_of(memory),
        "metadata": metadata_of(memory),
        "importance_score": memory.importance,
        "embedding_status": "completed" if memory.embedding_model else "pending",
        "created_at": memory.created_at.isoformat(),
        "updated_at": memory.updated_at.isoformat(),
    }


def found(hits: Iterable[Hit], most: int) -> dict[str, Any]:
    """The best by 0.6 * similarity + 0.3 * importance + 0.1 * exp(-age / 7 days)."""
    now = timezone.now()
    items = sorted((_item(hit, now) for hit in hits), key=lambda item: -item["score"])[:most]
    return {"total": len(items), "items": items}


def _item(hit: Hit, now: datetime) -> dict[str, Any]:
    memory, similarity = hit.memory, hit.parts.get("semantic", 0.0)
    decay = math.exp(-max(now - memory.created_at, timedelta()) / FALL)
    return {
        "message_id": str(memory.pk),
        "score": round(SIMILARITY * similarity + IMPORTANCE * memory.importance + DECAY * decay, 6),
        "similarity": similarity,
        "decay": round(decay, 6),
        "content": memory.content,
        "role": role(memory),
        "metadata": metadata_of(memory),
        "created_at": memory.created_at.isoformat(),
        "importance": memory.importance,
    }


def result(index: int, status: str, of: Any = None, detail: str | None = None) -> dict[str, Any]:
    return {"index": index, "status": status, "id": of and str(of), "detail": detail}


def batch(results: Sequence[dict[str, Any]]) -> dict[str, Any]:
    failed = sum(told["status"] == "failed" for told in results)
    return {"succeeded": len(results) - failed, "failed": failed, "results": list(results)}


def conversation(session: Session) -> dict[str, Any]:
    """One of sessions.listed, which counted its memories."""
    return {
        "conversation_id": session.session_id,
        "title": session.title,
        "state": sessions.state_of(session),
        "message_count": session.memories,
        "metadata": session.metadata,
        "created_at": session.created_at.isoformat(),
        "updated_at": session.updated_at.isoformat(),
    }


def rule(told: Rule) -> dict[str, Any]:
    return {
        "id": str(told.pk),
        "name": told.name,
        "kind": "age" if told.min_importance is None else "importance",
        "action": told.action,
        "max_age_days": told.retention_days,
        "importance_threshold": told.min_importance,
        "enabled": told.enabled,
        "created_at": told.created_at.isoformat(),
    }


def health(database: Component, embedder: Component | None = None) -> dict[str, Any]:
    """`skipped` where the embedder was not looked at."""
    parts = [database, *([embedder] if embedder else [])]
    down = database.status == Status.DOWN
    well = all(part.status == Status.OK for part in parts)
    wrong = " ".join(part.says for part in parts if part.status != Status.OK)
    return {
        "status": "down" if down else "ok" if well else "degraded",
        "database": str(database.status),
        "timestamp": timezone.now().isoformat(),
        "latency_ms": database.latency_ms,
        "uptime_seconds": round(time.monotonic() - STARTED, 1),
        "environment": "development" if settings.DEBUG else "production",
        "version": settings.VERSION,
        "embedding": "skipped" if embedder is None else "ok" if embedder.status == Status.OK else "failed",
        "notes": wrong or None,
    }
