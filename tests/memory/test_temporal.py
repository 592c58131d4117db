"""Time words, on Saturday 21 November 2026, half past three in Berlin."""

import time
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory.algorithms import spans, temporal, timewords
from memory.algorithms.spans import When

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 11, 21, 15, 30, tzinfo=BERLIN)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN)


def days(words: str) -> list[tuple[str, str]]:
    """The spans of some words as days, the last one included."""
    found = temporal.read(words, NOW)
    assert found, words
    return [(f"{first:%Y-%m-%d}", f"{last - timedelta(seconds=1):%Y-%m-%d}") for first, last in found.spans]


@pytest.mark.parametrize(
    ("words", "first", "last"),
    [
        ("today", "2026-11-21", "2026-11-21"),
        ("yesterday", "2026-11-20", "2026-11-20"),
        ("the day before yesterday", "2026-11-19", "2026-11-19"),
        ("this_week", "2026-11-16", "2026-11-22"),
        ("last week", "2026-11-09", "2026-11-15"),
        ("last 2 weeks", "2026-11-07", "2026-11-21"),
        ("three days ago", "2026-11-18", "2026-11-18"),
        ("a month ago", "2026-10-01", "2026-10-31"),
        ("this weekend", "2026-11-21", "2026-11-22"),
        ("last monday", "2026-11-16", "2026-11-16"),
        ("next friday", "2026-11-27", "2026-11-27"),
        ("last summer", "2026-06-01", "2026-08-31"),
        ("last December", "2025-12-01", "2025-12-31"),
        ("in May 2023", "2023-05-01", "2023-05-31"),
        ("Q2 2024", "2024-04-01", "2024-06-30"),
        ("first quarter of 2025", "2025-01-01", "2025-03-31"),
        ("8 May 2023", "2023-05-08", "2023-05-08"),
        ("May 8th, 2023", "2023-05-08", "2023-05-08"),
        ("2023-05-08", "2023-05-08", "2023-05-08"),
        ("2023-05", "2023-05-01", "2023-05-31"),
        ("May 8", "2026-05-08", "2026-05-08"),
        ("24 December", "2025-12-24", "2025-12-24"),
        ("2022", "2022-01-01", "2022-12-31"),
        ("between March 2023 and June 2023", "2023-03-01", "2023-06-30"),
        ("the week before 3 August 2023", "2023-07-27", "2023-08-03"),
        ("between March and June 2023", "2023-03-01", "2023-06-30"),
        ("from 3 to 8 May 2026", "2026-05-03", "2026-05-08"),
        ("between March and June", "2026-03-01", "2026-06-30"),
        ("between October and February", "2025-10-01", "2026-02-28"),
        ("from monday to friday", "2026-11-16", "2026-11-20"),
        ("two weekends ago", "2026-11-07", "2026-11-08"),
        ("gestern", "2026-11-20", "2026-11-20"),
        ("vor 3 Tagen", "2026-11-18", "2026-11-18"),
    ],
)
def test_words_are_spans_of_whole_days(words: str, first: str, last: str) -> None:
    assert days(words) == [(first, last)]


@pytest.mark.parametrize(
    ("words", "when"),
    [
        ("weekends", When(weekdays=frozenset({6, 7}))),
        ("weekdays", When(weekdays=frozenset({1, 2, 3, 4, 5}))),
        ("monday", When(weekdays=frozenset({1}))),
        ("Sundays", When(weekdays=frozenset({7}))),
        ("q1", When(months=frozenset({1, 2, 3}))),
        ("Q4", When(months=frozenset({10, 11, 12}))),
        ("in may", When(months=frozenset({5}))),
        ("winter", When(months=frozenset({12, 1, 2}))),
        ("morning", When(hours=frozenset(range(6, 12)))),
        ("am", When(hours=frozenset(range(6, 12)))),
        ("afternoon", When(hours=frozenset(range(12, 18)))),
        ("pm", When(hours=frozenset(range(12, 18)))),
        ("evening", When(hours=frozenset(range(18, 23)))),
        ("night", When(hours=frozenset(range(18, 23)))),
        ("friday mornings", When(weekdays=frozenset({5}), hours=frozenset(range(6, 12)))),
    ],
)
def test_words_without_a_date_recur(words: str, when: When) -> None:
    assert temporal.read(words, NOW) == when


def test_once_warm_words_that_nobody_understands_are_told_at_once() -> None:
    temporal.warm()
    begun = time.process_time()
    assert temporal.read("wibble", datetime(2026, 5, 8, tzinfo=UTC)) is None
    assert time.process_time() - begun < 0.5


