"""Shares of a count: with the interval in which the true one lies."""

import math

Z = 1.96  # of 95 %


def share(part: float, whole: float) -> float | None:
    """`part / whole`; None of nothing."""
    return part / whole if whole else None


def wilson(right: float, count: float, z: float = Z) -> tuple[float, float] | None:
    """The interval, both 0 to 1, in which a share lies of which `right` of `count` were seen; None of nothing.

    Wilson's score interval (Wilson 1927, "Probable inference"): unlike the normal one it is right for small counts and
    for shares near 0 and 1.
    """
    if not count:
        return None
    seen, square = right / count, z * z
    middle = (seen + square / (2 * count)) / (1 + square / count)
    half = z * math.sqrt(seen * (1 - seen) / count + square / (4 * count * count)) / (1 + square / count)
    return max(0.0, middle - half), min(1.0, middle + half)


def change(now: float | None, before: float | None) -> float | None:
    """By how much of what it was before it is more; None where nothing was before."""
    return (now - before) / abs(before) if now is not None and before else None
