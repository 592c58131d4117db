"""What a learning history comes to at the moment of asking: rates, confidence, cost."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from analytics import history, sums
from analytics.history import Asked
from analytics.models import LearningEvent
from analytics.sums import mean

DAY = timedelta(days=1)


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
    """What events come to, of the last seven days when no time is named. Seven statements, or three of a domain."""
    asked = history.within(asked, now)
    assert asked.since
    assert asked.until
    by_type = {type: each for (_, type), each in sums.of(asked).items()}
    told = sums.together(by_type.values())
    total, improved, cost = int(told["n"]), int(told["improved"]), float(told["cost"])
    return Metrics(
        since=asked.since,
        until=asked.until,
        total=total,
        by_type={name: int(by_type[name]["n"]) if name in by_type else 0 for name in LearningEvent.Type.values},
        learning_rate=total / max((asked.until - asked.since) / DAY, 1e-9),
        adaptation_rate=by_type["adaptation"]["n"] / total if "adaptation" in by_type else 0.0,
        feedback_rate=told["judged"] / total if total else 0.0,
        accuracy=mean(told, "right", "said"),
        confidence=mean(told, "confidence", "sure"),
        rating=mean(told, "rating", "rated"),
        processing_ms=mean(told, "processing_ms", "timed"),
        improvement=_improvement(asked, total),
        improved=improved,
        model_updates=int(told["updated"]),
        tokens=int(told["tokens"]),
        cost=cost,
        cost_per_event=cost / total if total else None,
        cost_per_improvement=cost / improved if improved else None,
    )


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
