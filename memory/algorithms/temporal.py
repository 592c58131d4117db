"""Time words: "last week", "yesterday afternoon", "in May 2023", "Q2", "weekends" as spans and as what recurs.

Two readers. `named` finds the times that a question names among its other words: only what cannot be mistaken, by
patterns alone, so that it costs microseconds. `read` takes a text that is nothing but time words, and asks dateparser
for what the patterns do not know, so that it understands some two hundred languages.
"""

import re
from calendar import monthrange
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import reduce
from typing import Any

import dateparser.date
import numpy as np

Span = tuple[datetime, datetime]  # from (inclusive) to (exclusive), aware


@dataclass(frozen=True)
class When:
    """A time is in it when it lies in one of `spans`, and its month, weekday and hour are among those given.

    An empty part does not narrow. Months are 1 to 12, weekdays 1 (Monday) to 7, hours 0 to 23: all in the zone in
    which the words were read.
    """

    spans: tuple[Span, ...] = ()
    months: frozenset[int] = frozenset()
    weekdays: frozenset[int] = frozenset()
    hours: frozenset[int] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.spans or self.months or self.weekdays or self.hours)


DAY, HOUR, SECOND = timedelta(days=1), timedelta(hours=1), timedelta(seconds=1)
MONTHS = ("january", "february", "march", "april", "may", "june", "july",
          "august", "september", "october", "november", "december")  # fmt: skip
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
SEASONS = {"spring": 3, "summer": 6, "autumn": 9, "fall": 9, "winter": 12}  # their first month, in the north
HOURS = {"morning": (6, 12), "am": (6, 12), "noon": (12, 13), "afternoon": (12, 18), "pm": (12, 18),
         "evening": (18, 23), "night": (18, 23), "midnight": (0, 1)}  # fmt: skip
COUNTS = {"a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8,
          "nine": 9, "ten": 10, "few": 3, "couple of": 2}  # fmt: skip
SINGLE = "day|week|weekend|month|quarter|year"


def _alternatives(names: Sequence[str], least: int) -> str:
    """Names in full or cut to their first `least` letters."""
    return "|".join(f"{name[:least]}(?:{name[least:]})?" if len(name) > least else name for name in names)


MONTH = f"(?P<month>{_alternatives(MONTHS, 3)}|sept)\\b\\.?"
DAY_OF_MONTH = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?"
YEAR = r"(?P<year>(?:19|20)\d\d)"
WEEKDAY = f"(?P<weekday>{_alternatives(DAYS, 3)})"
SEASON = f"(?P<season>{'|'.join(SEASONS)})"
COUNT = f"(?P<count>\\d{{1,3}}|{'|'.join(COUNTS)})"
WHICH = r"(?P<which>this|current|last|past|previous|next|coming)"
QUARTER = r"(?:q(?P<quarter>[1-4])|(?P<nth>first|second|third|fourth|1st|2nd|3rd|4th) quarter(?: of)?)"
NTH = {"first": 1, "second": 2, "third": 3, "fourth": 4, "1st": 1, "2nd": 2, "3rd": 3, "4th": 4}
STEPS = {"this": 0, "current": 0, "last": -1, "past": -1, "previous": -1, "next": 1, "coming": 1}


