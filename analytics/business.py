"""Business metrics: how well agents of a domain do, what comes of it, who takes part, and how memory is used.

Each is a plain number of a span, None where nothing is known. Of the events that the application tracks those named in
IMPACT count. docs/dashboards.md has each formula.
"""

from collections.abc import Mapping
from typing import Any

from django.db import connection
from django.db.models import Count, Q

from analytics import dashboard
from analytics.algorithms import shares
from analytics.counts import Span
from analytics.models import LearningEvent, TrackedEvent
from memory.models import Memory, Session
from tenants import bounds

# Events that an application tracks, and the number that each of them may carry in its data.
IMPACT = {"document_analyzed": "ms", "risk_identified": "score", "cost_saved": "amount"}
MOST = 1e15  # a larger number in an event is none
Value = float | None
Numbers = dict[str, Value]
_TRACKED = """
SELECT name, count(*), sum(number) FILTER (WHERE abs(number) < %s), count(number) FILTER (WHERE abs(number) < %s) FROM (
  SELECT name, CASE WHEN jsonb_typeof(data -> (%s::jsonb ->> name)) = 'number'
    THEN (data -> (%s::jsonb ->> name))::numeric END AS number
  FROM analytics_trackedevent WHERE name = ANY(%s) AND occurred_at >= %s AND occurred_at < %s
    AND (%s = '' OR domain = %s) AND (%s::text[] = '{}' OR domain = ANY(%s))) AS told
GROUP BY name
"""


def read(
    span: Span, domain: str = "", told: Mapping[str, Value] | None = None, *, stands: bool = True
) -> dict[str, Numbers]:
    """The four groups of a domain, or of all: ai_performance, business_impact, user_engagement, memory_utilization.

    Shares are 0 to 1, times milliseconds; `satisfaction_score` is 0 to 100. `told` are the
    dashboard's numbers of the span, where they are known. Without `stands` nothing is said of how memories stand now.
    Eight statements, or four where `told` is given, and one less without `stands`.
    """
    told = told or dashboard.numbers(span, domain)
    days = (span.end - span.begin).total_seconds() / 86_400
    users, sessions = _users(span, domain), _sessions(span, domain)
    accuracy, feedback = told["accuracy"], told["feedback_rate"]
    return {
        "ai_performance": {
            "accuracy": accuracy,
            "confidence": told["confidence"],
            "response_time_ms": told["response_time_ms"],
            "wrong_rate": None if accuracy is None else 1 - accuracy,
            "unjudged_rate": None if feedback is None else 1 - feedback,
            "learning_rate": (told["learning_events"] or 0) / days,
        },
        "business_impact": _impact(span, domain, told["response_time_ms"]),
        "user_engagement": {
            "active_users": users,
            "sessions_per_user": shares.share(sessions, users),
            "feedback_rate": feedback,
            "satisfaction_score": told["satisfaction_score"],
        },
        "memory_utilization": (_utilization(span, domain) if stands else {})
        | {"average_retrieval_time_ms": told["search_ms"]},
    }


def _impact(span: Span, domain: str, response_ms: Value) -> Numbers:
    """What the application tracked of the names in IMPACT."""
    bound, fields = list(bounds.current()), _json(IMPACT)
    with connection.cursor() as cursor:
        cursor.execute(
            _TRACKED,
            [MOST, MOST, fields, fields, list(IMPACT), span.begin, span.end, domain, domain, bound, bound],
        )
        rows = {name: (count, float(total or 0), known) for name, count, total, known in cursor.fetchall()}
    none = (0, 0.0, 0)
    documents, risks, saved = (rows.get(name, none) for name in IMPACT)
    took = shares.share(documents[1], documents[2])
    return {
        "documents_analyzed": documents[0],
        "risks_identified": risks[0],
        "average_risk_score": shares.share(risks[1], risks[2]),
        "processing_time_ms": response_ms if took is None else took,
        "cost_savings": saved[1] if saved[0] else None,
    }


def _json(names: dict[str, str]) -> str:
    return "{" + ", ".join(f'"{name}": "{field}"' for name, field in names.items()) + "}"


def _users(span: Span, domain: str) -> int:
    """Users who stored a memory, opened a session, or are named by a learning or tracked event: one statement."""
    rows: list[Any] = [
        _within(Memory.objects.filter(_stored(span)), "namespace", domain),
        _within(Session.objects.filter(_stored(span)), "namespace", domain),
        _within(LearningEvent.objects.filter(_happened(span)), "domain", domain),
        _within(TrackedEvent.objects.filter(_happened(span)), "domain", domain),
    ]
    # Distinct in each, so that what is put together is short.
    named = [each.exclude(user_id="").order_by().values_list("user_id").distinct() for each in rows]
    count: int = named[0].union(*named[1:]).count()
    return count


def _sessions(span: Span, domain: str) -> int:
    count: int = _within(Session.objects.filter(_stored(span)), "namespace", domain).count()
    return count


def _utilization(span: Span, domain: str) -> Numbers:
    """Live memories now, and those of them that were recalled since the span began."""
    rows = _within(Memory.objects.live(), "namespace", domain)
    told = rows.aggregate(all=Count("id"), active=Count("id", filter=Q(recalled_at__gte=span.begin)))
    return {
        "total_memories": told["all"],
        "active_memories": told["active"],
        "memory_access_rate": shares.share(told["active"], told["all"]),
    }


def _within(rows: Any, field: str, domain: str) -> Any:
    return rows.filter(**{field: domain}) if domain else rows


def _stored(span: Span) -> Q:
    return Q(created_at__gte=span.begin, created_at__lt=span.end)


def _happened(span: Span) -> Q:
    return Q(occurred_at__gte=span.begin, occurred_at__lt=span.end)
