"""Business metrics and reports: each number by its formula, and what is not known is said so."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from analytics import business, counts, reports
from analytics.counts import Cell, Span
from analytics.models import LearningEvent, TrackedEvent
from memory.models import Memory
from memory.remember import remember_many
from memory.types import Draft, Scope
from tenants import bounds
from tenants.models import Tenant
from tests.analytics.planted import plant
from tests.conftest import costs

NOW = datetime.now(UTC)
DAYS = 7
# It ends with tomorrow, for what is written while the tests run may be written after a midnight.
WEEK = Span(counts.hour_of(NOW) - timedelta(days=DAYS - 1), counts.hour_of(NOW) + timedelta(days=1))


def cell(metric: str, n: int, total: float = 0, kind: str = "", domain: str = "x") -> Cell:
    return Cell(metric, counts.hour_of(NOW), kind=kind, n=n, total=total, domain=domain)


def track(name: str, domain: str = "x", **data: Any) -> None:
    TrackedEvent.objects.create(name=name, domain=domain, data=data, user_id="ada")


def test_how_well_agents_do(in_acme: Tenant) -> None:
    counts.add([cell("learning_correct", 10, 8), cell("learning_confidence", 4, 3), cell("learning_ms", 2, 500)])
    counts.add([cell("learning_events", 14), cell("learning_feedback", 7), cell("learning_rating", 2, 9)])
    told = business.read(WEEK, "x")
    assert told["ai_performance"] == {
        "accuracy": 0.8, "confidence": 0.75, "response_time_ms": 250, "wrong_rate": pytest.approx(0.2),
        "unjudged_rate": 0.5, "learning_rate": pytest.approx(14 / DAYS),
    }  # fmt: skip
    assert told["user_engagement"]["satisfaction_score"] == 90
    assert business.read(WEEK, "y")["ai_performance"]["accuracy"] is None


def test_what_comes_of_it_is_what_the_application_tracks(in_acme: Tenant) -> None:
    track("document_analyzed", ms=100), track("document_analyzed", ms=300), track("document_analyzed")
    track("risk_identified", score=0.5), track("risk_identified", score="high"), track("risk_identified", score=1e300)
    track("cost_saved", amount=12.5), track("cost_saved", amount=7.5), track("another", amount=1)
    assert business.read(WEEK, "x")["business_impact"] == {
        "documents_analyzed": 3, "risks_identified": 3, "average_risk_score": 0.5, "processing_time_ms": 200,
        "cost_savings": 20,
    }  # fmt: skip


def test_users_are_counted_once_wherever_they_took_part(in_acme: Tenant) -> None:
    remember_many([Draft("tea", Scope("x", "ada", session_id="s")), Draft("milk", Scope("x", "ben", session_id="t"))])
    track("any"), LearningEvent.objects.create(type="training", domain="x", user_id="cleo", signature="")
    told = business.read(WEEK, "x")["user_engagement"]
    assert (told["active_users"], told["sessions_per_user"]) == (3, pytest.approx(2 / 3))


def test_memory_is_used_when_it_was_recalled_in_the_span(in_acme: Tenant) -> None:
    remember_many([Draft(f"tea {i}", Scope("x")) for i in range(4)])
    first, second, *_ = Memory.objects.order_by("id")
    Memory.objects.filter(pk=first.pk).update(recalled_at=NOW)
    Memory.objects.filter(pk=second.pk).update(recalled_at=WEEK.begin - timedelta(hours=1))
    counts.add([cell("searches", 4, 100, "found")])
    assert business.read(WEEK, "x")["memory_utilization"] == {
        "total_memories": 4, "active_memories": 1, "memory_access_rate": 0.25, "average_retrieval_time_ms": 25,
    }  # fmt: skip


def test_who_is_bound_to_a_domain_counts_no_other(in_acme: Tenant) -> None:
    track("document_analyzed", domain="x"), track("document_analyzed", domain="y")
    remember_many([Draft("tea", Scope("y", "ben"))])
    with bounds.bound_to(("x",)):
        told = business.read(WEEK)
    assert told["business_impact"]["documents_analyzed"] == 1
    assert (told["user_engagement"]["active_users"], told["memory_utilization"]["total_memories"]) == (1, 0)


@pytest.mark.parametrize(
    ("numbers", "score"),
    [
        ({"accuracy": 1, "confidence": 1, "response_time_ms": 0, "satisfaction_score": 100}, 1),
        ({"accuracy": 0.8, "confidence": 0.7, "response_time_ms": 250, "satisfaction_score": 90}, 0.8),
        ({"accuracy": 0.5, "confidence": 0.5, "response_time_ms": 5000, "satisfaction_score": 50}, 0.4),
        ({"accuracy": 0.9}, 0.9),
        ({}, None),
    ],
)
def test_the_overall_score_is_weighed_over_what_is_known(numbers: dict[str, float], score: float | None) -> None:
    assert reports.overall(numbers) == (score if score is None else pytest.approx(score))


@pytest.mark.parametrize("type", reports.TYPES)
def test_a_report_says_each_number_with_the_one_before(in_acme: Tenant, type: str) -> None:
    plant(NOW, 20)
    told = reports.make(type, WEEK, NOW, "support")
    assert told.overall.value is not None
    assert 0 < told.overall.value <= 1
    numbers = {number.name: number for each in told.sections.values() for number in each}
    if "accuracy" in numbers:
        assert numbers["accuracy"].before is not None
    rows = list(reports.lines(told))
    assert tuple(rows[0]) == reports.COLUMNS
    assert {len(row) for row in rows} == {len(reports.COLUMNS)}


@pytest.mark.parametrize("full", [False, True])
def test_a_report_costs_as_much_for_a_month_as_for_nothing(in_acme: Tenant, full: bool) -> None:
    if full:
        plant(NOW, 20)
    with costs(REPORT):
        reports.make("executive", WEEK, NOW)


REPORT = 21  # the dashboard's 12; business metrics of two spans, 4 and 3; insights and suggestions