def start_of(unit: str, at: datetime) -> datetime:
    """The beginning of the day, week (Monday), weekend (Saturday), month, quarter or year that a moment is in."""
    day = at.replace(hour=0, minute=0, second=0, microsecond=0)
    if unit == "week":
        return day - at.weekday() * DAY
    if unit == "weekend":
        return day + (5 - at.weekday()) * DAY
    if unit == "month":
        return day.replace(day=1)
    if unit == "quarter":
        return day.replace(month=(at.month - 1) // 3 * 3 + 1, day=1)
    return day.replace(month=1, day=1) if unit == "year" else day


def later(unit: str, at: datetime, steps: int) -> datetime:
    """A moment so many units later; the 31st becomes the last of a shorter month. Raises OverflowError, ValueError."""
    if unit in ("day", "week", "weekend"):
        return at + steps * DAY * (1 if unit == "day" else 7)
    months = steps * {"month": 1, "quarter": 3, "year": 12}[unit] + at.month - 1
    year, month = at.year + months // 12, months % 12 + 1
    return at.replace(year=year, month=month, day=min(at.day, monthrange(year, month)[1]))


def _unit(unit: str, at: datetime, steps: int = 0) -> When:
    first = later(unit, start_of(unit, at), steps)
    return When(((first, first + 2 * DAY if unit == "weekend" else later(unit, first, 1)),))


def _months(at: datetime, year: int, month: int, count: int = 1) -> When:
    first = start_of("year", at).replace(year=year, month=month)
    return When(((first, later("month", first, count)),))


def _month_number(match: re.Match[str]) -> int:
    return next(number for number, name in enumerate(MONTHS, 1) if name.startswith(match["month"][:3]))


def _date(match: re.Match[str], now: datetime) -> When:
    first = start_of("day", now).replace(year=int(match["year"]), month=_month_number(match), day=int(match["day"]))
    return When(((first, first + DAY),))


def _date_without_year(match: re.Match[str], now: datetime) -> When:
    """The latest such day that is not in the future."""
    first = start_of("day", now).replace(day=1, month=_month_number(match))
    first = first.replace(day=int(match["day"]))
    first = first if first <= now else later("year", first, -1)
    return When(((first, first + DAY),))


def _iso(match: re.Match[str], now: datetime) -> When:
    day = int(match["day"]) if match["day"] else 1
    first = start_of("year", now).replace(year=int(match["year"]), month=int(match["m"]), day=day)
    return When(((first, first + DAY if match["day"] else later("month", first, 1)),))


def _quarter(match: re.Match[str], now: datetime) -> When:
    number = int(match["quarter"] or NTH[match["nth"]])
    if match["year"]:
        return _months(now, int(match["year"]), number * 3 - 2, 3)
    return When(months=frozenset(range(number * 3 - 2, number * 3 + 1)))


def _season(match: re.Match[str], now: datetime) -> When:
    first = SEASONS[match["season"]]
    if match["year"]:
        return _months(now, int(match["year"]), first, 3)
    return When(months=frozenset((first + step - 1) % 12 + 1 for step in range(3)))


def _which_unit(match: re.Match[str], now: datetime) -> When:
    return _unit(match["unit"], now, STEPS[match["which"]])


def _which_weekday(match: re.Match[str], now: datetime) -> When:
    """`last monday` is the one before today, `next monday` the one after it, `this monday` the week's."""
    number, step = _weekday_number(match), STEPS[match["which"]]
    if step == 0:
        first = start_of("week", now) + number * DAY
    elif step < 0:
        first = start_of("day", now) - ((now.weekday() - number - 1) % 7 + 1) * DAY
    else:
        first = start_of("day", now) + ((number - now.weekday() - 1) % 7 + 1) * DAY
    return When(((first, first + DAY),))


def _which_month(match: re.Match[str], now: datetime) -> When:
    return _which_year(now, _month_number(match), 1, STEPS[match["which"]])


def _which_season(match: re.Match[str], now: datetime) -> When:
    return _which_year(now, SEASONS[match["season"]], 3, STEPS[match["which"]])


def _which_year(now: datetime, month: int, count: int, step: int) -> When:
    """The named months of this year; `last` those that are over, `next` those that have not begun."""
    found = _months(now, now.year, month, count)
    if step < 0 and found.spans[0][1] > now:
        return _months(now, now.year - 1, month, count)
    if step > 0 and found.spans[0][0] <= now:
        return _months(now, now.year + 1, month, count)
    return found


def _last_units(match: re.Match[str], now: datetime) -> When:
    first = later(match["unit"], start_of("day", now), -_count(match))
    return When(((first, start_of("day", now) + DAY),))


def _ago(match: re.Match[str], now: datetime) -> When:
    unit = match["unit"]
    return _unit(unit, later(unit, now, -_count(match)))


def _before_date(match: re.Match[str], now: datetime) -> When:
    """`the week before 3 August 2023`: what leads up to the day, and the day."""
    ((first, last),) = _date(match, now).spans
    steps = _count(match) if match["count"] else 1
    return When(((later(match["unit"], first, -steps), last),))


def _count(match: re.Match[str]) -> int:
    return COUNTS.get(match["count"]) or int(match["count"])


def _weekday_number(match: re.Match[str]) -> int:
    return next(number for number, name in enumerate(DAYS) if name.startswith(match["weekday"][:3]))


def _begun(now: datetime, month: int, count: int) -> When:
    found = _months(now, now.year, month, count)
    return found if found.spans[0][0] <= now else _months(now, now.year - 1, month, count)


def _part_of_day(match: re.Match[str], now: datetime) -> When:
    return When(hours=frozenset(range(*HOURS[match["part"]])))


def _part_of(at: datetime, part: str) -> When:
    return When(_unit("day", at).spans, hours=frozenset(range(*HOURS[part])))


def _hours(match: re.Match[str]) -> timedelta:
    return (_count(match) if match["count"] else 1) * HOUR


def _days_from_now(days: int) -> Callable[[re.Match[str], datetime], When]:
    return lambda match, now: _unit("day", now + days * DAY)


Rule = tuple[re.Pattern[str], Callable[[Any, datetime], When]]


def _rule(pattern: str, reader: Callable[[Any, datetime], When]) -> Rule:
    return re.compile(rf"\b(?:{pattern})(?!\w)"), reader


# The first that matches takes its words away: what is longer stands before what it contains.
DATES: list[Rule] = [
    _rule(rf"{YEAR}-(?P<m>\d\d)(?:-(?P<day>\d\d))?", _iso),
    _rule(rf"(?:{COUNT} )?(?P<unit>{SINGLE})s? before {DAY_OF_MONTH}(?: of)? {MONTH},? {YEAR}", _before_date),
    _rule(rf"(?:{COUNT} )?(?P<unit>{SINGLE})s? before {MONTH} {DAY_OF_MONTH},? {YEAR}", _before_date),
    _rule(rf"{DAY_OF_MONTH}(?: of)? {MONTH},? {YEAR}", _date),
    _rule(rf"{MONTH} {DAY_OF_MONTH},? {YEAR}", _date),
    _rule(rf"{MONTH},?(?: of)? {YEAR}", lambda m, now: _months(now, int(m["year"]), _month_number(m))),
    _rule(rf"{QUARTER}(?: {YEAR})?", _quarter),
    _rule(rf"{SEASON}(?: of)? {YEAR}", _season),
    _rule("(?:the )?day before yesterday", _days_from_now(-2)),
    _rule("(?:the )?day after tomorrow", _days_from_now(2)),
    _rule("yesterday|last night", _days_from_now(-1)),
    _rule("today|tonight", _days_from_now(0)),
    _rule("tomorrow", _days_from_now(1)),
    _rule(rf"{COUNT} (?P<unit>{SINGLE})s? ago", _ago),
    _rule(rf"(?:last|past|previous) {COUNT} (?P<unit>{SINGLE})s?", _last_units),
    _rule(rf"{WHICH} (?P<unit>{SINGLE})", _which_unit),
    _rule(rf"{WHICH} {WEEKDAY}", _which_weekday),
    _rule(rf"{WHICH} {MONTH}", _which_month),
    _rule(rf"{WHICH} {SEASON}", _which_season),
    _rule(rf"{DAY_OF_MONTH}(?: of)? {MONTH}", _date_without_year),
    _rule(rf"{MONTH} {DAY_OF_MONTH}", _date_without_year),
    _rule(YEAR, lambda m, now: _months(now, int(m["year"]), 1, 12)),
]
# In time words "tonight" is the evening of the day; in a question it is the day, since it is told of later.
PARTS_OF_A_DAY: list[Rule] = [
    _rule("last night", lambda m, now: _part_of(now - DAY, "night")),
    _rule("tonight", lambda m, now: _part_of(now, "night")),
    _rule("this (?P<part>morning|afternoon|evening)", lambda m, now: _part_of(now, m["part"])),
    _rule(rf"(?:last|past|previous)(?: {COUNT})? hours?", lambda m, now: When(((now - _hours(m), now + SECOND),))),
]
# "may", "march" and "fall" are words of their own: among others they are months only after one of these.
AFTER_IN = "(?:in|during|for|of|since|until|early|late|mid|around)(?: the)? "
IN_A_QUESTION: list[Rule] = [
    _rule(rf"{AFTER_IN}{MONTH}", lambda m, now: When(months=frozenset({_month_number(m)}))),
    _rule(rf"{AFTER_IN}{SEASON}(?P<year>)?", _season),
]
PARTS: list[Rule] = [_rule(rf"(?P<part>{'|'.join(HOURS)})s?", _part_of_day)]
RECURRING: list[Rule] = [
    _rule(MONTH, lambda m, now: When(months=frozenset({_month_number(m)}))),
    _rule(rf"{SEASON}s?(?P<year>)?", _season),
    _rule("weekends?", lambda m, now: When(weekdays=frozenset({6, 7}))),
    _rule("weekdays?|working days?", lambda m, now: When(weekdays=frozenset(range(1, 6)))),
    _rule(rf"{WEEKDAY}s?", lambda m, now: When(weekdays=frozenset({_weekday_number(m) + 1}))),
    *PARTS,
]
# Without a year, as the end of a span: the latest that has begun.
LATELY: list[Rule] = [
    _rule(MONTH, lambda m, now: _begun(now, _month_number(m), 1)),
    _rule(rf"{SEASON}(?P<year>)?", lambda m, now: _begun(now, SEASONS[m["season"]], 3)),
    _rule(QUARTER, lambda m, now: _begun(now, int(m["quarter"] or NTH[m["nth"]]) * 3 - 2, 3)),
    _rule(WEEKDAY, lambda m, now: _unit("day", now - ((now.weekday() - _weekday_number(m)) % 7) * DAY)),
]
_AND = re.compile(r" (?:and|to|until|till|through) | ?[–—] ?| - ")
_FILLING = re.compile(r"\b(?:in|on|at|the|of|and|or|during|over|every|each|all|from)\b|[,.?!&]")
_LIMIT = re.compile(r"\b(?P<word>before|until|till|up to|after|since|between|from)\b(?P<rest>.*)")
EARLIEST, LATEST = datetime(2, 1, 1, tzinfo=UTC), datetime(9998, 1, 1, tzinfo=UTC)


def named(question: str, now: datetime) -> When:
    """The times that a question names: spans, and months without a year. Empty when it names none.

    `now` is aware; its zone is the one in which days begin.
    """
    when, _ = _apply([*DATES, *IN_A_QUESTION], _plain(question), now)
    return when


def read(text: str, now: datetime) -> When | None:
    """What time words mean, None for what nobody understands; see `named` for `now`."""
    plain = _plain(text)
    if (found := _limited(plain, now)) is not None:
        return found or None
    when, rest = _apply([*PARTS_OF_A_DAY, *DATES, *RECURRING], plain, now)
    if not _FILLING.sub("", rest).strip():
        return when or None
    return _asked_of_dateparser(text, now)


def _plain(text: str) -> str:
    return re.sub(r"[\s_]+", " ", text.lower()).strip()


def _apply(rules: list[Rule], text: str, now: datetime) -> tuple[When, str]:
    """All that the rules find in a text, and the text without it."""
    found: list[When] = []
    for pattern, reader in rules:
        for match in pattern.finditer(text):
            try:
                found.append(reader(match, now))
            except (ValueError, OverflowError):  # the 31st of June
                continue
            text = text[: match.start()] + " " * (match.end() - match.start()) + text[match.end() :]
    return reduce(_both, found, When()), text


def _both(one: When, other: When) -> When:
    """Two spans are alternatives, and so are two months; a span with a part of the day is both at once."""
    return When(
        one.spans + other.spans, one.months | other.months, one.weekdays | other.weekdays, one.hours | other.hours
    )


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
    when, rest = _apply([*PARTS_OF_A_DAY, *DATES, *PARTS], text, now)
    if len(when.spans) != 1 or when.months or when.weekdays or _FILLING.sub("", rest).strip():
        return None
    ((first, last),) = when.spans
    if not when.hours:
        return first, last
    return first + min(when.hours) * HOUR, first + (max(when.hours) + 1) * HOUR


def _lately(text: str, now: datetime) -> Span | None:
    """The latest that has begun of a month, season, quarter or weekday without a year."""
    when, rest = _apply(LATELY, text, now)
    return when.spans[0] if len(when.spans) == 1 and not _FILLING.sub("", rest).strip() else None


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
    return _unit(unit, moment.astimezone(now.tzinfo))


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
