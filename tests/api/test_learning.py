"""The learning history over the API."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from analytics.models import LearningEvent
from tenants import keys
from tenants.models import Tenant
from tests.conftest import Caller, costs

AN_EVENT = {
    "type": "feedback", "domain": "legal", "service": "lora", "agent": "model-2", "session_id": "s-1",
    "importance": 0.7, "input": {"clause": "renews"}, "context": {"plan": "pro"}, "output": {"prediction": "high"},
    "confidence": 0.92, "feedback": {"rating": 4, "correct": True}, "model_updated": True, "performance_change": 0.02,
    "affected_models": ["model-2"], "processing_ms": 145, "tokens": 512, "cost": 0.0023,
}  # fmt: skip


def recorded(ada: Caller, **said: Any) -> dict[str, Any]:
    status, body = ada.post("learning/events", {"type": "training", "domain": "legal"} | said)
    assert status == 201, body
    return body["data"][0]


def test_an_event_is_recorded_and_read_as_it_was_said(ada: Caller) -> None:
    row = recorded(ada, **AN_EVENT)
    assert ada.get(f"learning/events/{row['id']}") == (200, row)
    plain = {name: value for name, value in AN_EVENT.items() if name != "feedback"}
    assert {name: row[name] for name in plain} == plain
    assert (row["rating"], row["correct"], row["improved"], row["judged_at"]) == (4, True, None, row["occurred_at"])


def test_many_are_recorded_or_none(ada: Caller, in_acme: Tenant) -> None:
    status, body = ada.post("learning/events", {"events": [AN_EVENT, AN_EVENT]})
    assert (status, len(body["data"])) == (201, 2)
    late = (timezone.now() + timedelta(days=1)).isoformat()
    status, body = ada.post("learning/events", {"events": [AN_EVENT, AN_EVENT | {"occurred_at": late}]})
    assert (status, body["errors"][0]["pointer"]) == (422, "/events/1/occurred_at")
    assert LearningEvent.objects.count() == 2


@pytest.mark.parametrize(
    ("said", "pointer"),
    [
        ({"type": "guess"}, "/type"), ({"confidence": 2}, "/confidence"), ({"confidence": "nan"}, "/confidence"),
        ({"cost": "inf"}, "/cost"), ({"input": []}, "/input"), ({"input": {"a": "x" * 300_000}}, "/input"),
        ({"feedback": {"rating": 9}}, "/feedback/rating"), ({"occurred_at": "2999-01-01T00:00:00Z"}, "/occurred_at"),
        ({"tokens": 1.5}, "/tokens"), ({"agent": "a" * 300}, "/agent"), ({"confidense": 1}, "/confidense"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_with_its_place(ada: Caller, said: dict[str, Any], pointer: str) -> None:
    status, body = ada.post("learning/events", AN_EVENT | said)
    assert (status, body["errors"][0]["pointer"]) == (422, pointer)


def test_feedback_comes_later_by_the_session(ada: Caller) -> None:
    row = recorded(ada, session_id="s-9")
    status, judged = ada.post("learning/feedback", {"session_id": "s-9", "domain": "legal", "correct": False})
    assert (status, judged["id"], judged["correct"]) == (200, row["id"], False)
    status, problem = ada.post("learning/feedback", {"session_id": "s-9", "correct": True})
    assert (status, problem["code"]) == (404, "no_event")


def test_feedback_says_something_of_one_thing(ada: Caller) -> None:
    row = recorded(ada)
    for wrong in (
        {}, {"correct": True}, {"event_id": row["id"]}, {"event_id": row["id"], "session_id": "s", "correct": True},
        {"event_id": row["id"], "rating": 0},
    ):  # fmt: skip
        assert ada.post("learning/feedback", wrong)[0] == 422, wrong
    assert ada.post("learning/feedback", {"event_id": str(uuid4()), "correct": True})[0] == 404


def test_the_history_is_narrowed_and_paged_latest_first(ada: Caller) -> None:
    now = timezone.now()
    for at in (3, 1, 2):
        recorded(ada, session_id=f"{at}", occurred_at=(now - timedelta(days=at)).isoformat(), importance=at / 10)
    recorded(ada, domain="other")
    pages, cursor = [], ""
    while True:
        page = ada.get(f"learning/events?domain=legal&limit=2&include_total=true&cursor={cursor}")[1]
        pages.append([row["session_id"] for row in page["data"]])
        assert page["total"] == 3
        if not (cursor := page["next_cursor"]):
            break
    assert pages == [["1", "2"], ["3"]]
    since = (now - timedelta(days=2, hours=1)).isoformat().replace("+", "%2B")
    assert len(ada.get(f"learning/events?domain=legal&since={since}")[1]["data"]) == 2
    assert len(ada.get("learning/events?least_importance=0.2")[1]["data"]) == 2
    assert ada.get("learning/events?judged=true")[1]["data"] == []
    for wrong in (
        "cursor=x",
        "cursor=WyJ4IiwieSJd",
        "cursor=WzksIngiXQ",
        "cursor=Wzk5OTk5OTk5OTk5OTk5OTk5OTk5LCJ4Il0",
        "limit=0",
        "since=soon",
        "type=x",
    ):
        assert ada.get(f"learning/events?{wrong}")[0] == 422, wrong


def test_a_page_costs_as_much_with_many_as_with_few(ada: Caller) -> None:
    recorded(ada)
    with costs(2):  # the key, the page
        ada.get("learning/events")
    ada.post("learning/events", {"events": [AN_EVENT] * 40})
    with costs(2):
        ada.get("learning/events")


def test_who_is_bound_to_a_namespace_sees_its_domain_alone(
    ada: Caller, caller: Callable[..., Caller], acme: Tenant
) -> None:
    bound = caller(keys.issue(acme, "bound", ["read", "write"], namespaces=["mine"])[1])
    there = recorded(ada, session_id="s")
    own = recorded(bound, domain="")
    assert own["domain"] == "mine"
    assert [row["id"] for row in bound.get("learning/events")[1]["data"]] == [own["id"]]
    assert bound.get(f"learning/events/{there['id']}")[0] == 404
    assert bound.post("learning/events", AN_EVENT)[0] == 403
    assert bound.post("learning/feedback", {"session_id": "s", "correct": True})[0] == 404


def test_patterns_metrics_trends_and_recommendations_are_told(ada: Caller) -> None:
    now = timezone.now()
    days = [{"occurred_at": (now - timedelta(days=at + 0.5)).isoformat()} for at in range(6)]
    drafts = [AN_EVENT | day | {"feedback": {"correct": at > 3}} for at, day in enumerate(days)]
    assert ada.post("learning/events", {"events": drafts})[0] == 201
    (pattern,) = ada.get("learning/patterns?domain=legal")[1]["data"]
    assert (pattern["frequency"], pattern["input_keys"], pattern["context_keys"]) == (6, ["clause"], ["plan"])
    assert ada.get("learning/patterns?domain=legal&min_frequency=7")[1] == {"data": [], "total": 0}
    metrics = ada.get("learning/metrics?domain=legal")[1]
    assert (metrics["total"], metrics["feedback_rate"], len(metrics["top_patterns"])) == (6, 1.0, 1)
    trend = ada.get("learning/trends?domain=legal&periods=10")[1]
    assert (trend["trend"], len(trend["periods"]), len(trend["forecast"])) == ("declining", 10, 3)
    told = ada.get("learning/recommendations?domain=legal")[1]["data"]
    assert {one["rule"] for one in told} == {"weak_pattern", "declining"}


@pytest.mark.parametrize(
    "asked",
    [
        "patterns?min_frequency=0", "metrics?since=soon", "trends?periods=0", "trends?periods=367", "trends?step=year",
        "metrics?since=2026-01-02T00:00:00Z&until=2026-01-01T00:00:00Z", "recommendations?colour=red",
    ],
)  # fmt: skip
def test_what_cannot_be_asked_is_refused(ada: Caller, asked: str) -> None:
    assert ada.get(f"learning/{asked}")[0] == 422


@pytest.mark.parametrize("asked", ["patterns", "metrics", "trends?step=week&periods=366", "recommendations"])
@pytest.mark.parametrize("end", ["0002-01-01T00:00:00Z", "9998-12-30T00:00:00Z"])
def test_no_end_of_time_is_too_far(ada: Caller, asked: str, end: str) -> None:
    recorded(ada, occurred_at="0003-01-01T00:00:00Z")
    status, body = ada.get(f"learning/{asked}{'&' if '?' in asked else '?'}until={end}")
    assert status in (200, 422), body
