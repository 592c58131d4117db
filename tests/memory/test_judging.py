"""What the figures of an evaluation mean."""

import math
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from memory.algorithms import judging
from memory.algorithms.judging import Judged

LETTERS = st.lists(st.sampled_from("abcdefgh"), unique=True)


def judged(key: str = "q", ranked: str = "", expected: str = "a", limit: int = 3, **more: Any) -> Judged:
    return judging.judge(key, list(ranked), list(expected), limit, **more)


def test_recall_is_the_share_of_what_is_expected_among_the_first() -> None:
    one = judged(ranked="xaybz", expected="ab")
    assert (one.recall, one.missing, one.expected) == (0.5, ("b",), 2)
    assert one.at == {1: 0.0, 5: 1.0, 10: 1.0, 50: 1.0}


def test_the_reciprocal_rank_is_of_the_first_that_is_expected_at_any_place() -> None:
    assert judged(ranked="xxyya").reciprocal == 0.2
    assert judged(ranked="xyz").reciprocal == 0.0


def test_gain_is_discounted_by_the_place() -> None:
    assert judged(ranked="ab", expected="ab").ndcg == 1.0
    best = 1 + 1 / math.log2(3)
    assert math.isclose(judged(ranked="axb", expected="ab").ndcg, (1 + 1 / math.log2(4)) / best)


def test_more_may_be_expected_than_the_limit_holds() -> None:
    one = judged(ranked="abcd", expected="abcd", limit=2)
    assert (one.recall, one.ndcg) == (0.5, 1.0)


@given(ranked=LETTERS, expected=LETTERS.filter(bool), limit=st.integers(1, 10))
def test_all_figures_lie_between_none_and_all(ranked: list[str], expected: list[str], limit: int) -> None:
    one = judging.judge("q", ranked, expected, limit)
    assert all(0 <= figure <= 1 for figure in (one.recall, one.reciprocal, one.ndcg, *one.at.values()))
    assert (one.recall == 1.0) == (not one.missing)


@given(ranked=LETTERS, expected=LETTERS.filter(bool), limit=st.integers(1, 10))
def test_taking_an_expected_answer_away_never_raises_a_figure(
    ranked: list[str], expected: list[str], limit: int
) -> None:
    there = [one for one in ranked if one in expected]
    before = judging.judge("q", ranked, expected, limit)
    for gone in there[:1]:
        after = judging.judge("q", [one for one in ranked if one != gone], expected, limit)
        assert after.reciprocal <= before.reciprocal
        assert sum(after.at.values()) <= sum(before.at.values())


def test_figures_are_means_and_times_are_nearest_ranks() -> None:
    rows = [judged(str(n), "a" if n else "x", ms=float(n)) for n in range(100)]
    told = judging.figures(rows)
    assert told
    assert (told.n, told.recall, told.mrr, told.p50_ms, told.p95_ms) == (100, 0.99, 0.99, 49.0, 94.0)
    assert judging.figures([]) is None


def test_figures_are_told_by_kind_of_question() -> None:
    rows = [judged("1", "a", kind="when"), judged("2", "x", kind="when"), judged("3", "a")]
    assert {kind: (told.n, told.recall) for kind, told in judging.by_kind(rows).items()} == {
        "": (1, 1.0),
        "when": (2, 0.5),
    }


def test_evaluations_are_held_against_each_other_by_what_both_asked_alike() -> None:
    before = {
        "1": judged("1", "a", terms="t"),
        "2": judged("2", "a", terms="t"),
        "gone": judged("gone", "a", terms="t"),
    }
    now = {
        "1": judged("1", "x", terms="t"),
        "2": judged("2", "x", terms="another"),
        "new": judged("new", "x", terms="t"),
    }
    told = judging.against(now, before)
    assert told
    assert (told.n, told.recall, told.recall_was) == (1, 0.0, 1.0)
    assert judging.worse(now, before) == ["1"]
    assert judging.against(now, {}) is None


def test_a_fall_within_the_tolerance_is_none() -> None:
    told = judging.Against(n=10, recall=0.90, recall_was=0.91, mrr=0.5, mrr_was=0.5)
    assert (told.fell(0.01), told.fell(0.005)) == (False, True)
    assert judging.Against(10, 1.0, 0.5, 0.4, 0.5).fell(0.01)
