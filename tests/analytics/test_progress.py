"""How learning goes: what is worked out of events equals what a person would work out by hand."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics import advising, history, learning, patterns, progress, rollups, sums, trends
from analytics.algorithms import advice
from analytics.algorithms import patterns as looks
from analytics.algorithms import trends as lines
from analytics.algorithms.advice import Numbers
from analytics.history import Asked
from analytics.types import Judgement, Lesson
from events import relay
from tenants import bounds
from tenants.models import Tenant
from tests.conftest import costs

NOW = datetime(2026, 5, 8, 12, tzinfo=UTC)
SHARES = st.none() | st.floats(0, 1)


def ago(**span: float) -> datetime:
    return NOW - timedelta(**span)


def lesson(at: datetime, **said: Any) -> Lesson:
    judged = {name: said.pop(name) for name in ("correct", "improved", "rating") if name in said}
    told = {"type": "training", "domain": "shop", "occurred_at": at, "feedback": Judgement(**judged)}
    return Lesson(**told | said)


def test_metrics_are_those_of_the_last_seven_days(in_acme: Tenant) -> None:
    learning.record_all(
        [
            lesson(ago(days=8), cost=100),
            lesson(ago(days=6), correct=True, confidence=0.5, cost=2, tokens=10),
            lesson(ago(days=5), correct=False, confidence=0.1, type="feedback", rating=2),
            lesson(ago(days=2), correct=True, confidence=0.75, cost=4, improved=True, rating=4, type="adaptation"),
            lesson(ago(days=1), processing_ms=40, confidence=0.65),
            lesson(ago(days=1), domain="other"),
        ]
    )
    with costs(3):  # sums, the middle, both halves
        told = progress.metrics(Asked(domain="shop"), NOW)
    assert (told.total, told.by_type) == (
        4,
        dict.fromkeys(told.by_type, 0) | {"training": 2, "feedback": 1, "adaptation": 1},
    )
    assert told.learning_rate == pytest.approx(4 / 7)
    assert (told.adaptation_rate, told.feedback_rate, told.accuracy) == (0.25, 0.75, pytest.approx(2 / 3))
    assert (told.confidence, told.rating, told.processing_ms) == (pytest.approx(0.5), 3, 40)
    assert told.improvement == pytest.approx(50)  # 0.5 in the first half, 0.75 in the second
    assert (told.cost, told.cost_per_event, told.cost_per_improvement, told.tokens) == (6, 1.5, 6, 10)


def test_what_is_counted_by_the_hour_adds_up_to_the_same_as_its_events(
    in_acme: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    kinds = ("training", "adaptation")
    said = ({"correct": True, "confidence": 0.9, "rating": 4, "improved": True}, {"correct": False}, {"tokens": 7}, {})
    told = [
        lesson(ago(hours=3.7 * at), type=kinds[at % 2], domain=f"d{at % 3}", cost=at, processing_ms=at, **said[at % 4])
        for at in range(60)
    ]
    rows = learning.record_all(told[10:])
    relay.relay_batch(in_acme.pk)
    rollups.run()
    learning.record_all(told[:10])  # neither these nor the feedback are counted yet
    learning.judge(Judgement(correct=True, rating=5), event_id=rows[0].pk)
    for since, until, long in ((ago(days=7), NOW, None), (ago(days=6.99), ago(hours=2.5), timedelta(days=1))):
        with costs(5):  # what is stale in three, the counts, the events of the rest
            quick = sums.of(Asked(since=since, until=until), long)
        with monkeypatch.context() as changed, costs(4):
            changed.setattr(sums, "MOST_RAW", -1)  # all of their events
            slow = sums.of(Asked(since=since, until=until), long)
        assert {key: pytest.approx(each) for key, each in slow.items()} == quick
        assert sums.together(quick.values())["n"] > 40


def test_metrics_of_nothing_are_no_numbers(in_acme: Tenant) -> None:
    told = progress.metrics(Asked(domain="shop"), NOW)
    assert (told.total, told.feedback_rate, told.accuracy, told.improvement) == (0, 0.0, None, None)
    assert (told.cost_per_event, told.cost_per_improvement) == (None, None)


def test_a_pattern_is_told_from_so_many_events_on(in_acme: Tenant) -> None:
    same = {"input": {"b": 1, "a": 2}, "context": {"c": 3}}
    learning.record_all([lesson(ago(days=at), correct=at < 3, confidence=0.5, rating=5, **same) for at in range(4)])
    learning.record_all([lesson(ago(days=1)) for _ in range(3)])
    with costs(2):
        (found,) = patterns.found(Asked(domain="shop"), least=4)
    assert (found.type, found.input_keys, found.context_keys) == ("training", ("a", "b"), ("c",))
    assert (found.frequency, found.judged, found.success, found.last_at) == (4, 4, 0.75, NOW)
    assert found.performance == pytest.approx(0.5 * 0.75 + 0.3 * 0.5 + 0.2 * 1)
    assert [one.frequency for one in patterns.found(Asked(), least=1)] == [4, 3]


def test_who_is_bound_to_a_namespace_sees_its_numbers_alone(in_acme: Tenant) -> None:
    learning.record_all([lesson(ago(days=1)) for _ in range(5)])
    with bounds.bound_to(("other",)):
        assert progress.metrics(Asked(), NOW).total == 0
        assert history.domains() == ["other"]
        assert patterns.found(Asked(domain="shop"), 1) == []
        assert {period.events for period in trends.periods(Asked(), NOW)} == {0}


def test_domains_are_told_by_name_once(in_acme: Tenant) -> None:
    assert history.domains() == []
    learning.record_all([lesson(NOW, domain=name) for name in "bacab"])
    with costs(1):
        assert history.domains() == ["a", "b", "c"]


def test_periods_are_told_one_by_one_also_those_without_events(in_acme: Tenant) -> None:
    learning.record_all(
        [lesson(ago(days=2.5), correct=True), lesson(ago(days=2.1), correct=False), lesson(ago(hours=1))]
    )
    with costs(1):
        told = trends.periods(Asked(domain="shop"), NOW, 4)
    assert [(period.events, period.success) for period in told] == [(0, None), (2, 0.5), (0, None), (1, None)]
    assert (told[0].since, told[-1].until) == (ago(days=4), NOW)


@pytest.mark.parametrize(("step", "word"), [(0.08, "improving"), (-0.08, "declining"), (0.01, "stable")])
def test_a_trend_is_the_slope_of_performance(in_acme: Tenant, step: float, word: str) -> None:
    learning.record_all([lesson(ago(days=6.5 - at), confidence=0.5 + step * (at - 3)) for at in range(7)])
    told = trends.trend(Asked(domain="shop"), NOW)
    assert (told.trend, told.slope) == (word, pytest.approx(step))
    assert [guess.value for guess in told.forecast] == pytest.approx([min(0.5 + step * at, 1) for at in (4, 5, 6)])
    assert told.line[0] == pytest.approx(0.5 - 3 * step)


def test_a_model_that_knows_of_seasons_is_asked_for_and_needs_more(in_acme: Tenant) -> None:
    learning.record_all([lesson(ago(days=29.5 - at), confidence=0.5 + 0.3 * (at % 7 == 0)) for at in range(30)])
    assert trends.trend(Asked(), NOW, 30).method == lines.METHOD
    assert trends.trend(Asked(), NOW, 7, modelled=True).method == lines.METHOD  # too little for a model
    told = trends.trend(Asked(), NOW, 30, modelled=True)
    assert told.method.startswith("ETS")
    assert all(0 <= guess.low <= guess.value <= guess.high <= 1 for guess in told.forecast)


def test_of_too_little_nothing_is_guessed(in_acme: Tenant) -> None:
    learning.record_all([lesson(ago(days=at), confidence=0.5) for at in (0.5, 1.5)])
    told = trends.trend(Asked(), NOW)
    assert (told.trend, told.slope, told.forecast) == ("unknown", None, ())
    assert "too few" in told.insights[-1]


@given(st.lists(st.floats(0, 1), min_size=3, max_size=30))
def test_a_forecast_lies_within_its_interval_which_grows(values: list[float]) -> None:
    line = lines.line(values)
    assert line is not None
    guesses = [line.guess(len(values) + at) for at in range(5)]
    assert all(guess.low <= guess.value <= guess.high for guess in guesses)
    widths = [guess.high - guess.low for guess in guesses]
    assert widths == sorted(widths)


def test_an_interval_is_that_of_the_textbook() -> None:
    line = lines.line([1.0, 2.0, 2.0, 4.0])  # by hand: slope 0.9, s² = 0.35, t(2) = 4.3027
    assert line is not None
    assert (line.slope, line.error**2) == (pytest.approx(0.9), pytest.approx(0.35))
    guess = line.guess(4)
    assert guess.value == pytest.approx(4.5)
    assert guess.high - guess.value == pytest.approx(4.302653 * (0.35 * (1 + 0.25 + 6.25 / 5)) ** 0.5)


@given(SHARES, SHARES, st.none() | st.floats(1, 5))
def test_performance_is_a_share_and_that_of_the_formula_when_all_is_known(
    success: float | None, confidence: float | None, rating: float | None
) -> None:
    told = looks.performance(success, confidence, rating)
    if success is not None and confidence is not None and rating is not None:
        assert told == pytest.approx(0.5 * success + 0.3 * confidence + 0.2 * rating / 5)
    assert (told is None) == (success is None and confidence is None and rating is None)
    assert told is None or -1e-9 <= told <= 1 + 1e-9


def numbers(**said: Any) -> Numbers:
    good = {"events": 100, "feedback_rate": 0.5, "cost_per_improvement": 5.0, "trend": "stable", "slope": 0.0}
    return Numbers(**{**good, "patterns": [("a", "training", 20, 0.9)]} | said)


def test_where_all_is_well_nothing_is_recommended() -> None:
    assert advice.recommend(numbers()) == []
    assert advice.recommend(numbers(events=0, feedback_rate=0.0)) == []


@pytest.mark.parametrize(
    ("said", "rule", "priority"),
    [
        ({"feedback_rate": 0.29}, "little_feedback", "medium"),
        ({"feedback_rate": 0.1}, "little_feedback", "high"),
        ({"patterns": [("a", "training", 20, 0.69)]}, "weak_pattern", "medium"),
        ({"patterns": [("a", "training", 20, 0.1)]}, "weak_pattern", "high"),
        ({"trend": "declining", "slope": -0.06}, "declining", "high"),
        ({"cost_per_improvement": 10.5}, "dear_improvement", "medium"),
        ({"cost_per_improvement": 21.0}, "dear_improvement", "high"),
    ],
)
def test_each_rule_recommends_one_thing(said: dict[str, Any], rule: str, priority: str) -> None:
    (told,) = advice.recommend(numbers(**said))
    assert (told.rule, told.priority) == (rule, priority)
    assert told.numbers


def test_the_urgent_comes_first() -> None:
    told = advice.recommend(numbers(feedback_rate=0.2, cost_per_improvement=50.0))
    assert [one.priority for one in told] == ["high", "medium"]


def test_recommendations_follow_from_the_events(in_acme: Tenant) -> None:
    learning.record_all([lesson(ago(days=at / 2), correct=at % 2 == 0, confidence=0.5) for at in range(12)])
    learning.record_all([lesson(ago(days=at / 8), type="adaptation") for at in range(40)])
    with costs(6):
        told = advising.recommendations(Asked(domain="shop"), NOW)
    assert {one.rule for one in told} == {"little_feedback", "weak_pattern"}
