"""What a learning history comes to: rates, confidence, cost; worked out of the events at the moment of asking."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Avg, Count, Q, QuerySet, Sum

from analytics import history
from analytics.history import Asked
from analytics.models import LearningEvent

DAY = timedelta(days=1)
HALVES = "SELECT *, row_number() OVER (ORDER BY occurred_at, id) <= count(*) OVER () / 2 AS early FROM ({}) AS e"


@dataclass(frozen=True)
class Metrics:
    """What events of a time come to. Rates are 0 to 1, but `learning_rate`, which is events a day.

    `adaptation_rate` is the share of adaptations, `feedback_rate` that of events with feedback. `improvement` is by how
    many per cent the mean confidence of right answers is higher in the second half of the events than in the first.
    """

    since: datetime
    until: datetime
    total: int
    by_type: dict[str, int]
    learning_rate: float
    adaptation_rate: float
    feedback_rate: float
    accuracy: float | None
    confidence: float | None
    rating: float | None
    processing_ms: float | None
    improvement: float | None
    improved: int
    model_updates: int
    tokens: int
    cost: float
    cost_per_event: float | None
    cost_per_improvement: float | None


def metrics(asked: Asked, now: datetime) -> Metrics:
    """What events come to, of the last seven days when no time is named. Three statements."""
    asked = history.within(asked, now)
    assert asked.since
    assert asked.until
    rows = history.found(asked)
    by_type = dict(rows.order_by().values("type").annotate(n=Count("pk")).values_list("type", "n"))
    told = _summed(rows)
    total, improved, cost = sum(by_type.values()), told["improved"], told["cost"] or 0.0
    return Metrics(
        since=asked.since,
        until=asked.until,
        total=total,
        by_type={name: by_type.get(name, 0) for name in LearningEvent.Type.values},
        learning_rate=total / max((asked.until - asked.since) / DAY, 1e-9),
        adaptation_rate=by_type.get("adaptation", 0) / total if total else 0.0,
        feedback_rate=told["judged"] / total if total else 0.0,
        accuracy=told["right"] / told["said"] if told["said"] else None,
        confidence=told["confidence"],
        rating=told["rating"],
        processing_ms=told["processing_ms"],
        improvement=_improvement(asked),
        improved=improved,
        model_updates=told["updated"],
        tokens=int(told["tokens"] or 0),
        cost=cost,
        cost_per_event=cost / total if total else None,
        cost_per_improvement=cost / improved if improved else None,
    )


def _summed(rows: QuerySet[LearningEvent]) -> dict[str, Any]:
    return rows.aggregate(
        judged=Count("judged_at"), said=Count("correct"), right=Count("pk", filter=Q(correct=True)),
        improved=Count("pk", filter=Q(improved=True)), updated=Count("pk", filter=Q(model_updated=True)),
        confidence=Avg("confidence"), rating=Avg("rating"), processing_ms=Avg("processing_ms"), tokens=Sum("tokens"),
        cost=Sum("cost"),
    )  # fmt: skip


def _improvement(asked: Asked) -> float | None:
    told = dict(history.over(asked, "early, avg(confidence)", "WHERE correct GROUP BY early", shape=HALVES))
    before, after = told.get(True), told.get(False)
    return 100 * (after - before) / before if before and after is not None else None
