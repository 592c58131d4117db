"""Thumbs up and down on a hit: a lesson of the learning history, and what a saved question expects from now on."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction

from analytics import learning, replay, tracing
from analytics.errors import CannotReplay, NoTrace
from analytics.models import LearningEvent, Trace
from analytics.types import Judgement, Lesson
from memory import questions
from memory.errors import NoMemory
from memory.models import Memory, Question
from memory.types import Query


@dataclass(frozen=True)
class Thumb:
    """What came of it; `question` None: nothing was to change about what is expected."""

    event: LearningEvent
    question: Question | None


@transaction.atomic
def give(query: Query, memory_id: UUID, *, helpful: bool, trace_id: UUID | None = None, explanation: str = "") -> Thumb:
    """Say that a memory helped as an answer to a question, or did not. `judge_memory` says whether it is true.

    Raises NoMemory, BadFilter, OutsideNamespaces, Erased and BadLesson.
    """
    memory = Memory.objects.readable().filter(pk=memory_id).only("namespace", "user_id").first()
    if memory is None:
        raise NoMemory("memory_id")
    scope = vars(query.scope)
    asked: dict[str, Any] = {"text": query.text, "filters": query.filters} | scope
    lesson = Lesson(
        type=LearningEvent.Type.FEEDBACK.value,
        domain=memory.namespace,
        user_id=query.scope.user_id or memory.user_id,
        agent=query.scope.agent_id,
        session_id=query.scope.session_id,
        input={"query": query.text},
        output={"memory_id": str(memory_id)},
        feedback=Judgement(correct=helpful, explanation=explanation),
        metadata={"trace_id": str(trace_id)} if trace_id else {},
    )
    question = questions.expect(asked, memory_id, wanted=helpful) if query.text else None
    return Thumb(learning.record(lesson), question)


def of_trace(trace_id: UUID) -> Query:
    """The question of a trace. Raises NoTrace, and CannotReplay where it is not kept whole."""
    trace = Trace.objects.filter(pk=trace_id, kind=Trace.Kind.RECALL).first()
    if trace is None:
        raise NoTrace
    if trace.told.get("cut"):  # without its filters it would be another question
        raise CannotReplay(replay.why_not(trace))
    return tracing.query_of(trace.told["asked"])
