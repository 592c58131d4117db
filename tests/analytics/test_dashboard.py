"""The dashboard: each number is what was counted, for the span and for the one before it."""

from datetime import UTC, date, datetime, timedelta

import pytest

from analytics import counts, dashboard, spans
from analytics.algorithms import histograms, shares, steps
from analytics.counts import Cell, Span
from tenants import bounds
from tenants.models import Tenant
from tests.analytics.planted import plant
from tests.conftest import costs

NOW = datetime(2026, 5, 20, 12, 30, tzinfo=UTC)
WEEK = spans.last("7d", NOW)


def cell(metric: str, n: int, hours: int = 1, kind: str = "", total: float = 0, domain: str = "x") -> Cell:
    return Cell(metric, counts.hour_of(NOW) - counts.HOUR * hours, kind=kind, n=n, total=total, domain=domain)


def values(told: dashboard.Dashboard, panel: str) -> dict[str, list[float | None]]:
    return {track.name: track.values for track in told.panels[panel]}


def test_a_named_span_ends_with_this_hour_and_begins_with_a_day() -> None:
    assert spans.last("24h", NOW) == Span(datetime(2026, 5, 19, 13, tzinfo=UTC), datetime(2026, 5, 20, 13, tzinfo=UTC))
    assert Span(datetime(2026, 5, 14, tzinfo=UTC), datetime(2026, 5, 20, 13, tzinfo=UTC)) == WEEK
    assert spans.before(WEEK).end == WEEK.begin


@pytest.mark.parametrize(
    ("step", "first", "count"),
    [
        ("hour", "2026-05-14T00", 157),
        ("day", "2026-05-14T00", 7),
        ("week", "2026-05-11T00", 2),
        ("month", "2026-05-01T00", 1),
    ],
)
def test_steps_are_those_of_the_database(step: str, first: str, count: int) -> None:
    told = steps.starts(WEEK.begin, WEEK.end, step)
    assert (f"{told[0]:%Y-%m-%dT%H}", len(told)) == (first, count)


@pytest.mark.parametrize(
    ("first", "last", "name"),
    [
        ((2026, 5, 3), (2026, 5, 2), "to"),
        ((2020, 1, 1), (2026, 1, 1), "from"),
        ((2027, 1, 1), (2027, 1, 2), "from"),
        ((1, 1, 1), (1, 1, 2), "from"),
    ],
)
def test_days_that_are_no_span_are_refused(first: tuple[int, int, int], last: tuple[int, int, int], name: str) -> None:
    with pytest.raises(spans.BadSpan) as error:
        spans.of_days(date(*first), date(*last), NOW)
    assert error.value.name == name


def test_without_anything_counted_nothing_is_said(in_acme: Tenant) -> None:
    told = dashboard.read(WEEK, NOW)
    assert not any(told.panels.values())
    assert (told.totals["written"].value, told.totals["hit_rate"].value, told.totals["latency_p95"].value) == (
        0,
        None,
        None,
    )


def test_numbers_are_compared_with_those_of_as_long_before(in_acme: Tenant) -> None:
    counts.add([cell("memories_written", 6, kind="fact"), cell("memories_written", 4, 24 * 7, "fact")])
    told = dashboard.read(WEEK, NOW)
    assert told.totals["written"] == dashboard.Total(6, 4)
    assert told.totals["written"].change == 0.5
    assert values(told, "writes") == {"fact": [0, 0, 0, 0, 0, 0, 6]}
    assert told.today["written"] == 6


def test_hit_rate_is_the_share_of_searches_that_found_something(in_acme: Tenant) -> None:
    counts.add([cell("searches", 3, kind="found"), cell("searches", 1, kind="empty"), cell("search_hits", 12)])
    told = dashboard.read(WEEK, NOW)
    assert (told.totals["hit_rate"].value, told.totals["hits_per_search"].value) == (0.75, 3)
    (track,) = told.panels["hit_rate"]
    assert track.values == [None] * 6 + [0.75]
    assert (track.low[-1], track.high[-1]) == pytest.approx((0.301, 0.954), abs=0.001)  # Wilson's, for 3 of 4


def test_latency_is_read_from_the_histograms(in_acme: Tenant) -> None:
    times = [10.0] * 90 + [400.0] * 10
    counts.add([Cell("searches", counts.hour_of(NOW), kind="found", n=100, buckets=histograms.of(times))])
    told = dashboard.read(WEEK, NOW)
    assert told.totals["latency_p50"].value == pytest.approx(10, rel=0.125)
    assert told.totals["latency_p95"].value == pytest.approx(400, rel=0.125)
    assert values(told, "latency")["p95"][:6] == [None] * 6


def test_of_snapshots_the_last_one_of_a_step_counts(in_acme: Tenant) -> None:
    counts.add([cell("stock_state", 1, hours, "active", total) for hours, total in ((3, 5), (2, 9), (1, 7))])
    counts.add([cell("stock_state", 1, 3, "silent", 2), cell("stock_state", 1, 24, "active", 4)])
    told = dashboard.read(WEEK, NOW)
    assert values(told, "growth") == {"active": [None] * 5 + [4, 7]}
    assert told.totals["live"].value == 7


def test_accuracy_is_what_was_right_of_what_was_judged(in_acme: Tenant) -> None:
    counts.add([cell("learning_correct", 8, kind="feedback", total=6), cell("learning_confidence", 4, total=3.0)])
    counts.add([cell("learning_events", 20), cell("learning_feedback", 5)])
    told = dashboard.read(WEEK, NOW)
    assert [told.totals[name].value for name in ("accuracy", "confidence", "feedback_rate")] == [0.75, 0.75, 0.25]


def test_a_domain_is_looked_at_alone(in_acme: Tenant) -> None:
    counts.add([cell("memories_written", 2, domain="x"), cell("memories_written", 5, domain="y")])
    assert dashboard.read(WEEK, NOW, domain="y").totals["written"].value == 5
    assert [row["name"] for row in dashboard.top(WEEK)["domains"]] == ["y", "x"]


def test_who_is_bound_to_a_domain_sees_no_other(in_acme: Tenant) -> None:
    counts.add([cell("memories_written", 2, domain="x"), cell("memories_written", 5, domain="y")])
    counts.add([cell("stock_state", 1, kind="active", total=3, domain="y")])
    with bounds.bound_to(("x",)):
        told = dashboard.read(WEEK, NOW)
        assert (told.totals["written"].value, told.totals["live"].value) == (2, None)
        assert [row["name"] for row in dashboard.top(WEEK)["domains"]] == ["x"]


def test_a_month_costs_as_many_statements_as_nothing(in_acme: Tenant) -> None:
    month = spans.last("30d", NOW)
    with costs(DASHBOARD):
        dashboard.read(month, NOW)
    plant(NOW)
    with costs(DASHBOARD):
        told = dashboard.read(month, NOW)
    assert all(len(track.values) == 30 for tracks in told.panels.values() for track in tracks)


DASHBOARD = 16  # counts by kind, snapshots, latency with its histogram; and the same of three spans as one step


@pytest.mark.parametrize(
    ("right", "count", "low", "high"), [(0, 10, 0.0, 0.278), (5, 10, 0.237, 0.763), (10, 10, 0.722, 1.0)]
)
def test_intervals_of_shares_are_wilsons(right: int, count: int, low: float, high: float) -> None:
    assert shares.wilson(right, count) == pytest.approx((low, high), abs=0.001)


def test_of_nothing_there_is_no_interval() -> None:
    assert shares.wilson(0, 0) is None
    assert shares.change(3, 0) is None
    assert timedelta(days=6) < WEEK.end - WEEK.begin
