"""Keys and members in the console: the same verbs as in the API, and the same refusals."""

import re
from typing import Any

import pytest
from django.test import Client

from events.models import Event
from tenants import keys, members
from tenants.models import ApiKey, Membership, Tenant, User
from tests.console.test_pages import signed_in

PLACE = "/t/acme/console"
KEY_FORM = {"name": "robot", "scopes": ["read"], "namespaces": "", "expires_at_0": "", "expires_at_1": ""}


@pytest.fixture
def operator(db: None) -> Client:
    return signed_in(User.objects.create_superuser("operator@example.org"))


@pytest.fixture
def owner(acme: Tenant) -> Client:
    return signed_in(members.add(acme, "owner@example.org", "owner", by="platform").user)


def shown(page: Any) -> list[str]:
    assert "no-store" in page["Cache-Control"]
    return re.findall(r"<pre [^>]*>(im_\w+)</pre>", page.content.decode())


def test_an_owner_issues_a_key_that_is_limited_to_namespaces(owner: Client, acme: Tenant) -> None:
    page = owner.post(f"{PLACE}/tenants/apikey/add/", KEY_FORM | {"namespaces": "support, faq"})
    (text,) = shown(page)
    key = keys.find(text)
    assert key is not None
    assert (key.tenant, key.namespaces) == (acme, ["faq", "support"])
    assert "faq, support" in owner.get(f"{PLACE}/tenants/apikey/").content.decode()


@pytest.mark.parametrize(
    "wrong",
    [{"scopes": ["platform"]}, {"scopes": ["admin"], "namespaces": "a"}, {"scopes": []}, {"namespaces": "x" * 300}],
)
def test_the_form_refuses_a_key_that_cannot_be(owner: Client, wrong: dict[str, Any]) -> None:
    assert owner.post(f"{PLACE}/tenants/apikey/add/", KEY_FORM | wrong).status_code == 200
    assert not ApiKey.objects.exists()


def test_a_key_of_the_platform_is_made_on_the_platform_alone(operator: Client, acme: Tenant) -> None:
    offered = operator.get(f"{PLACE}/tenants/apikey/add/").content.decode()
    assert re.findall(r'name="scopes" value="(\w+)"', offered) == ["read", "write", "admin"]
    page = operator.post("/console/tenants/apikey/add/", KEY_FORM | {"scopes": ["platform"], "tenant": ""})
    key = keys.find(shown(page)[0])
    assert key is not None
    assert key.tenant is None
    assert operator.post("/console/tenants/apikey/add/", KEY_FORM | {"tenant": ""}).status_code == 200
    assert ApiKey.objects.count() == 1


def test_chosen_keys_are_rotated_and_the_new_ones_shown_once(owner: Client, acme: Tenant) -> None:
    old, over = keys.issue(acme, "one")[0], keys.issue(acme, "two")[0]
    keys.revoke(over)
    chosen = {"action": "rotate_chosen", "_selected_action": [str(old.pk), str(over.pk)]}
    page = owner.post(f"{PLACE}/tenants/apikey/", chosen)
    (text,) = shown(page)
    old.refresh_from_db()
    assert keys.find(text) == old.successor
    assert "1 not rotated" in page.content.decode()


def test_keys_of_another_tenant_are_neither_shown_nor_rotated(owner: Client, globex: Tenant) -> None:
    theirs = keys.issue(globex, "theirs")[0]
    assert "theirs" not in owner.get(f"{PLACE}/tenants/apikey/").content.decode()
    owner.post(f"{PLACE}/tenants/apikey/", {"action": "rotate_chosen", "_selected_action": [str(theirs.pk)]})
    owner.post(f"{PLACE}/tenants/apikey/", {"action": "revoke_chosen", "_selected_action": [str(theirs.pk)]})
    theirs.refresh_from_db()
    assert theirs.successor is None
    assert theirs.is_live()


def test_an_owner_adds_changes_and_removes_members(owner: Client, acme: Tenant) -> None:
    owner.post(f"{PLACE}/members/", {"email": "cleo@example.org", "role": "viewer"})
    cleo = Membership.objects.get(user__email="cleo@example.org", tenant=acme)
    assert "cleo@example.org" in owner.get(f"{PLACE}/members/").content.decode()
    owner.post(f"{PLACE}/members/{cleo.pk}/", {"role": "editor"})
    cleo.refresh_from_db()
    assert cleo.role == "editor"
    owner.post(f"{PLACE}/members/{cleo.pk}/", {})
    assert not Membership.objects.filter(pk=cleo.pk).exists()
    told = Event.objects.filter(type__startswith="member.", subject_id=str(cleo.pk)).order_by("id")
    assert list(told.values_list("type", flat=True)) == ["member.added", "member.changed", "member.removed"]


@pytest.mark.parametrize("form", [{}, {"role": "viewer"}])
def test_the_last_owner_stays_a_member(owner: Client, acme: Tenant, form: dict[str, str]) -> None:
    own = Membership.objects.get(tenant=acme, role="owner")
    page = owner.post(f"{PLACE}/members/{own.pk}/", form, follow=True)
    assert "keeps one owner" in page.content.decode()
    assert Membership.objects.filter(pk=own.pk, role="owner").exists()


@pytest.mark.parametrize("form", [{"email": "x", "role": "viewer"}, {"email": "a@example.org", "role": "king"}, {}])
def test_a_member_that_cannot_be_is_refused(owner: Client, acme: Tenant, form: dict[str, str]) -> None:
    assert "Not added" in owner.post(f"{PLACE}/members/", form, follow=True).content.decode()
    assert Membership.objects.filter(tenant=acme).count() == 1


def test_a_member_of_another_tenant_is_out_of_reach(owner: Client, globex: Tenant) -> None:
    theirs = members.add(globex, "theirs@example.org", "viewer", by="owner")
    assert owner.post(f"{PLACE}/members/{theirs.pk}/", {}).status_code == 404
    assert Membership.objects.filter(pk=theirs.pk).exists()


def test_an_operator_sees_and_changes_a_persons_memberships(operator: Client, acme: Tenant, globex: Tenant) -> None:
    member = members.add(acme, "cleo@example.org", "viewer", by="owner")
    url = f"/console/tenants/user/{member.user_id}/change/"
    assert "acme" in operator.get(url).content.decode()
    form = {
        "email": "cleo@example.org", "name": "Cleo", "is_active": "on", "is_staff": "on",
        "memberships-TOTAL_FORMS": "2", "memberships-INITIAL_FORMS": "1", "memberships-MIN_NUM_FORMS": "0",
        "memberships-MAX_NUM_FORMS": "1000", "memberships-0-id": str(member.pk), "memberships-0-user": str(member.user_id),
        "memberships-0-tenant": str(acme.pk), "memberships-0-role": "editor", "memberships-1-id": "",
        "memberships-1-user": str(member.user_id), "memberships-1-tenant": str(globex.pk), "memberships-1-role": "admin",
    }  # fmt: skip
    assert operator.post(url, form).status_code == 302
    held = Membership.objects.filter(user=member.user).order_by("tenant__slug")
    assert list(held.values_list("tenant__slug", "role")) == [("acme", "editor"), ("globex", "admin")]
    assert Event.objects.filter(type="member.added", tenant_id=globex.id).count() == 1
    assert Event.objects.filter(type="member.changed", tenant_id=acme.id).count() == 1
