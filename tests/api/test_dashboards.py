"""The dashboard, business metrics, insights, reports and realtime over the API: their shapes, limits and costs."""

import csv
import io
from datetime import UTC, datetime
from typing import Any

import pytest
from django.utils import timezone
from django_tenants.utils import tenant_context

from analytics import insights, reports
from analytics.dashboard import TOTALS
from analytics.finding import Finding
from analytics.panels import PANELS
from tenants import keys
from tenants.models import Tenant
from tests.analytics.planted import plant
from tests.conftest import Caller, costs

MONDAY = datetime(2026, 5, 18, tzinfo=UTC)


def found(acme: Tenant, domain: str = "") -> str:
    with tenant_context(acme):
        told = Finding(
            "anomaly", "high", "accuracy", "rule: error_rate > 0.1", 0.5, "Half was wrong.", timezone.now(), domain
        )
        assert insights.keep([told], timezone.now()) == 1
        return str(insights.listed().order_by("-id")[0].pk)


def test_a_dashboard_says_all_that_the_persistence_dialect_asks_for(ada: Caller, acme: Tenant) -> None:
    with tenant_context(acme):
        plant(timezone.now(), 9)
    status, told = ada.get("analytics/dashboard?range=7d&domain=support")
    assert status == 200
    assert set(told) == {
        "from",
        "to",
        "step",
        "domain",
        "realtime",
        "today",
        "totals",
        "trends",
        "insights",
        "top_performers",
    }
    assert {"active_agents", "requests_per_second", "average_latency_ms", "error_rate"} <= set(told["realtime"])
    assert set(told["totals"]) == set(told["today"]) == set(TOTALS)
    assert {trend["panel"] for trend in told["trends"]} <= set(PANELS)
    (agent,), (domain,) = told["top_performers"]["agents"], told["top_performers"]["domains"]
    assert set(agent) == {"name", "events", "learning_events", "tracked", "accuracy"}  # all that is counted by agent
    assert set(domain) == set(agent) | {"memories_written", "searches"}
    assert (agent["name"], domain["name"]) == ("ada", "support")
    assert all(len(trend["values"]) == 7 for trend in told["trends"])


def test_an_empty_dashboard_says_that_nothing_is_known(ada: Caller) -> None:
    status, told = ada.get("analytics/dashboard")
    assert (status, told["trends"], told["totals"]["hit_rate"]["value"]) == (200, [], None)


@pytest.mark.parametrize(
    ("query", "at"),
    [
        ("range=1y", "/range"),
        ("from=yesterday", "/from"),
        ("from=2026-02-02&to=2026-02-01", "/to"),
        ("from=2026-01-01&range=7d", "/range"),
        ("from=0001-01-01", "/from"),
        ("to=2026-01-01", "/from"),
        ("from=2026-01-01&step=hour", "/step"),
        ("step=year", "/step"),
        ("spam=1", "/spam"),
    ],
)
def test_a_span_that_is_none_is_refused_by_name(ada: Caller, query: str, at: str) -> None:
    status, told = ada.get(f"analytics/dashboard?{query}")
    assert status == 422, told
    assert at in str(told)


def test_business_metrics_come_in_four_groups(ada: Caller) -> None:
    ada.remember("tea", user_id="cleo", namespace="x")
    status, told = ada.get("analytics/business?domain=x")
    assert status == 200
    assert told["user_engagement"]["active_users"] == 1
    assert told["memory_utilization"]["total_memories"] == 1
    assert set(told["ai_performance"]) == {
        "accuracy",
        "confidence",
        "response_time_ms",
        "wrong_rate",
        "unjudged_rate",
        "learning_rate",
    }
    assert set(told["business_impact"]) == {
        "documents_analyzed",
        "risks_identified",
        "average_risk_score",
        "processing_time_ms",
        "cost_savings",
    }


def test_realtime_tells_the_last_hour(ada: Caller) -> None:
    status, told = ada.get("analytics/realtime")
    assert (status, len(told["minutes"])) == (200, 60)
    assert set(told["minutes"][0]["counts"]) >= {"writes", "searches", "requests", "errors"}


@pytest.mark.parametrize("type", reports.TYPES)
def test_a_report_is_told_as_json_and_as_csv(ada: Caller, acme: Tenant, type: str) -> None:
    with tenant_context(acme):
        plant(timezone.now(), 9)
    status, told = ada.get(f"analytics/reports?type={type}&domain=support")
    assert (status, told["report_type"], told["domain"]) == (200, type, "support")
    assert set(told) == {"report_type", "domain", "time_range", "report", "generated_at"}
    assert 0 < told["report"]["overall_score"]["value"] <= 1
    answer = ada.raw("GET", f"analytics/reports?type={type}&format=csv")
    assert answer["Content-Type"].startswith("text/csv")
    rows = list(csv.reader(io.StringIO(answer.content.decode())))
    assert tuple(rows[0]) == reports.COLUMNS
    assert len(rows) > 10


@pytest.mark.parametrize("query", ["", "type=weather", "type=learning&format=pdf"])
def test_a_report_that_there_is_none_of_is_refused(ada: Caller, query: str) -> None:
    assert ada.get(f"analytics/reports?{query}")[0] == 422


def test_insights_are_listed_and_dismissed(ada: Caller, acme: Tenant) -> None:
    one = found(acme)
    status, told = ada.get("analytics/insights?severity=high")
    assert (status, told["total"], told["data"][0]["id"], told["data"][0]["method"]) == (
        200,
        1,
        one,
        "rule: error_rate > 0.1",
    )
    assert ada.post(f"analytics/insights/{one}/dismiss", None)[1]["state"] == "dismissed"
    assert ada.get("analytics/insights")[1]["data"] == []
    assert ada.get("analytics/insights?state=any")[1]["total"] == 1
    assert ada.get(f"analytics/insights/{one}")[0] == 200


def test_who_only_reads_dismisses_nothing(acme: Tenant) -> None:
    reader = Caller(keys.issue(acme, "reader", scopes=["read"])[1])
    one = found(acme)
    assert reader.get("analytics/dashboard")[0] == 200
    assert reader.post(f"analytics/insights/{one}/dismiss", None)[0] == 403


def test_a_key_for_one_domain_sees_no_other(acme: Tenant, ada: Caller) -> None:
    bound = Caller(keys.issue(acme, "bound", scopes=["read"], namespaces=["x"])[1])
    one = found(acme, "y")
    with tenant_context(acme):
        plant(timezone.now(), 3, domain="y")
    told: dict[str, Any] = bound.get("analytics/dashboard?domain=y")[1]
    assert (told["trends"], told["insights"], told["top_performers"]["domains"]) == ([], [], [])
    assert bound.get(f"analytics/insights/{one}")[0] == 404
    assert bound.get("analytics/reports?type=executive")[1]["report"]["overall_score"]["value"] is None


@pytest.mark.parametrize("full", [False, True])
def test_a_dashboard_costs_as_much_full_as_empty(ada: Caller, acme: Tenant, full: bool) -> None:
    if full:
        with tenant_context(acme):
            plant(timezone.now(), 30)
    ada.get("analytics/dashboard?range=30d")
    with costs(DASHBOARD):
        assert ada.get("analytics/dashboard?range=30d")[0] == 200


DASHBOARD = 17  # who asks: 1; counts: 12; agents of the last minutes; insights; agents and domains that did most
