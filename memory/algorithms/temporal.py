"""Time words: "last week", "yesterday afternoon", "in May 2023", "Q2", "weekends" as spans and as what recurs.

Two readers. `named` finds the times that a question names among its other words: only what cannot be mistaken, by
patterns alone, so that it costs microseconds. `read` takes a text that is nothing but time words, and asks dateparser
for what the patterns do not know, so that it understands some two hundred languages.
"""

import re
from datetime import UTC, datetime
from typing import Any

import dateparser.date
import numpy as np

from memory.algorithms.spans import EARLIEST, HOUR, LATEST, Span, When, later, whole
from memory.algorithms.timewords import (
    DATES,
    FILLING,
    IN_A_QUESTION,
    LATELY,
    PARTS,
    PARTS_OF_A_DAY,
    RECURRING,
    applied,
)

_AND = re.compile(r" (?:and|to|until|till|through) | ?[–—] ?| - ")
_LIMIT = re.compile(r"\b(?P<word>before|until|till|up to|after|since|between|from)\b(?P<rest>.*)")


def named(question: str, now: datetime) -> When:
    """The times that a question names: spans, and months without a year. Empty when it names none.

    `now` is aware; its zone is the one in which days begin.
    """
    when, _ = applied([*DATES, *IN_A_QUESTION], _plain(question), now)
    return when


def read(text: str, now: datetime) -> When | None:
    """What time words mean, None for what nobody understands or no calendar holds; see `named` for `now`."""
    try:
        return _read(text, now)
    except (ValueError, OverflowError):  # 31 December 9999: the day after it is none
        return None


def _read(text: str, now: datetime) -> When | None:
    plain = _plain(text)
    if (found := _limited(plain, now)) is not None:
        return found or None
    when, rest = applied([*PARTS_OF_A_DAY, *DATES, *RECURRING], plain, now)
    if not FILLING.sub("", rest).strip():
        return when or None
    return _asked_of_dateparser(text, now)


def _plain(text: str) -> str:
    return re.sub(r"[\s_]+", " ", text.lower()).strip()


def _limited(text: str, now: datetime) -> When | None:
    """`before May 2023`, `since March`, `between March and June 2023`; empty: begins so, and is not understood."""
    match = _LIMIT.fullmatch(text)
    if match is None:
        return None
    word, rest = match["word"], match["rest"].strip()
    if word in ("between", "from") and (both := _AND.split(rest, maxsplit=1))[1:]:
        return _between(both[0], both[1], now)
    span = _one_span(rest, now)
    if word == "between" or span is None:
        return None if word == "from" else When()
    if word in ("before", "until", "till", "up to"):
        return When(((EARLIEST, span[0] if word == "before" else span[1]),))
    return When(((span[1] if word == "after" else span[0], LATEST),))


def _between(begin: str, end: str, now: datetime) -> When:
    """From the beginning of one time to the end of another; the first may borrow words: `3 to 8 May`."""
    words = end.split()
    borrowed = [begin, *(f"{begin} {' '.join(words[at:])}" for at in range(len(words) - 1, 0, -1))]
    dated = next(filter(None, (_dated(words, now) for words in borrowed)), None)
    first, last = dated or _lately(begin, now), _dated(end, now) or _lately(end, now)
    if first is None or last is None:
        return When()
    if first > last and not dated:  # `between October and February`
        return When(((later("year", first[0], -1), last[1]),))
    return When(((min(first, last)[0], max(first, last)[1]),))


def _dated(text: str, now: datetime) -> Span | None:
    """The one span that a text is, cut to the part of the day that it names."""
    when, rest = applied([*PARTS_OF_A_DAY, *DATES, *PARTS], text, now)
    if len(when.spans) != 1 or when.months or when.weekdays or FILLING.sub("", rest).strip():
        return None
    ((first, last),) = when.spans
    if not when.hours:
        return first, last
    return first + min(when.hours) * HOUR, first + (max(when.hours) + 1) * HOUR


def warm() -> None:
    """Load the languages that dateparser knows now, so that nobody's request waits for them."""
    _asked_of_dateparser("blorp", datetime.now(UTC))


def _lately(text: str, now: datetime) -> Span | None:
    """The latest that has begun of a month, season, quarter or weekday without a year."""
    when, rest = applied(LATELY, text, now)
    return when.spans[0] if len(when.spans) == 1 and not FILLING.sub("", rest).strip() else None


def _one_span(text: str, now: datetime) -> Span | None:
    if span := _dated(text, now) or _lately(text, now):
        return span
    asked = _asked_of_dateparser(text, now)
    return asked.spans[0] if asked else None


def _asked_of_dateparser(text: str, now: datetime) -> When | None:
    settings = {"RELATIVE_BASE": now.replace(tzinfo=None), "PREFER_DATES_FROM": "past"}
    try:
        data = dateparser.date.DateDataParser(settings=settings).get_date_data(text[:100])
    except (ValueError, OverflowError, RecursionError):
        return None
    if data is None or data.date_obj is None:
        return None
    unit = data.period if data.period in ("week", "month", "year") else "day"
    moment = data.date_obj if data.date_obj.tzinfo else data.date_obj.replace(tzinfo=now.tzinfo)
    return whole(unit, moment.astimezone(now.tzinfo))


def days_outside(when: When, seconds: np.ndarray, before: float = 1.0, after: float = 3.0) -> np.ndarray:
    """For each time, in seconds since 1970, the days between it and the nearest span, 0 inside; inf without a span.

    Spans are widened by `before` and `after` days: what is told of a day is often told some days later. Months without
    a year are spans in each year that the times are of.
    """
    nearest = np.full(len(seconds), np.inf)
    for first, last in (*when.spans, *_each_year(when.months, seconds)):
        early = (first.timestamp() - seconds) / 86_400 - before
        late = (seconds - last.timestamp()) / 86_400 - after
        nearest = np.minimum(nearest, np.maximum(0.0, np.maximum(early, late)))
    return nearest


def _each_year(months: frozenset[int], seconds: np.ndarray) -> list[Span]:
    if not months or not len(seconds):
        return []
    first, last = (1970 + second / 31_556_952 for second in (seconds.min(), seconds.max()))
    years = range(max(int(first) - 1, 2), min(int(last) + 2, 9998))
    begins = [datetime(year, month, 1, tzinfo=UTC) for year in years for month in sorted(months)]
    return [(begin, later("month", begin, 1)) for begin in begins]


def in_zone(when: When, moment: datetime, zone: Any) -> bool:
    """Whether a moment is in it: the oracle of what the database selects."""
    local = moment.astimezone(zone)
    return (
        (not when.spans or any(first <= moment < last for first, last in when.spans))
        and (not when.months or local.month in when.months)
        and (not when.weekdays or local.isoweekday() in when.weekdays)
        and (not when.hours or local.hour in when.hours)
    )