def test_a_part_of_a_day_narrows_the_day() -> None:
    when = temporal.read("yesterday afternoon", NOW)
    assert when
    told = ["2026-11-20T11:59", "2026-11-20T12:00", "2026-11-20T17:59", "2026-11-21T13:00"]
    assert [temporal.in_zone(when, at(time), BERLIN) for time in told] == [False, True, True, False]


def test_yesterday_of_the_first_is_the_last_of_the_month_before() -> None:
    when = temporal.read("yesterday", at("2026-03-01T09:00"))
    assert when
    assert when.spans == ((at("2026-02-28"), at("2026-03-01")),)


def test_a_day_of_the_summer_time_change_is_a_day_of_the_calendar() -> None:
    when = temporal.read("yesterday", at("2026-10-26T09:00"))
    assert when
    ((first, last),) = when.spans
    assert last.astimezone(UTC) - first.astimezone(UTC) == timedelta(hours=25)


@pytest.mark.parametrize(
    ("words", "first", "last"),
    [
        ("since March", "2026-03-01T00:00", None),
        ("since december", "2025-12-01T00:00", None),
        ("after Monday", "2026-11-17T00:00", None),
        ("since Q2", "2026-04-01T00:00", None),
        ("since this morning", "2026-11-21T06:00", None),
        ("since gestern", "2026-11-20T00:00", None),
        ("before June", None, "2026-06-01T00:00"),
        ("until yesterday afternoon", None, "2026-11-20T18:00"),
        ("the last 24 hours", "2026-11-20T15:30", "2026-11-21T15:30:01"),
        ("past hour", "2026-11-21T14:30", "2026-11-21T15:30:01"),
    ],
)
def test_words_may_have_one_end_only(words: str, first: str | None, last: str | None) -> None:
    when = temporal.read(words, NOW)
    assert when, words
    assert when.spans == ((at(first) if first else spans.EARLIEST, at(last) if last else spans.LATEST),)


@pytest.mark.parametrize(
    ("words", "day", "hours"),
    [("this morning", 21, range(6, 12)), ("tonight", 21, range(18, 23)), ("last night", 20, range(18, 23))],
)
def test_a_part_of_this_day_is_not_the_whole_day(words: str, day: int, hours: range) -> None:
    when = temporal.read(words, NOW)
    assert when
    assert (when.spans[0][0].day, when.hours) == (day, frozenset(hours))


@pytest.mark.parametrize("words", ["between 9am and 5pm", "between ada and ben", "since ages", "between May 2023"])
def test_an_end_that_is_not_understood_is_not_left_out(words: str) -> None:
    assert temporal.read(words, NOW) is None


@pytest.mark.parametrize("words", ["", "   ", "colourless green ideas", "31 June 2023", "q5", "32 may 2023", "?!"])
def test_what_is_no_time_is_not_understood(words: str) -> None:
    assert temporal.read(words, NOW) is None


@pytest.mark.parametrize("words", ["9999", "9999-12-31", "december 9999", "since 9999", "31.12.9999"])
def test_a_time_that_ends_beyond_the_calendar_is_not_understood(words: str) -> None:
    assert temporal.read(words, NOW) is None


@given(st.text(max_size=60))
def test_no_words_break_the_readers(words: str) -> None:
    temporal.named(words, NOW)
    timewords.applied([*timewords.DATES, *timewords.RECURRING], words.lower(), NOW)


def test_a_question_names_its_times_among_other_words() -> None:
    assert temporal.named("What did Mel paint in July 2023?", NOW).spans == ((at("2023-07-01"), at("2023-08-01")),)
    assert temporal.named("When did Melanie go camping in June?", NOW).months == {6}
    assert temporal.named("May I march to the fall of Rome?", NOW) == When()
    assert not temporal.named("What does Ada drink?", NOW)


def outside(when: When, times: list[datetime]) -> np.ndarray:
    return temporal.days_outside(when, np.array([time.timestamp() for time in times]))


def test_days_outside_count_from_the_widened_span() -> None:
    when = When(((at("2023-05-08"), at("2023-05-09")),))
    times = [at("2023-05-08T12:00"), at("2023-05-07"), at("2023-05-12"), at("2023-05-14"), at("2023-05-05")]
    assert outside(when, times).round(3).tolist() == [0, 0, 0, 2, 2]


def test_a_month_without_a_year_is_near_in_each_year() -> None:
    times = [datetime(2021, 6, 15, tzinfo=UTC), datetime(2024, 6, 1, tzinfo=UTC), datetime(2024, 12, 1, tzinfo=UTC)]
    far = outside(When(months=frozenset({6})), times)
    assert far[:2].tolist() == [0, 0]
    assert far[2] > 100


def test_without_a_time_everything_is_infinitely_far() -> None:
    assert outside(When(), [NOW]).tolist() == [float("inf")]
