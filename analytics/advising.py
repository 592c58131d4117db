"""Recommendations for a domain, out of its metrics, its patterns and its trend."""

from datetime import datetime

from analytics import history, patterns, progress, trends
from analytics.algorithms.advice import Advice, Numbers, recommend
from analytics.history import Asked

LEAST = 5  # judged events of a pattern that is looked at


def recommendations(asked: Asked, now: datetime) -> list[Advice]:
    """What the numbers ask for, the urgent first; of the last seven days when no time is named. Six statements."""
    asked = history.within(asked, now)
    told, going = progress.metrics(asked, now), trends.trend(asked, now)
    found = [one for one in patterns.found(asked, LEAST) if one.judged >= LEAST]
    seen = [(one.signature, one.type, one.judged, one.success) for one in found]
    return recommend(Numbers(told.total, told.feedback_rate, told.cost_per_improvement, going.trend, going.slope, seen))
