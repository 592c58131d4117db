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
            alone = f"M{run[0][0] - 0.01:.2f} {run[0][1]:.1f}h.02"  # a round cap makes a dot of it
            yield {
                "kind": "dash" if one.dashed else "line",
                "tone": one.tone,
                "d": f"M{curve(run)}" if run[1:] else alone,
            }


def _band(axis: Axis, one: Series) -> Iterable[dict[str, Any]]:
    both = [place for place, pair in enumerate(zip(one.low, one.high, strict=True)) if None not in pair]
    if len(both) > 1:
        upper = [(axis.x(place), axis.y(one.high[place] or 0)) for place in both]
        lower = [(axis.x(place), axis.y(max(one.low[place] or 0, 0))) for place in reversed(both)]
        yield {"kind": "band", "tone": one.tone, "d": f"M{curve(upper)}L{curve(lower)}z"}


def _runs(axis: Axis, values: Sequence[Value]) -> list[list[Place]]:
    """What is known without a gap, in pieces."""
    pieces: list[list[Place]] = [[]]
    for place, value in enumerate(values):
        if value is None:
            pieces.append([])
        else:
            pieces[-1].append((axis.x(place), axis.y(value)))
    return [piece for piece in pieces if piece]
