"""What happens now: counted minute by minute in Redis, each tenant and each domain apart."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from django_tenants.utils import tenant_context

from analytics import counts, realtime
from analytics.counts import Cell
from events import relay
from memory.remember import remember_many
from memory.types import Draft, Scope
from tenants import bounds
from tenants.models import Tenant
from tests.conftest import costs


@pytest.fixture(autouse=True)
def empty() -> None:
    realtime._counters().flushdb()


def cells(domain: str = "x") -> list[Cell]:
    hour = counts.hour_of(timezone.now())
    return [
        Cell("searches", hour, "found", domain, n=3, total=60),
        Cell("searches", hour, "empty", domain, n=1, total=4),
        Cell("requests", hour, "search", domain, n=4, total=100),
        Cell("request_errors", hour, "search", domain, n=1),
        Cell("search_hits", hour, "", domain, n=9),
    ]


def metrics() -> dict[str, Any]:
    return realtime.read(timezone.now()).metrics


def test_with_nothing_done_there_is_nothing_to_measure(in_acme: Tenant) -> None:
    told = realtime.read()
    assert (told.metrics["requests_per_second"], told.metrics["error_rate"], len(told.minutes)) == (0, None, 60)


def test_recalls_and_requests_are_seen_as_they_are_noted(in_acme: Tenant) -> None:
    realtime.seen(cells())
    told = metrics()
    assert (told["average_latency_ms"], told["error_rate"], told["average_search_ms"], told["hit_rate"]) == (
        25,
        0.25,
        16,
        0.75,
    )
    assert 4 / 300 <= told["requests_per_second"] <= 4 / 240


def test_facts_are_counted_as_the_relay_hands_them_on(in_acme: Tenant) -> None:
    remember_many([Draft("tea", Scope("x", agent_id="bot")), Draft("milk", Scope("x"))])
    while relay.relay_batch(in_acme.id):
        pass
    told = realtime.read()
    assert sum(minute.counts["writes"] for minute in told.minutes) == 2
    assert told.metrics["active_agents"] == 1


def test_tenants_and_domains_are_apart(in_acme: Tenant, globex: Tenant) -> None:
    realtime.seen(cells("x"))
    with bounds.bound_to(("y",)):
        assert metrics()["searches_per_minute"] == 0
    with bounds.bound_to(("x",)):
        assert metrics()["searches_per_minute"] > 0
    with tenant_context(globex):
        assert metrics()["searches_per_minute"] == 0


def test_one_domain_is_told_by_itself_with_the_requests_of_all(in_acme: Tenant) -> None:
    remember_many([Draft("tea", Scope("x", agent_id="bot")), Draft("milk", Scope("y", agent_id="cow"))])
    hour = counts.hour_of(timezone.now())
    realtime.seen([*cells("x"), Cell("requests", hour, "search", "", n=1, total=50)])
    here, there = (realtime.read(timezone.now(), domain).metrics for domain in "xz")
    assert (here["active_agents"], here["average_search_ms"]) == (1, 16)
    assert (there["active_agents"], there["average_search_ms"], there["searches_per_minute"]) == (0, None, 0)
    assert here["average_latency_ms"] == there["average_latency_ms"] == metrics()["average_latency_ms"] == 30


def test_a_minute_tells_only_so_many_domains_apart_and_loses_nothing(
    in_acme: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(realtime, "PLACES", 20)
    for at in range(30):
        realtime.seen(cells(f"made up {at}"))
    client = realtime._counters()
    assert sum(client.hlen(key) for key in client.keys("realtime:*")) < 50  # where a minute ends meanwhile, two
    assert sum(minute.counts["searches"] for minute in realtime.read().minutes) == 120


def test_what_is_older_than_the_window_is_no_rate_but_a_minute(in_acme: Tenant) -> None:
    realtime.seen(cells())
    told = realtime.read(timezone.now() + timedelta(minutes=10))
    assert told.metrics["requests_per_second"] == 0
    assert sum(minute.counts["requests"] for minute in told.minutes) == 4


def test_without_redis_nothing_is_counted_and_nothing_fails(
    in_acme: Tenant, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1"
    realtime._counters.cache_clear()
    try:
        realtime.seen(cells())
        assert metrics()["searches_per_minute"] == 0
    finally:
        realtime._counters.cache_clear()


def test_reading_costs_one_statement(in_acme: Tenant) -> None:
    with costs(1):
        realtime.read()
