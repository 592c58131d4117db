"""When a memory held and when it said what, as shares of one line from the first moment to the last."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

LEAST = timedelta(seconds=1)


@dataclass(frozen=True)
class Span:
    """From `start` to `end`; None: it goes on."""

    name: str
    start: datetime
    end: datetime | None


@dataclass(frozen=True)
class Bar:
    """A span's place: `left` and `width` in [0, 1]; `goes_on` when it has no end."""

    span: Span
    left: float
    width: float
    goes_on: bool


@dataclass(frozen=True)
class Line:
    """The bars of spans, the places of moments, and the first and the last moment of all."""

    first: datetime
    last: datetime
    last_place: float
    bars: tuple[Bar, ...]
    places: tuple[float, ...]


def laid_out(spans: Sequence[Span], moments: Sequence[datetime], now: datetime) -> Line:
    """Everything on one line, which ends a twentieth after the last moment: what goes on runs to its very end."""
    known = [now, *moments, *(at for span in spans for at in (span.start, span.end) if at)]
    first, last = min(known), max(known)
    length = max(last - first, LEAST) * 1.05

    def place(at: datetime) -> float:
        return (at - first) / length

    bars = []
    for span in spans:
        left = place(span.start)
        right = place(max(span.end, span.start)) if span.end else 1.0
        bars.append(Bar(span, left, right - left, span.end is None))
    return Line(first, last, place(last), tuple(bars), tuple(place(at) for at in moments))
