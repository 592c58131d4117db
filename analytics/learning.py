"""The learning history: record what an agent learned from, one event or many, and give feedback on one.

The only home of writing it. What may be in an event is checked by analytics.lessons.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from analytics import lessons
from analytics.errors import NoLesson
from analytics.models import LearningEvent
from analytics.types import Judgement, Lesson
from events import actors, ledger
from memory.errors import Erased
from memory.privacy import gate


def record(lesson: Lesson, now: datetime | None = None) -> LearningEvent:
    """Record one event; `now` is when it is recorded. Raises BadLesson, OutsideNamespaces, Erased."""
    return _record([lessons.row(lesson, now or timezone.now())])[0]


def record_all(told: Sequence[Lesson], now: datetime | None = None) -> list[LearningEvent]:
    """Record events in their order: all, or none. One insert of rows, one of their facts.

    An event's own time may be any in the past, so a history can be brought along. Raises BadLesson with the place of
    the first that cannot be, OutsideNamespaces, Erased.
    """
    moment = now or timezone.now()
    return _record([lessons.row(lesson, moment, at) for at, lesson in enumerate(told)])


@transaction.atomic
def _record(rows: list[LearningEvent]) -> list[LearningEvent]:
    _admit(rows)
    LearningEvent.objects.bulk_create(rows)
    ledger.record_all("learning.recorded", [(row, _thin(row)) for row in rows])
    return rows


@transaction.atomic
def judge(
    said: Judgement, *, event_id: UUID | None = None, session_id: str = "", domain: str = "",
    now: datetime | None = None,
) -> LearningEvent:  # fmt: skip
    """Write feedback into the event that it speaks of: that of the id, else the latest of the session without any.

    Said again of an id, it takes the place of what was said before, field by field. Two who judge one session at once
    judge two events. Raises BadLesson, NoLesson, Erased.
    """
    lessons.check_judgement(said)
    told = {**said.told(), "judged_at": now or timezone.now()}
    waiting = _named(event_id, session_id, domain)
    while row := waiting.order_by("-occurred_at", "-id").first():
        for name, value in told.items():
            setattr(row, name, value)
        _admit([row])
        # Another's feedback may have come in between: of a session, the event before this one is ours then.
        if waiting.filter(pk=row.pk).update(**told):
            ledger.record("learning.judged", row, **_thin(row))
            return row
    raise NoLesson


def _named(event_id: UUID | None, session_id: str, domain: str) -> QuerySet[LearningEvent]:
    """The events that feedback may be meant for."""
    if event_id:
        return LearningEvent.objects.filter(pk=event_id)
    rows = LearningEvent.objects.filter(session_id=session_id, judged_at=None)
    rows = rows.filter(domain=domain) if domain else rows
    return rows if session_id else rows.none()


def _admit(rows: Sequence[LearningEvent]) -> None:
    began = actors.since()
    if gate.refused((at, lessons.named_by(row), began) for at, row in enumerate(rows)):
        raise Erased(gate.REASON)


def _thin(row: LearningEvent) -> dict[str, Any]:
    """What a fact says of an event; `at` is when it was, so that whoever counts knows which hour has changed."""
    at = row.occurred_at.isoformat()
    return {"kind": row.type, "namespace": row.domain, "service": row.service, "at": at}
