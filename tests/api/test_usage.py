"""Usage: counted by day and key, shown to its own tenant, and to the operator for all."""

import csv
import io
import time
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from tenants import limits, metering, plans
from tenants.metered import RATES
from tenants.models import Plan, Stock, Tenant, Usage, User
from tests.conftest import Caller, costs
from tests.console.test_pages import signed_in

COUNTS = ("reads", "writes", "searches", "admin", "refused")


@pytest.fixture(autouse=True)
def nothing_counted(db: None) -> None:
    limits._script().registered_client.delete("usage")


@pytest.fixture
def operator(db: None) -> Client:
    return signed_in(User.objects.create_superuser("operator@example.org", "correct horse"))


def test_requests_are_counted_by_bucket_and_key(ada: Caller, acme: Tenant) -> None:
    ada.remember("tea")
    for _ in range(2):
        ada.get("memories")
    ada.search("tea")
    assert metering.fold() == 1
    (row,) = ada.get("usage?group_by=key")[1]["data"]
    assert [row[name] for name in COUNTS] == [2, 1, 1, 0, 0]
    assert row["key"].startswith("key:")
    assert row["bytes_in"] == len('{"content": "tea"}') + len('{"query": "tea"}')


def test_what_was_refused_is_counted_as_that(ada: Caller, acme: Tenant) -> None:
    plans.assign(acme, None, {"tenant_write": 0})
    ada.post("memories", {"content": "x"})
    metering.fold()
    (row,) = ada.get("usage?group_by=day")[1]["data"]
    assert (row["writes"], row["refused"], row["day"]) == (0, 1, metering.today().isoformat())


def test_folding_adds_and_never_counts_twice(ada: Caller, acme: Tenant) -> None:
    for _ in range(2):
        ada.get("memories")
        metering.fold()
        metering.fold()
    assert Usage.objects.get(tenant=acme).reads == 2


def test_counts_of_a_tenant_that_is_gone_are_dropped(ada: Caller) -> None:
    limits._script().registered_client.hset("usage", "20000|0190a8e4-0000-7000-8000-000000000000|key:x|read", 1)
    ada.get("memories")
    metering.fold()
    assert Usage.objects.count() == 1


def test_a_tenant_sees_its_own_usage_only(ada: Caller, ben: Caller) -> None:
    ben.get("memories")
    metering.fold()
    assert ada.get("usage")[1]["data"] == []
    assert len(ben.get("usage")[1]["data"]) == 1


def test_a_range_is_paged(ada: Caller, acme: Tenant) -> None:
    today = metering.today()
    for ago in range(5):
        Usage.objects.create(tenant=acme, caller="key:a", day=today - timedelta(days=ago), reads=ago)
    page = ada.get(f"usage?from={today - timedelta(days=3)}&limit=3")[1]
    assert [row["reads"] for row in page["data"]] == [3, 2, 1]
    rest = ada.get(f"usage?from={today - timedelta(days=3)}&limit=3&cursor={page['next_cursor']}")[1]
    assert [row["reads"] for row in rest["data"]] == [0]
    assert not rest["has_more"]
    with costs(4):  # key, usage, stock, searches of today
        ada.get("usage")


@pytest.mark.parametrize(
    "asked", ["from=2026-02-30", "from=2026-01-02&to=2026-01-01", "from=2020-01-01", "group_by=planet", "limit=201",
              "cursor=x", "cursor=9999999", "to=0001-01-01&from=0002-01-01", "colour=red"],
)  # fmt: skip
def test_a_range_that_makes_no_sense_is_refused(ada: Caller, asked: str) -> None:
    assert ada.get(f"usage?{asked}")[0] == 422


@pytest.mark.parametrize("asked", ["to=0001-01-01", "to=9999-12-31", "cursor=999999", "from=0001-01-01&to=0001-01-01"])
def test_days_without_usage_are_empty(ada: Caller, asked: str) -> None:
    status, body = ada.get(f"usage?{asked}")
    assert (status, body["data"]) == (200, [])


def test_quotas_are_told_with_use_and_limits(ada: Caller, acme: Tenant) -> None:
    plans.assign(acme, None, {"memories_soft": 8, "memories_hard": 10})
    Stock.objects.create(tenant=acme, day=metering.today(), memories=9, bytes=90)
    body = ada.get("usage")[1]
    assert body["plan"] == "standard"
    assert body["quotas"] == [
        {"quota": "memories", "used": 9, "soft": 8, "hard": 10},
        {"quota": "bytes", "used": 90, "soft": None, "hard": None},
        {"quota": "searches", "used": 0, "soft": None, "hard": None},
    ]


def test_rates_are_told_as_they_stand(ada: Caller, acme: Tenant) -> None:
    limits._script().registered_client.delete(f"rate:{acme.pk}:hour")
    plans.assign(acme, None, dict.fromkeys(RATES) | {"tenant_hour": 10})
    ada.get("memories")
    (rate,) = ada.get("usage")[1]["rates"]
    assert 3_540 < rate.pop("back_in") <= 3_660
    assert rate == {"policy": "hour-per-tenant", "seconds": 3_600, "limit": 10, "left": 8}


