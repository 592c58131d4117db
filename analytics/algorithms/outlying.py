"""Values that stand out of a series, once its season and trend are taken off."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

TREND = 4  # seasons, over which a trend bends
FAR = 3.5  # robust deviations: Iglewicz and Hoaglin, 1993


@dataclass(frozen=True)
class Found:
    place: int
    value: float
    expected: float
    low: float
    high: float
    score: float


def find(values: Sequence[float], season: int) -> tuple[list[Found], str]:
    """What stands out, oldest first, and the method's name: STL from two seasons on, else the median.

    It is the median too where most values are the same, as of errors, of which there are none in most hours.
    """
    series = np.asarray(values, dtype=float)
    seasonal = len(values) >= 2 * season + 2 and _varies(series)
    expected = _expected(series, season) if seasonal else np.full(len(series), np.median(series))
    rest = series - expected
    spread = deviation(rest) * (_widened(len(series), season) if seasonal else 1)
    if not spread:
        return [], ""
    middle = float(np.median(rest))
    scores = (rest - middle) / spread
    told = [
        _found(place, series, expected + middle, spread, scores) for place in np.flatnonzero(abs(scores) > FAR).tolist()
    ]
    return told, f"STL season {season}, MAD {FAR}" if seasonal else f"median, MAD {FAR}"


def _varies(series: Any) -> bool:
    """Whether most values differ; where they do not, robust STL takes what stands out for the season itself."""
    return bool(np.median(abs(series - np.median(series))))


def deviation(rest: Any) -> float:
    """A robust standard deviation: of the median absolute deviation or, where that is none, of the mean one."""
    away = abs(rest - np.median(rest))
    return float(1.4826 * np.median(away) or 1.2533 * np.mean(away))


def _expected(series: Any, season: int) -> Any:
    # Imported here, as it takes a second and 100 MB, and few processes ever ask.
    from statsmodels.tsa.seasonal import STL

    # One robust pass: more of them lie so close to most values that the others seem to stand out. Of values with normal
    # noise 4 to 10 in 1,000 are taken for outliers so, where a robust fit as it comes takes 50 to 300.
    told = STL(series, season, seasonal=35, trend=TREND * season + 1, seasonal_deg=0, robust=True).fit(outer_iter=1)
    return told.trend + told.seasonal


def _widened(length: int, season: int) -> float:
    """What is left of a fit is smaller than chance is, by the freedom that the fit had."""
    return float(np.sqrt(length / (length - season - 2 * length / (TREND * season))))


def _found(place: int, series: Any, expected: Any, spread: float, scores: Any) -> Found:
    middle = float(expected[place])
    return Found(
        place, float(series[place]), middle, middle - FAR * spread, middle + FAR * spread, float(scores[place])
    )
