"""Charts as plain geometry: lines with a band, bars and stacked areas, which templates/console/chart.html draws.

Places are in the units of the view box. A colour is the place of a series in the palette of console.css, so that light
and dark are the stylesheet's to choose. Behind each chart stands the table of its numbers.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from config.charts import shapes
from config.charts.axis import FULL, HALF, HEIGHT, Axis, Series
from config.charts.words import Value, said, when

__all__ = ["FULL", "HALF", "Chart", "Series", "areas", "bars", "lines", "said", "when"]


@dataclass(frozen=True)
class Chart:
    """What the template draws."""

    title: str
    width: int
    unit: str
    height: int = HEIGHT
    empty: bool = False
    ticks: list[dict[str, Any]] = field(default_factory=list)
    labels: list[dict[str, Any]] = field(default_factory=list)
    shapes: list[dict[str, Any]] = field(default_factory=list)
    hits: list[dict[str, Any]] = field(default_factory=list)
    legend: list[dict[str, Any]] = field(default_factory=list)
    rows: list[dict[str, Any]] = field(default_factory=list)
    says: str = ""  # for who does not see it
    note: str = ""


def bars(title: str, steps: Sequence[datetime], series: Sequence[Series], **said: Any) -> Chart:
    """A bar a step, its parts on top of each other."""
    return _chart(title, steps, series, shapes.bars, stacked=True, **said)


def areas(title: str, steps: Sequence[datetime], series: Sequence[Series], **said: Any) -> Chart:
    """Filled layers on top of each other; an unknown step goes on as the one before it."""
    filled = [Series(one.label, carried(one.values), one.tone, url=one.url, sums_up=False) for one in series]
    return _chart(title, steps, filled, shapes.areas, stacked=True, **said)


def lines(title: str, steps: Sequence[datetime], series: Sequence[Series], **said: Any) -> Chart:
    """Lines, each with the band of its `low` and `high`; an unknown step is a gap."""
    return _chart(title, steps, series, shapes.lines, stacked=False, **said)


def carried(values: Sequence[Value]) -> list[Value]:
    """Each unknown value as the one before it; at the beginning as the first that is known."""
    held = next((value for value in values if value is not None), None)
    told = []
    for value in values:
        held = held if value is None else value
        told.append(held)
    return told


def _chart(
    title: str, steps: Sequence[datetime], series: Sequence[Series], draw: Callable[..., Any], *, stacked: bool,
    unit: str = "", step: str = "day", width: int = HALF, url: Callable[[datetime], str] | None = None, note: str = "",
) -> Chart:  # fmt: skip
    shown = [one for one in series if any(value for value in (*one.values, *one.high))]
    if not stacked:
        shown = [one for one in series if any(value is not None for value in (*one.values, *one.high))]
    if not shown or not steps:
        return Chart(title, width, unit, empty=True, note=note)
    axis = Axis(steps, shown, width, stacked=stacked, unit=unit)
    chart = Chart(title, width, unit, ticks=axis.ticks(), labels=axis.labels(step), says=_says(shown, unit), note=note)
    chart.shapes.extend(draw(axis, shown))
    chart.hits.extend(axis.hits(step, url))
    chart.legend.extend(_legend(one, unit) for one in shown)
    chart.rows.extend(_row(axis, place, step, url) for place in range(len(steps)))
    return chart


def _legend(one: Series, unit: str) -> dict[str, Any]:
    known = [value for value in one.values if value is not None]
    told = sum(known) if one.sums_up and not unit else known[-1] if known else None
    return {"tone": one.tone, "label": one.label, "says": said(told, unit), "url": one.url, "dashed": one.dashed}


def _says(series: Sequence[Series], unit: str) -> str:
    return ", ".join(f"{told['label']} {told['says']}" for told in (_legend(one, unit) for one in series))


def _row(axis: Axis, place: int, step: str, url: Callable[[datetime], str] | None) -> dict[str, Any]:
    at = axis.steps[place]
    cells = [said(one.values[place], axis.unit) for one in axis.series]
    return {"at": when(at, step, whole=True), "cells": cells, "url": url(at) if url else ""}
