"""Forecasts and anomalies: intervals that hold, seasons that are seen, and a plain word where too little is known."""

import math
import os
import random
import subprocess
import sys

from hypothesis import given, settings
from hypothesis import strategies as st

from analytics import forecasting


def weekly(days: int, noise: float = 1.0, seed: int = 3) -> list[float | None]:
    dice = random.Random(seed)
    return [50 + day * 0.2 + (20 if day % 7 < 5 else 0) + dice.gauss(0, noise) for day in range(days)]


def test_too_little_history_is_said_and_not_guessed_from() -> None:
    for values in ([], [1.0] * 3, [1.0, 2.0] * 4):
        told = forecasting.forecast(values, 3)
        assert (told.values, told.low, told.high) == ([], [], [])
        assert told.why_not.startswith("needs 10 steps")


def test_what_never_changes_says_nothing_of_chance() -> None:
    assert forecasting.forecast([5.0] * 30, 3).why_not == "nothing changed in 30 steps"
    assert forecasting.anomalies([5.0] * 30) == []


def test_one_value_beside_many_of_the_same_is_the_only_one_that_stands_out() -> None:
    values = [0.0] * 300 + [0.4] + [0.0] * 3
    assert [each.place for each in forecasting.anomalies(values, "hour")] == [300]


def test_too_many_gaps_are_said() -> None:
    assert forecasting.forecast([1.0, None, 2.0] * 10, 3).why_not == "of 30 steps 10 are not known"


def test_a_season_is_seen_and_goes_on() -> None:
    told = forecasting.forecast(weekly(56), 7)
    assert "season 7" in told.method
    true = [50 + day * 0.2 + (20 if day % 7 < 5 else 0) for day in range(56, 63)]
    assert all(abs(value - right) < 4 for value, right in zip(told.values, true, strict=True))


def test_intervals_hold_about_as_often_as_they_say() -> None:
    inside = 0
    for seed in range(20):
        values = weekly(63, noise=3, seed=seed)
        told = forecasting.forecast(values[:56], 7)
        inside += sum(
            low <= (value or 0) <= high for low, value, high in zip(told.low, values[56:], told.high, strict=True)
        )
    assert 0.85 * 140 <= inside <= 140


def test_no_value_lies_outside_what_can_be() -> None:
    falling = [max(0.0, 1 - day / 20 + math.sin(day) / 30) for day in range(25)]
    told = forecasting.forecast(falling, 10, least=0.0, most=1.0)
    assert all(0 <= value <= 1 for row in (told.values, told.low, told.high) for value in row)


def test_a_day_that_stands_out_is_found_with_its_size() -> None:
    values = weekly(42)
    values[30] = (values[30] or 0) + 40
    values[12] = (values[12] or 0) - 40
    told = forecasting.anomalies(values)
    assert [each.place for each in told] == [12, 30]
    assert told[0].score < -3.5 < 3.5 < told[1].score
    assert all(not each.low <= each.value <= each.high for each in told)
    assert "STL season 7" in told[0].method


def test_a_weekend_is_no_anomaly() -> None:
    assert forecasting.anomalies(weekly(42)) == []


@settings(max_examples=15, deadline=None)
@given(st.lists(st.none() | st.floats(0, 1e6), max_size=40), st.sampled_from(["hour", "day", "week", "month"]))
def test_whatever_was_the_answer_is_finite_or_says_why(values: list[float | None], step: str) -> None:
    told = forecasting.forecast(values, 3, step)
    assert bool(told.why_not) != bool(told.values)
    assert all(math.isfinite(value) for row in (told.values, told.low, told.high) for value in row)
    for each in forecasting.anomalies(values, step):
        assert values[each.place] == each.value


def test_no_program_reads_the_statistics_before_somebody_asks() -> None:
    code = (
        "import sys, django; django.setup(); import config.urls, config.asgi, analytics.tasks, analytics.forecasting;"
        "print([name for name in ('statsmodels', 'pandas') if name in sys.modules])"
    )
    env = os.environ | {"DJANGO_SETTINGS_MODULE": "config.settings"}
    told = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True, timeout=60)
    assert told.stdout.split() == ["[]"]
