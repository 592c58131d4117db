"""The page of dialects: where each stands, how it is spoken, and how often it was."""

from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.urls import set_script_prefix

from analytics import gauges
from api.dialects.examples import EXAMPLES
from tenants import keys, plans
from tenants.models import Tenant, User
from tests.console.test_pages import member
from tests.dialects.speaking import Dialect, operations


@pytest.fixture
def operator(db: None) -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("operator@example.org", "correct horse"))
    return client


def page(client: Client, path: str = "/t/acme/console/dialects/") -> dict[str, dict[str, Any]]:
    answer = client.get(path)
    assert answer.status_code == 200
    return {one["name"]: one for one in answer.context["dialects"]}


def test_each_dialect_is_shown_with_its_address_and_how_it_is_spoken(acme: Tenant) -> None:
    told = page(member(acme, "viewer"))
    assert list(told) == settings.DIALECTS
    assert told["memory_layer"]["url"] == "http://testserver/compat/memory_layer"
    assert '"tenant_id": "acme"' in told["memory_layer"]["curl"]
    assert (told["mem0"]["calls"], told["mem0"]["last"]) == (0, None)


def test_who_may_issue_keys_is_led_to_them(acme: Tenant) -> None:
    link = b'href="/t/acme/console/tenants/apikey/">a key</a> in place of KEY'
    assert link in member(acme, "admin").get("/t/acme/console/dialects/").content
    answer = member(acme, "viewer").get("/t/acme/console/dialects/")
    assert b"a key in place of KEY" in answer.content


def test_calls_are_counted_by_dialect(operator: Client, acme: Tenant, noted: Callable[[], None]) -> None:
    layer = Dialect("memory_layer", keys.issue(acme, "ada")[1])
    for _ in range(3):
        layer.get("v1/admin/readiness")
    noted()
    told = page(operator)
    assert (told["memory_layer"]["calls"], told["memory_layer"]["errors"]) == (3, 0)
    assert told["memory_layer"]["last"]
    assert [one["name"] for one in told["memory_layer"]["operations"]] == ["Readiness"]
    assert told["inmemory"]["calls"] == 0
    before = page(operator, "/t/acme/console/dialects/?range=own&from=2020-01-01&to=2020-01-02")["memory_layer"]
    assert before["calls"] == 0
    assert before["last"]


def test_what_is_refused_is_counted_beside_errors(operator: Client, acme: Tenant, noted: Callable[[], None]) -> None:
    """Also what the door refuses: the caller may not do that, or does it too often."""
    gauges.store().delete(gauges.SUMS)
    layer = Dialect("memory_layer", keys.issue(acme, "ada")[1])
    layer.get(f"v1/messages/{acme.pk}")
    layer.post("v1/messages", {})
    Dialect("memory_layer", keys.issue(acme, "reader", scopes=["read"])[1]).post("v1/messages", {})
    plans.assign(acme, None, {"tenant_search": 0})
    layer.get("v1/memory/search?tenant_id=acme&query=tea")
    noted()
    for path in ("/t/acme/console/dialects/", "/console/dialects/"):
        told = page(operator, path)["memory_layer"]
        assert (told["refused"], told["errors"]) == (told["calls"], 0) == (4, 0)
    assert {one["told"].refused for one in told["operations"]} == {1, 2}


def test_who_is_not_recognised_is_refused_and_no_tenant_s_call(
    operator: Client, acme: Tenant, noted: Callable[[], None]
) -> None:
    gauges.store().delete(gauges.SUMS)
    for _ in "ab":
        assert Dialect("mem0", "im_wrong_key").get("v1/memories/")[0] == 401
    noted()
    told = page(operator, "/console/dialects/")["mem0"]
    assert (told["calls"], told["refused"], len(told["operations"])) == (0, 2, 1)
    inside = page(operator)["mem0"]
    assert (inside["calls"], inside["refused"]) == (0, 0)


def test_outside_of_a_tenant_those_of_all_tenants_are_summed(operator: Client, acme: Tenant) -> None:
    assert list(page(operator, "/console/dialects/")) == settings.DIALECTS


def test_the_sidebar_leads_there(operator: Client, acme: Tenant) -> None:
    for console in ("/console/", "/t/acme/console/"):
        set_script_prefix("/")  # where the last request left it, in the one thread of a test
        assert f'"{console}dialects/' in operator.get(console).content.decode()


@pytest.mark.parametrize("name", [name for name in settings.DIALECTS if operations(name)])
def test_each_example_works(acme: Tenant, name: str) -> None:
    example, key = EXAMPLES[name], keys.issue(acme, "ada")[1]
    body = {field: "acme" if value == "TENANT" else value for field, value in example.body.items()}
    header, _, value = example.header.partition(": ")
    answer = Client().post(
        f"/compat/{name}/{example.path}",
        body,
        content_type="application/json",
        headers={header: value.replace("KEY", key)},
    )
    assert answer.status_code in (200, 201, 202), answer.content
