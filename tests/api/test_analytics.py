"""Metrics, tracked events and exports over the API."""

import csv
import io
import json
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from analytics import counts, exports, rollups
from analytics.counts import Cell, hour_of
from analytics.metrics import CATALOGUE
from analytics.models import TrackedEvent
from events import relay
from events.models import Event
from tenants import keys
from tenants.models import Tenant
from tests.conftest import Caller, costs


def asked(ada: Caller, **said: Any) -> dict[str, Any]:
    status, body = ada.post("analytics/query", said)
    assert status == 200, body
    return body


def rolled(tenant: Tenant) -> None:
    relay.relay_batch(tenant.pk)
    rollups.run()


def test_the_catalogue_says_what_each_metric_is_and_how_it_can_be_asked(ada: Caller) -> None:
    status, body = ada.get("analytics/metrics")
    assert (status, [each["name"] for each in body["data"]]) == (200, list(CATALOGUE))
    searches = next(each for each in body["data"] if each["name"] == "searches")
    assert searches["aggregations"] == ["count", "sum", "mean", "least", "most", "p50", "p90", "p95", "p99"]


def test_what_was_written_is_counted_by_day_and_domain(ada: Caller, in_acme: Tenant) -> None:
    for n in range(3):
        ada.remember(f"Note {n}.", namespace="legal")
    ada.remember("Another.", namespace="sales")
    rolled(in_acme)
    body = asked(ada, metrics=["memories_written"], group_by="domain", step="day", compare=True)
    (told,) = body["results"]
    assert {each["group"]: each["value"] for each in told["totals"]} == {"legal": 3, "sales": 1}
    assert told["totals"][0]["before"] == 0
    assert told["totals"][0]["change"] is None
    assert len(told["points"]) in (2 * 7, 2 * 8)  # a week that ends with this hour begins inside of a day, mostly
    assert body["rolled_at"]
    (one,) = asked(ada, metrics=["memories_written"], domain="legal", step="day")["results"]
    assert [each["value"] for each in one["totals"]] == [3]


def test_a_question_costs_a_statement_for_what_it_reads_whatever_there_is(ada: Caller, in_acme: Tenant) -> None:
    now = hour_of(timezone.now())
    counts.add([Cell("searches", now - timedelta(hours=n), kind="found", domain=f"d{n}", n=n) for n in range(1, 50)])
    asked(ada, metrics=["hit_rate"])
    with costs(4):
        asked(ada, metrics=["hit_rate", "search_ms"], step="hour")


def test_a_forecast_comes_with_its_interval_or_says_why_there_is_none(ada: Caller, in_acme: Tenant) -> None:
    day = hour_of(timezone.now())
    assert asked(ada, type="predictive", metrics=["searches"])["results"][0]["forecasts"][0]["why_not"]
    counts.add([Cell("searches", day - timedelta(days=n), kind="found", n=50 + n % 7) for n in range(29)])
    (told,) = asked(ada, type="predictive", metrics=["searches"], ahead=3)["results"]
    (forecast,) = told["forecasts"]
    assert forecast["method"].startswith("ETS")
    assert len(forecast["points"]) == 3
    assert all(each["low"] <= each["value"] <= each["high"] for each in forecast["points"])


@pytest.mark.parametrize(("said", "pointer"), [
    ({"metrics": ["luck"]}, "/metrics/0"),
    ({"metrics": ["requests"], "domain": "legal"}, "/filters/domain"),
    ({"metrics": ["facts"], "since": "0002-01-01T00:00:00Z"}, "/since"),
    ({"metrics": ["facts"], "until": "9998-12-31T23:59:59Z", "step": "month"}, "/since"),
    ({"metrics": ["facts"], "time_zone": "Mars"}, "/time_zone"),
    ({"metrics": ["facts"], "since": "1971-01-01T00:00:00Z"}, "/step"),
])  # fmt: skip
def test_what_cannot_be_answered_is_refused_with_its_place(ada: Caller, said: dict[str, Any], pointer: str) -> None:
    status, body = ada.post("analytics/query", said)
    assert (status, body["errors"][0]["pointer"]) == (422, pointer)