def test_the_page_shows_how_far_the_hour_is(operator: Client, ada: Caller, acme: Tenant) -> None:
    limits._script().registered_client.delete(f"rate:{acme.pk}:hour")
    plans.assign(acme, None, {"tenant_hour": 10})
    ada.get("memories")
    answer = operator.get("/t/acme/console/usage/").content.decode()
    assert "requests an hour" in answer
    assert "1 of 10" in answer
    assert "requests a day" not in answer


def test_a_cost_is_what_the_plan_s_prices_make_of_use(acme: Tenant) -> None:
    plan = Plan(price_requests=2, price_searches=3, price_memories=5, price_gigabytes=7)
    counts = dict.fromkeys(metering.COUNTS, 0) | {"reads": 400, "writes": 500, "admin": 100, "searches": 2000}
    days = [Stock(memories=100, bytes=10**9), Stock(memories=300, bytes=10**9)]
    told = {name: float(part) for name, part in metering.cost(plan, counts, days).items()}
    assert told == {"requests": 2.0, "searches": 6.0, "kept": 16.0, "total": 24.0}


@pytest.mark.parametrize("page", ["/t/acme/console/usage/", "/console/usage/", "/console/usage/?days=x"])
def test_the_pages_show_use(operator: Client, ada: Caller, acme: Tenant, page: str) -> None:
    ada.get("memories")
    metering.fold()
    plans.assign(acme, None, {"memories_soft": 0, "memories_hard": 10})
    answer = operator.get(page).content.decode()
    assert "mh-numbers" in answer
    assert ("0 of 10" in answer) == page.startswith("/t/")


def test_all_tenants_are_for_operators(acme: Tenant) -> None:
    member = User.objects.create_user("member@example.org", "correct horse", is_staff=True)
    member.memberships.create(tenant=acme, role="owner")
    client = signed_in(member)
    assert [client.get(f"/console/usage/{rest}").status_code for rest in ("", "csv")] == [403, 403]
    assert client.get("/t/acme/console/usage/csv").status_code == 200


def test_the_download_has_a_line_for_each_tenant(operator: Client, ada: Caller) -> None:
    ada.get("memories")
    metering.fold()
    answer = operator.get("/console/usage/csv?days=7")
    rows = list(csv.DictReader(io.StringIO(answer.content.decode())))
    assert {row["tenant"]: row["reads"] for row in rows} == {"acme": "1", "globex": "0"}
    assert rows[0]["cost_total"] == "0.000000"


def test_no_cell_of_the_download_is_a_formula(operator: Client, acme: Tenant) -> None:
    Usage.objects.create(tenant=acme, caller="=1+1", day=metering.today())
    assert ",'=1+1," in operator.get("/t/acme/console/usage/csv").content.decode()


def test_a_plan_is_made_and_changed_in_the_console(operator: Client, acme: Tenant) -> None:
    prices = {f"price_{what}": "0" for what in ("requests", "searches", "memories", "gigabytes")}
    form: dict[str, Any] = {"name": "gold", "currency": "EUR", "key_read": "7", "tenant_hour": "70"} | prices
    assert operator.post("/console/tenants/plan/add/", form).status_code == 302
    plan = Plan.objects.get(name="gold")
    assert (plan.key_read, plan.tenant_hour, plan.tenant_day) == (7, 70, None)
    answer = operator.post(f"/console/tenants/plan/{plan.pk}/change/", form | {"key_read": "8", "is_default": "on"})
    assert answer.status_code == 302
    assert Plan.objects.get(is_default=True).key_read == 8
    assert operator.get("/console/tenants/plan/").status_code == 200


def test_a_tenant_gets_its_plan_and_limits_in_the_console(operator: Client, acme: Tenant) -> None:
    trial = Plan.objects.get(name="trial")
    inlines = {
        f"{name}-{part}": "0" for name in ("domains", "memberships") for part in ("TOTAL_FORMS", "INITIAL_FORMS")
    }
    form = {"name": "Acme", "plan": str(trial.pk), "limits": '{"key_read": 3}'} | inlines
    answer = operator.post(f"/console/tenants/tenant/{acme.pk}/change/", form)
    assert answer.status_code == 302, answer.content.decode()
    acme.refresh_from_db()
    assert (acme.plan, acme.limits) == (trial, {"key_read": 3})
    assert operator.post(f"/console/tenants/tenant/{acme.pk}/change/", form | {"limits": '{"x": 3}'}).status_code == 200


def test_the_day_of_the_script_is_the_day_of_the_rows() -> None:
    assert metering.EPOCH + timedelta(days=int(time.time()) // 86400) == metering.today()
