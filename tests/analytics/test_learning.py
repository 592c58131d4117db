"""The learning history: what is recorded stands as it was said, and feedback finds the event it speaks of."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.utils import timezone
from django_tenants.utils import tenant_context

from analytics import learning
from analytics.algorithms import patterns
from analytics.errors import BadLesson, NoLesson
from analytics.models import LearningEvent
from analytics.types import Judgement, Lesson
from events.models import Event
from memory.errors import OutsideNamespaces
from tenants import bounds
from tenants.models import Tenant
from tests.conftest import costs

NOON = datetime(2026, 5, 8, 12, tzinfo=UTC)


def lesson(**said: Any) -> Lesson:
    return Lesson(**{"type": "training", "domain": "shop", "session_id": "s", "occurred_at": NOON} | said)


def told(type: str) -> list[Event]:
    return list(Event.objects.filter(type=type).order_by("id"))


def test_an_event_stands_as_it_was_said_and_is_told_once(in_acme: Tenant) -> None:
    row = learning.record(lesson(input={"text": "a"}, output={"prediction": "b"}, confidence=0.5, cost=0.01, tokens=7))
    kept = LearningEvent.objects.get()
    assert (kept.pk, kept.input, kept.output, kept.confidence, kept.cost, kept.tokens, kept.occurred_at) == (
        row.pk, {"text": "a"}, {"prediction": "b"}, 0.5, 0.01, 7, NOON,
    )  # fmt: skip
    (fact,) = told("learning.recorded")
    assert fact.data == {"kind": "training", "namespace": "shop", "service": "", "at": NOON.isoformat()}
    assert kept.judged_at is None


def test_many_cost_as_much_as_one(in_acme: Tenant) -> None:
    learning.record(lesson())
    for count in (1, 50):
        with costs(4):  # a savepoint and its end, the rows, their facts
            learning.record_all([lesson() for _ in range(count)])


def test_feedback_that_comes_with_the_event_is_of_its_time(in_acme: Tenant) -> None:
    row = learning.record(lesson(feedback=Judgement(correct=True, rating=4, explanation="yes")))
    assert (row.correct, row.rating, row.improved, row.explanation, row.judged_at) == (True, 4, None, "yes", NOON)


def test_feedback_finds_the_latest_of_its_session_and_then_the_one_before(in_acme: Tenant) -> None:
    rows = [learning.record(lesson(occurred_at=NOON + timedelta(hours=at))) for at in (0, 2, 1)]
    learning.record(lesson(session_id="other", occurred_at=NOON + timedelta(hours=9)))
    for at in (1, 2, 0):
        assert learning.judge(Judgement(correct=True), session_id="s").pk == rows[at].pk
    with pytest.raises(NoLesson):
        learning.judge(Judgement(correct=True), session_id="s")
    assert len(told("learning.judged")) == 3


def test_feedback_may_name_the_domain_of_its_session(in_acme: Tenant) -> None:
    early = learning.record(lesson(domain="a"))
    learning.record(lesson(domain="b", occurred_at=NOON + timedelta(hours=1)))
    assert learning.judge(Judgement(rating=1), session_id="s", domain="a").pk == early.pk


def test_feedback_of_an_id_is_said_again_field_by_field(in_acme: Tenant) -> None:
    row = learning.record(lesson(feedback=Judgement(correct=True, rating=2)))
    learning.judge(Judgement(rating=5), event_id=row.pk)
    row.refresh_from_db()
    assert (row.correct, row.rating) == (True, 5)


@pytest.mark.parametrize("named", [{"event_id": uuid4()}, {"session_id": "nobody's"}, {}])
def test_feedback_that_finds_nothing_changes_nothing(in_acme: Tenant, named: dict[str, Any]) -> None:
    learning.record(lesson(session_id=""))
    with pytest.raises(NoLesson):
        learning.judge(Judgement(correct=True), **named)
    assert LearningEvent.objects.get().judged_at is None
    assert told("learning.judged") == []


def test_two_who_judge_a_session_at_once_judge_two_events(committed: None, acme: Tenant) -> None:
    def judge(rating: int) -> Any:
        with tenant_context(acme):
            try:
                return learning.judge(Judgement(rating=rating), session_id="s").pk
            finally:
                connection.close()

    with tenant_context(acme):
        learning.record_all([lesson() for _ in range(4)])
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(judge, (1, 2, 3, 4)))
    assert len(set(found)) == 4
    with tenant_context(acme):
        assert sorted(LearningEvent.objects.values_list("rating", flat=True)) == [1, 2, 3, 4]


@pytest.mark.parametrize(
    ("said", "pointer"),
    [
        ({"type": "guessing"}, "/type"),
        ({"confidence": 1.5}, "/confidence"),
        ({"confidence": float("nan")}, "/confidence"),
        ({"cost": float("inf")}, "/cost"),
        ({"tokens": 10**400}, "/tokens"),
        ({"performance_change": float("nan")}, "/performance_change"),
        ({"agent": "a" * 256}, "/agent"),
        ({"input": {"a": "x" * 300_000}}, "/input"),
        ({"affected_models": ("m",) * 101}, "/affected_models"),
        ({"feedback": Judgement(rating=6)}, "/feedback/rating"),
        ({"occurred_at": timezone.now() + timedelta(hours=1)}, "/occurred_at"),
    ],
)
def test_what_cannot_be_is_refused_with_its_place(in_acme: Tenant, said: dict[str, Any], pointer: str) -> None:
    with pytest.raises(BadLesson) as caught:
        learning.record_all([lesson(), lesson(**said)])
    assert (caught.value.at, caught.value.pointer) == (1, pointer)
    assert not LearningEvent.objects.exists()


def test_a_clock_that_is_a_little_ahead_is_taken_for_now(in_acme: Tenant) -> None:
    row = learning.record(lesson(occurred_at=timezone.now() + timedelta(minutes=1)))
    assert row.occurred_at <= timezone.now()


def test_who_is_bound_to_a_namespace_records_and_judges_there_alone(in_acme: Tenant) -> None:
    learning.record(lesson())
    with bounds.bound_to(("mine",)):
        assert learning.record(lesson(domain="", session_id="m")).domain == "mine"
        with pytest.raises(OutsideNamespaces):
            learning.record(lesson())
        with pytest.raises(NoLesson):
            learning.judge(Judgement(correct=True), session_id="s")


def test_a_pattern_is_of_type_and_of_which_keys_there_are() -> None:
    one = patterns.signature("training", {"b": 1, "a": 2}, {"c": 3})
    assert one == patterns.signature("training", ["a", "b"], ["c"])
    others = [("feedback", "ab", "c"), ("training", "a", "bc"), ("training", "abc", "")]
    assert len({one, *(patterns.signature(*other) for other in others)}) == 4
