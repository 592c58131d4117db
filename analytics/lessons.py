"""What a learning event may hold: a lesson is checked and made a row, and feedback is checked."""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta

from analytics.algorithms import patterns
from analytics.errors import BadLesson
from analytics.models import LearningEvent
from analytics.types import Judgement, Lesson
from memory.namespaces import settled
from memory.privacy import between
from memory.privacy.subjects import Subject, subjects
from memory.types import Scope
from tenants import preferences

AHEAD = timedelta(minutes=5)  # a client's clock may be so much ahead of ours
MOST_BYTES = 262_144  # of each object
MOST_WORDS = 10_000  # letters of an explanation
MOST_MODELS = 100
NAMES = ("domain", "service", "agent", "user_id", "session_id")
OBJECTS = ("input", "context", "output", "metadata")
SHARES = ("importance", "confidence")
AMOUNTS = ("processing_ms", "tokens", "cost")
BIGGEST = 2**53  # what a JSON number keeps exactly
_PLAIN = (
    *NAMES[1:], *OBJECTS, *SHARES, *AMOUNTS, "type", "model_updated", "performance_change"
)  # fmt: skip


def row(lesson: Lesson, now: datetime, at: int | None = None) -> LearningEvent:
    """The row of a lesson recorded `now`, which stands `at` among many. Raises BadLesson, OutsideNamespaces."""
    for pointer, detail in _wrong(lesson, now):
        raise BadLesson(pointer, detail, at)
    made = LearningEvent(
        **{name: getattr(lesson, name) for name in _PLAIN},
        domain=_domain(lesson, at),
        affected_models=list(lesson.affected_models),
        signature=patterns.signature(lesson.type, lesson.input, lesson.context),
        occurred_at=min(lesson.occurred_at or now, now),
        recorded_at=now,
    )
    if told := lesson.feedback.told():
        for name, value in {**told, "judged_at": made.occurred_at}.items():  # it came with the event
            setattr(made, name, value)
    return made


def check_judgement(said: Judgement) -> None:
    """Raises BadLesson for feedback that says nothing, or what cannot be."""
    if not said.told():
        raise BadLesson("", "says neither correct, improved, rating nor explanation")
    for pointer, detail in _wrong_words(said):
        raise BadLesson(pointer, detail)


def named_by(event: LearningEvent) -> set[Subject]:
    """All whom an event names: by its own fields, and at any depth of what it holds."""
    told = set(subjects([("user", event.user_id), ("agent", event.agent)]))
    return told.union(*(between.named_by(getattr(event, name)) for name in OBJECTS))


def _domain(lesson: Lesson, at: int | None) -> str:
    domain = settled(Scope(namespace=lesson.domain)).namespace
    if not preferences.current().allows(domain):
        raise BadLesson("/domain", "is not a namespace that this tenant writes to", at)
    return domain


def _wrong(lesson: Lesson, now: datetime) -> Iterator[tuple[str, str]]:
    """What is wrong with a lesson: pointers and words."""
    if lesson.type not in LearningEvent.Type.values:
        yield "/type", f"is not one of {', '.join(LearningEvent.Type.values)}"
    if lesson.occurred_at and lesson.occurred_at > now + AHEAD:
        yield "/occurred_at", "lies in the future"
    yield from _wrong_sizes(lesson)
    yield from _wrong_numbers(lesson)
    for pointer, detail in _wrong_words(lesson.feedback):
        yield f"/feedback{pointer}", detail


def _wrong_sizes(lesson: Lesson) -> Iterator[tuple[str, str]]:
    for name in NAMES:
        if len(getattr(lesson, name)) > 255:
            yield f"/{name}", "is longer than 255 letters"
    for name in OBJECTS:
        if len(json.dumps(getattr(lesson, name), ensure_ascii=False).encode()) > MOST_BYTES:
            yield f"/{name}", f"is larger than {MOST_BYTES} bytes"
    if len(lesson.affected_models) > MOST_MODELS or any(len(name) > 255 for name in lesson.affected_models):
        yield "/affected_models", f"are more than {MOST_MODELS}, or one is longer than 255 letters"


def _wrong_numbers(lesson: Lesson) -> Iterator[tuple[str, str]]:
    for name in SHARES:
        if not _between(getattr(lesson, name), 0, 1):
            yield f"/{name}", "is not between 0 and 1"
    for name in AMOUNTS:
        if not _between(getattr(lesson, name), 0, BIGGEST):
            yield f"/{name}", "is not a number from 0 to 2^53"
    if not _between(lesson.performance_change, -BIGGEST, BIGGEST):
        yield "/performance_change", "is not a number within ±2^53"


def _wrong_words(said: Judgement) -> Iterator[tuple[str, str]]:
    if said.rating is not None and said.rating not in range(1, 6):
        yield "/rating", "is not one of 1 to 5"
    if len(said.explanation) > MOST_WORDS:
        yield "/explanation", f"is longer than {MOST_WORDS} letters"


def _between(value: float | None, least: float, most: float) -> bool:
    return value is None or least <= value <= most  # which NaN is not
