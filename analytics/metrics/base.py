"""What a metric is: a name with its words, what it reads of the counts, and the number that it makes of that.

A metric of the catalogue is a subclass of one of the shapes below; it states what it is and computes nothing itself.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from analytics.counts import Point

AGGREGATIONS = ("count", "sum", "mean", "least", "most", "p50", "p90", "p95", "p99")
SHARES = {"p50": 0.5, "p90": 0.9, "p95": 0.95, "p99": 0.99}


@dataclass(frozen=True)
class Read:
    """What a metric needs of `counts.series`: a stored metric, one kind of it, with buckets, or the last snapshot."""

    metric: str
    kind: str = ""
    histogram: bool = False
    last: bool = False


class Metric(ABC):
    """A metric: what people are told of it, and how its value comes about.

    `source` is where its numbers come from: ledger, runs, learning, tracked, stock or live. `kinds` says what its kinds
    are, empty where it has none; `splits` are those of counts.GROUPS that it can be grouped and narrowed by. `better`
    is 1 when more is better, -1 when less is, 0 when neither.
    """

    name: ClassVar[str]
    label: ClassVar[str]
    says: ClassVar[str]
    unit: ClassVar[str] = ""
    source: ClassVar[str]
    kinds: ClassVar[str] = ""
    splits: ClassVar[tuple[str, ...]] = ("kind", "domain")
    aggregation: ClassVar[str]
    better: ClassVar[int] = 0
    stored: ClassVar[bool] = True  # its counts stand under its own name, and can be put together in other ways
    buckets: ClassVar[bool] = False  # its counts have histograms, so percentiles can be asked for
    bounds: ClassVar[tuple[float | None, float | None]] = (0.0, None)  # no value lies outside

    def reads(self) -> tuple[Read, ...]:
        return (Read(self.name),)

    def ways(self) -> tuple[str, ...]:
        """How it can be put together otherwise, of AGGREGATIONS."""
        return tuple(way for way in AGGREGATIONS if self.stored and (self.buckets or way not in SHARES))

    @abstractmethod
    def value(self, told: Sequence[Point]) -> float | None:
        """Of one point for each of `reads`; a point without anything has n = 0. None: there is nothing to say."""


class Counted(Metric):
    """How often something happened."""

    aggregation = "count"

    def value(self, told: Sequence[Point]) -> float | None:
        return float(told[0].n)


class Summed(Metric):
    """What it came to together."""

    aggregation = "sum"

    def value(self, told: Sequence[Point]) -> float | None:
        return told[0].total


class Averaged(Metric):
    """What it came to each time."""

    aggregation = "mean"

    def value(self, told: Sequence[Point]) -> float | None:
        return told[0].mean


class Last(Metric):
    """What there was at the last snapshot of a step."""

    aggregation = "last"
    source = "stock"
    stored = False
    of: ClassVar[str] = ""  # the stored metric, when it is another one

    def reads(self) -> tuple[Read, ...]:
        return (Read(self.of or self.name, last=True),)

    def value(self, told: Sequence[Point]) -> float | None:
        return None if told[0].least is None else told[0].total  # a snapshot has one, also of nothing


class Ratio(Metric):
    """One part by another: (metric, `n` or `total`, kind) each."""

    aggregation = "ratio"
    stored = False
    part: ClassVar[tuple[str, str, str]]
    whole: ClassVar[tuple[str, str, str]]

    def reads(self) -> tuple[Read, ...]:
        return tuple(Read(metric, kind) for metric, _, kind in (self.part, self.whole))

    def value(self, told: Sequence[Point]) -> float | None:
        part, whole = (getattr(point, of[1]) for point, of in zip(told, (self.part, self.whole), strict=True))
        return part / whole if whole else None


class Percentile(Metric):
    """The value that a share of all lie at or below, see algorithms.histograms."""

    stored = False
    of: ClassVar[str]

    def reads(self) -> tuple[Read, ...]:
        return (Read(self.of, histogram=True),)

    def value(self, told: Sequence[Point]) -> float | None:
        return told[0].percentile(SHARES[self.aggregation])


class Otherwise(Metric):
    """A stored metric put together in another way than its own."""

    stored = False

    def __init__(self, metric: Metric, aggregation: str) -> None:
        self.metric, self.way = metric, aggregation
        for name in ("name", "label", "says", "unit", "source", "kinds", "splits", "bounds"):
            setattr(self, name, getattr(metric, name))
        self.aggregation = aggregation  # type: ignore[misc]  # of this one
        self.unit = "" if aggregation == "count" else metric.unit  # type: ignore[misc]  # likewise

    def reads(self) -> tuple[Read, ...]:
        return (Read(self.metric.name, histogram=self.way in SHARES),)

    def value(self, told: Sequence[Point]) -> float | None:
        (point,) = told
        ways = {"sum": point.total, "mean": point.mean, "least": point.least, "most": point.most}
        if self.way == "count":
            return float(point.n)
        return point.percentile(SHARES[self.way]) if self.way in SHARES else ways[self.way]
