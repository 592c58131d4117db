"""What recall would lose if memories went away: the saved questions, asked now and without them.

What a plan would write anew is not ranked, as it has no vector yet; so this is the dark side of a plan, not the bright
one. The order of those that stay is taken as it is: a memory's score moves a little when its neighbours go.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from memory.errors import LibraryError
from memory.models import Memory, Question
from memory.recall import look
from memory.upkeep.plan import Change

QUESTIONS = 50  # asked at most, the newest
FURTHER = 3  # so many times its limit is looked at, to see who moves up
STAYS = {Memory.State.ACTIVE, Memory.State.ACTIVE.value}


@dataclass(frozen=True)
class Answers:
    """What a question finds now: memories best first, and more of them than count, to see who would move up."""

    question: Question
    hits: tuple[UUID, ...]
    words: dict[UUID, str] = field(default_factory=dict)  # what the first of them say
    degraded: bool = False


@dataclass(frozen=True)
class Loss:
    """`before` and `after` are the answers that count; `hit_…` is how many expected ones are among these."""

    answers: Answers
    before: tuple[UUID, ...]
    after: tuple[UUID, ...]
    gone: tuple[UUID, ...]  # of `before`, in their order
    hit_before: int
    hit_after: int


def takes_away(change: Change, now: datetime) -> set[UUID]:
    """The memories that are no answers any more after a change."""
    if change.effect == "purge" and change.subject:
        return {change.subject}
    return {touch.memory_id for touch in change.touches if _ends(touch.fields, now)}


def _ends(fields: dict[str, object], now: datetime) -> bool:
    if fields.get("state", Memory.State.ACTIVE) not in STAYS:
        return True
    ends = fields.get("valid_to")
    ends = datetime.fromisoformat(ends) if isinstance(ends, str) else ends
    return isinstance(ends, datetime) and ends <= now


def asked(questions: Iterable[Question]) -> list[Answers]:
    """What each question finds now; one that cannot be asked any more is left out."""
    return [found for question in questions if (found := _asked(question))]


def _asked(question: Question) -> Answers | None:
    query = question.query()
    try:
        found = look(replace(query, limit=min(query.limit * FURTHER + 10, 200)))
    except LibraryError:
        return None
    ids = tuple(hit.memory.pk for hit in found.hits)
    shown = {hit.memory.pk: hit.memory.content for hit in found.hits[: query.limit * 2]}
    return Answers(question, ids, shown, bool(found.degraded))


def loss(answers: Answers, gone: Collection[UUID]) -> Loss:
    """What is left of the answers that count without the memories in `gone`."""
    limit, expected = answers.question.limit, set(answers.question.expected)
    before = answers.hits[:limit]
    after = tuple(one for one in answers.hits if one not in gone)[:limit]
    return Loss(
        answers,
        before,
        after,
        tuple(one for one in before if one in gone),
        len(expected.intersection(before)),
        len(expected.intersection(after)),
    )
