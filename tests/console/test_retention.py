"""Retention and holds in the console, and the pin on a memory's page."""

import html
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone
from django_tenants.utils import tenant_context

from memory import holds, rules
from memory.models import Hold, Memory, Rule
from memory.types import Scope
from tenants.models import Tenant
from tests.conftest import costs
from tests.console.test_pages import member, operator  # noqa: F401  a fixture

PAGE = "/t/acme/console/retention/"
RULE = {
    "name": "old events",
    "kind": "event",
    "action": "delete",
    "retention_days": "365",
    "tags_to_preserve": "tax, law",
}


def said(client: Client, path: str = PAGE, **form: Any) -> str:
    answer = client.post(path, form, follow=True) if form else client.get(path)
    assert answer.status_code == 200
    return html.unescape(answer.content.decode())


def test_an_empty_page_says_what_is_not_there(operator: Client, acme: Tenant) -> None:  # noqa: F811
    page = said(operator)
    assert "There are no rules" in page
    assert "Nothing is held" in page
    assert "No memory expires in the coming 12 weeks" in page


def test_rules_are_made_changed_switched_and_deleted(acme: Tenant) -> None:
    admin = member(acme, "admin")
    page = said(admin, f"{PAGE}rule", **RULE)
    assert "delete after 365 days" in page
    with tenant_context(acme):
        rule = Rule.objects.get()
        assert (rule.kind, rule.tags_to_preserve, rule.min_importance) == ("event", ["tax", "law"], None)
    assert 'value="old events"' in said(admin, f"{PAGE}?rule={rule.pk}")
    page = said(admin, f"{PAGE}rule", **RULE | {"rule": str(rule.pk), "retention_days": "30"})
    assert "delete after 30 days" in page
    assert "Switch on" in said(admin, f"{PAGE}rules/{rule.pk}/switch", enabled="0")
    assert "There are no rules" in said(admin, f"{PAGE}rules/{rule.pk}/delete", yes="1")


@pytest.mark.parametrize(
    ("path", "form"),
    [
        ("rule", RULE | {"retention_days": "0"}),
        ("rule", RULE | {"retention_days": "9" * 5_000}),
        ("rule", RULE | {"name": "a\x00b"}),
        ("rule", RULE | {"min_importance": "nan"}),
        ("hold", {"name": "nobody"}),
        ("hold", {"name": "both", "user_id": "ada", "memory_id": str(uuid4())}),
        ("hold", {"name": "unknown", "memory_id": str(uuid4())}),
    ],
)
def test_a_form_that_makes_no_sense_does_nothing(operator: Client, acme: Tenant, path: str, form: Any) -> None:  # noqa: F811
    assert "Not done" in said(operator, f"{PAGE}{path}", **form)
    with tenant_context(acme):
        assert not Rule.objects.exists()
        assert not Hold.objects.exists()


def test_holds_are_placed_with_what_is_under_them_and_released(ada: Any, acme: Tenant) -> None:
    admin = member(acme, "admin")
    ada.remember("Evidence.", user_id="ada", expires_at=(timezone.now() + timedelta(days=8)).isoformat())
    page = said(admin, f"{PAGE}hold", name="Case 7", reason="claim", user_id="ada")
    assert "Case 7" in page
    assert "1, 1 of them held" in page
    with tenant_context(acme):
        hold = Hold.objects.get()
    desk = "/t/acme/console/privacy/"
    assert "1 legal hold stands in the way" in said(admin, desk, type="user", name="ada")
    typed = {"type": "user", "name": "ada", "typed": "ada", "confirm_count": "1"}
    assert "Nothing was erased: 1 of its memories are under a legal hold" in said(admin, f"{desk}start", **typed)
    page = said(admin, f"{PAGE}holds/{hold.pk}/release", yes="1")
    assert "Released" in page
    assert "Nothing is held" in page


def test_where_rules_differ_is_shown(operator: Client, acme: Tenant) -> None:  # noqa: F811
    with tenant_context(acme):
        rules.create({"name": "short", "retention_days": 30, "action": "delete"})
        rules.create({"name": "long", "retention_days": 60, "action": "delete"})
    assert "long keeps longer, and decides where both apply" in said(operator)


def test_the_page_costs_the_same_for_one_and_for_many(operator: Client, acme: Tenant) -> None:  # noqa: F811
    def more(number: int) -> None:
        with tenant_context(acme):
            holds.place(f"case {number}", Scope(user_id=f"user {number}"))
            rules.create({"name": f"rule {number}", "retention_days": 30 + number})

    more(0)
    said(operator)
    with costs(11):
        said(operator)
    for number in range(1, 6):
        more(number)
    with costs(11):
        said(operator)


@pytest.mark.parametrize(("role", "reads"), [("analyst", 200), ("editor", 403), ("viewer", 403)])
def test_others_look_at_most(acme: Tenant, role: str, reads: int) -> None:
    client = member(acme, role)
    answer = client.get(PAGE)
    assert answer.status_code == reads
    assert "Place a hold" not in answer.content.decode()
    assert client.post(f"{PAGE}hold", {"name": "x", "user_id": "ada"}).status_code == 403
    assert client.post(f"{PAGE}rule", RULE).status_code == 403


def test_a_memory_is_pinned_on_its_page_and_says_that_it_is_held(ada: Any, acme: Tenant) -> None:
    made = ada.remember("Keep me.", user_id="ada")
    page = f"/t/acme/console/memory/memory/{made}/change/"
    editor, admin = member(acme, "editor"), member(acme, "admin")
    assert ">Unpin<" in said(editor, f"/t/acme/console/memories/{made}/pin/", pinned="1")
    with tenant_context(acme):
        assert Memory.objects.get().pinned
        holds.place("Case 7", Scope(user_id="ada"), reason="a secret")
    assert "Case 7" in said(admin, page)
    assert "held" in said(editor, page)
    assert "Case 7" not in said(editor, page)
    assert ">Unpin<" not in said(editor, f"/t/acme/console/memories/{made}/pin/", pinned="")
    assert member(acme, "viewer").post(f"/t/acme/console/memories/{made}/pin/", {"pinned": "1"}).status_code == 403


@pytest.mark.parametrize("state", ["silent", "compressed"])
def test_the_list_finds_what_was_put_aside_and_restores_it(ada: Any, acme: Tenant, state: str) -> None:
    admin = member(acme, "admin")
    made = ada.remember("Put aside.")
    with tenant_context(acme):
        Memory.objects.update(state=state)
    changes = "/t/acme/console/memory/memory/"
    assert "Put aside." not in said(admin, changes)
    assert "Put aside." in said(admin, f"{changes}?state={state}")
    assert "It is live again." in said(admin, f"/t/acme/console/memories/{made}/restore/", yes="1")
