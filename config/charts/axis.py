"""Series, and where their values are in the units of the view box."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from config.charts.words import Value, marks, said, when

LEFT, RIGHT, TOP, BOTTOM = 46, 10, 12, 24
HEIGHT, HALF, FULL = 210, 500, 1040
GAP = 0.28  # of a step, between two bars
LABEL = {HALF: 78, FULL: 84}  # units between two labels of the time axis


@dataclass(frozen=True)
class Series:
    """One line, or one colour of a stack; None: nothing is known of that step."""

    label: str
    values: Sequence[Value]
    tone: int = 0
    low: Sequence[Value] = ()  # of the band around a line
    high: Sequence[Value] = ()
    dashed: bool = False  # what is expected, not counted
    url: str = ""
    sums_up: bool = True  # whether the sum of its values says something, else the last one is told


class Axis:
    """Where things are: x by the place of the step, y by the value."""

    def __init__(
        self, steps: Sequence[datetime], series: Sequence[Series], width: int, *, stacked: bool, unit: str
    ) -> None:
        self.steps, self.series, self.width, self.stacked, self.unit = steps, series, width, stacked, unit
        self.each = (width - LEFT - RIGHT) / len(steps)
        self.floor = HEIGHT - BOTTOM
        known = [x for one in series for x in (*one.values, *one.low, *one.high) if x is not None]
        self.marks = marks(max(self._sums()), unit) if stacked else marks(max(known), unit, min(known))

    def _sums(self) -> list[float]:
        return [sum(one.values[place] or 0 for one in self.series) for place in range(len(self.steps))]

    def x(self, place: float) -> float:
        return LEFT + self.each * (place + 0.5)

    def y(self, value: float) -> float:
        first, last = self.marks[0], self.marks[-1]
        return self.floor - (self.floor - TOP) * max(0.0, value - first) / (last - first)

    def ticks(self) -> list[dict[str, Any]]:
        return [{"y": round(self.y(mark), 1), "says": said(mark, self.unit)} for mark in self.marks]

    def labels(self, step: str) -> list[dict[str, Any]]:
        every = max(1, math.ceil(LABEL[self.width] / self.each))
        if step == "hour":
            every = next((hours for hours in (1, 2, 3, 4, 6, 8, 12, 24) if hours >= every), every)
            places = [place for place, at in enumerate(self.steps) if at.hour % every == 0]
        else:
            places = list(range(len(self.steps) - 1, -1, -every))[::-1]
        return [{"x": round(self.x(place), 1), "says": when(self.steps[place], step)} for place in places]

    def hits(self, step: str, url: Callable[[datetime], str] | None) -> list[dict[str, Any]]:
        """What is under the pointer: a step as high as the chart, with its numbers and the dots of its lines."""
        return [
            {
                "x": round(LEFT + self.each * place, 1),
                "middle": round(self.x(place), 1),
                "width": round(self.each, 1),
                "title": f"{when(at, step, whole=True)}\n" + "\n".join(self._told(place)),
                "url": url(at) if url else "",
                "dots": [] if self.stacked else self._dots(place),
            }
            for place, at in enumerate(self.steps)
        ]

    def _told(self, place: int) -> list[str]:
        told = [f"{one.label}: {said(one.values[place], self.unit)}" for one in reversed(self.series)]
        many = self.stacked and len(self.series) > 1
        return [*told, f"all: {said(self._sums()[place], self.unit)}"] if many else told

    def _dots(self, place: int) -> list[dict[str, Any]]:
        known = [(one, one.values[place]) for one in self.series]
        return [{"y": round(self.y(value), 1), "tone": one.tone} for one, value in known if value is not None]
