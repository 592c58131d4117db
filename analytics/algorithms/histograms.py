"""Histograms of milliseconds with fixed edges: they add up over hours, and give percentiles without the values."""

from bisect import bisect_left
from collections.abc import Sequence

# Upper edges of all buckets but the last, which has none: each a quarter more than the one before it (1 ms to 56 s),
# so that a percentile is at most an eighth away from the truth.
EDGES = tuple(round(1.25**step, 3) for step in range(50))
SIZE = len(EDGES) + 1


def bucket(value: float) -> int:
    """The place of a value, 0 to SIZE - 1."""
    return bisect_left(EDGES, value)


def of(values: Sequence[float]) -> list[int]:
    """How many of the values are in each bucket."""
    told = [0] * SIZE
    for value in values:
        told[bucket(value)] += 1
    return told


def percentile(buckets: Sequence[int], share: float) -> float | None:
    """The value that `share` (0 to 1) of all lie at or below, straight between the edges of its bucket.

    None for an empty histogram. Beyond the last edge it is that edge.
    """
    count = sum(buckets)
    if not count:
        return None
    rest = share * count
    for at, held in enumerate(buckets):
        if held and rest <= held:
            low = EDGES[at - 1] if at else 0.0
            high = EDGES[at] if at < len(EDGES) else low
            return low + (high - low) * rest / held
        rest -= held
    return EDGES[-1]
