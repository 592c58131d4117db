"""What says the same: pairs, clusters, and the one that is kept."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory.algorithms import duplicates, tokens
from memory.algorithms.duplicates import Standing

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


def turned(*degrees: float) -> np.ndarray:
    """Vectors in a plane: the cosine of two is that of the angle between them."""
    angles = np.radians(degrees)
    return np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)


def test_every_two_are_compared_by_their_cosine() -> None:
    pairs, nearest = duplicates.alike(turned(0, 10, 40, 120), ["a", "b", "c", "d"], 0.85)
    assert pairs == {(0, 1): 0.9848, (1, 2): 0.866}
    assert nearest == [0.9848, 0.9848, 0.866, 0.1736]


def test_the_same_words_are_the_same_without_vectors() -> None:
    texts = ["Ada drinks green tea.", "ada DRINKS green tea", "Ada plays chess on Sundays."]
    pairs, nearest = duplicates.alike(np.zeros((3, 1), dtype=np.float32), texts, 0.85)
    assert pairs == {(0, 1): 1.0}
    assert nearest == [1.0, 1.0, 0.0]


@given(
    st.lists(st.lists(st.sampled_from("abcdefgh"), min_size=1, max_size=8), max_size=12), st.sampled_from([0.5, 0.75])
)
def test_no_pair_is_missed_by_looking_rare_words_up(texts: list[list[str]], least: float) -> None:
    every = {
        (i, j): round(duplicates.jaccard(texts[i], texts[j]), 4)
        for j in range(len(texts))
        for i in range(j)
        if duplicates.jaccard(texts[i], texts[j]) >= least
    }
    assert duplicates.by_words(texts, least) == every


@pytest.mark.parametrize(
    ("score", "level"), [(1, "exact"), (0.98, "exact"), (0.9799, "soft"), (0.85, "soft"), (0.849, "paraphrase"),
                         (0.75, "paraphrase"), (0.7499, "")],
)  # fmt: skip
def test_how_much_alike_has_a_name(score: float, level: str) -> None:
    assert duplicates.level(score) == level


def test_what_hangs_together_is_one_cluster() -> None:
    assert duplicates.clusters(6, [(0, 2), (2, 4), (1, 5)]) == [[0, 2, 4], [1, 5]]
    assert duplicates.clusters(3, []) == []


@given(st.sets(st.tuples(st.integers(0, 9), st.integers(0, 9)).filter(lambda pair: pair[0] < pair[1])))
def test_clusters_part_all_that_has_a_pair(pairs: set[tuple[int, int]]) -> None:
    found = duplicates.clusters(10, pairs)
    members = [at for cluster in found for at in cluster]
    assert sorted(members) == sorted({at for pair in pairs for at in pair})
    assert all(any(set(pair) <= set(cluster) for cluster in found) for pair in pairs)


def test_many_copies_of_one_text_are_one_cluster() -> None:
    vectors = np.ones((400, 3), dtype=np.float32) / np.sqrt(3, dtype=np.float32)
    pairs, _ = duplicates.alike(vectors, ["the same"] * 400, 0.98)
    assert len(pairs) < 400 * 2 * duplicates.MATES
    assert duplicates.clusters(400, pairs) == [list(range(400))]


def test_the_more_believed_one_is_kept_when_it_is_so_by_more_than_a_fifth() -> None:
    older = Standing(1.0, NOON - timedelta(days=9), 0, "a")
    assert duplicates.best([older, Standing(0.79, NOON, 5, "b")]) == 0
    assert duplicates.best([older, Standing(0.8, NOON, 0, "b")]) == 1


def test_of_those_believed_alike_the_newest_is_kept_then_the_most_recalled() -> None:
    assert duplicates.best([Standing(1, NOON, 0, "a"), Standing(1, NOON, 3, "b"), Standing(1, NOON, 2, "c")]) == 1
    assert duplicates.best([Standing(1, NOON, 3, "b"), Standing(1, NOON, 3, "c")]) == 1


@pytest.mark.parametrize(
    ("one", "other", "why"),
    [
        ("The meeting is on 5 May.", "The meeting is on 6 May.", "other numbers"),
        ("I have two cats.", "I have 2 cats.", ""),
        ("She likes tea.", "She doesn't like tea.", "one is negated"),
        ("He no longer smokes.", "He does not smoke anymore.", ""),
        ("My friend Ada called.", "My friend Ben called.", "other names"),
        ("I met Ada in Paris.", "I met Ada.", ""),
    ],
)
def test_what_differs_in_what_it_is_about_is_no_double(one: str, other: str, why: str) -> None:
    assert duplicates.apart(one, other) == duplicates.apart(other, one) == why


def test_one_word_for_another_is_seen() -> None:
    assert duplicates.one_word_apart("Ada drinks green tea.", "Ada drinks black tea.")
    assert not duplicates.one_word_apart("Ada drinks green tea.", "Ada drinks tea.")
    assert not duplicates.one_word_apart("Ada drinks green tea.", "Ben sips black tea.")


def test_words_have_one_spelling_and_one_form() -> None:
    assert tokens.words("Don't! It's my favourite colour…") == ["do", "not", "it", "is", "my", "favorite", "color"]
    assert {tokens.stem(word) for word in ("live", "lives")} == {"liv"}
    assert {tokens.stem(word) for word in ("city", "cities")} == {"city"}
    assert tokens.numbers("At five on Mondays, 3.5 km in May") == ("5", "monday", "3.5", "may")


PIECES = ("can't", "cannot", "Cannot", "won't", "isn't", "n't", "I'm", "we're", "we’ve", "he'll", "that's", "Ada's", "is",
          "colour", "flavours", "our", "can", " ", "'", "’", ".")  # fmt: skip


@given(st.lists(st.sampled_from(PIECES), max_size=12))
def test_what_is_looked_for_first_hides_no_contraction(pieces: list[str]) -> None:
    told = text = "".join(pieces).lower().replace("’", "'")
    for _, short, long in tokens.EXPANDED:
        told = short.sub(long, told)
    assert tokens.plain(text) == told
