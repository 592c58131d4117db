"""Traces: what is seen of a call that is kept, its row, and how long that stays.

A trace of a recall holds what was asked and the ids of what was found, never what memories say. Whose it is: `user_id`
and the agent under `told.asked` are whom it was asked of, `told.asked.text` may name anybody, and hits point at
memories, which are looked up when the trace is shown.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.utils import timezone

from analytics.models import Trace
from events import actors
from memory.observing import Recall
from memory.privacy import between, gate
from memory.privacy.subjects import Subject
from memory.stages import Stage
from memory.types import Query, Scope
from tenants import preferences

HITS = 50  # of a recall, in its trace
LONGEST = 32_768  # bytes of what was asked, as JSON; a longer question is kept without its filters and labels
KEPT = 50_000  # traces of a tenant, the newest
SLICE = 1_000
SCOPE = ("namespace", "user_id", "agent_id", "session_id")
LISTS = ("namespaces", "tags", "people")
PLAIN = ("limit", "all_tags", "when", "timezone", "min_score", "language")
TIMES = ("asked_at", "as_of", "valid_at")


@dataclass(frozen=True, slots=True)
class Seen:
    """What is kept of a recall until it is written: what was asked without its vector, and hits without memories."""

    query: Query
    by_vector: bool
    stages: tuple[Stage, ...] = ()
    candidates: int = 0
    truncated: bool = False
    degraded: tuple[str, ...] = ()
    hits: tuple[tuple[UUID, float, dict[str, float]], ...] = ()
    error: str = ""


@dataclass(frozen=True, slots=True)
class Kept:
    """A call that is traced, and why."""

    why: str
    operation: str
    acting: actors.Acting
    status: int | None = None
    recall: Seen | None = None


def seen(told: Recall) -> Seen:
    query, found = told.query, told.found
    if query.vector is not None:
        query = replace(query, vector=None)
    by_vector = told.query.vector is not None
    if found is None:
        return Seen(query, by_vector, error=type(told.error).__name__)
    hits = tuple((hit.memory.pk, hit.score, hit.parts) for hit in found.hits[:HITS])
    return Seen(query, by_vector, found.stages, found.candidate_count, found.truncated, found.degraded, hits)


Row = tuple[Kept, datetime, float, str, int | None]  # with when, how long, the domain, and how many were found


def keep(rows: Sequence[Row]) -> None:
    """Write them, in the transaction of the caller; nothing is kept of a user or agent who was erased."""
    traces = [row(*told) for told in rows]
    told = [(trace.pk, _whom(trace), trace.occurred_at) for trace in traces]
    refused = gate.refused(told) if any(names for _, names, _ in told) else set()
    Trace.objects.bulk_create(trace for trace in traces if trace.pk not in refused)


def row(kept: Kept, at: datetime, took_ms: float, domain: str, found: int | None) -> Trace:
    recall = kept.recall
    return Trace(
        kind=Trace.Kind.RECALL if recall else Trace.Kind.OPERATION,
        why=kept.why,
        operation=kept.operation[:64],
        domain=domain,
        user_id=recall.query.scope.user_id[:255] if recall else "",
        request_id=kept.acting.request_id,
        actor=kept.acting.actor,
        status=kept.status,
        took_ms=took_ms,
        found=found,
        told=_told(recall) if recall else {},
        occurred_at=at,
    )


def _whom(trace: Trace) -> set[Subject]:
    """By the scope and the filters of its question; what its words say is looked for by who erases."""
    return set(between.named_by(trace.told.get("asked", {})))


def _told(recall: Seen) -> dict[str, Any]:
    asked = asked_of(recall.query)
    cut = len(json.dumps(asked)) > LONGEST
    if cut:
        asked |= {"filters": {}} | {name: [] for name in LISTS}
    told: dict[str, Any] = {"asked": asked, "by_vector": recall.by_vector, "cut": cut, "error": recall.error}
    told["stages"] = [{"name": stage.name, "ms": stage.ms, "left": stage.left} for stage in recall.stages]
    told |= {"candidates": recall.candidates, "truncated": recall.truncated, "degraded": list(recall.degraded)}
    hits = [{"id": str(pk), "score": score, "parts": parts} for pk, score, parts in recall.hits]
    return told | {"hits": hits}


def asked_of(query: Query) -> dict[str, Any]:
    """A question as plain JSON; `query_of` reads it."""
    told: dict[str, Any] = {"text": query.text} | vars(query.scope) | {"filters": query.filters}
    told |= {name: list(getattr(query, name)) for name in LISTS} | {name: getattr(query, name) for name in PLAIN}
    told |= {name: at.isoformat() if (at := getattr(query, name)) else None for name in TIMES}
    return told | {"like": str(query.like) if query.like else None}


def query_of(asked: dict[str, Any]) -> Query:
    told: dict[str, Any] = {name: asked[name] for name in ("text", "filters", *PLAIN)}
    told |= {name: tuple(asked[name]) for name in LISTS}
    told |= {name: datetime.fromisoformat(asked[name]) if asked.get(name) else None for name in TIMES}
    scope = Scope(**{name: asked[name] for name in SCOPE})
    return Query(scope=scope, like=UUID(asked["like"]) if asked["like"] else None, **told)


def sweep() -> int:
    """Forget what this tenant keeps no longer, and what is more than KEPT; how many went."""
    days = preferences.current().trace_days
    old = Trace.objects.filter(occurred_at__lt=timezone.now() - timedelta(days=days))
    last = Trace.objects.order_by("-id").values_list("pk", flat=True)[KEPT - 1 : KEPT].first()
    gone = _delete(old)
    return gone + (_delete(Trace.objects.filter(pk__lt=last)) if last else 0)


def _delete(rows: Any) -> int:
    gone = 0
    while ids := list(rows.order_by("id").values_list("pk", flat=True)[:SLICE]):
        gone += Trace.objects.filter(pk__in=ids).delete()[0]
    return gone
