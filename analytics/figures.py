"""What the numbers of dashboards, business metrics and reports are called, in what unit, and whether more is better."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """`unit`: empty for a count, `share` (0 to 1), `ms`, `score` (0 to 100), `cost` or `rate`; `better` 1, -1 or 0."""

    label: str
    unit: str = ""
    better: int = 0


FIGURES: dict[str, Figure] = {
    "written": Figure("memories written"),
    "removed": Figure("memories removed"),
    "live": Figure("live memories"),
    "searches": Figure("searches"),
    "hit_rate": Figure("of searches found something", "share", 1),
    "hits_per_search": Figure("hits of a search", "rate", 1),
    "latency_p50": Figure("took half of the searches at most", "ms", -1),
    "latency_p95": Figure("took 19 of 20 searches at most", "ms", -1),
    "requests": Figure("requests"),
    "error_rate": Figure("of requests failed", "share", -1),
    "learning_events": Figure("learning events"),
    "accuracy": Figure("of what was judged was right", "share", 1),
    "confidence": Figure("sure the agents were", "share"),
    "feedback_rate": Figure("of learning events were judged", "share", 1),
    "satisfaction_score": Figure("satisfaction, of 100", "score", 1),
    "response_time_ms": Figure("took a learning event", "ms", -1),
    "cost": Figure("cost of learning", "cost", -1),
    "learning_rate": Figure("learning events a day", "rate"),
    "wrong_rate": Figure("of what was judged was wrong", "share", -1),
    "unjudged_rate": Figure("of learning events nobody judged", "share", -1),
    "documents_analyzed": Figure("documents analyzed"),
    "risks_identified": Figure("risks identified"),
    "average_risk_score": Figure("score of a risk", "rate"),
    "processing_time_ms": Figure("took a document", "ms", -1),
    "cost_savings": Figure("saved", "cost", 1),
    "active_users": Figure("active users"),
    "sessions_per_user": Figure("sessions of an active user", "rate"),
    "total_memories": Figure("live memories"),
    "active_memories": Figure("of them recalled"),
    "memory_access_rate": Figure("of memories were recalled", "share", 1),
    "average_retrieval_time_ms": Figure("took a search", "ms", -1),
    "overall_score": Figure("overall, of 100", "score", 1),
    "runs": Figure("runs of upkeep"),
    "runs_failed": Figure("runs that failed", "", -1),
}
