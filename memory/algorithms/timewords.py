"""The vocabulary of time words in English: patterns, and what each of them means."""

import re
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import reduce
from typing import Any

from memory.algorithms.spans import DAY, HOUR, SECOND, When, begun, both, later, months_of, start_of, whole

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
        return months_of(now, int(match["year"]), number * 3 - 2, 3)
    return When(months=frozenset(range(number * 3 - 2, number * 3 + 1)))


def _season(match: re.Match[str], now: datetime) -> When:
    first = SEASONS[match["season"]]
    if match["year"]:
        return months_of(now, int(match["year"]), first, 3)
    return When(months=frozenset((first + step - 1) % 12 + 1 for step in range(3)))


def _which_unit(match: re.Match[str], now: datetime) -> When:
    return whole(match["unit"], now, STEPS[match["which"]])


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
    found = months_of(now, now.year, month, count)
    if step < 0 and found.spans[0][1] > now:
        return months_of(now, now.year - 1, month, count)
    if step > 0 and found.spans[0][0] <= now:
        return months_of(now, now.year + 1, month, count)
    return found


def _last_units(match: re.Match[str], now: datetime) -> When:
    first = later(match["unit"], start_of("day", now), -_count(match))
    return When(((first, start_of("day", now) + DAY),))


def _ago(match: re.Match[str], now: datetime) -> When:
    unit = match["unit"]
    return whole(unit, later(unit, now, -_count(match)))


def _before_date(match: re.Match[str], now: datetime) -> When:
    """`the week before 3 August 2023`: what leads up to the day, and the day."""
    ((first, last),) = _date(match, now).spans
    steps = _count(match) if match["count"] else 1
    return When(((later(match["unit"], first, -steps), last),))


def _count(match: re.Match[str]) -> int:
    return COUNTS.get(match["count"]) or int(match["count"])


def _weekday_number(match: re.Match[str]) -> int:
    return next(number for number, name in enumerate(DAYS) if name.startswith(match["weekday"][:3]))


def _part_of_day(match: re.Match[str], now: datetime) -> When:
    return When(hours=frozenset(range(*HOURS[match["part"]])))


def _part_of(at: datetime, part: str) -> When:
    return When(whole("day", at).spans, hours=frozenset(range(*HOURS[part])))


def _hours(match: re.Match[str]) -> timedelta:
    return (_count(match) if match["count"] else 1) * HOUR


def _days_from_now(days: int) -> Callable[[re.Match[str], datetime], When]:
    return lambda match, now: whole("day", now + days * DAY)


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
    _rule(rf"{MONTH},?(?: of)? {YEAR}", lambda m, now: months_of(now, int(m["year"]), _month_number(m))),
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
    _rule(YEAR, lambda m, now: months_of(now, int(m["year"]), 1, 12)),
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
    _rule(MONTH, lambda m, now: begun(now, _month_number(m), 1)),
    _rule(rf"{SEASON}(?P<year>)?", lambda m, now: begun(now, SEASONS[m["season"]], 3)),
    _rule(QUARTER, lambda m, now: begun(now, int(m["quarter"] or NTH[m["nth"]]) * 3 - 2, 3)),
    _rule(WEEKDAY, lambda m, now: whole("day", now - ((now.weekday() - _weekday_number(m)) % 7) * DAY)),
]
FILLING = re.compile(r"\b(?:in|on|at|the|of|and|or|during|over|every|each|all|from)\b|[,.?!&]")


def applied(rules: list[Rule], text: str, now: datetime) -> tuple[When, str]:
    """All that the rules find in a text, and the text without it."""
    found: list[When] = []
    for pattern, reader in rules:
        for match in pattern.finditer(text):
            try:
                found.append(reader(match, now))
            except (ValueError, OverflowError):  # the 31st of June
                continue
            text = text[: match.start()] + " " * (match.end() - match.start()) + text[match.end() :]
    return reduce(both, found, When()), text
