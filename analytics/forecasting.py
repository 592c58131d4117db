"""What comes next, with the interval that it lies in, and what stands out of what was.

Both look at one value a step, oldest first; None where nothing is known of a step. Both are made by statsmodels and say
why where there is too little to look at: nothing is ever guessed.

    forecast(values, 7, "day") -> Forecast: seven values with the interval that 95 of 100 lie in, or `why_not`
    anomalies(values, "day") -> [Anomaly(place, value, expected, low, high, score, method)]
    too_little(values, "day") -> why neither can be made of these; empty: both can
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from analytics.algorithms import outlying, smoothing

SEASONS = {"hour": 24, "day": 7, "week": 52, "month": 12}  # steps after which it begins anew
LEAST_STEPS = 10  # fewer say nothing of how far chance goes
MOST_GAPS = 0.2  # of the steps, filled straight between their neighbours
LOOKED_AT = 12  # seasons: older ones only cost time


@dataclass(frozen=True)
class Forecast:
    """`values` of the steps to come; 95 of 100 lie between `low` and `high`, if what was goes on. Or none, and why."""

    values: list[float] = field(default_factory=list)
    low: list[float] = field(default_factory=list)
    high: list[float] = field(default_factory=list)
    method: str = ""
    why_not: str = ""


@dataclass(frozen=True)
class Anomaly:
    """A value outside `low` and `high`: `score` is how many robust deviations it is away; below 0: too low."""

    place: int  # in the values that were given
    value: float
    expected: float
    low: float
    high: float
    score: float
    method: str


def forecast(
    points: Sequence[float | None], ahead: int, step: str = "day", *, least: float | None = None,
    most: float | None = None,
) -> Forecast:  # fmt: skip
    """The next `ahead` values of one a step, with 95 % intervals; `least` and `most` bound what a value can be.

    By exponential smoothing (ETS with additive errors: Hyndman and others, Forecasting with Exponential Smoothing,
    2008), with a damped trend or a season where the corrected information criterion (AICc) is better for it. Needs 10
    steps, two seasons for a season, and values that change. `step` is one of counts.STEPS.
    """
    known, why = _known(points, step)
    if why:
        return Forecast(why_not=why)
    told = smoothing.foretell(known, ahead, SEASONS[step])
    if told is None:
        return Forecast(why_not="no model fits what was")
    values, low, high = ([_within(value, least, most) for value in row] for row in told[:3])
    return Forecast(values, low, high, told[3])


def anomalies(points: Sequence[float | None], step: str = "day") -> list[Anomaly]:
    """The values that stand out, oldest first; none where `too_little` says something.

    Season and trend are taken off by STL with one robust pass (Cleveland and others, 1990) where there are two seasons,
    else the median is; what is left stands out beyond 3.5 robust deviations, 1.4826 times the median absolute deviation
    (Iglewicz and Hoaglin, How to Detect and Handle Outliers, 1993).
    """
    known, why = _known(points, step)
    if why:
        return []
    first = len(points) - len(known)
    told, method = outlying.find(known, SEASONS[step])
    real = (each for each in told if points[first + each.place] is not None)
    return [Anomaly(first + e.place, e.value, e.expected, e.low, e.high, e.score, method) for e in real]


def too_little(points: Sequence[float | None], step: str = "day") -> str:
    """Why neither can be made of these; empty when they can."""
    return _known(points, step)[1]


def _known(points: Sequence[float | None], step: str) -> tuple[list[float], str]:
    """The last seasons of what is known, with its gaps filled, and why that is not enough."""
    first = next((place for place, value in enumerate(points) if value is not None), len(points))
    rest = list(points[max(first, len(points) - LOOKED_AT * SEASONS[step]) :])
    gaps = sum(value is None for value in rest)
    if len(rest) - gaps < LEAST_STEPS:
        return [], f"needs {LEAST_STEPS} steps that are over, and there are {len(rest) - gaps}"
    if gaps > MOST_GAPS * len(rest):
        return [], f"of {len(rest)} steps {gaps} are not known"
    filled = smoothing.filled(rest)
    return (filled, "") if len(set(filled)) > 1 else ([], f"nothing changed in {len(filled)} steps")


def _within(value: float, least: float | None, most: float | None) -> float:
    value = value if least is None else max(value, least)
    return value if most is None else min(value, most)
