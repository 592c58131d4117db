"""Questions to the study: no gaps, totals that are those of the rows, ratios of sums, the span before."""

from datetime import UTC, datetime, timedelta

import pytest

from analytics import counts, queries
from analytics.algorithms import histograms, steps
from analytics.counts import HOUR, Cell, Span
from analytics.errors import BadQuery
from analytics.metrics import CATALOGUE
from tenants import bounds
from tenants.models import Tenant
from tests.conftest import costs

NOON = datetime(2026, 5, 8, 12, tzinfo=UTC)
WEEK = Span(NOON - timedelta(days=7), NOON)


def written(n: int, at: datetime = NOON - HOUR, **told: str) -> Cell:
    return Cell("memories_written", at, n=n, **told)


def test_a_step_without_anything_is_nought_and_a_mean_of_nothing_is_not_known(in_acme: Tenant) -> None:
    counts.add([written(3), written(2, NOON - timedelta(days=3)), Cell("learning_rating", NOON - HOUR, n=2, total=9)])
    memories, rating = queries.ask(["memories_written", "learning_rating"], WEEK)
    assert [point.value for point in memories.points] == [0, 0, 0, 0, 2, 0, 0, 3]
    assert memories.totals == {"": 5}
    assert [point.value for point in rating.points] == [None] * 7 + [4.5]


def test_a_ratio_is_one_of_sums_and_not_a_mean_of_ratios(in_acme: Tenant) -> None:
    early = NOON - timedelta(days=2)
    counts.add([Cell("searches", early, kind="found", n=9), Cell("searches", early, kind="empty", n=1)])
    counts.add([Cell("searches", NOON - HOUR, kind="empty", n=10)])
    (rate,) = queries.ask(["hit_rate"], WEEK)
    assert [point.value for point in rate.points if point.n] == [0.9, 0.0]
    assert rate.totals == {"": 0.45}


def test_an_answer_has_only_so_many_points_and_says_what_it_leaves_out(
    in_acme: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    counts.add([written(at + 1, domain=f"d{at}") for at in range(5)])
    monkeypatch.setattr(queries, "MOST_POINTS", 32)  # eight days, two metrics
    memories, facts = queries.ask(["memories_written", "facts"], WEEK, group="domain")
    assert (memories.totals, memories.more_groups) == ({"d3": 4, "d4": 5}, 3)
    assert (len(memories.points), facts.more_groups) == (16, 0)
    monkeypatch.setattr(queries, "MOST_POINTS", 1)
    assert queries.ask(["memories_written"], WEEK, group="domain")[0].totals == {"d4": 5}


def test_what_was_before_is_of_as_long_a_span(in_acme: Tenant) -> None:
    counts.add([written(3, domain="x"), written(4, NOON - timedelta(days=8), domain="x"), written(1, domain="y")])
    (answer,) = queries.ask(["memories_written"], WEEK, group="domain", compare=True)
    assert answer.totals == {"x": 3, "y": 1}
    assert answer.before == {"x": 4, "y": 0}


def test_the_last_snapshot_of_a_step_is_what_there_was(in_acme: Tenant) -> None:
    def stock(kind: str, n: float, at: datetime) -> Cell:
        return Cell("stock_tier", at, kind=kind, n=1, total=n, least=n, most=n)

    counts.add([stock("warm", 5, NOON - 3 * HOUR), stock("warm", 7, NOON - HOUR)])
    counts.add([stock("cold", 1, NOON - timedelta(days=2))])
    (answer,) = queries.ask(["stock_tier"], WEEK, group="kind")
    assert answer.totals == {"warm": 7, "cold": 0}
    assert [point.value for point in answer.points if point.group == "warm"] == [None] * 5 + [0, None, 7]


def test_percentiles_are_of_all_buckets_together(in_acme: Tenant) -> None:
    for at, ms in ((NOON - HOUR, 10.0), (NOON - timedelta(days=2), 1000.0)):
        counts.add([Cell("searches", at, kind="found", n=10, total=10 * ms, buckets=histograms.of([ms] * 10))])
    p95, median = queries.ask(["search_p95", "search_p50"], WEEK)
    assert p95.totals[""] == pytest.approx(1000, rel=0.125)
    assert median.totals[""] == pytest.approx(10, rel=0.25)


def test_each_thing_is_read_once_however_many_metrics_are_made_of_it(in_acme: Tenant) -> None:
    with costs(3):
        queries.ask(["hit_rate", "search_ms", "searches", "hits_per_search"], WEEK)


@pytest.mark.parametrize("zone", ["America/Havana", "Atlantic/Azores", "CET", "Africa/Casablanca"])
def test_no_hour_is_lost_where_a_midnight_is_there_twice_or_tables_of_zones_differ(in_acme: Tenant, zone: str) -> None:
    span = Span(datetime(2024, 10, 20, tzinfo=UTC), datetime(2024, 11, 20, tzinfo=UTC))
    hours = (span.end - span.begin) // HOUR
    counts.add([written(1, span.begin + at * HOUR) for at in range(hours)])
    (answer,) = queries.ask(["memories_written"], span, step="day", zone=zone)
    assert sum(point.value or 0 for point in answer.points) == answer.totals[""] == hours
    assert max(point.value or 0 for point in answer.points) <= 25


def test_days_are_those_of_the_time_zone_also_where_clocks_change(in_acme: Tenant) -> None:
    span = Span(datetime(2026, 3, 28, tzinfo=UTC), datetime(2026, 3, 31, tzinfo=UTC))
    counts.add([written(1, span.begin + HOUR * hour) for hour in range(72)])
    (answer,) = queries.ask(["memories_written"], span, step="day", zone="Europe/Berlin")
    assert [point.value for point in answer.points] == [23, 23, 24, 2]


@pytest.mark.parametrize("step", counts.STEPS)
@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "America/Santiago", "Asia/Kathmandu", "Pacific/Apia"])
def test_steps_are_those_of_the_database(in_acme: Tenant, step: str, zone: str) -> None:
    span = Span(datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC))
    counts.add([written(1, span.begin + HOUR * hour) for hour in range(8760)])
    told = counts.series("memories_written", span, step=step, zone=zone)
    assert [point.at for point in told] == steps.starts(span.begin, span.end, step, zone)


