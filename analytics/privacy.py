"""People in the study: what is told of one, and what an erasure takes from its tables.

Learning history, tracked events and traces hold what callers sent, so they are looked through for the name; counts hold
agents alone; insights and suggestions hold numbers of domains, and name nobody.
"""

import json
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet, TextField
from django.db.models.functions import Cast, Concat

from analytics import counts, rollups
from analytics.models import Count, DirtyHour, Insight, LearningEvent, Progress, Suggestion, Trace, TrackedEvent
from memory.models import Session
from memory.privacy.erasers import SLICE, Asked, Eraser, Job
from memory.privacy.subjects import Subject
from memory.privacy.telling import Told

OURS = {"user": "user_id", "agent": "agent"}  # columns that name a subject of a type


def learned_of(subject: Subject) -> QuerySet[LearningEvent]:
    """What an erasure takes: events that name the subject, and those whose explanation says the name anywhere."""
    return _learned(subject, Q(explanation__icontains=subject.name))


def learned_for(subject: Subject) -> QuerySet[LearningEvent]:
    """What is told to the subject. A few letters in another's words, such as a short id, make nothing theirs."""
    return _learned(subject, Q(pk__in=[]))


def _learned(subject: Subject, more: Q) -> QuerySet[LearningEvent]:
    """Events of the subject or of their sessions, and those that say the name as a whole text."""
    rows = _saying(LearningEvent.objects.all(), "input", "context", "output", "metadata")
    mine = _named(subject) | Q(said__icontains=_whole(subject)) | more
    if subject.type == "user":
        talks = Session.objects.filter(subject.sessions(), namespace=OuterRef("domain"))
        mine |= Q(Exists(talks.filter(session_id=OuterRef("session_id"))), user_id="")
    return rows.filter(mine)


def tracked_of(subject: Subject) -> QuerySet[TrackedEvent]:
    """Events of the subject, and those that say the name as a whole text."""
    rows = _saying(TrackedEvent.objects.all(), "data")
    return rows.filter(_named(subject) | Q(said__icontains=_whole(subject)))


def traced_of(subject: Subject) -> QuerySet[Trace]:
    """What an erasure takes: what was asked of the subject, and what says the name anywhere, for a query is words."""
    return _traced(subject, _whole(subject)[1:-1])


def traced_for(subject: Subject) -> QuerySet[Trace]:
    """What is told to the subject: as `learned_for`, for else a short id would tell them what others asked."""
    return _traced(subject, _whole(subject))


def _traced(subject: Subject, said: str) -> QuerySet[Trace]:
    """Traces of what was asked of the subject's memories, and those whose words have this in them."""
    asked = Q(user_id=subject.name) if subject.type == "user" else Q(pk__in=[])
    return _saying(Trace.objects.all(), "told").filter(asked | Q(said__icontains=said))


def _named(subject: Subject) -> Q:
    return Q(**{OURS[subject.type]: subject.name}) if subject.type in OURS else Q(pk__in=[])


def _whole(subject: Subject) -> str:
    """The name as JSON writes a text of its own."""
    return json.dumps(subject.name, ensure_ascii=False)


def _saying(rows: QuerySet[Any], *columns: str) -> QuerySet[Any]:
    """With `said`: the JSON of these columns as text."""
    texts = [Cast(name, TextField()) for name in columns]
    return rows.annotate(said=Concat(*texts, output_field=TextField()) if len(texts) > 1 else texts[0])


def _erase_slice(job: Job, name: str, rows: QuerySet[Any], source: str = "") -> bool:
    """A slice of rows; the hours in which they were counted are counted anew."""
    with transaction.atomic():
        found = dict(rows.order_by("pk").values_list("pk", "occurred_at")[:SLICE])
        if found:  # a note is progress, and nothing is none
            rows.model._default_manager.filter(pk__in=list(found)).delete()
            if source:
                rollups.mark(source, found.values())
            job.note({name: len(found)})
    return bool(found)


def _erase_learned(job: Job) -> bool:
    return _erase_slice(job, "learning_events", learned_of(job.asked.subject), "learning")


def _erase_tracked(job: Job) -> bool:
    return _erase_slice(job, "tracked_events", tracked_of(job.asked.subject), "tracked")


def _erase_traced(job: Job) -> bool:
    return _erase_slice(job, "traces", traced_of(job.asked.subject))


def _counted(asked: Asked) -> int:
    """Rows split by an agent; no other type of subject is named there."""
    return Count.objects.filter(agent=asked.subject.name).count() if asked.subject.type == "agent" else 0


def _erase_counted(job: Job) -> bool:
    """What an agent did stays counted, as done by no agent in particular."""
    if _counted(job.asked):
        with transaction.atomic():
            job.note({"counts": counts.unname(job.asked.subject.name)})
    return False


learned = Eraser((LearningEvent,), lambda asked: {"learning_events": learned_of(asked.subject).count()}, _erase_learned)
tracked = Eraser((TrackedEvent,), lambda asked: {"tracked_events": tracked_of(asked.subject).count()}, _erase_tracked)
traced = Eraser((Trace,), lambda asked: {"traces": traced_of(asked.subject).count()}, _erase_traced)
# An insight and a suggestion say numbers of a domain; marks of hours and how far the rollup is are times and numbers.
counted = Eraser(
    (Count, Insight, Suggestion, DirtyHour, Progress), lambda asked: {"counts": _counted(asked)}, _erase_counted
)

told_learning = Told("learning_event", learned_for)
told_tracking = Told("tracked_event", tracked_of)
told_traces = Told("trace", traced_for)
