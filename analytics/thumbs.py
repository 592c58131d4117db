"""Thumbs up and down on a hit: a lesson of the learning history, and what a saved question expects from now on."""

from collections import Counter
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Count

from analytics import learning, replay, tracing
from analytics.errors import CannotReplay, NoTrace
from analytics.models import LearningEvent, Trace
from analytics.types import Judgement, Lesson
from memory import questions
from memory.errors import NoMemory
from memory.models import Memory, Question
from memory.types import Query

HALF = 3  # the rating of what helped in part, of 5
UP, DOWN, IN_PART = "up", "down", "in part"
NAMES = {True: UP, False: DOWN, None: IN_PART}


@dataclass(frozen=True)
class Thumb:
    """What came of it; `question` None: nothing was to change about what is expected."""

    event: LearningEvent
    question: Question | None


@transaction.atomic
def give(
    query: Query,
    memory_id: UUID,
    *,
    helpful: bool | None,
    trace_id: UUID | None = None,
    label: str = "",
    explanation: str = "",
) -> Thumb:
    """Say that a memory helped as an answer to a question, or did not. `judge_memory` says whether it is true.

    `helpful` None: it did in part, which changes nothing about what a question expects. `label` is what the caller
    calls its verdict; it is counted by it. Raises NoMemory, BadFilter, OutsideNamespaces, Erased and BadLesson.
    """
    memory = Memory.objects.readable().filter(pk=memory_id).only("namespace", "user_id").first()
    if memory is None:
        raise NoMemory("memory_id")
    scope = vars(query.scope)
    asked: dict[str, Any] = {"text": query.text, "filters": query.filters} | scope
    metadata = {"trace_id": str(trace_id) if trace_id else "", "label": label}
    lesson = Lesson(
        type=LearningEvent.Type.FEEDBACK.value,
        domain=memory.namespace,
        user_id=query.scope.user_id or memory.user_id,
        agent=query.scope.agent_id,
        session_id=query.scope.session_id,
        input={"query": query.text},
        output={"memory_id": str(memory_id)},
        feedback=Judgement(correct=helpful, rating=HALF if helpful is None else None, explanation=explanation),
        metadata={name: value for name, value in metadata.items() if value},
    )
    changes = query.text and helpful is not None
    question = questions.expect(asked, memory_id, wanted=bool(helpful)) if changes else None
    return Thumb(learning.record(lesson), question)


def counted(memory_id: UUID | None = None, user_id: str = "") -> Counter[str]:
    """How often each verdict was given, of a memory or by a user: by its label, else UP, DOWN or IN_PART."""
    rows = LearningEvent.objects.filter(type=LearningEvent.Type.FEEDBACK, output__has_key="memory_id")
    rows = rows.filter(output__memory_id=str(memory_id)) if memory_id else rows
    rows = rows.filter(user_id=user_id) if user_id else rows
    told: Counter[str] = Counter()
    for label, correct, count in rows.order_by().values_list("metadata__label", "correct").annotate(n=Count("id")):
        told[label or NAMES[correct]] += count
    return told


def of_trace(trace_id: UUID) -> Query:
    """The question of a trace. Raises NoTrace, and CannotReplay where it is not kept whole."""
    trace = Trace.objects.filter(pk=trace_id, kind=Trace.Kind.RECALL).first()
    if trace is None:
        raise NoTrace
    if trace.told.get("cut"):  # without its filters it would be another question
        raise CannotReplay(replay.why_not(trace))
    return tracing.query_of(trace.told["asked"])
