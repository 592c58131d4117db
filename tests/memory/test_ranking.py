"""Ranking is arithmetic: by hand here."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory.algorithms import phrasing, ranking, scoring
from memory.algorithms.ranking import Signals, blank


def test_idf_is_lucenes_formula() -> None:
    weights = ranking.idf(10, [1, 10, 0])
    assert weights[0] == pytest.approx(math.log(1 + (10 - 1 + 0.5) / (1 + 0.5)))
    assert weights[1] == pytest.approx(math.log(1 + 0.5 / 10.5))
    assert weights[2] == 0


def test_lexical_is_bm25_over_its_greatest_value() -> None:
    found = ranking.lexical(np.array([[2, 0], [0, 0]]), np.array([1.0, 3.0]))
    assert found[0] == pytest.approx(1.0 * 2 * 1.9 / (2 + 0.9) / (4 * 1.9))
    assert found[1] == 0


def smoothed(sessions: list[int], positions: list[int], base: list[float]) -> list[float]:
    return ranking.smooth(np.array(sessions), np.array(positions), np.array(base)).tolist()


def test_neighbours_lend_their_scores_and_borders_their_own() -> None:
    assert smoothed([0, 0, 0], [0, 1, 2], [1.0, 0.0, 0.0]) == pytest.approx([1 + 0.3 + 0.2, 0.3 + 0.0, 0.2])


def test_neighbours_are_found_in_any_order_and_not_across_a_gap() -> None:
    assert smoothed([0, 0, 0], [2, 0, 1], [0.0, 1.0, 0.0]) == pytest.approx([0.2, 1.5, 0.3])
    assert smoothed([0, 0], [0, 5], [1.0, 0.5]) == pytest.approx([1.7, 0.85])


def test_another_conversation_lends_nothing() -> None:
    assert smoothed([0, 1], [0, 1], [1.0, 0.0]) == pytest.approx([1.7, 0.0])


def test_a_memory_outside_a_conversation_is_its_own_neighbour() -> None:
    assert smoothed([-1, -1], [0, 1], [1.0, 0.0]) == pytest.approx([1.7, 0.0])


def test_a_conversation_lifts_its_memories_by_its_three_best() -> None:
    boost = ranking.session_boost(np.array([0, -1, 0, 0, 1, 0]), np.array([1.0, 9.0, 0.4, 0.1, 0.6, 0.7]))
    assert boost.tolist() == pytest.approx([0.35, 0, 0.35, 0.35, 0.3, 0.35])


def test_nothing_is_ranked_to_nothing() -> None:
    assert ranking.rank(blank([]), ranking.idf(0, [])) == []


def first(**columns: list[float]) -> str:
    return ranking.rank(blank(["a", "b"], **columns), np.array([]))[0].key


def test_a_named_person_comes_first_among_equals() -> None:
    assert first(cosine=[0.5, 0.5], named=[False, True]) == "b"


def test_the_newer_the_more_important_and_the_nearer_in_time_win_a_tie() -> None:
    assert first(age_days=[400, 0]) == "b"
    assert first(importance=[0.1, 0.9]) == "b"
    assert first(outside_days=[30, 2]) == "b"


@given(st.floats(-10, 100), st.floats(0.001, 10))
def test_the_unit_map_is_monotonic_and_bounded(raw: float, more: float) -> None:
    assert 0 <= ranking.to_unit(raw) <= ranking.to_unit(raw + more) < 1


@st.composite
def some_signals(draw: st.DrawFn) -> Signals:
    n = draw(st.integers(0, 12))

    def column(of: st.SearchStrategy[float]) -> list[float]:
        return draw(st.lists(of, min_size=n, max_size=n))

    return blank(
        list(range(n)),
        2,
        cosine=column(st.floats(-1, 1)),
        frequencies=np.array([draw(st.tuples(st.integers(0, 9), st.integers(0, 9))) for _ in range(n)]).reshape(n, 2),
        session=column(st.integers(-1, 2)),
        position=column(st.integers(0, 5)),
        named=column(st.booleans()),
        question=column(st.booleans()),
        words=column(st.integers(0, 500)),
        importance=column(st.floats(0, 1)),
        age_days=column(st.floats(-5, 5000)),
        outside_days=column(st.floats(0, 50) | st.just(math.inf)),
    )


@given(some_signals())
def test_every_candidate_is_ranked_once_with_a_score_of_its_parts(signals: Signals) -> None:
    ranked = ranking.rank(signals, ranking.idf(20, [3, 1]))
    assert sorted(s.key for s in ranked) == list(signals.keys)
    scores = [scored.score for scored in ranked]
    assert scores == sorted(scores, reverse=True)
    for scored in ranked:
        assert scored.score == pytest.approx(ranking.to_unit(sum(scored.parts.values())), abs=1e-3)


@given(st.text(max_size=20), st.text(max_size=20), st.floats(-1e6, 1e6))
def test_importance_is_in_unit_range(kind: str, role: str, age_hours: float) -> None:
    assert 0 <= scoring.importance(kind, role, age_hours) <= 1


def test_what_sums_up_others_counts_for_less_in_every_part() -> None:
    columns = {"cosine": [0.5, 0.5], "words": [9, 9], "named": [1, 1], "age_days": [3, 3]}
    alone, summed = ranking.rank(ranking.blank("ab", made=[0, 1], **columns), ranking.idf(2, []))
    assert (alone.key, summed.key) == ("a", "b")
    assert summed.parts == {name: pytest.approx(0.4 * part, abs=1e-4) for name, part in alone.parts.items()}


@pytest.mark.parametrize(
    ("kind", "role", "age_hours", "score"),
    [
        ("message", "user", 0, 0.4 + 0.14),
        ("message", "system", 12, 0.2 + 0.18),
        ("message", "assistant", 24, 0.1),
        ("preference", "user", 500, 0.14 + 0.28),
        ("fact", "", -3, 0.4 + 0.1 + 0.2),
    ],
)
def test_importance_is_the_formula(kind: str, role: str, age_hours: float, score: float) -> None:
    assert scoring.importance(kind, role, age_hours) == pytest.approx(score)


def test_feedback_moves_confidence_within_its_range() -> None:
    assert scoring.confidence_after(0.5, "correct") == pytest.approx(0.6)
    assert scoring.confidence_after(1.0, "correct") == 1.0
    assert scoring.confidence_after(0.5, "incorrect") == 0.25
    assert scoring.confidence_after(0.5, "outdated") == 0.5


def test_what_is_embedded_names_speaker_and_day() -> None:
    from datetime import UTC, datetime

    at = datetime(2023, 5, 8, tzinfo=UTC)
    assert phrasing.embedded_text("Hi!", "Ada", at) == "Ada (8 May 2023): Hi!"
    assert phrasing.embedded_text("Hi!", "", at) == "(8 May 2023): Hi!"
    answer = phrasing.embedded_text("Yes!", "Ada", at, ("Ben", "Tea?" + "?" * 500))
    assert answer == f"Ada (8 May 2023): Yes! (after Ben: Tea?{'?' * 196})"


def test_a_factor_weighs_a_part_of_the_score_and_no_other() -> None:
    signals = blank(["old", "new"], cosine=[0.5, 0.5], age_days=[300.0, 0.0])
    usual, without = (
        ranking.rank(signals, ranking.idf(2, [])),
        ranking.rank(signals, ranking.idf(2, []), factors={"recency": 0.0}),
    )
    assert [one.key for one in usual] == ["new", "old"]
    assert [one.key for one in without] == ["old", "new"]  # equals, in the order given
    assert {one.parts["semantic"] for one in without} == {0.5}
