"""The learning history, read: events narrowed by what they are of, and by when they were."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from analytics.models import LearningEvent

NAMED = ("domain", "service", "agent", "user_id", "session_id", "type", "signature")


@dataclass(frozen=True, kw_only=True)
class Asked:
    """Which events: of all that is named, of the half-open time from `since` to before `until`.

    `judged` and `correct` None: whether or not. `least_importance` is 0 to 1.
    """

    domain: str = ""
    service: str = ""
    agent: str = ""
    user_id: str = ""
    session_id: str = ""
    type: str = ""
    signature: str = ""  # of a pattern
    since: datetime | None = None
    until: datetime | None = None
    judged: bool | None = None
    correct: bool | None = None
    least_importance: float | None = None


def found(asked: Asked) -> QuerySet[LearningEvent]:
    """The events, unordered."""
    rows = LearningEvent.objects.filter(**{name: getattr(asked, name) for name in NAMED if getattr(asked, name)})
    told = {
        "occurred_at__gte": asked.since, "occurred_at__lt": asked.until, "correct": asked.correct,
        "importance__gte": asked.least_importance,
    }  # fmt: skip
    rows = rows.filter(**{name: value for name, value in told.items() if value is not None})
    return rows if asked.judged is None else rows.filter(judged_at__isnull=not asked.judged)
