"""Two texts compared: both can be read out of the comparison, and it ends soon."""

import random
import time

from hypothesis import given
from hypothesis import strategies as st

from memory.algorithms import diffing

TEXT = st.one_of(st.text(max_size=60), st.lists(st.sampled_from(["tea", " ", "\n", "a b", "\u00a0"])).map("".join))


def read(runs: list[dict[str, str]], *, without: str) -> str:
    return "".join(run["text"] for run in runs if run["op"] != without)


@given(TEXT, TEXT)
def test_both_texts_stand_in_their_comparison(before: str, after: str) -> None:
    runs = diffing.words(before, after)
    assert read(runs, without="insert") == before
    assert read(runs, without="delete") == after
    assert all(run["text"] for run in runs)


@given(TEXT)
def test_the_same_text_is_all_equal(text: str) -> None:
    assert {run["op"] for run in diffing.words(text, text)} <= {"equal"}


def test_one_changed_word_is_the_one_that_is_marked() -> None:
    runs = diffing.words("Ada lives in Lisbon now.", "Ada lives in Porto now.")
    assert [(run["op"], run["text"]) for run in runs] == [
        ("equal", "Ada lives in "),
        ("delete", "Lisbon "),
        ("insert", "Porto "),
        ("equal", "now."),
    ]


def test_texts_of_a_mebibyte_are_compared_within_seconds() -> None:
    draw = random.Random(1)
    old, new = (" ".join(draw.choice("abcdefgh") for _ in range(500_000)) for _ in range(2))
    started = time.monotonic()
    runs = diffing.words(old, new)
    assert time.monotonic() - started < 5
    assert read(runs, without="insert") == old
