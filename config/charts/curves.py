"""Smooth paths through points."""

import itertools
import math
from collections.abc import Sequence

Place = tuple[float, float]


def curve(points: Sequence[Place]) -> str:
    """A smooth path through the points that never rises above or falls below its neighbours.

    Monotone cubic interpolation as of Fritsch and Carlson (1980), with Steffen's (1990) slopes.
    """
    if len(points) < 3:
        return "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
    slopes = _slopes(points)
    path = [f"{points[0][0]:.1f} {points[0][1]:.1f}"]
    for (x0, y0), (x1, y1), m0, m1 in zip(points, points[1:], slopes, slopes[1:], strict=False):
        third = (x1 - x0) / 3
        path.append(f"C{x0 + third:.1f} {y0 + m0 * third:.1f} {x1 - third:.1f} {y1 - m1 * third:.1f} {x1:.1f} {y1:.1f}")
    return "".join(path)


def _slopes(points: Sequence[Place]) -> list[float]:
    steps = [(b[0] - a[0], b[1] - a[1]) for a, b in itertools.pairwise(points)]
    rises = [dy / dx for dx, dy in steps]
    inner = []
    for (h0, _), (h1, _), s0, s1 in zip(steps, steps[1:], rises, rises[1:], strict=False):
        mean = (s0 * h1 + s1 * h0) / (h0 + h1)
        least = min(abs(s0), abs(s1), abs(mean) / 2)
        inner.append(0.0 if s0 * s1 <= 0 else math.copysign(2 * least, s0))
    return [rises[0], *inner, rises[-1]]
