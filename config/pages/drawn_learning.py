"""The learning history as charts: how well it went with where it goes, and how much there was of which type."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import ceil
from typing import Any

from analytics import trends
from analytics.history import Asked
from analytics.trends import Trend
from config import charts
from config.charts import Chart, Series
from config.pages import behind, drawn_analytics, ranges
from config.pages.ranges import Range

TYPES = ("training", "feedback", "correction", "reinforcement", "adaptation")
TONES = {name: drawn_analytics.TONES[name] for name in TYPES}
PARTS = (("success", "right", 0), ("confidence", "confidence", 1), ("performance", "performance", 2))
INTERVAL = "Dashed: what is expected; 95 of 100 lie within the band, if what was goes on."


@dataclass(frozen=True)
class Going:
    """The trend of a range, with its charts."""

    trend: Trend
    charts: tuple[Chart, Chart]


def of(asked: Asked, chosen: Range, now: datetime) -> Going:
    step, count = chosen.step, _count(chosen)
    found = trends.trend(asked, now, count, step)
    return Going(found, (_curve(found, step, _linked(chosen, step)), _types(chosen, found)))


def _count(chosen: Range) -> int:
    length = (chosen.span.end - chosen.span.begin) / trends.STEPS[chosen.step]
    return min(max(ceil(length), 1), trends.MOST_PERIODS)


def _curve(found: Trend, step: str, url: Callable[[datetime], str]) -> Chart:
    ahead = [found.periods[-1].until + at * trends.STEPS[step] for at in range(len(found.forecast))]
    steps, rest = [period.since for period in found.periods] + ahead, [None] * len(ahead)
    series = [
        Series(label, [getattr(period, name) for period in found.periods] + rest, tone, sums_up=False)
        for name, label, tone in PARTS
    ]
    if ahead:
        series.append(_expected(found))
    return charts.lines(
        "Learning curve", steps, series, unit="share", step=step, url=url, note=INTERVAL if ahead else ""
    )


def _expected(found: Trend) -> Series:
    """From the last known value on, so that the line goes on."""
    known = [period.performance for period in found.periods]
    begins: list[float | None] = [*([None] * (len(known) - 1)), known[-1]]
    gaps: list[float | None] = [None] * len(known)
    values = [one.value for one in found.forecast]
    low, high = [one.low for one in found.forecast], [one.high for one in found.forecast]
    return Series("expected", [*begins, *values], 2, [*gaps, *low], [*gaps, *high], dashed=True, sums_up=False)


def _types(chosen: Range, found: Trend) -> Chart:
    told = trends.types(found.periods)
    series = [
        Series(name, told[name], tone, url=behind.url("learning", **chosen.said, type=name))
        for name, tone in TONES.items()
        if name in told
    ]
    steps = [period.since for period in found.periods]
    return charts.bars("Events, by type", steps, series, step=chosen.step, url=_linked(chosen, chosen.step))


def _linked(chosen: Range, step: str) -> Callable[[datetime], str]:
    def url(at: datetime) -> str:
        own = {"range": "own", "from": ranges.day_of(at), "to": ranges.day_of(at + trends.STEPS[step] * 0.999)}
        return behind.url("learning", **own, domain=chosen.domain)

    return url


def shares(parts: Sequence[tuple[str, float | None]]) -> list[dict[str, Any]]:
    """Shares as bars: a name, the width in per cent, and what is said; a dash where nobody knows."""
    return [
        {"name": name, "width": round(100 * value) if value is not None else 0, "says": charts.said(value, "share")}
        for name, value in parts
    ]
