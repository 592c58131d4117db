"""What the Memory Persistence Service means by learning and analytics, and who may read and write of them."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone
from django_tenants.utils import tenant_context

from analytics import counts, finding, insights
from analytics.counts import Cell
from tenants import keys, tokens
from tenants.models import Login, Membership, Tenant, User
from tests.analytics.planted import plant
from tests.dialects.speaking import Dialect

A_LESSON = {
    "serviceId": "lora-service",
    "agentId": "legal-model-v2",
    "eventType": "feedback",
    "domain": "legal_analysis",
    "metadata": {"sessionId": "session_123", "importance": 7, "userId": "ada", "correlationId": "c-1"},
    "input": {"data": {"document_text": "Terms of Service"}, "context": {"language": "en"}},
    "output": {"prediction": {"risk_score": 0.85}, "confidence": 0.92, "alternatives": [{"risk_score": 0.5}]},
    "impact": {"modelUpdated": True, "performanceChange": 0.02, "affectedModels": ["legal-model-v2"]},
    "metrics": {"processingTime": 145.0, "tokensUsed": 512, "cost": 0.5},
}
OF_NOW = ("activeAgents", "requestsPerSecond", "averageLatency", "errorRate")


@pytest.fixture
def speaker(acme: Tenant) -> Dialect:
    return Dialect("persistence", keys.issue(acme, "lora")[1])


def learned(speaker: Dialect, **fields: Any) -> str:
    status, told = speaker.post("api/learning/events", A_LESSON | fields)
    assert status == 201, told
    return str(told["id"])


def got(speaker: Dialect, path: str) -> Any:
    status, told = speaker.get(path)
    assert status == 200, told
    return told


def history(speaker: Dialect, **asked: Any) -> list[Any]:
    status, told = speaker.post("api/learning/history", asked)
    assert status == 200, told
    return list(told["events"])


# --- learning


def test_an_event_comes_back_as_it_was(speaker: Dialect) -> None:
    at = "2026-11-20T10:00:00+00:00"
    sent = A_LESSON | {"metadata": {"timestamp": at, "sessionId": "s", "userId": "ada", "importance": 7, "more": [1]}}
    sent |= {"feedback": {"rating": 4, "correct": True, "improved": False, "explanation": "Right."}}
    id = learned(speaker, **sent)
    (told,) = history(speaker)
    assert told == sent | {"id": id}


@pytest.mark.parametrize(
    "given", [{"data": "text"}, {"data": [1, 2]}, {"data": {"a": 1}, "more": 1}, {"data": {}, "context": "x"}], ids=str
)
def test_an_input_of_any_shape_comes_back(speaker: Dialect, given: Any) -> None:
    learned(speaker, input=given)
    assert history(speaker)[0]["input"] == ({"data": {}} | given)


def test_the_history_is_narrowed(speaker: Dialect) -> None:
    one = learned(speaker, feedback={"correct": True})
    learned(speaker, serviceId="b", agentId="b", eventType="training", domain="b", metadata={"importance": 1})
    for asked in (
        {"serviceId": "lora-service"}, {"agentId": "legal-model-v2"}, {"eventType": "feedback"},
        {"domain": "legal_analysis"}, {"sessionId": "session_123"}, {"userId": "ada"}, {"minImportance": 7},
        {"hasFeedback": True}, {"limit": 1, "offset": 1},
    ):  # fmt: skip
        assert [event["id"] for event in history(speaker, **asked)] == [one], asked
    assert history(speaker, endDate="2026-01-01T00:00:00Z") == []


def test_feedback_is_of_the_latest_event_of_a_session_that_has_none(speaker: Dialect) -> None:
    told = {"domain": "legal_analysis", "sessionId": "session_123", "feedback": {"rating": 2, "correct": False}}
    none = (404, {"error": "No learning event of this session waits for feedback"})
    assert speaker.post("api/learning/feedback", told) == none
    learned(speaker)
    assert speaker.post("api/learning/feedback", told | {"feedback": {}})[0] == 400
    assert speaker.post("api/learning/feedback", told)[0] == 200
    assert history(speaker)[0]["feedback"] == {"rating": 2, "correct": False}
    assert speaker.post("api/learning/feedback", told) == none


def test_patterns_are_signed_by_type_and_keys(speaker: Dialect) -> None:
    for correct in (True, True, False, True, True):
        learned(speaker, feedback={"correct": correct, "rating": 5})
    learned(speaker, eventType="training")
    (told,) = got(speaker, "api/learning/patterns/legal_analysis")["patterns"]
    assert (told["signature"], told["frequency"]) == ("feedback:document_text:language", 5)
    assert told["performance"] == pytest.approx(0.5 * 0.8 + 0.3 * 0.92 + 0.2 * 1)
    assert got(speaker, "api/learning/patterns/legal_analysis?minFrequency=1")["total"] == 2
    assert got(speaker, "api/learning/patterns/other")["total"] == 0


def test_metrics_are_of_the_last_week(speaker: Dialect) -> None:
    old = (timezone.now() - timedelta(days=8)).isoformat()
    learned(speaker, metadata={"timestamp": old})
    for sure in (0.5, 0.5, 0.75, 0.75):
        learned(speaker, output={"confidence": sure}, feedback={"correct": True, "improved": True})
    learned(speaker, eventType="adaptation")
    told = got(speaker, "api/learning/metrics/legal_analysis")
    assert (told["totalEvents"], told["eventsByType"]["adaptation"]) == (5, 1)
    assert told["learningRate"] == pytest.approx(5 / 7)
    assert (told["adaptationRate"], told["feedbackRate"]) == (0.2, 0.8)
    assert told["performanceImprovement"] == pytest.approx(50)
    assert told["costAnalysis"] == {"totalCost": 2.5, "costPerEvent": 0.5, "costPerImprovement": 0.625}
    assert {pattern["frequency"] for pattern in told["topPatterns"]} <= {5, 4}


def test_a_trend_needs_something_to_say(speaker: Dialect) -> None:
    told = got(speaker, "api/learning/trends/legal_analysis")
    assert (told["trend"], len(told["details"]["periodMetrics"]), told["details"]["forecast"]) == ("stable", 7, [])
    for ago in range(4):
        at = (timezone.now() - timedelta(days=ago, minutes=1)).isoformat()
        learned(speaker, metadata={"timestamp": at}, output={"confidence": 0.9 - 0.2 * ago})
    told = got(speaker, "api/learning/trends/legal_analysis?periods=4")
    assert (told["trend"], len(told["details"]["forecast"])) == ("improving", 3)
    assert told["details"]["trendLine"]["slope"] > 0.05


def test_little_feedback_is_advised_against(speaker: Dialect) -> None:
    assert got(speaker, "api/learning/recommendations/legal_analysis") == {"recommendations": []}
    learned(speaker)
    (told,) = got(speaker, "api/learning/recommendations/legal_analysis")["recommendations"]
    assert (told["type"], told["priority"]) == ("feedback", "high")
    dashboard = got(speaker, "api/learning/dashboard?domain=legal_analysis")
    assert dashboard["recommendations"] == [told]
    assert len(dashboard["recentEvents"]) == dashboard["metrics"]["totalEvents"] == 1


# --- analytics


def test_business_metrics_are_in_the_service_s_four_groups(speaker: Dialect, acme: Tenant) -> None:
    with tenant_context(acme):
        hour = counts.hour_of(datetime.now(UTC))
        told = {
            "learning_events": (10, 0),
            "learning_feedback": (4, 0),
            "learning_correct": (4, 3),
            "learning_rating": (2, 8),
            "learning_ms": (2, 500),
        }
        counts.add(Cell(name, hour, n=n, total=total, domain="legal") for name, (n, total) in told.items())
    for name, data in (
        ("document_analyzed", {"ms": 120}),
        ("risk_identified", {"score": 0.5}),
        ("cost_saved", {"amount": 9}),
    ):
        assert speaker.post("api/analytics/events", {"eventName": name, "domain": "legal", "data": data})[0] == 201
    told = got(speaker, "api/analytics/metrics/legal")
    assert told["aiPerformance"] | {"learningRate": 0} == {
        "accuracy": 0.75, "confidence": None, "responseTime": 250, "wrongRate": 0.25, "errorRate": 0.6, "learningRate": 0,
    }  # fmt: skip
    assert told["businessImpact"] == {
        "documentsAnalyzed": 1, "risksIdentified": 1, "averageRiskScore": 0.5, "processingTime": 120, "costSavings": 9,
    }  # fmt: skip
    assert told["userEngagement"]["satisfactionScore"] == 80
    assert set(told["memoryUtilization"]) == {
        "totalMemories",
        "activeMemories",
        "memoryAccessRate",
        "averageRetrievalTime",
    }


def test_questions_are_asked_in_the_service_s_names(speaker: Dialect, acme: Tenant) -> None:
    with tenant_context(acme):
        plant(datetime.now(UTC), domain="legal", agent="ada")
    asked = {
        "type": "historical",
        "domain": "legal",
        "metrics": ["learningEvents", "responseTime"],
        "groupBy": ["day", "agentId"],
    }
    _, told = speaker.post("api/analytics/query", asked | {"aggregation": ""})
    assert [result["metric"] for result in told["results"]] == asked["metrics"]
    assert told["query"]["groupBy"] == ["day", "agentId"]
    assert told["results"][1]["totals"].keys() == {"ada"}
    _, told = speaker.post("api/analytics/query", asked | {"metrics": ["responseTime"], "aggregation": "max"})
    assert told["results"][0]["aggregation"] == "max"
    assert speaker.post("api/analytics/query", asked | {"metrics": ["nothing"]})[0] == 400


@pytest.mark.parametrize(
    "wrong",
    [
        {"groupBy": ["hour", "day"]}, {"groupBy": ["agentId", "serviceId"]}, {"groupBy": "bogus"},
        {"aggregation": "bogus"}, {"groupBy": ["day", "agentId", "week"]},
    ],
    ids=str,
)  # fmt: skip
def test_a_question_that_would_be_half_heard_is_refused(speaker: Dialect, wrong: dict[str, Any]) -> None:
    asked = {"type": "historical", "domain": "legal", "metrics": ["confidence"]}
    status, told = speaker.post("api/analytics/query", asked | wrong)
    assert (status, told["error"]["statusCode"]) == (400, 400)
    assert next(iter(wrong)) in told["error"]["message"]


def test_the_numbers_of_agents_can_be_averaged(speaker: Dialect, acme: Tenant) -> None:
    with tenant_context(acme):
        plant(datetime.now(UTC), days=2, domain="legal")
    asked = {"metrics": ["accuracy", "confidence", "responseTime", "errorRate"], "aggregation": "avg"}
    status, told = speaker.post("api/analytics/query", {"type": "historical", "domain": "legal"} | asked)
    totals = {result["metric"]: result["totals"][""] for result in told["results"]}
    assert (status, totals.keys()) == (200, set(asked["metrics"]))
    business = got(speaker, "api/analytics/metrics/legal")["aiPerformance"]
    assert totals == pytest.approx({name: business[name] for name in totals})


def test_a_prediction_has_seven_points_and_says_how_sure_it_is(speaker: Dialect, acme: Tenant) -> None:
    asked = {"type": "predictive", "domain": "legal", "metrics": ["searches"]}
    _, told = speaker.post("api/analytics/query", asked)
    assert told["results"][0]["predictions"][0]["reason"]
    with tenant_context(acme):
        plant(datetime.now(UTC), domain="legal")
    _, told = speaker.post("api/analytics/query", asked)
    (predicted,) = told["results"][0]["predictions"]
    assert len(predicted["points"]) == 7
    assert predicted["trend"] in ("increasing", "decreasing", "stable")
    assert all(point["low"] <= point["value"] <= point["high"] for point in predicted["points"])


def test_the_dashboard_has_now_today_trends_and_who_did_most(speaker: Dialect, acme: Tenant) -> None:
    with tenant_context(acme):
        plant(datetime.now(UTC), days=3, domain="legal", agent="ada")
    told = got(speaker, "api/analytics/dashboard?domain=legal")
    assert set(told) == {"realtime", "today", "trends", "insights", "topPerformers"}
    assert set(OF_NOW) <= set(told["realtime"])
    assert told["today"]["aiPerformance"]["accuracy"] is not None
    assert told["trends"][0].keys() == {"metric", "series", "values"}
    assert told["topPerformers"]["agents"][0]["name"] == "ada"
    assert set(OF_NOW) <= set(got(speaker, "api/analytics/realtime")["metrics"])


@pytest.mark.parametrize("type", ["performance", "learning", "business", "executive"])
def test_each_report_has_its_score(speaker: Dialect, acme: Tenant, type: str) -> None:
    with tenant_context(acme):
        plant(datetime.now(UTC), days=3, domain="legal")
    told = got(speaker, f"api/analytics/reports/{type}/legal?startDate=2026-01-01")
    assert (told["reportType"], told["domain"]) == (type, "legal")
    assert told["timeRange"]["start"] == "2026-01-01T00:00:00+00:00"
    assert 0 < told["report"]["overallScore"]["value"] <= 1
    assert told["report"]["sections"]


def test_there_is_no_other_report(speaker: Dialect) -> None:
    assert speaker.get("api/analytics/reports/weekly/legal") == (404, {"error": "Report not found"})


def test_insights_are_told_with_what_to_do(speaker: Dialect, acme: Tenant) -> None:
    with tenant_context(acme):
        insights.keep(finding.by_rules({"feedback_rate": 0.1}, timezone.now(), "legal"), timezone.now())
    told = got(speaker, "api/analytics/insights?domain=legal")
    assert told["total"] == 1
    assert (told["insights"][0]["type"], told["insights"][0]["severity"]) == ("opportunity", "medium")
    assert got(speaker, "api/analytics/insights?domain=other") == {"insights": [], "total": 0}


@pytest.mark.parametrize(("form", "type"), [("json", "application/json"), ("csv", "text/csv; charset=utf-8")])
def test_the_export_is_a_stream(speaker: Dialect, acme: Tenant, form: str, type: str) -> None:
    with tenant_context(acme):
        plant(datetime.now(UTC), days=1, domain="legal")
    answer = speaker.raw("GET", f"api/analytics/export?format={form}&domain=legal&startDate=2026-01-01")
    text = b"".join(answer.streaming_content).decode()
    assert (answer.status_code, answer["Content-Type"]) == (200, type)
    assert "memories_written" in text
    assert int(answer["X-Total-Rows"]) > 20


def test_who_may_not_write_reads_all_the_same(speaker: Dialect, acme: Tenant) -> None:
    reader = Dialect("persistence", keys.issue(acme, "reader", scopes=["read"])[1])
    assert reader.post("api/learning/history", {})[0] == 200
    assert reader.post("api/learning/events", A_LESSON)[1]["error"]["statusCode"] == 403
    assert reader.post("api/analytics/events", {"eventName": "a", "domain": "b"})[0] == 403


@pytest.mark.parametrize(("role", "status"), [("admin", 200), ("analyst", 200), ("viewer", 403)])
def test_the_export_is_for_admins_and_analysts(acme: Tenant, role: str, status: int) -> None:
    assert Dialect("persistence", token_of(acme, role)).raw("GET", "api/analytics/export").status_code == status


def token_of(tenant: Tenant, role: str) -> str:
    """The access token of a person."""
    user = User.objects.create_user(f"{role}@example.org")
    Membership.objects.create(user=user, tenant=tenant, role=role)
    return str(tokens.opened(Login(user=user, tenant=tenant))["access"])


@pytest.mark.parametrize(
    "wrong",
    [
        {"eventType": "gossip"}, {"domain": ""}, {"output": {"confidence": 2}}, {"feedback": {"rating": 6}},
        {"metadata": {"timestamp": "2199-01-01T00:00:00Z"}}, {"input": "x"},
    ],
    ids=str,
)  # fmt: skip
def test_what_cannot_be_is_refused(speaker: Dialect, wrong: dict[str, Any]) -> None:
    status, told = speaker.post("api/learning/events", A_LESSON | wrong)
    assert (status, told["error"]["statusCode"]) == (400, 400)
