"""What events of learning add up to, period by period and by type, as fast for a year as for a day.

Of the whole tenant it is read of the counts of hours. Hours that an end of a period cuts, and those that the rollup has
yet to count, are added up of their events, so that nothing is missing, however late the rollup is. What is narrowed is
added up of its events altogether: they are few, or found by an index.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from analytics import counts, history, rollups
from analytics.counts import Span, hour_of
from analytics.history import Asked
from tenants import bounds

MOST_RAW = 48  # hours that are added up of their events, beyond which all are
# Each sum: how it is worked out of events, and where it stands in the counts.
_SUMS = {
    "n": ("count(*)", "learning_events", "n"),
    "judged": ("count(judged_at)", "learning_feedback", "n"),
    "said": ("count(correct)", "learning_correct", "n"),
    "right": ("count(*) FILTER (WHERE correct)", "learning_correct", "total"),
    "improved": ("count(*) FILTER (WHERE improved)", "learning_improved", "total"),
    "updated": ("count(*) FILTER (WHERE model_updated)", "learning_model_updates", "n"),
    "sure": ("count(confidence)", "learning_confidence", "n"),
    "confidence": ("sum(confidence)", "learning_confidence", "total"),
    "rated": ("count(rating)", "learning_rating", "n"),
    "rating": ("sum(rating)", "learning_rating", "total"),
    "timed": ("count(processing_ms)", "learning_ms", "n"),
    "processing_ms": ("sum(processing_ms)", "learning_ms", "total"),
    "tokens": ("sum(tokens)::float8", "learning_tokens", "total"),
    "cost": ("sum(cost)", "learning_cost", "total"),
}
_SELECT = ", ".join(sql for sql, _, _ in _SUMS.values())
_METRICS = sorted({metric for _, metric, _ in _SUMS.values()})
_PLACE = "floor(extract(epoch FROM occurred_at - %s) / %s)::int"
NARROWING = (*history.NAMED, "judged", "correct", "least_importance")
Sums = dict[str, float]


def of(asked: Asked, long: timedelta | None = None) -> dict[tuple[int, str], Sums]:
    """By the place of a period, from 0 on, and by type: {n, judged, said, right, ...}, as _SUMS names them.

    `asked` says since when and until when; `long` is how long a period is, by default all of it. Up to five statements,
    or one where the question is narrowed.
    """
    assert asked.since
    assert asked.until
    span, long = Span(asked.since, asked.until), long or max(asked.until - asked.since, timedelta.resolution)
    raw = None if _narrowed(asked) else _uncounted(span, long)
    told: dict[tuple[int, str], Sums] = {}
    bound = (span.begin, long.total_seconds())
    for place, type, *values in history.over(
        asked, f"{_PLACE}, type, {_SELECT}", "GROUP BY 1, 2", before=bound, hours=raw
    ):
        _add(told, place, type, dict(zip(_SUMS, values, strict=True)))
    for place, type, name, value in _counted(span, long, raw) if raw is not None else ():
        _add(told, place, type, {name: value})
    return told


def _narrowed(asked: Asked) -> bool:
    return bool(bounds.current()) or any(getattr(asked, name) not in ("", None) for name in NARROWING)


def _uncounted(span: Span, long: timedelta) -> set[datetime] | None:
    """The hours that have to be added up of their events; None: all of them."""
    hours = rollups.stale("learning")
    if hours is None:
        return None
    cut = {hour_of(at) for at in _ends(span, long) if hour_of(at) != at}
    near = {hour for hour in hours if span.begin - counts.HOUR < hour < span.end} | cut
    return near if len(near) <= MOST_RAW else None


def _ends(span: Span, long: timedelta) -> Iterator[datetime]:
    at = span.begin
    while at < span.end:
        yield at
        at += long
    yield span.end


def _counted(span: Span, long: timedelta, but: set[datetime]) -> Iterator[tuple[int, str, str, float]]:
    for metric, place, type, n, total in counts.placed(_METRICS, span, long, but):
        for name, (_, of, column) in _SUMS.items():
            if of == metric:
                yield place, type, name, n if column == "n" else total


def _add(told: dict[tuple[int, str], Sums], place: int, type: str, values: dict[str, Any]) -> None:
    held = told.setdefault((place, type), dict.fromkeys(_SUMS, 0))
    for name, value in values.items():
        held[name] += value or 0


def together(several: Any) -> Sums:
    """All of them as one."""
    whole: Sums = dict.fromkeys(_SUMS, 0)
    for each in several:
        for name, value in each.items():
            whole[name] += value
    return whole


def mean(told: Sums, whole: str, count: str) -> float | None:
    """`whole` by `count`; None where there is nothing."""
    return told[whole] / told[count] if told[count] else None
