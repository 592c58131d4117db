"""What the numbers of dashboards, business metrics and reports are called, in what unit, and whether more is better."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """`unit`: empty for a count, `share` (0 to 1), `ms`, `score` (0 to 100), `cost` or `rate`; `better` 1, -1 or 0.

    `says` reads on from the number, where the label does not.
    """

    label: str
    unit: str = ""
    better: int = 0
    says: str = ""


FIGURES: dict[str, Figure] = {
    "written": Figure("Memories written"),
    "removed": Figure("Memories removed"),
    "live": Figure("Live memories"),
    "searches": Figure("Searches"),
    "hit_rate": Figure("Hit rate", "share", 1, "of searches found something"),
    "hits_per_search": Figure("Hits of a search", "rate", 1),
    "latency_p50": Figure("Search time, p50", "ms", -1, "took half of the searches at most"),
    "latency_p95": Figure("Search time, p95", "ms", -1, "at most for 19 of 20 searches"),
    "search_ms": Figure("Search time, mean", "ms", -1),
    "requests": Figure("Requests"),
    "error_rate": Figure("Failed requests", "share", -1, "of requests failed"),
    "learning_events": Figure("Learning events"),
    "accuracy": Figure("Accuracy", "share", 1, "of what was judged was right"),
    "confidence": Figure("Confidence", "share"),
    "feedback_rate": Figure("Feedback rate", "share", 1, "of learning events were judged"),
    "satisfaction_score": Figure("Satisfaction, of 100", "score", 1),
    "response_time_ms": Figure("Response time", "ms", -1),
    "cost": Figure("Cost of learning", "cost", -1),
    "learning_rate": Figure("Learning events a day", "rate"),
    "wrong_rate": Figure("Judged wrong", "share", -1),
    "unjudged_rate": Figure("Not judged", "share", -1),
    "documents_analyzed": Figure("Documents analyzed"),
    "risks_identified": Figure("Risks identified"),
    "average_risk_score": Figure("Score of a risk", "rate"),
    "processing_time_ms": Figure("Time for a document", "ms", -1),
    "cost_savings": Figure("Saved", "cost", 1),
    "active_users": Figure("Active users"),
    "sessions_per_user": Figure("Sessions of a user", "rate"),
    "total_memories": Figure("Live memories"),
    "active_memories": Figure("Recalled memories"),
    "memory_access_rate": Figure("Recalled, of all", "share", 1),
    "average_retrieval_time_ms": Figure("Search time, mean", "ms", -1),
    "overall_score": Figure("Overall, of 100", "share", 1),
    "runs": Figure("Runs of upkeep"),
    "runs_failed": Figure("Runs that failed", "", -1),
}
