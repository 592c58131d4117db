"""/metrics: of the whole house, for who may see it, with few series; and what is made for Grafana and alerts fits it."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.test import Client
from django_tenants.utils import tenant_context
from prometheus_client.parser import text_string_to_metric_families

from analytics import gauges
from events.sync import messages, services
from tenants import keys
from tenants.models import Tenant
from tests.conftest import Caller, costs

ROOT = Path(__file__).resolve().parents[2]
Settle = Callable[[], None]


@pytest.fixture(autouse=True)
def nothing_told() -> Iterator[None]:
    gauges.store().delete(gauges.SUMS, gauges.TENANTS)
    yield
    gauges.store().delete(gauges.SUMS, gauges.TENANTS)


@pytest.fixture
def scraper(db: None) -> str:
    return keys.issue(None, "prometheus", ["platform"])[1]


def asked(key: str, **headers: str) -> Any:
    return Client(raise_request_exception=False).get("/metrics", headers={"Authorization": f"Bearer {key}"} | headers)


def samples(key: str) -> dict[tuple[str, str], float]:
    answer = asked(key)
    assert answer.status_code == 200, answer.content
    return {
        (sample.name.removeprefix("memhouse_"), ",".join(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(answer.content.decode())
        for sample in family.samples
    }


def test_a_key_of_a_tenant_sees_no_metrics(acme: Tenant) -> None:
    assert asked(keys.issue(acme, "ada")[1]).status_code == 403
    assert asked("nothing").status_code == 401


@pytest.mark.parametrize("accept", ["text/plain", "application/openmetrics-text;version=1.0.0,*/*;q=0.1", "*/*"])
def test_whatever_a_scraper_accepts_it_is_told(scraper: str, accept: str) -> None:
    answer = asked(scraper, Accept=accept)
    assert (answer.status_code, answer["Content-Type"]) == (200, "text/plain; version=0.0.4; charset=utf-8")


def test_requests_and_searches_add_up(scraper: str, ada: Caller, ben: Caller, noted: Settle) -> None:
    ada.remember("Tea at five.")
    for caller in (ada, ben):
        caller.search("tea")
    noted()
    told = samples(scraper)
    assert told["requests_total", "search_memories"] == 2
    assert (told["searches_total", "found"], told["searches_total", "empty"]) == (1, 1)
    assert (told["search_seconds_count", ""], told["search_seconds_bucket", "+Inf"]) == (2, 2)
    assert 0 < told["search_seconds_sum", ""] < told["request_seconds_sum", ""]
    assert told["search_hits_total", ""] == 1
    ada.search("tea")
    noted()
    assert samples(scraper)["requests_total", "search_memories"] == 3


def test_what_waits_in_tenants_is_summed(scraper: str, ada: Caller, acme: Tenant, globex: Tenant) -> None:
    ada.remember("Tea at five.")
    with tenant_context(acme):
        services.identify("a")
        services.identify("b")
        messages.send(messages.Draft("a", "memory", "create", {}, "b"))
        gauges.measure()
    with tenant_context(globex):
        gauges.measure()
    told = samples(scraper)
    assert (told["measured_tenants", ""], told["embeddings_waiting", ""]) == (2, 1)
    assert told["sync_messages", "waiting"] == 1
    assert told["tenants", "active"] >= 2


def test_what_was_seen_long_ago_is_forgotten(scraper: str, in_acme: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    gauges.measure()
    monkeypatch.setattr(gauges, "FRESH", -1)
    assert samples(scraper)["measured_tenants", ""] == 0
    assert not gauges.store().exists(gauges.TENANTS)


def test_without_redis_the_rest_is_told(scraper: str, settings: Any) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1"
    gauges.store.cache_clear()
    try:
        told = samples(scraper)
    finally:
        gauges.store.cache_clear()
    assert told["redis_up", ""] == 0
    assert ("runs", "pending") in told


def test_a_scrape_looks_into_no_tenant_and_costs_little(scraper: str, acme: Tenant) -> None:
    asked(scraper)
    with costs(8):  # the key, and seven of its own
        asked(scraper)


def test_no_series_names_a_tenant(scraper: str, ada: Caller, acme: Tenant, noted: Settle) -> None:
    ada.remember("Tea.", user_id="ada", namespace="kitchen")
    noted()
    body = asked(scraper).content.decode()
    assert not any(word in body for word in ("acme", str(acme.pk), "ada", "kitchen"))


def named(text: str) -> set[str]:
    return {re.sub(r"_(bucket|sum|count)$", "", name) for name in re.findall(r"memhouse_\w+", text)}


def test_dashboard_and_alerts_name_metrics_that_there_are(scraper: str) -> None:
    there = {name.removesuffix("_total") for name in named(asked(scraper).content.decode())}
    alerts = yaml.safe_load((ROOT / "ops/alerts/memhouse.yml").read_text())
    rules = [rule for group in alerts["groups"] for rule in group["rules"]]
    board = json.loads((ROOT / "ops/grafana/memhouse.json").read_text())
    asks = [target["expr"] for panel in board["panels"] for target in panel.get("targets", [])]
    wanted = {
        name.removesuffix("_total") for text in [*(rule["expr"] for rule in rules), *asks] for name in named(text)
    }
    assert len(rules) >= 10
    assert wanted <= there, wanted - there


def test_each_metric_is_explained(scraper: str) -> None:
    told = {
        name
        for line in (ROOT / "docs/traces.md").read_text().splitlines()
        for name in re.findall(r"`(memhouse_\w+)`", line)
    }
    there = {
        match + ("_total" if kind == "counter" else "")
        for match, kind in re.findall(
            r"^# TYPE (memhouse_\w+?)(?:_total)? (\w+)$", asked(scraper).content.decode(), re.MULTILINE
        )
    }
    assert told == there
