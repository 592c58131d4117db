"""The paths of bars, layers and lines."""

from collections.abc import Iterable, Sequence
from typing import Any

from config.charts.axis import GAP, LEFT, RIGHT, Axis, Series
from config.charts.curves import Place, curve
from config.charts.words import Value


def bars(axis: Axis, series: Sequence[Series]) -> Iterable[dict[str, Any]]:
    """One path for each series, so that hours of a month are a few elements."""
    width, base = axis.each * (1 - GAP), [0.0] * len(axis.steps)
    for one in series:
        pieces = []
        for place, value in enumerate(one.values):
            if value:
                x, low, high = axis.x(place) - width / 2, axis.y(base[place]), axis.y(base[place] + value)
                pieces.append(f"M{x:.1f} {low:.1f}V{high:.1f}h{width:.1f}V{low:.1f}z")
                base[place] += value
        yield {"kind": "bar", "tone": one.tone, "d": "".join(pieces)}


def areas(axis: Axis, series: Sequence[Series]) -> Iterable[dict[str, Any]]:
    base = [0.0] * len(axis.steps)
    for one in series:
        top = [low + (value or 0) for low, value in zip(base, one.values, strict=True)]
        upper, lower = _wide(axis, top), _wide(axis, base)[::-1]
        yield {"kind": "area", "tone": one.tone, "d": f"M{curve(upper)}L{curve(lower)}z"}
        yield {"kind": "edge", "tone": one.tone, "d": f"M{curve(upper)}"}
        base = top


def _wide(axis: Axis, values: Sequence[float]) -> list[Place]:
    """From edge to edge: half a step more at both ends."""
    inner = [(axis.x(place), axis.y(value)) for place, value in enumerate(values)]
    return [(float(LEFT), inner[0][1]), *inner, (float(axis.width - RIGHT), inner[-1][1])]


def lines(axis: Axis, series: Sequence[Series]) -> Iterable[dict[str, Any]]:
    for one in series:
        if one.low and one.high:
            yield from _band(axis, one)
        for run in _runs(axis, one.values):
            if len(series) == 1 and len(run) > 1:
                d = f"M{run[0][0]:.1f} {axis.floor}L{curve(run)}V{axis.floor}z"
                yield {"kind": "glow", "tone": one.tone, "d": d}
            if run[1:]:
                yield {"kind": "dash" if one.dashed else "line", "tone": one.tone, "d": f"M{curve(run)}"}
            else:  # a round cap makes a dot of it
                yield {"kind": "point", "tone": one.tone, "d": f"M{run[0][0] - 0.01:.2f} {run[0][1]:.1f}h.02"}


def _band(axis: Axis, one: Series) -> Iterable[dict[str, Any]]:
    """Beside each run of the line, and over no gap of it."""
    known = [None if None in pair else pair for pair in zip(one.high, one.low, strict=True)]
    highs = _runs(axis, [pair and pair[0] for pair in known])
    lows = _runs(axis, [pair and max(pair[1] or 0, 0) for pair in known])
    for upper, lower in zip(highs, lows, strict=True):
        if len(upper) > 1:
            yield {"kind": "band", "tone": one.tone, "d": f"M{curve(upper)}L{curve(lower[::-1])}z"}
        else:  # a step alone has a bar
            (x, y), (_, least) = upper[0], lower[0]
            yield {"kind": "band", "tone": one.tone, "d": f"M{x - 1.5:.1f} {y:.1f}h3V{least:.1f}h-3z"}


def _runs(axis: Axis, values: Sequence[Value]) -> list[list[Place]]:
    """What is known without a gap, in pieces."""
    pieces: list[list[Place]] = [[]]
    for place, value in enumerate(values):
        if value is None:
            pieces.append([])
        else:
            pieces[-1].append((axis.x(place), axis.y(value)))
    return [piece for piece in pieces if piece]
