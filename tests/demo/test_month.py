"""The demo's month in plain values: the same for the same seed, and with the shapes that charts shall show."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from statistics import mean, median

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.demo import lessons, nights, questions, rhythm, talks, traffic, words
from config.demo.rhythm import HOUR, Month

END = datetime(2026, 11, 21, 18, tzinfo=UTC)
MONTH = Month(7, END)
SPOKEN = talks.talks(MONTH)
SAID = talks.said(MONTH)
LEARNED = lessons.learned(MONTH, SPOKEN)


def everything(month: Month) -> list[object]:
    spoken, said = talks.talks(month), talks.said(month)
    return [
        spoken, said, talks.pairs(month, said), lessons.learned(month, spoken), list(traffic.counted(month)),
        traffic.tracked(month, spoken), nights.runs(month), questions.golden(month, said),
        list(questions.asked(month, said)),
    ]  # fmt: skip


def test_the_same_seed_and_end_make_the_same_month() -> None:
    assert everything(Month(7, END)) == everything(Month(7, END))


def test_another_seed_makes_another_month() -> None:
    assert talks.said(Month(8, END)) != SAID


def test_nothing_happens_outside_the_month() -> None:
    times = [one.at for one in [*SPOKEN, *SAID, *LEARNED]]
    times += [run.queued for run in nights.runs(MONTH)] + [run.finished for run in nights.runs(MONTH)]
    times += [one.judged_at for one in LEARNED if one.judged_at] + [pair.second.at for pair in talks.pairs(MONTH, SAID)]
    assert MONTH.begin <= min(times)
    assert max(times) < END


@given(st.datetimes(datetime(2020, 1, 1), datetime(2035, 1, 1)), st.integers(0, 2**32))
def test_ids_are_uuids_of_version_7_that_sort_by_their_time(naive: datetime, seed: int) -> None:
    at, dice = naive.replace(tzinfo=UTC), Month(seed, END).dice("ids")
    early, late = rhythm.key(dice, at), rhythm.key(dice, at + timedelta(milliseconds=2))
    assert early.version == late.version == 7
    assert early.variant == "specified in RFC 4122"
    assert early < late


def test_ids_are_told_once() -> None:
    ids = [one.id for one in [*SPOKEN, *SAID, *LEARNED]]
    assert len(set(ids)) == len(ids)


def test_a_working_day_is_busier_than_a_sunday_and_noon_than_night() -> None:
    days = Counter(one.at.weekday() for one in SAID)
    hours = Counter(one.at.hour for one in SAID)
    assert days[1] > 2 * days[6]
    assert hours[10] > 5 * hours[3]


def test_the_month_grows() -> None:
    first, last = [sum(MONTH.day(one.at) // 7 == week for one in SAID) for week in (0, 3)]
    assert last > 1.4 * first


def test_on_the_bad_day_searches_are_slow_and_calls_fail() -> None:
    def took(bad: bool) -> float:
        told = [one for one in traffic.counted(MONTH) if one.metric == "searches" and MONTH.is_bad(one.hour) == bad]
        return median(ms for one in told for ms in one.values)

    assert MONTH.bad_day.weekday() < 5
    assert took(True) > 8 * took(False)
    errors = Counter(MONTH.is_bad(one.hour) for one in traffic.counted(MONTH) if one.metric == "request_errors")
    assert errors[True]
    assert {why.why for why in questions.asked(MONTH, SAID)} == {"sampled", "slow", "empty", "failed"}


@pytest.mark.parametrize("end_day", range(1, 8))
def test_the_bad_day_is_a_working_day_whenever_the_month_ends(end_day: int) -> None:
    month = Month(1, datetime(2026, 6, end_day, 12, tzinfo=UTC))
    assert month.bad_day.weekday() < 5
    assert month.begin < month.bad_day < month.end


def accuracy(desk: str, first: int, last: int) -> float:
    return mean(
        one.correct for one in LEARNED
        if one.correct is not None and one.talk.desk.name == desk and first <= MONTH.day(one.at) < last
    )  # fmt: skip


def test_bookings_learns_and_then_has_learned_while_pricing_gets_worse() -> None:
    begin, middle, end = accuracy("bookings", 0, 5), accuracy("bookings", 14, 20), accuracy("bookings", 24, 30)
    assert middle > begin + 0.1
    assert abs(end - middle) < 0.09
    assert accuracy("pricing", 24, 30) < accuracy("pricing", 0, 16) - 0.1


def test_nobody_says_much_of_pricing() -> None:
    judged = [one.correct is not None for one in LEARNED if one.talk.desk is words.PRICING]
    assert mean(judged) < 0.3


def test_said_again_is_said_in_other_words_and_the_contrary_is_not_the_same() -> None:
    pairs = talks.pairs(MONTH, SAID)
    assert Counter(pair.kind for pair in pairs) == {"duplicate": talks.AGAIN, "contradiction": talks.CONTRARY}
    assert all(pair.first.text != pair.second.text and pair.first.talk.user == pair.second.talk.user for pair in pairs)
    assert all("{" not in one.text for one in SAID)


def test_a_golden_question_comes_after_what_it_asks_for() -> None:
    there = {one.id: one for one in SAID}
    for question in questions.golden(MONTH, SAID):
        assert 1 <= len(question.expected) <= questions.EXPECTED
        assert there[question.expected[0]].at < question.at < END
        assert not any(there[id].gone_at for id in question.expected)


def test_the_nights_after_the_bad_day_some_runs_failed() -> None:
    failed = [run for run in nights.runs(MONTH) if run.error]
    assert failed
    assert all(MONTH.bad_day < run.queued < MONTH.bad_day + 28 * HOUR for run in failed)
