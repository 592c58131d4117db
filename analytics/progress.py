"""What a learning history comes to: rates, confidence, cost; worked out of the events at the moment of asking."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Q, QuerySet, Sum

from analytics import history
from analytics.history import Asked
from analytics.models import LearningEvent

DAY = timedelta(days=1)
_SUMS = {
    "n": Count("pk"), "judged": Count("judged_at"), "said": Count("correct"), "sure": Count("confidence"),
    "rated": Count("rating"), "timed": Count("processing_ms"), "right": Count("pk", filter=Q(correct=True)),
    "improved": Count("pk", filter=Q(improved=True)), "updated": Count("pk", filter=Q(model_updated=True)),
    "confidence": Sum("confidence"), "rating": Sum("rating"), "processing_ms": Sum("processing_ms"),
    "tokens": Sum("tokens"), "cost": Sum("cost"),
}  # fmt: skip


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
    by_type = {row["type"]: row for row in _summed(history.found(asked))}
    told = {name: sum(row[name] or 0 for row in by_type.values()) for name in _SUMS}
    total, improved, cost = told["n"], told["improved"], float(told["cost"])
    return Metrics(
        since=asked.since,
        until=asked.until,
        total=total,
        by_type={name: by_type[name]["n"] if name in by_type else 0 for name in LearningEvent.Type.values},
        learning_rate=total / max((asked.until - asked.since) / DAY, 1e-9),
        adaptation_rate=by_type["adaptation"]["n"] / total if "adaptation" in by_type else 0.0,
        feedback_rate=told["judged"] / total if total else 0.0,
        accuracy=_mean(told, "right", "said"),
        confidence=_mean(told, "confidence", "sure"),
        rating=_mean(told, "rating", "rated"),
        processing_ms=_mean(told, "processing_ms", "timed"),
        improvement=_improvement(asked, total),
        improved=improved,
        model_updates=told["updated"],
        tokens=int(told["tokens"]),
        cost=cost,
        cost_per_event=cost / total if total else None,
        cost_per_improvement=cost / improved if improved else None,
    )


def _summed(rows: QuerySet[LearningEvent]) -> list[dict[str, Any]]:
    return [dict(row) for row in rows.order_by().values("type").annotate(**_SUMS)]


def _mean(told: dict[str, Any], whole: str, count: str) -> float | None:
    return told[whole] / told[count] if told[count] else None


def _improvement(asked: Asked, total: int) -> float | None:
    """In two statements: the first event of the second half by an index, then the means of both halves."""
    rows = history.found(asked)
    middle = rows.order_by("occurred_at", "id").values_list("occurred_at", "id")[total // 2 : total // 2 + 1]
    if total < 2 or not (found := list(middle)):
        return None
    select = "(occurred_at, id) < (%s, %s), avg(confidence)"
    means = dict(history.over(asked, select, "WHERE correct GROUP BY 1", before=found[0]))
    before, after = means.get(True), means.get(False)
    return 100 * (after - before) / before if before and after is not None else None