def test_who_is_bound_to_a_namespace_is_answered_for_it_alone(in_acme: Tenant) -> None:
    counts.add([written(1, domain="x"), written(2, domain="y")])
    with bounds.bound_to(("x",)):
        (answer,) = queries.ask(["memories_written"], WEEK)
    assert answer.totals == {"": 1}


@pytest.mark.parametrize(("asked", "pointer"), [
    ({"metrics": ["luck"]}, "/metrics/0"),
    ({"type": "magic"}, "/type"),
    ({"step": "minute"}, "/step"),
    ({"group": "agent"}, "/group_by"),
    ({"only": {"agent": "a"}}, "/filters/agent"),
    ({"only": {"mood": "a"}}, "/filters/mood"),
    ({"aggregation": "p95"}, "/aggregation"),
    ({"metrics": ["hit_rate"], "aggregation": "sum"}, "/aggregation"),
    ({"zone": "Mars/Olympus"}, "/time_zone"),
    ({"zone": "../etc"}, "/time_zone"),
    ({"zone": "localtime"}, "/time_zone"),
    ({"zone": "posix/UTC"}, "/time_zone"),
    ({"ahead": 0}, "/ahead"),
    ({"span": Span(NOON, NOON)}, "/until"),
    ({"span": Span(NOON - timedelta(days=900), NOON), "step": "hour"}, "/step"),
])  # fmt: skip
def test_what_nobody_can_answer_is_refused_with_its_place(in_acme: Tenant, asked: dict, pointer: str) -> None:
    with pytest.raises(BadQuery) as refused:
        queries.ask(**({"metrics": ["memories_written"], "span": WEEK} | asked))
    assert refused.value.pointer == pointer


def test_each_metric_of_the_catalogue_can_be_asked_and_says_what_it_is(in_acme: Tenant) -> None:
    told = queries.ask(list(CATALOGUE), WEEK, compare=True)
    assert [answer.metric.name for answer in told] == list(CATALOGUE)
    for metric in CATALOGUE.values():
        assert metric.label
        assert metric.says.endswith(".")
        assert metric.source in ("ledger", "runs", "learning", "tracked", "stock", "live")


def test_a_question_is_answered_with_ten_forecasts_at_most(in_acme: Tenant) -> None:
    cells = [
        written(9 + (day * place) % 5, NOON - timedelta(days=day), domain=f"d{place:02}")
        for place in range(12)
        for day in range(14)
    ]
    counts.add(cells)
    (answer,) = queries.ask(["memories_written"], type="predictive", group="domain", ahead=1, now=NOON)
    told = [foretold for foretold in answer.forecasts.values() if foretold.values]
    assert len(told) == queries.MOST_FORECASTS
    assert "10 forecasts at most" in answer.forecasts["d11"].why_not


def test_a_forecast_is_made_of_days_that_are_over(in_acme: Tenant) -> None:
    counts.add([written(10 + day % 7, NOON - timedelta(days=day)) for day in range(30)])
    (answer,) = queries.ask(["memories_written"], type="predictive", ahead=3, now=NOON)
    foretold = answer.forecasts[""]
    assert len(foretold.values) == len(foretold.low) == len(answer.ahead) == 3
    assert answer.ahead[0] == NOON.replace(hour=0)
    assert all(
        low <= value <= high for low, value, high in zip(foretold.low, foretold.values, foretold.high, strict=True)
    )
