"""Insights: found by a stated method, once for their time, and dismissed for good."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from analytics import counts, finding, insights, reports, spans
from analytics.counts import Cell
from analytics.models import Insight
from events.models import Event
from tenants import bounds
from tenants.models import Tenant
from tests.conftest import costs

NOW = datetime(2026, 5, 20, 12, 30, tzinfo=UTC)  # a Wednesday
MONDAY = datetime(2026, 5, 18, tzinfo=UTC)


def cell(metric: str, n: int, kind: str = "", total: float = 0, domain: str = "x", days: float = 0) -> Cell:
    return Cell(metric, counts.hour_of(NOW - timedelta(days=days)), kind=kind, n=n, total=total, domain=domain)


@pytest.mark.parametrize(
    ("name", "value", "kind", "severity"),
    [
        ("error_rate", 0.11, "anomaly", "high"),
        ("response_time", 501, "anomaly", "medium"),
        ("learning_rate", 10.1, "trend", "low"),
        ("feedback_rate", 0.19, "opportunity", "medium"),
    ],
)
def test_the_fixed_rules_are_those_of_the_persistence_dialect(
    name: str, value: float, kind: str, severity: str
) -> None:
    (found,) = finding.by_rules({name: value}, MONDAY)
    assert (found.kind, found.severity, found.value) == (kind, severity, value)
    assert found.method.startswith(f"rule: {name}")


@pytest.mark.parametrize(
    ("name", "value"),
    [("error_rate", 0.1), ("response_time", 500), ("learning_rate", 10), ("feedback_rate", 0.2), ("hit_rate", None)],
)
def test_at_its_limit_a_rule_says_nothing(name: str, value: float | None) -> None:
    assert finding.by_rules({name: value}, MONDAY) == []


def test_of_a_few_events_the_rules_say_nothing() -> None:
    assert finding.by_rules({"error_rate": 1.0, "learning_events": 9}, MONDAY) == []
    assert len(finding.by_rules({"error_rate": 1.0, "learning_events": 10}, MONDAY)) == 1


def test_a_rule_looks_at_the_tenant_and_at_each_domain(in_acme: Tenant) -> None:
    counts.add([cell("learning_events", 20, domain="x"), cell("learning_feedback", 20, domain="x")])
    counts.add([cell("learning_correct", 20, total=10, domain="x"), cell("learning_events", 30, domain="y")])
    counts.add([cell("learning_feedback", 30, domain="y")])
    found = {(each.domain, each.metric) for each in finding.find(NOW) if each.method.startswith("rule")}
    assert found == {("", "accuracy"), ("x", "accuracy")}


def daily(metric: str, odd: int) -> list[Cell]:
    """Forty days that follow the week, the last whole one but for what is odd."""
    return [cell(metric, 50 + 10 * (day % 7) + day % 3 + (odd if day == 1 else 0), days=day) for day in range(1, 41)]


def test_a_day_outside_of_what_was_expected_is_told_with_its_interval(in_acme: Tenant) -> None:
    counts.add(daily("memories_written", 400))
    (found,) = finding.anomalies("memories_written", "day", NOW)
    assert (found.at, found.value) == (datetime(2026, 5, 19, tzinfo=UTC), 50 + 10 + 1 + 400)
    assert found.low is not None
    assert found.high is not None
    assert found.low < (found.expected or 0) < found.high < found.value
    assert "STL" in found.method
    assert "19 May: 461, more than" in found.says


def test_days_as_always_are_not_told(in_acme: Tenant) -> None:
    counts.add(daily("memories_written", 0))
    assert finding.anomalies("memories_written", "day", NOW) == []


def test_of_a_few_days_nothing_is_guessed(in_acme: Tenant) -> None:
    counts.add(daily("memories_written", 400)[:5])
    assert finding.anomalies("memories_written", "day", NOW) == []


def judged(day: int, n: int, right: float) -> Cell:
    return cell("learning_correct", n, total=right, days=day)


def days_of_accuracy(n: int, right: int, yesterday: float) -> list[Cell]:
    return [judged(day, n, yesterday if day == 1 else right - day % 3) for day in range(1, 41)]


def test_a_share_that_fell_is_told(in_acme: Tenant) -> None:
    counts.add(days_of_accuracy(100, 90, 40))
    (found,) = finding.anomalies("accuracy", "day", NOW)
    assert (found.value, found.severity) == (0.4, "high")


def test_what_is_better_than_ever_is_no_finding(in_acme: Tenant) -> None:
    counts.add(days_of_accuracy(100, 60, 100))
    assert finding.anomalies("accuracy", "day", NOW) == []


def test_a_share_of_a_few_is_no_finding(in_acme: Tenant) -> None:
    counts.add([judged(1, 4, 0), *days_of_accuracy(100, 90, 90)[1:]])
    assert finding.anomalies("accuracy", "day", NOW) == []


def hours_of_errors(last: int, requests: int = 30) -> list[Cell]:
    """Two weeks of requests of which two failed, days ago, and the hour before this with `last` failed ones."""
    at = [counts.hour_of(NOW) - counts.HOUR * hour for hour in range(1, 14 * 24)]
    failed = {0: last, 100: 1, 200: 1}
    told = [Cell("requests", hour, kind="search", n=requests) for hour in at]
    return told + [Cell("request_errors", at[hour], kind="search", n=n) for hour, n in failed.items() if n]


@pytest.mark.parametrize(("failed", "told"), [(0, 0), (1, 0), (12, 1)])
def test_one_call_that_failed_is_no_finding_and_many_are(in_acme: Tenant, failed: int, told: int) -> None:
    counts.add(hours_of_errors(failed))
    assert len(finding.anomalies("error_rate", "hour", NOW)) == told


def test_a_handful_of_memories_is_no_finding(in_acme: Tenant) -> None:
    counts.add([cell("memories_written", 9 if day == 1 else 1 + day % 3, days=day) for day in range(1, 41)])
    assert finding.anomalies("memories_written", "day", NOW) == []


def kept(**told: Any) -> Insight:
    found = finding.Finding("anomaly", "high", "accuracy", "rule: x", 0.5, "It is so.", MONDAY, **told)
    assert insights.keep([found], NOW) == 1
    return Insight.objects.order_by("-id")[0]


def test_what_was_found_is_found_once_and_told_as_a_fact(in_acme: Tenant) -> None:
    counts.add(daily("memories_written", 400))
    assert insights.look(NOW) == 2  # of the tenant, and of its one domain
    assert insights.look(NOW + timedelta(minutes=20)) == 0
    told = Event.objects.filter(type="insight.found").values_list("data", flat=True)
    assert sorted(data["namespace"] for data in told) == ["", "x"]


def test_what_was_dismissed_stays_so(in_acme: Tenant) -> None:
    row = kept()
    told = insights.dismiss(row.pk)
    assert told is not None
    assert insights.dismiss(row.pk) is not None
    assert insights.dismiss(UUID(int=1)) is None
    assert list(insights.listed()) == []
    assert list(insights.listed(state="dismissed")) == [row]
    assert Event.objects.filter(type="insight.dismissed").count() == 1


def test_insights_of_another_domain_are_not_for_who_is_bound(in_acme: Tenant) -> None:
    kept(domain="x"), kept(domain="y"), kept()
    with bounds.bound_to(("x",)):
        assert [row.domain for row in insights.listed(state="")] == ["x"]


def test_a_report_tells_the_gravest_first_however_long_ago(in_acme: Tenant) -> None:
    kept()
    low = [finding.Finding("trend", "low", "x", f"rule: {n}", 1, "So.", MONDAY + timedelta(hours=n)) for n in range(12)]
    insights.keep(low, NOW)
    told = reports.make("executive", spans.last("30d", NOW), NOW)
    assert (told.insights[0].severity, len(told.insights)) == ("high", 10)


def test_after_a_year_an_insight_is_forgotten(in_acme: Tenant) -> None:
    kept()
    insights.keep([], MONDAY + timedelta(days=367))
    assert not Insight.objects.exists()


def test_nothing_counted_costs_few_statements(in_acme: Tenant) -> None:
    with costs(NOTHING):
        assert insights.look(NOW) == 0


NOTHING = 19  # domains; what the rules read; each watched metric; and what is too old
