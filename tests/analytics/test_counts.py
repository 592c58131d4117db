"""Counts: what is added adds up, what is written anew stands alone, and reading sums it as a person would."""

import math
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics import counts
from analytics.algorithms import histograms
from analytics.counts import Cell, Span
from tenants import bounds
from tenants.models import Tenant
from tests.conftest import costs

NOON = datetime(2026, 5, 8, 12, tzinfo=UTC)
DAY = Span(NOON - timedelta(hours=12), NOON + timedelta(hours=12))


def cell(n: int = 1, at: datetime = NOON, **told: str) -> Cell:
    return Cell("met", at, n=n, total=n * 2.0, least=2.0, most=2.0, **told)


def test_what_is_added_adds_up(in_acme: Tenant) -> None:
    counts.add([cell(2, kind="a"), cell(3, kind="a", domain="x")])
    counts.add([cell(5, kind="a"), cell(1, kind="b")])
    (point,) = counts.series("met", DAY)
    assert (point.n, point.total, point.mean, point.least, point.most) == (11, 22.0, 2.0, 2.0, 2.0)
    assert {point.group: point.n for point in counts.series("met", DAY, group="kind")} == {"a": 10, "b": 1}
    assert {point.group: point.n for point in counts.series("met", DAY, group="domain")} == {"": 8, "x": 3}


def test_an_hour_is_written_anew(in_acme: Tenant) -> None:
    counts.add([cell(2), cell(7, NOON + counts.HOUR)])
    for _ in range(2):
        counts.rewrite(["met"], NOON, [cell(4)])
    assert [(point.at, point.n) for point in counts.series("met", DAY, step="hour")] == [
        (NOON, 4),
        (NOON + counts.HOUR, 7),
    ]


def test_days_are_those_of_a_zone(in_acme: Tenant) -> None:
    counts.add([cell(1, datetime(2026, 5, 8, 22, tzinfo=UTC))])
    (point,) = counts.series("met", DAY, zone="Europe/Berlin")
    assert point.at.astimezone(UTC) == datetime(2026, 5, 8, 22, tzinfo=UTC)


def test_who_is_bound_to_a_namespace_reads_its_domain_alone(in_acme: Tenant) -> None:
    counts.add([cell(1, domain="x"), cell(2, domain="y"), cell(4)])
    with bounds.bound_to(("x",)):
        assert [point.n for point in counts.series("met", DAY)] == [1]


def test_reading_costs_one_statement_and_another_for_percentiles(in_acme: Tenant) -> None:
    counts.add([Cell("met", NOON, n=3, buckets=histograms.of([10, 20, 40]))])
    counts.add([Cell("met", NOON + counts.HOUR, n=1, buckets=histograms.of([1000]))])
    with costs(1):
        counts.series("met", DAY)
    with costs(2):
        (point,) = counts.series("met", DAY, histogram=True)
    assert sum(point.buckets) == 4
    assert point.percentile(1) == pytest.approx(1000, rel=0.125)


@given(st.lists(st.floats(0.1, 50_000), min_size=1, max_size=50), st.floats(0.01, 1))
def test_a_percentile_is_near_the_true_one(values: list[float], share: float) -> None:
    told = histograms.percentile(histograms.of(values), share)
    true = sorted(values)[math.ceil(share * len(values)) - 1]
    assert told is not None
    assert told <= max(1.0, true * 1.26)
    assert told >= (0 if true <= 1 else true / 1.26)


@given(st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 47), st.integers(1, 9)), max_size=30))
def test_all_groups_together_are_the_whole(rows: list[tuple[str, int, int]]) -> None:
    told = counts._summed(cell(n, NOON + counts.HOUR * hour, kind=kind, domain=kind * 2) for kind, hour, n in rows)
    split, whole = Counter[str](), Counter[str]()
    for (_, _, is_whole, kind, *_), point in told.items():
        (whole if is_whole else split)[kind] += point.n
    assert split == whole
