"""Ranking is arithmetic: by hand here."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory.algorithms import phrasing, ranking, scoring
from memory.algorithms.ranking import Candidate


def test_idf_is_lucenes_formula() -> None:
    weights = ranking.idf(10, [1, 10, 0])
    assert weights[0] == pytest.approx(math.log(1 + (10 - 1 + 0.5) / (1 + 0.5)))
    assert weights[1] == pytest.approx(math.log(1 + 0.5 / 10.5))
    assert weights[2] == 0


def test_lexical_is_bm25_over_its_greatest_value() -> None:
    weights = np.array([1.0, 3.0])
    found = ranking.lexical([Candidate("a", frequencies=(2, 0)), Candidate("b")], weights)
    assert found[0] == pytest.approx(1.0 * 2 * 2.2 / (2 + 1.2) / (4 * 2.2))
    assert found[1] == 0


def test_neighbours_lend_their_scores_and_borders_their_own() -> None:
    candidates = [Candidate(i, session="s", position=i) for i in range(3)]
    smoothed = ranking.smooth(candidates, np.array([1.0, 0.0, 0.0]))
    assert smoothed.tolist() == pytest.approx([1 + 0.3 + 0.2, 0.3 + 0.0, 0.2])


def test_a_memory_outside_a_conversation_is_its_own_neighbour() -> None:
    assert ranking.smooth([Candidate("a")], np.array([1.0])).tolist() == pytest.approx([1.7])


def test_nothing_is_ranked_to_nothing() -> None:
    assert ranking.rank([], ranking.idf(0, [])) == []


def test_a_named_person_comes_first_among_equals() -> None:
    ranked = ranking.rank([Candidate("a", cosine=0.5), Candidate("b", cosine=0.5, named=True)], np.array([]))
    assert [scored.key for scored in ranked] == ["b", "a"]


def test_the_newer_and_the_more_important_win_a_tie() -> None:
    old, new = Candidate("old", age_days=400), Candidate("new", age_days=0)
    assert ranking.rank([old, new], np.array([]))[0].key == "new"
    dull, grave = Candidate("dull", importance=0.1), Candidate("grave", importance=0.9)
    assert ranking.rank([dull, grave], np.array([]))[0].key == "grave"


@given(st.floats(-10, 100), st.floats(0.001, 10))
def test_the_unit_map_is_monotonic_and_bounded(raw: float, more: float) -> None:
    assert 0 <= ranking.to_unit(raw) <= ranking.to_unit(raw + more) < 1


UNIT = st.floats(0, 1)
CANDIDATES = st.lists(
    st.builds(
        Candidate,
        key=st.integers(),
        cosine=st.floats(-1, 1),
        frequencies=st.just(()) | st.tuples(st.integers(0, 9), st.integers(0, 9)),
        session=st.none() | st.sampled_from("ab"),
        position=st.integers(0, 5),
        named=st.booleans(),
        question=st.booleans(),
        words=st.integers(0, 500),
        importance=UNIT,
        age_days=st.floats(-5, 5000),
    ),
    max_size=12,
)


@given(CANDIDATES)
def test_every_candidate_is_ranked_once_with_a_score_of_its_parts(candidates: list[Candidate]) -> None:
    ranked = ranking.rank(candidates, ranking.idf(20, [3, 1]))
    assert sorted(s.key for s in ranked) == sorted(c.key for c in candidates)
    scores = [scored.score for scored in ranked]
    assert scores == sorted(scores, reverse=True)
    for scored in ranked:
        assert scored.score == pytest.approx(ranking.to_unit(sum(scored.parts.values())), abs=1e-3)


@given(st.text(max_size=20), st.text(max_size=20))
def test_importance_is_in_unit_range(kind: str, role: str) -> None:
    assert 0 <= scoring.importance(kind, role) <= 1


def test_what_is_embedded_names_speaker_and_day() -> None:
    from datetime import UTC, datetime

    at = datetime(2023, 5, 8, tzinfo=UTC)
    assert phrasing.embedded_text("Hi!", "Ada", at) == "Ada (8 May 2023): Hi!"
    assert phrasing.embedded_text("Hi!", "", at) == "(8 May 2023): Hi!"
