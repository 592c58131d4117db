"""Trends: the straight line through values of equal periods, where it leads, and how sure that is."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

SLOPE = 0.05  # a period; within it nothing is said to change, after the Memory Persistence Service
SURE = 0.95  # of all intervals
METHOD = "line of least squares"
LEAST = 3  # known values below which nothing is said


@dataclass(frozen=True)
class Guess:
    """A value that is expected, and the interval that the true one lies in with the share SURE."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Line:
    """`slope` a period; `slope_low` and `slope_high` bound it. `error` is the standard error of a value."""

    slope: float
    slope_low: float
    slope_high: float
    middle: tuple[float, float]  # means of x and y, which it goes through
    error: float
    spread: float  # sum of the squares of x around its mean
    known: int
    quantile: float  # of Student's t

    def at(self, x: float) -> float:
        return self.middle[1] + self.slope * (x - self.middle[0])

    def guess(self, x: float) -> Guess:
        """The prediction interval of ordinary least squares (Draper, Smith: Applied Regression Analysis, 3.1)."""
        off = sqrt(1 + 1 / self.known + (x - self.middle[0]) ** 2 / self.spread)
        reach = self.quantile * self.error * off
        return Guess(self.at(x), self.at(x) - reach, self.at(x) + reach)


def line(values: Sequence[float | None]) -> Line | None:
    """The line of least squares through values of periods 0, 1, 2 …; a period without one is left out.

    None with fewer than LEAST values: of less nobody can say how sure it is.
    """
    # Here, for it takes a second to import, and few who start need it.
    from scipy.special import stdtrit  # type: ignore[import-untyped]

    points = [(x, y) for x, y in enumerate(values) if y is not None]
    if len(points) < LEAST:
        return None
    n = len(points)
    mean_x, mean_y = sum(x for x, _ in points) / n, sum(y for _, y in points) / n
    spread = sum((x - mean_x) ** 2 for x, _ in points)
    slope = sum((x - mean_x) * (y - mean_y) for x, y in points) / spread
    rest = sum((y - mean_y - slope * (x - mean_x)) ** 2 for x, y in points)
    error = sqrt(rest / (n - 2))
    quantile = float(stdtrit(n - 2, (1 + SURE) / 2))
    reach = quantile * error / sqrt(spread)
    return Line(slope, slope - reach, slope + reach, (mean_x, mean_y), error, spread, n, quantile)


def direction(found: Line | None) -> str:
    """`improving`, `stable` or `declining` by SLOPE; `unknown` without a line."""
    if found is None:
        return "unknown"
    return "improving" if found.slope > SLOPE else "declining" if found.slope < -SLOPE else "stable"
