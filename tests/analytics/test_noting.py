"""Calls are counted and traced beside what is answered: by nobody's wait, with no content of memories."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django_tenants.utils import tenant_context

from analytics import counts, gauges, noting, tracing
from analytics.counts import Span
from analytics.models import Count, Trace
from events.models import Event
from memory import candidates, touched
from memory.errors import BadFilter
from memory.models import Erasure
from memory.privacy.subjects import Subject
from memory.recall import recall
from memory.remember import remember
from memory.types import Draft, Query, Scope
from tenants import keys, plans, preferences
from tenants.models import Tenant
from tests.conftest import Caller

Settle = Callable[[], None]


def today() -> Span:
    hour = counts.hour_of(timezone.now())
    return Span(hour - timedelta(hours=1), hour + timedelta(hours=1))


def counted(metric: str, **only: str) -> int:
    return sum(point.n for point in counts.series(metric, today(), step="", **only))


def test_a_search_is_counted_with_its_time_and_its_hits(in_acme: Tenant, noted: Settle) -> None:
    remember(Draft("Tea at five.", Scope("kitchen")))
    recall(Query("tea", Scope("kitchen")))
    recall(Query("tea", Scope("cellar")))
    noted()
    assert (counted("searches"), counted("searches", kind="found"), counted("searches", kind="empty")) == (2, 1, 1)
    assert counted("searches", domain="kitchen") == 1
    assert counted("search_hits") == 1
    (point,) = counts.series("searches", today(), step="", histogram=True)
    assert sum(point.buckets) == 2
    assert point.percentile(0.5) is not None


def test_a_request_is_counted_by_its_operation(ada: Caller, acme: Tenant, noted: Settle) -> None:
    ada.remember("Tea at five.")
    ada.search("tea")
    ada.get(f"memories/{uuid4()}")
    noted()
    with tenant_context(acme):
        told = {(row.kind, row.n) for row in Count.objects.filter(metric="requests", whole=True)}
        assert told == {("remember", 1), ("search_memories", 1), ("get_memory", 1)}
        assert counted("request_errors") == 0


def test_what_is_refused_is_counted_and_at_the_door_not_traced(ada: Caller, acme: Tenant, noted: Settle) -> None:
    plans.assign(acme, None, {"tenant_search": 0})
    ada.get(f"memories/{uuid4()}")
    ada.post("memories/search", {"query": "tea"})
    Caller("im_nobody_knows").get("memories")
    noted()
    with tenant_context(acme):
        assert (counted("requests"), counted("request_refusals"), counted("request_errors")) == (2, 2, 0)
        assert counted("request_refusals", kind="search_memories") == 1
        assert list(Trace.objects.values_list("status", flat=True)) == [404]


def test_who_is_recognised_in_no_tenant_is_not_counted_among_strangers(acme: Tenant, noted: Settle) -> None:
    before = gauges.noted()[gauges.STRANGERS].n.total()
    assert Caller(keys.issue(None, "operator", ["platform"])[1]).get("memories")[0] == 400
    assert Caller("im_nobody_knows").get("memories")[0] == 401
    noted()
    assert gauges.noted()[gauges.STRANGERS].n.total() == before + 1


def test_a_server_error_is_counted_and_traced(ada: Caller, acme: Tenant, noted: Settle, settings: Any) -> None:
    settings.TRACE_SHARE = 0.0
    settings.EMBEDDER = "there is none"
    assert ada.post("memories/search", {"query": "tea"})[0] == 500
    noted()
    with tenant_context(acme):
        assert counted("request_errors", kind="search_memories") == 1
        told = {(row.kind, row.why, row.status) for row in Trace.objects.all()}
        assert told == {("operation", "failed", 500), ("recall", "failed", None)}
        assert Trace.objects.get(kind="recall").told["error"] == "ImproperlyConfigured"


def test_a_trace_says_how_an_answer_came_about_and_nothing_that_a_memory_says(in_acme: Tenant, noted: Settle) -> None:
    tea = remember(Draft("Earl Grey at five.", Scope(user_id="ada"))).id
    with noting.during("search_memories"):
        found = recall(Query("When is tea?", Scope(user_id="ada"), filters={"kind": "fact"}, limit=3))
    noted()
    trace = Trace.objects.get()
    assert (trace.kind, trace.why, trace.operation, trace.user_id) == ("recall", "sampled", "search_memories", "ada")
    assert (trace.found, trace.took_ms) == (1, found.took_ms)
    assert [stage["name"] for stage in trace.told["stages"]] == ["asked", "scope", "vector", "signals", "best", "rows"]
    left = {stage["name"]: stage["left"] for stage in trace.told["stages"] if stage["left"] is not None}
    assert left == {"scope": 1, "signals": 1, "best": 1, "rows": 1}
    assert trace.told["hits"] == [{"id": str(tea), "score": found.hits[0].score, "parts": found.hits[0].parts}]
    assert tracing.query_of(trace.told["asked"]).filters == {"kind": "fact"}
    assert "Earl Grey" not in json.dumps(trace.told)


@pytest.mark.parametrize(
    "query",
    [
        Query("tea", Scope("n", "ada", "robot", "talk"), 7, {"kind": "fact"}, tags=("a", "b"), all_tags=True),
        Query("tea", people=("Ben",), when="last week", timezone="Asia/Tokyo", min_score=0.3, language="de"),
        Query("tea", as_of=datetime(2026, 1, 1, tzinfo=UTC), valid_at=datetime(2026, 2, 1, tzinfo=UTC)),
        Query("last week", asked_at=datetime(2026, 1, 1, tzinfo=UTC)),
        Query(like=uuid4(), namespaces=("a", "b")),
    ],
)
def test_a_question_is_read_again_as_it_was_asked(query: Query) -> None:
    assert tracing.query_of(json.loads(json.dumps(tracing.asked_of(query)))) == query


def test_what_is_slow_empty_or_failed_is_always_traced_and_nothing_else(
    in_acme: Tenant, noted: Settle, settings: Any
) -> None:
    settings.TRACE_SHARE, settings.TRACE_SLOW_MS = 0.0, 60_000  # the first recall of a process may take its time
    remember(Draft("Tea at five.", Scope(user_id="ada")))
    recall(Query("tea", Scope(user_id="ada")))
    recall(Query("tea", Scope(user_id="nobody")))
    settings.TRACE_SLOW_MS = 0
    recall(Query("tea", Scope(user_id="ada")))
    noted()
    assert list(Trace.objects.order_by("id").values_list("why", flat=True)) == ["empty", "slow"]


def test_a_question_that_cannot_be_asked_is_no_recall(in_acme: Tenant, noted: Settle) -> None:
    with pytest.raises(BadFilter):
        recall(Query("tea", filters={"colour": "red"}))
    noted()
    assert not Trace.objects.exists()
    assert counted("searches") == 0


def test_a_tenant_that_keeps_no_traces_has_its_searches_counted(in_acme: Tenant, noted: Settle) -> None:
    preferences.change(in_acme.pk, {"trace_days": 0})
    in_acme.refresh_from_db()
    recall(Query("tea"))
    noted()
    assert not Trace.objects.exists()
    assert counted("searches", kind="empty") == 1


def test_each_tenant_gets_its_own(ada: Caller, ben: Caller, acme: Tenant, globex: Tenant, noted: Settle) -> None:
    ada.search("of ada")
    ben.search("of ben")
    noted()
    for tenant, text in ((acme, "of ada"), (globex, "of ben")):
        with tenant_context(tenant):
            assert [row.told["asked"]["text"] for row in Trace.objects.filter(kind="recall")] == [text]
            assert counted("searches") == 1


def test_noting_costs_no_statement_and_little_time(in_acme: Tenant, noted: Settle) -> None:
    remember(Draft("Tea at five."))
    recall(Query("tea"))
    with CaptureQueriesContext(connection) as while_noting:
        found = recall(Query("tea"))
    noting.settings.NOTING = False
    with CaptureQueriesContext(connection) as without:
        recall(Query("tea"))
    assert len(while_noting) == len(without)
    noting.settings.NOTING = True
    told = noting.Recall(Query("tea"), found)
    took = []
    for _ in range(500):
        began = noting.time.perf_counter()
        noting.recalled(told)
        took.append(noting.time.perf_counter() - began)
    assert sorted(took)[250] < 50e-6
    noting.forget()
    touched.settle()


def test_what_does_not_fit_is_not_noted_and_said(
    in_acme: Tenant, noted: Settle, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(noting, "MOST", 2)
    for _ in range(3):
        recall(Query("tea"))
    noted()
    assert counted("searches") == 2


def test_a_tenant_that_cannot_be_written_keeps_no_other_waiting(ada: Caller, acme: Tenant, noted: Settle) -> None:
    noting.called(Tenant(id=uuid4(), slug="gone", schema_name="t_gone"), "remember", 200, 1.0, noting.actors.NOBODY)
    ada.search("tea")
    noted()
    with tenant_context(acme):
        assert counted("searches") == 1


def test_nothing_is_kept_of_a_user_who_was_erased_meanwhile(in_acme: Tenant, noted: Settle) -> None:
    recall(Query("tea", Scope(user_id="ada")))
    recall(Query("tea", Scope(user_id="ben")))
    Erasure.objects.create(type="user", mark=Subject("user", "ada").marks()[0], erased_at=timezone.now(), confirmed=0)
    noted()
    assert [row.user_id for row in Trace.objects.all()] == ["ben"]
    assert counted("searches") == 2


def test_a_very_long_question_is_kept_without_its_filters(in_acme: Tenant, noted: Settle) -> None:
    recall(Query("tea", filters={"content": {"in": ["x" * 1000] * 50}}))
    noted()
    told = Trace.objects.get().told
    assert (told["cut"], told["asked"]["filters"]) == (True, {})
    assert len(json.dumps(told)) < 40_000


def test_old_traces_are_forgotten_and_more_than_fit(in_acme: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    now = timezone.now()
    for days in (0, 1, 6, 8, 30):
        Trace.objects.create(kind="recall", why="empty", took_ms=1, occurred_at=now - timedelta(days=days))
    assert tracing.sweep() == 2
    monkeypatch.setattr(tracing, "KEPT", 2)
    assert tracing.sweep() == 1
    assert Trace.objects.count() == 2


def test_noting_tells_no_facts(in_acme: Tenant, noted: Settle) -> None:
    recall(Query("tea"))
    noted()
    assert not Event.objects.exists()


def test_of_one_second_so_many_traces_are_written_and_all_is_counted(
    in_acme: Tenant, noted: Settle, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(noting, "TRACES", 2)
    for _ in range(4):
        recall(Query("tea"))
    noted()
    assert (Trace.objects.count(), counted("searches")) == (2, 4)


def test_domains_that_are_made_up_are_told_apart_up_to_a_limit(
    in_acme: Tenant, noted: Settle, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(noting, "DOMAINS", 2)
    for name in ("a", "b", "c", "a"):
        recall(Query("tea", Scope(name)))
    noted()
    assert [counted("searches", domain=name) for name in ("a", "b", "c")] == [2, 1, 0]
    assert counted("searches") == 4


def test_a_larger_scope_tells_who_says_its_rare_words(in_acme: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    for n in range(5):
        remember(Draft(f"Tea number {n}."))
    monkeypatch.setattr(candidates, "WHOLE", 3)
    stages = {stage.name: stage.left for stage in recall(Query("tea number", limit=2)).stages}
    assert list(stages) == ["asked", "scope", "words", "vector", "signals", "best", "rows"]
    assert (stages["scope"], stages["words"], stages["best"], stages["rows"]) == (None, 5, 2, 2)


def test_the_newest_have_two_stages(in_acme: Tenant) -> None:
    remember(Draft("Tea."))
    assert [stage.name for stage in recall(Query()).stages] == ["best", "rows"]
