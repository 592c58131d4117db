"""Where learning goes: how well it went period by period, the line through that, and where it leads."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from analytics import forecasting, sums
from analytics.algorithms import patterns as looks
from analytics.algorithms import trends as lines
from analytics.algorithms.trends import Guess
from analytics.history import Asked
from analytics.sums import Sums, mean

STEPS = {"hour": timedelta(hours=1), "day": timedelta(days=1), "week": timedelta(days=7)}
AHEAD = 3  # periods that are forecast
MOST_PERIODS = 366


@dataclass(frozen=True)
class Period:
    """The events from `since` to before `until`; `performance` as a pattern's."""

    since: datetime
    until: datetime
    events: int = 0
    judged: int = 0
    success: float | None = None
    confidence: float | None = None
    rating: float | None = None
    performance: float | None = None
    types: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Trend:
    """`trend` is improving, stable, declining or unknown; slope and line are None when it is unknown.

    `line` has a value for each period, `forecast` one for each of the next, made by `method`; 95 of 100 lie within its
    intervals, if what was goes on.
    """

    trend: str
    periods: tuple[Period, ...]
    slope: float | None
    slope_interval: tuple[float, float] | None
    line: tuple[float, ...]
    forecast: tuple[Guess, ...]
    method: str
    insights: tuple[str, ...]


def periods(asked: Asked, now: datetime, count: int = 7, step: str = "day") -> list[Period]:
    """The last so many periods before `until` or now, oldest first, each of one step, and with how many of each type.

    Five statements, or one of a domain.
    """
    long, until = STEPS[step], asked.until or now
    since = until - count * long
    told = sums.of(replace(asked, since=since, until=until), long)
    return [
        _period(since + at * long, long, {type: each for (n, type), each in told.items() if n == at})
        for at in range(count)
    ]


def _period(since: datetime, long: timedelta, by_type: dict[str, Sums]) -> Period:
    told = sums.together(by_type.values())
    parts = mean(told, "right", "said"), mean(told, "confidence", "sure"), mean(told, "rating", "rated")
    types = {type: int(each["n"]) for type, each in by_type.items()}
    return Period(since, since + long, int(told["n"]), int(told["judged"]), *parts, looks.performance(*parts), types)


def types(found: Sequence[Period]) -> dict[str, list[int]]:
    """By type, how many events there were in each of these periods."""
    names = {type for period in found for type in period.types}
    return {name: [period.types.get(name, 0) for period in found] for name in sorted(names)}


def trend(asked: Asked, now: datetime, count: int = 7, step: str = "day", *, modelled: bool = False) -> Trend:
    """Where performance goes: the line of least squares through the periods, and the next ones by it.

    With `modelled` the next ones by analytics.forecasting, where there is enough history for it: it knows of seasons,
    and takes a tenth of a second and, the first time, two. Statements as those of `periods`.
    """
    found = periods(asked, now, count, step)
    values = [period.performance for period in found]
    line = lines.line(values)
    told = lines.direction(line)
    insights = tuple(_insights(found, line, step))
    if line is None:
        return Trend(told, tuple(found), None, None, (), (), "", insights)
    ahead, method = (_modelled(values, step) if modelled else None) or (_straight(line, len(found)), lines.METHOD)
    interval = (line.slope_low, line.slope_high)
    drawn = tuple(line.at(at) for at in range(len(found)))
    return Trend(told, tuple(found), line.slope, interval, drawn, ahead, method, insights)


def _modelled(values: Sequence[float | None], step: str) -> tuple[tuple[Guess, ...], str] | None:
    told = forecasting.forecast(values, AHEAD, step, least=0.0, most=1.0)
    guesses = tuple(Guess(*each) for each in zip(told.values, told.low, told.high, strict=True))
    return (guesses, told.method) if guesses else None


def _straight(line: lines.Line, count: int) -> tuple[Guess, ...]:
    """Performance is between 0 and 1, so what is expected of it is too."""
    guesses = (line.guess(count + at) for at in range(AHEAD))
    return tuple(Guess(*(min(max(x, 0.0), 1.0) for x in (g.value, g.low, g.high))) for g in guesses)


def _insights(found: Sequence[Period], line: lines.Line | None, step: str) -> list[str]:
    empty = sum(period.performance is None for period in found)
    told = [f"{empty} of {len(found)} periods have no events that say how well they went."] if empty else []
    if line is None:
        return [*told, f"Fewer than {lines.LEAST} periods say something: too few for a trend."]
    told.append(f"Performance moves by {line.slope:+.3f} a {step}.")
    if line.slope_low <= 0 <= line.slope_high:
        told.append("That may be chance: no movement at all lies within what is likely.")
    return told
