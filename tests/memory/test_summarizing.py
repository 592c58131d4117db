"""Sentences that stand alone, and summaries made of them: whole, in order, with who said them and when."""

from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory.algorithms import sentences, summarizing
from memory.algorithms.summarizing import Told, summary

MAY = datetime(2023, 5, 8, 12, tzinfo=UTC)
JUNE = datetime(2023, 6, 12, 12, tzinfo=UTC)
TALK = [
    Told("Hey Ben! How are you?", MAY, "Ada"),
    Told("Hi Ada! I moved to Lisbon with my sister in April. It was great!", MAY, "Ben"),
    Told("Wow, that's cool! I started a pottery class at the museum yesterday.", MAY, "Ada"),
    Told("Thanks! Take care!", MAY, "Ben"),
]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("One came. Two went! Three?", ["One came.", "Two went!", "Three?"]),
        ("Dr. Lee met J. Doe at 3.5 km. He ran.", ["Dr. Lee met J. Doe at 3.5 km.", "He ran."]),
        ("It was 1990. Then it ended.", ["It was 1990.", "Then it ended."]),
        ("- tea\n- coffee, black\n\n1. milk", ["tea", "coffee, black", "milk"]),
        ("She said “Stop.” Then left…", ["She said “Stop.”", "Then left…"]),
        ("Look at this. [a photo of a dog] It is Max.", ["Look at this.", "It is Max."]),
        ("私は東京に住んでいます。猫が好きです。", ["私は東京に住んでいます。", "猫が好きです。"]),
        ("wait... what is it?", ["wait... what is it?"]),
        ("  \n!!! ", []),
    ],
)
def test_a_text_is_split_into_whole_sentences(text: str, found: list[str]) -> None:
    assert sentences.split(text) == found


def test_who_has_no_name_is_told_within_a_sentence_and_at_its_beginning() -> None:
    note = Told("I moved to Lisbon with my sister in April.", MAY, "The user")
    assert summary([note], 200) == "On 8 May 2023 the user said: “I moved to Lisbon with my sister in April.”"


def test_an_interjection_before_a_sentence_is_left_out() -> None:
    assert sentences.opened("Yeah, Ada, I painted that lake last year!") == "I painted that lake last year!"
    assert sentences.opened("Yeah, I did!") == "Yeah, I did!"
    assert sentences.opened("Well, my cat is here.") == "Well, my cat is here."


def test_what_is_concrete_is_worth_more_than_small_talk_and_questions() -> None:
    concrete = sentences.worth("I moved to Lisbon with my sister in April.", speech=True)
    for other in ("How are you?", "Thanks, Ada!", "You are such a great friend!", "It was great!"):
        assert sentences.worth(other, speech=True) < concrete / 2


def test_a_talk_is_summed_up_with_who_said_what_and_when() -> None:
    assert summary(TALK, 2) == (
        "Ada and Ben talked on 8 May 2023. Ben: “I moved to Lisbon with my sister in April.” "
        "Ada: “I started a pottery class at the museum yesterday.”"
    )


def test_notes_stand_as_they_are_behind_their_day() -> None:
    notes = [Told("The server in Bonn runs Debian 12", MAY), Told("Backups of Bonn go to Graz at night.", JUNE)]
    assert summary(notes, 5) == (
        "On 8 May 2023: The server in Bonn runs Debian 12. On 12 June 2023: Backups of Bonn go to Graz at night."
    )


def test_a_talk_of_several_days_tells_each_day() -> None:
    told = summary([TALK[1], Told("I sold the house in Porto on Monday.", JUNE, "Ada")], 4)
    assert told.startswith("Ben and Ada talked from 8 May to 12 June 2023. On 8 May 2023 Ben said: “I moved")
    assert "On 12 June 2023 Ada said: “I sold the house in Porto on Monday.”" in told


def test_the_same_thing_is_not_said_twice() -> None:
    twice = [
        Told("I moved to Lisbon with my sister in April.", MAY, "Ben"),
        Told("I moved to Lisbon in April with my sister!", JUNE, "Ben"),
        Told("I bought a red bicycle in Graz.", JUNE, "Ben"),
    ]
    told = summary(twice, 3)
    assert told.count("Lisbon") == 1
    assert "bicycle" in told


def test_where_there_is_only_small_talk_it_is_told() -> None:
    assert "Thanks" in summary([Told("Thanks! Bye!", MAY, "Ada")], 3)


def test_nothing_is_summed_up_to_nothing() -> None:
    assert summary([], 5) == ""
    assert summary([Told("…", MAY), Told(" ", MAY, "Ada")], 5) == ""


def test_names_are_listed_as_one_speaks() -> None:
    names = ["Ada", "Ben", "Cleo", "Dan", "Eve"]
    assert [summarizing.listed(names[:n]) for n in (1, 2, 3, 5)] == [
        "Ada", "Ada and Ben", "Ada, Ben and Cleo", "Ada, Ben, Cleo and 2 others",
    ]  # fmt: skip


def test_days_are_told_with_as_few_words_as_they_need() -> None:
    days = [MAY.date(), JUNE.date(), JUNE.date().replace(year=2024)]
    assert summarizing.between(days[:1]) == "on 8 May 2023"
    assert summarizing.between(days[:2]) == "from 8 May to 12 June 2023"
    assert summarizing.between(days) == "from 8 May 2023 to 12 June 2024"


texts = st.lists(
    st.builds(Told, st.text(max_size=300), st.just(MAY) | st.just(JUNE), st.sampled_from(["", "Ada", "Ben"])),
    max_size=12,
)


@given(texts, st.integers(1, 8))
def test_every_sentence_is_whole_and_from_its_text_and_all_are_in_order(told: list[Told], most: int) -> None:
    kept = summarizing.chosen(told, most)
    assert len(kept) <= most
    assert [one.text for one in kept] == sorted(one.text for one in kept)
    for one in kept:
        whole = sentences.split(told[one.text].words)
        assert one.words in {*whole, *map(sentences.opened, whole)}


@given(texts)
def test_the_same_texts_give_the_same_summary(told: list[Told]) -> None:
    assert summary(told, 4) == summary(list(told), 4)


def test_a_book_is_summed_up_within_bounds() -> None:
    book = "\n".join(f"Chapter {n} tells of the house number {n} in Bonn." for n in range(20_000))
    assert summary([Told(book, MAY)], 3).count("Chapter") == 2  # a text gives two at most


@given(st.text() | st.text("ab '’дß・日本カタ한.\n"))
def test_a_letter_of_a_script_without_blanks_is_a_word(text: str) -> None:
    found = []
    for word in sentences.WORD.findall(text.casefold().replace("’", "'")):
        found += sentences.WIDE.findall(word) or [word]
    assert sentences.words(text) == found


@given(st.lists(st.lists(st.sampled_from("abcdef"), max_size=8), min_size=1, max_size=8))
def test_likeness_is_the_cosine_of_the_words_the_rare_ones_weighing_more(bags: list[list[str]]) -> None:
    weights = [np.log1p(len(bags) / max(sum(word in bag for bag in bags), 1)) for word in "abcdef"]
    rows = [np.array([bag.count(word) for word in "abcdef"]) * weights for bag in bags]
    lengths = [np.linalg.norm(row) or 1.0 for row in rows]
    units = np.array([row / length for row, length in zip(rows, lengths, strict=True)])
    assert np.allclose(summarizing.alike(bags), units @ units.T)