def test_who_is_bound_to_a_namespace_asks_and_exports_its_domain_alone(ada: Caller, in_acme: Tenant) -> None:
    ada.post(
        "analytics/events", {"events": [{"name": "signed", "domain": "legal"}, {"name": "left", "domain": "sales"}]}
    )
    rolled(in_acme)
    bound = Caller(keys.issue(in_acme, "bound", ["read", "write"], namespaces=["legal"])[1])
    (told,) = asked(bound, metrics=["tracked"], group_by="kind")["results"]
    assert [each["group"] for each in told["totals"]] == ["signed"]
    assert [row["name"] for row in bound.get("analytics/events")[1]["data"]] == ["signed"]
    assert [row["kind"] for row in file(bound, "metric=tracked")] == ["signed"]
    assert bound.post("analytics/events", {"name": "signed", "domain": "sales"})[0] == 403


def test_an_event_is_tracked_read_and_counted_when_it_happened(ada: Caller, in_acme: Tenant) -> None:
    then = timezone.now() - timedelta(days=3)
    said = {"name": "contract_signed", "domain": "legal", "user_id": "ada", "data": {"value": 1200}}
    status, body = ada.post("analytics/events", said | {"occurred_at": then.isoformat()})
    assert status == 201
    (row,) = body["data"]
    assert {name: row[name] for name in said} == said
    assert ada.get(f"analytics/events/{row['id']}") == (200, row)
    rolled(in_acme)
    (told,) = asked(ada, metrics=["tracked"], step="day")["results"]
    assert [point["at"][:10] for point in told["points"] if point["value"]] == [then.isoformat()[:10]]
    fact = Event.objects.get(type="tracked.recorded")
    assert fact.data == {"namespace": "legal", "service": "", "at": then.isoformat()}


def test_many_are_tracked_or_none(ada: Caller, in_acme: Tenant) -> None:
    future = (timezone.now() + timedelta(hours=1)).isoformat()
    status, body = ada.post("analytics/events", {"events": [{"name": "a"}, {"name": "b", "occurred_at": future}]})
    assert (status, body["errors"][0]["pointer"]) == (422, "/events/1/occurred_at")
    assert not TrackedEvent.objects.exists()
    assert (
        ada.post("analytics/events", {"name": "b", "occurred_at": future})[1]["errors"][0]["pointer"] == "/occurred_at"
    )


def test_the_list_is_narrowed_and_paged(ada: Caller, in_acme: Tenant) -> None:
    ada.post("analytics/events", {"events": [{"name": "a", "agent": "x"}, {"name": "b"}, {"name": "a"}]})
    first = ada.get("analytics/events?name=a&limit=1")[1]
    assert first["has_more"]
    second = ada.get(f"analytics/events?name=a&limit=1&cursor={first['next_cursor']}")[1]
    assert [row["agent"] for row in first["data"] + second["data"]] == ["", "x"]


def file(ada: Caller, query: str) -> list[dict[str, Any]]:
    answer = ada.raw("GET", f"analytics/export?{query}")
    assert answer.status_code == 200, answer.content
    text = b"".join(answer.streaming_content).decode()
    rows = list(csv.DictReader(io.StringIO(text))) if "format=csv" in query else json.loads(text)
    assert answer["X-Total-Rows"] == str(len(rows))
    return rows


@pytest.mark.parametrize("form", exports.FORMATS)
def test_an_export_is_whole_over_all_its_pieces(
    ada: Caller, in_acme: Tenant, form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exports, "BATCHES", dict.fromkeys(exports.OF, 2))
    ada.post("analytics/events", {"events": [{"name": f"=e{n}", "data": {"n": n}} for n in range(5)]})
    rolled(in_acme)
    tracked = file(ada, f"of=tracked&format={form}")
    assert [row["name"] for row in tracked] == [f"{chr(39) if form == 'csv' else ''}=e{n}" for n in range(5)]
    counted = file(ada, f"of=counts&metric=tracked&format={form}")
    assert [int(row["n"]) for row in counted] == [1] * 5
    assert file(ada, f"of=learning&format={form}") == []
    assert len(file(ada, f"of=counts&format={form}")) > 5


def test_an_export_of_what_nobody_knows_is_refused(in_acme: Tenant, ada: Caller) -> None:
    assert ada.get("analytics/export?metric=luck")[0] == 422
    assert ada.get("analytics/export?of=tracked&metric=tracked")[0] == 422
