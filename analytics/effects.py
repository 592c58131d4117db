"""What became of a suggestion that was accepted: how learning went in the week before, and how it goes since."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from analytics import history
from analytics.algorithms import patterns as looks
from analytics.history import WEEK, Asked
from analytics.models import Suggestion


@dataclass(frozen=True)
class Side:
    """The events of one side of the decision. Shares are 0 to 1, `rating` is 1 to 5; None: nobody said."""

    events: int = 0
    feedback_rate: float | None = None
    accuracy: float | None = None
    confidence: float | None = None
    rating: float | None = None
    performance: float | None = None
    cost_per_improvement: float | None = None


@dataclass(frozen=True)
class Effect:
    """Both sides, of a week each; `after` ends `until`, now at the latest. That it follows proves no cause."""

    before: Side
    after: Side
    until: datetime


def of(row: Suggestion, now: datetime) -> Effect | None:
    """None for one that is not accepted. One statement."""
    if row.state != Suggestion.State.ACCEPTED or row.decided_at is None:
        return None
    until = min(now, row.decided_at + WEEK)
    asked = Asked(domain=row.domain, since=row.decided_at - WEEK, until=until)
    select = f"occurred_at >= %s, {history.SUMS}, sum(cost) / nullif(count(*) FILTER (WHERE improved), 0)"
    rows = {told[0]: _side(*told[1:]) for told in history.over(asked, select, "GROUP BY 1", before=(row.decided_at,))}
    return Effect(rows.get(False, Side()), rows.get(True, Side()), until)


def _side(events: int, judged: int, accuracy: Any, confidence: Any, rating: Any, cost: Any) -> Side:
    told = looks.performance(accuracy, confidence, rating)
    return Side(events, judged / events, accuracy, confidence, rating, told, cost)
