"""Traces over the API: found by filters, read whole, replayed; and what searches are like."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone
from django_tenants.utils import tenant_context

from analytics import searches
from analytics.counts import HOUR, Span, hour_of
from analytics.models import Trace
from analytics.traces import listed
from memory.models import Memory
from tenants import bounds, keys
from tenants.models import Tenant
from tests.conftest import Caller, costs

Settle = Callable[[], None]


@pytest.fixture
def traced(ada: Caller, noted: Settle) -> Caller:
    """Tea is found for Ada, and nothing for Ben."""
    ada.remember("Ada takes her tea without sugar.", user_id="ada", namespace="kitchen")
    ada.remember("Ada has a cat.", user_id="ada", namespace="kitchen")
    ada.search("How does Ada like tea?", user_id="ada", namespace="kitchen", limit=5)
    ada.search("Where is Ben?", user_id="ben")
    noted()
    return ada


def traces(caller: Caller, query: str = "") -> list[dict[str, Any]]:
    status, body = caller.get(f"traces?{query}")
    assert status == 200, body
    return body["data"]


def test_a_search_is_found_among_the_traces_with_its_request(traced: Caller) -> None:
    (tea,) = traces(traced, "kind=recall&user_id=ada")
    assert (tea["query"], tea["found"], tea["namespace"]) == ("How does Ada like tea?", 2, "kitchen")
    assert tea["operation"] == "search_memories"
    (request,) = traces(traced, f"request_id={tea['request_id']}&kind=operation")
    assert (request["operation"], request["status"]) == ("search_memories", 200)
    assert request["took_ms"] >= tea["took_ms"]
    assert request["actor"] == tea["actor"] != ""


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("", 6), ("kind=recall", 2), ("kind=recall&empty=true", 1), ("why=empty", 1), ("operation=remember", 2),
        ("namespace=kitchen", 1), ("user_id=ben", 1), ("min_took_ms=60000", 0), ("until=2020-01-01T00:00:00Z", 0),
        ("since=2020-01-01T00:00:00Z", 6), ("limit=4", 4),
    ],
)  # fmt: skip
def test_traces_are_narrowed(traced: Caller, query: str, count: int) -> None:
    assert len(traces(traced, query)) == count


def test_a_list_costs_one_statement_and_goes_on(traced: Caller, acme: Tenant) -> None:
    with costs(2):  # the key, and the page
        first = traced.get("traces?limit=4")[1]
    rest = traced.get(f"traces?limit=4&cursor={first['next_cursor']}")[1]
    assert len({row["id"] for row in first["data"] + rest["data"]}) == 6
    assert (first["has_more"], rest["has_more"]) == (True, False)


def test_a_trace_tells_its_stages_and_its_hits_and_no_memory(traced: Caller) -> None:
    (tea,) = traces(traced, "kind=recall&user_id=ada")
    told = traced.get(f"traces/{tea['id']}")[1]
    assert told["asked"]["text"] == "How does Ada like tea?"
    assert {stage["name"] for stage in told["stages"]} >= {"vector", "signals", "rows"}
    assert len(told["hits"]) == told["found"] == told["candidates"] == 2
    assert set(told["hits"][0]["parts"]) >= {"semantic", "lexical"}
    assert "without sugar" not in str(told)


def test_an_operations_trace_has_nothing_of_a_recall(traced: Caller) -> None:
    told = traced.get(f"traces/{traces(traced, 'operation=remember')[0]['id']}")[1]
    assert (told["asked"], told["hits"], told["replayable"]) == (None, [], False)


def test_a_replay_says_what_moved(traced: Caller) -> None:
    (tea,) = traces(traced, "kind=recall&user_id=ada")
    then = traced.get(f"traces/{tea['id']}")[1]["hits"]
    new = traced.remember("Ada likes tea. Ada likes how tea is.", user_id="ada", namespace="kitchen")
    traced.delete(f"memories/{then[1]['id']}")
    status, told = traced.post(f"traces/{tea['id']}/replay", {})
    assert status == 200
    assert {one["memory_id"]: one["how"] for one in told["moved"]} == {
        new: "entered", then[0]["id"]: "down" if told["hits"][0]["id"] == new else "same", then[1]["id"]: "left",
    }  # fmt: skip
    assert "sugar" not in str(told)


def test_a_replay_as_of_then_finds_what_was_found_then(traced: Caller, acme: Tenant) -> None:
    (tea,) = traces(traced, "kind=recall&user_id=ada")
    traced.remember("Ada likes tea. Ada likes how tea is.", user_id="ada", namespace="kitchen")
    told = traced.post(f"traces/{tea['id']}/replay", {"at": "then"})[1]
    assert [one["how"] for one in told["moved"]] == ["same", "same"]


def test_a_replay_with_other_weights_scores_anew(traced: Caller) -> None:
    (tea,) = traces(traced, "kind=recall&user_id=ada")
    usual, without = (
        traced.post(f"traces/{tea['id']}/replay", {"weights": weights})[1]["hits"]
        for weights in ({}, {"semantic": 0, "lexical": 0})
    )
    assert all(hit["parts"]["semantic"] == hit["parts"]["lexical"] == 0 for hit in without)
    assert without[0]["score"] < usual[0]["score"]


@pytest.mark.parametrize("said", ["nan", "inf", "-inf"])
def test_a_number_that_json_does_not_know_is_refused(traced: Caller, said: str) -> None:
    (tea,) = traces(traced, "kind=recall&user_id=ada")
    for asked in ({"weights": {"recency": said}}, {"min_score": said}):
        assert traced.post(f"traces/{tea['id']}/replay", asked)[0] == 422
    assert traced.get(f"traces?min_took_ms={said}")[0] == 422
    assert traced.post("memories/search", {"query": "tea", "min_score": said})[0] == 422


def test_a_replay_is_no_recall(traced: Caller, acme: Tenant, noted: Settle) -> None:
    (tea,) = traces(traced, "kind=recall&user_id=ada")
    noted()
    with tenant_context(acme):
        before = Trace.objects.filter(kind="recall").count()
        traced.post(f"traces/{tea['id']}/replay", {})
        noted()
        assert Trace.objects.filter(kind="recall").count() == before


@pytest.mark.parametrize(
    "body", [{"at": "soon"}, {"limit": 51}, {"weights": {"colour": 1}}, {"weights": {"recency": 11}}, {"min_score": 2}]
)
def test_a_replay_that_cannot_be_is_refused_with_a_pointer(traced: Caller, body: dict[str, Any]) -> None:
    (tea,) = traces(traced, "kind=recall&user_id=ada")
    status, problem = traced.post(f"traces/{tea['id']}/replay", body)
    assert status == 422
    assert problem["errors"][0]["pointer"].startswith(f"/{next(iter(body))}")


def test_an_operation_is_not_replayed(traced: Caller) -> None:
    (one, *_) = traces(traced, "kind=operation")
    assert traced.post(f"traces/{one['id']}/replay", {})[1]["code"] == "trace_not_replayable"


def test_who_only_reads_memories_reads_no_traces(acme: Tenant) -> None:
    reader = Caller(keys.issue(acme, "reader", ["read", "write"])[1])
    assert [reader.get(path)[0] for path in ("traces", f"traces/{uuid4()}", "analytics/searches")] == [403] * 3


def test_who_is_bound_to_a_namespace_finds_its_traces_alone(traced: Caller, acme: Tenant) -> None:
    hour = hour_of(timezone.now())
    with tenant_context(acme), bounds.bound_to(("kitchen",)):
        assert [row.question for row in listed({})] == ["How does Ada like tea?"]
        told = searches.overview(Span(hour, hour + HOUR))
    assert (told.searches, told.traces, told.zero_result) == (1, 1, [])


def test_searches_are_told_with_what_found_nothing(traced: Caller, noted: Settle) -> None:
    for _ in range(2):
        traced.search("WHERE is Ben? ", user_id="ben")
    noted()
    told = traced.get("analytics/searches")[1]
    assert (told["searches"], told["empty"], told["empty_rate"], told["hits_mean"]) == (4, 3, 0.75, 0.5)
    assert [(one["query"], one["times"]) for one in told["zero_result"]] == [("where is ben?", 3)]
    assert [one["query"] for one in told["frequent"]] == ["where is ben?"]  # the others were asked once
    assert told["p50_ms"] <= told["p95_ms"]
    assert traced.get(f"traces/{told['slow'][0]['trace_id']}")[1]["took_ms"] == told["slow"][0]["took_ms"]
    assert traced.get("analytics/searches?namespace=kitchen")[1]["empty"] == 0


def test_searches_of_nothing_are_none(ada: Caller, acme: Tenant) -> None:
    with costs(8):  # the key, and seven of its own
        told = ada.get("analytics/searches?since=2020-01-01T00:00:00Z&until=2020-02-01T00:00:00Z")[1]
    assert (told["searches"], told["empty_rate"], told["p95_ms"], told["frequent"]) == (0, None, None, [])


def test_a_span_that_ends_before_it_begins_is_refused(ada: Caller) -> None:
    assert ada.get("analytics/searches?since=2020-02-01T00:00:00Z&until=2020-01-01T00:00:00Z")[0] == 422


def test_a_failed_recall_is_told(ada: Caller, acme: Tenant) -> None:
    with tenant_context(acme):
        Trace.objects.create(
            kind="recall", why="failed", took_ms=3, told={"error": "OperationalError"}, occurred_at=timezone.now()
        )
    (one,) = traces(ada, "why=failed")
    assert ada.get(f"traces/{one['id']}")[1]["error"] == "OperationalError"


def test_memories_of_a_trace_may_be_gone(traced: Caller, acme: Tenant) -> None:
    (tea,) = traces(traced, "kind=recall&user_id=ada")
    with tenant_context(acme):
        Memory.objects.all().delete()
    told = traced.post(f"traces/{tea['id']}/replay", {})[1]
    assert {one["how"] for one in told["moved"]} == {"left"}
