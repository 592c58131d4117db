"""Slots: none lost and none doubled, wherever clocks change."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from automation import slots
from automation.slots import Schedule

BERLIN = ZoneInfo("Europe/Berlin")
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
# Half hours, quarters, changes at midnight and of half an hour, two hours, in Ramadan, and the other way round in winter.
ZONES = (
    "UTC", "Europe/Berlin", "Europe/Dublin", "America/New_York", "America/St_Johns", "America/Havana", "America/Santiago",
    "America/Asuncion", "Africa/Cairo", "Africa/Casablanca", "Asia/Beirut", "Asia/Gaza", "Asia/Jerusalem",
    "Asia/Kathmandu", "Asia/Kolkata", "Australia/Lord_Howe", "Australia/Adelaide", "Pacific/Auckland",
    "Pacific/Chatham", "Pacific/Apia", "Antarctica/Troll", "Atlantic/Azores", "America/Scoresbysund",
)  # fmt: skip


def next_slots(schedule: Schedule, zone: ZoneInfo, since: datetime, count: int) -> list[datetime]:
    return list(islice(slots.after(schedule, zone, since), count))


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def by_the_wall(minutes: set[int], hours: set[int], zone: ZoneInfo, since: datetime, until: datetime) -> list[datetime]:
    """The slots by the rule itself: each local minute, at the first instant that it is, or else the first after it."""
    first: dict[datetime, datetime] = {}
    for local in _locals(minutes, hours, since, until):
        told = local.replace(tzinfo=zone)
        while told.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != told.replace(tzinfo=None):
            told = (told.replace(tzinfo=None) + MINUTE).replace(tzinfo=zone)
        first[local] = told.astimezone(UTC)
    return sorted({slot for slot in first.values() if since < slot <= until})


def _locals(minutes: set[int], hours: set[int], since: datetime, until: datetime) -> Iterator[datetime]:
    day = since.replace(tzinfo=None, hour=0, minute=0, second=0, microsecond=0) - 2 * DAY
    while day < until.replace(tzinfo=None) + 2 * DAY:
        yield from (day.replace(hour=hour, minute=minute) for hour in sorted(hours) for minute in sorted(minutes))
        day += DAY


@pytest.mark.parametrize("name", ZONES)
@settings(max_examples=3, deadline=None)
@given(st.sets(st.integers(0, 59), min_size=1, max_size=2), st.sets(st.integers(0, 23), min_size=1, max_size=4))
def test_in_three_years_no_slot_is_lost_or_doubled(name: str, minutes: set[int], hours: set[int]) -> None:
    zone, since = ZoneInfo(name), at("2025-01-01")
    until = at("2028-01-01")
    cron = f"{','.join(map(str, minutes))} {','.join(map(str, hours))} * * *"
    told = []
    for slot in slots.after(Schedule(cron), zone, since):
        if slot > until:
            break
        told.append(slot)
    assert told == by_the_wall(minutes, hours, zone, since, until)


@pytest.mark.parametrize("name", ZONES)
@pytest.mark.parametrize("cron", ["17 * * * *", "*/20 * * * *", "5 0-23 * * *"])
def test_what_is_due_every_hour_is_due_in_every_hour_that_passes(name: str, cron: str) -> None:
    zone, since = ZoneInfo(name), at("2025-01-01")
    told = next_slots(Schedule(cron), zone, since, 24 * 366)
    half = name == "Australia/Lord_Howe"  # its clocks go forward by half an hour, past some minutes of one hour
    assert max(after - before for before, after in pairwise(told)) <= (1.5 if half else 1) * HOUR
    assert len(set(told)) == len(told)


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(ZONES),
    st.sampled_from(
        ["30 2 * * *", "0 */2 * * *", "*/10 1-3 * * *", "0 0 * * *", "45 23 * * 0", "0 3 1 * *", "7 * * * *"]
    ),
    st.datetimes(datetime(2025, 1, 1), datetime(2027, 12, 1)),
    st.timedeltas(timedelta(0), timedelta(days=40)),
)
def test_the_latest_slot_is_the_last_that_comes(name: str, cron: str, since: datetime, passed: timedelta) -> None:
    zone, schedule = ZoneInfo(name), Schedule(cron)
    begin = since.replace(tzinfo=UTC)
    last = None
    for slot in slots.after(schedule, zone, begin):
        if slot > begin + passed:
            break
        last = slot
    assert slots.last_due(schedule, zone, begin, begin + passed) == last


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(ZONES), st.datetimes(datetime(2025, 1, 1), datetime(2027, 12, 1)))
def test_where_one_looks_from_does_not_matter(name: str, since: datetime) -> None:
    zone, begin = ZoneInfo(name), since.replace(tzinfo=UTC)
    for cron in ("30 2 * * *", "15 */3 * * *", "0 0 * * *"):
        first, second = next_slots(Schedule(cron), zone, begin, 2)
        assert begin < first < second
        assert next_slots(Schedule(cron), zone, first, 1) == [second]
        assert next_slots(Schedule(cron), zone, first - timedelta(microseconds=1), 1) == [first]


def test_a_time_that_does_not_exist_runs_at_the_first_instant_after_it() -> None:
    told = next_slots(Schedule("30 2 * * *"), BERLIN, at("2026-03-28T12:00"), 2)
    assert told == [at("2026-03-29T01:00"), at("2026-03-30T00:30")]


def test_a_time_that_comes_twice_runs_when_it_comes_first() -> None:
    told = next_slots(Schedule("30 2 * * *"), BERLIN, at("2026-10-24T12:00"), 2)
    assert told == [at("2026-10-25T00:30"), at("2026-10-26T01:30")]


def test_an_interval_is_counted_from_its_anchor() -> None:
    schedule = Schedule(every=6 * HOUR, anchor=at("2026-01-01T01:00"))
    assert next_slots(schedule, BERLIN, at("2026-01-01T00:00"), 2) == [
        at("2026-01-01T07:00"),
        at("2026-01-01T13:00"),
    ]
    assert slots.last_due(schedule, BERLIN, at("2026-01-01T07:00"), at("2026-01-02T00:00")) == at("2026-01-01T19:00")
    assert slots.last_due(schedule, BERLIN, at("2026-01-01T01:00"), at("2026-01-01T06:59")) is None


@pytest.mark.parametrize(
    "cron", ["", "x", "* * * *", "* * * * * *", "60 * * * *", "0 0 31 2 *", "0 0 * * 8", "0 0 1-0 * *", "0 0 ٣ * *", "0 0 */0 * *", "@daily", "0" * 200],
)  # fmt: skip
def test_what_is_no_expression_is_told_so(cron: str) -> None:
    assert slots.wrong(cron)


@settings(max_examples=300)
@given(st.text(alphabet="0123456789*/,-#LWMON ", max_size=30))
def test_any_text_is_either_refused_or_has_slots(cron: str) -> None:
    if not slots.wrong(cron):
        assert next_slots(Schedule(cron), BERLIN, at("2026-01-01"), 1)
        assert slots.explain(Schedule(cron))
        assert slots.fields(cron)


def test_schedules_are_told_in_plain_words() -> None:
    assert slots.explain(Schedule("0 2 * * *")) == "At 02:00 every day"
    assert slots.explain(Schedule(every=6 * HOUR)) == "Every 6 hours"
    assert slots.explain(Schedule(every=90 * MINUTE)) == "Every 90 minutes"
    assert slots.explain(Schedule(every=DAY)) == "Every day"
