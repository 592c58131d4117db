"""When a delivery is tried again, and when a webhook rests: pure, so properties over all inputs."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.webhooks import schedule

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
DAY = timedelta(hours=24)


def test_the_steps_are_those_of_the_specification() -> None:
    steps = [schedule.wait(tries, 0.5) for tries in range(10)]
    assert [step.total_seconds() for step in steps if step is not None] == [
        0, 5, 5 * 60, 30 * 60, 2 * 3600, 5 * 3600, 10 * 3600, 14 * 3600, 20 * 3600, 24 * 3600,
    ]  # fmt: skip
    assert sum(steps, timedelta()).total_seconds() / 3600 == pytest.approx(75.6, abs=0.1)  # type: ignore[arg-type]


@given(tries=st.integers(1, 9), chance=st.floats(0, 1))
def test_jitter_moves_a_step_by_a_fifth_at_most(tries: int, chance: float) -> None:
    step, told = schedule.STEPS[tries], schedule.wait(tries, chance)
    assert told is not None
    assert 0.8 * step - 1e-6 <= told.total_seconds() <= 1.2 * step + 1e-6


@given(tries=st.integers(10, 1000), chance=st.floats(0, 1))
def test_after_the_tenth_try_there_is_none(tries: int, chance: float) -> None:
    assert schedule.wait(tries, chance) is None


@given(status=st.one_of(st.none(), st.integers(100, 999)))
def test_only_2xx_is_a_success(status: int | None) -> None:
    assert schedule.arrived(status) is (status in range(200, 300))


@given(failures=st.integers(0, 10**6))
def test_rests_grow_and_have_an_end(failures: int) -> None:
    rest = schedule.rest(failures)
    assert rest <= schedule.rest(failures + 1) <= timedelta(seconds=schedule.LONGEST_REST)
    assert bool(rest) is (failures >= schedule.CIRCUIT)


@given(seconds=st.integers(0, 10**30))
def test_a_retry_after_in_seconds_is_heeded_up_to_a_day(seconds: int) -> None:
    assert schedule.asked(str(seconds), NOW) == (DAY if seconds >= 86_400 else timedelta(seconds=seconds))


@given(seconds=st.integers(-(10**8), 10**8))
def test_a_retry_after_as_a_date_is_heeded_up_to_a_day(seconds: int) -> None:
    at = format_datetime(NOW + timedelta(seconds=seconds), usegmt=True)
    assert schedule.asked(at, NOW) == min(max(timedelta(seconds=seconds), timedelta()), DAY)


@given(text=st.one_of(st.text(), st.from_regex(r"\w{3}, \d{1,5} \w{3} \d{1,9} \d\d:\d\d:\d\d ([A-Z]{3}|[+-]\d{4})")))
def test_no_retry_after_can_do_harm(text: str) -> None:
    assert timedelta() <= schedule.asked(text, NOW) <= DAY


@pytest.mark.parametrize("text", ["", "soon", "-5", "1.5", "٣", "5 s"])
def test_nonsense_asks_for_nothing(text: str) -> None:
    assert schedule.asked(text, NOW) == timedelta()


def test_a_webhook_is_given_up_after_five_days_of_nothing_but_failures() -> None:
    since = NOW - schedule.GIVEN_UP
    assert schedule.hopeless(5, since, NOW)
    assert not schedule.hopeless(4, since, NOW)
    assert not schedule.hopeless(5, since + timedelta(seconds=1), NOW)
    assert not schedule.hopeless(0, None, NOW)
