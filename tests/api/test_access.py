"""Credentials over HTTP: keys, members, tokens, keys of the platform; what is ended is refused at once."""

import json
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone
from rest_framework_simplejwt.tokens import AccessToken

from events.models import Event
from tenants import keys, members, metering, signin, tokens
from tenants.models import ApiKey, Login, Membership, Tenant, User
from tests.conftest import Caller, costs

PASSWORD = "correct horse battery"


@pytest.fixture(autouse=True)
def untried() -> None:
    """Nobody has tried to sign in yet."""
    counters = signin._counters()
    for name in counters.scan_iter("signin:*"):
        counters.delete(name)


@pytest.fixture
def root(db: None) -> Caller:
    """A caller of the platform."""
    return Caller(keys.issue(None, "operator", ["platform"])[1])


def person(tenant: Tenant | None, role: str, email: str = "ada@example.org") -> User:
    if role == "platform":
        return User.objects.create_superuser(email, PASSWORD)
    user = User.objects.create_user(email, PASSWORD, is_staff=True)
    if tenant:
        Membership.objects.create(user=user, tenant=tenant, role=role)
    return user


def logged_in(email: str = "ada@example.org", **told: str) -> dict[str, Any]:
    status, body = Caller("").post("tokens", {"email": email, "password": PASSWORD, **told})
    assert status == 201, body
    return body


def facts(type: str) -> list[dict[str, Any]]:
    return [event.data for event in Event.objects.filter(type=type).order_by("id")]


# --- keys


def test_a_key_is_issued_shown_once_and_listed_without_its_secret(ada: Caller) -> None:
    draft = {"name": "bot", "scopes": ["read"], "namespaces": ["support"]}
    status, made = ada.post("keys", draft)
    assert status == 201
    assert keys.find(made["key"]) is not None
    assert (made["scopes"], made["namespaces"], made["state"]) == (["read"], ["support"], "live")
    answer = ada.raw("GET", "keys").content.decode()
    assert made["prefix"] in answer
    assert made["key"].split("_")[2] not in answer
    assert facts("key.issued")[-1] == draft


def test_a_list_of_keys_costs_two_statements(ada: Caller, acme: Tenant) -> None:
    for number in range(5):
        keys.issue(acme, f"{number}")
    with costs(2):
        assert ada.get("keys?limit=3")[1]["has_more"]


@pytest.mark.parametrize(
    ("draft", "pointer"),
    [
        ({"name": "x", "scopes": ["platform"]}, "/scopes"),
        ({"name": "x", "scopes": []}, "/scopes"),
        ({"name": "x", "scopes": ["root"]}, "/scopes/0"),
        ({"name": "x", "scopes": ["admin"], "namespaces": ["a"]}, "/namespaces"),
        ({"name": "x", "namespaces": [""]}, "/namespaces/0"),
        ({"name": "x", "expires_at": "2020-01-01T00:00:00Z"}, "/expires_at"),
        ({"name": ""}, "/name"),
        ({}, "/name"),
        ({"name": "x", "tenant": "globex"}, "/tenant"),
    ],
)
def test_a_key_that_cannot_be_is_refused(ada: Caller, draft: Any, pointer: str) -> None:
    status, body = ada.post("keys", draft)
    assert status == 422
    assert [error["pointer"] for error in body["errors"]] == [pointer]


def test_a_rotated_key_goes_on_until_its_overlap_ends(ada: Caller, acme: Tenant) -> None:
    old, text = keys.issue(acme, "bot", ["read"], namespaces=["n"])
    status, new = ada.post(f"keys/{old.pk}/rotate", {"overlap_hours": 2})
    assert status == 201
    assert (new["name"], new["scopes"], new["namespaces"]) == ("bot", ["read"], ["n"])
    for one in (text, new["key"]):
        assert Caller(one).get("me")[0] == 200
    old.refresh_from_db()
    assert str(old.successor_id) == new["id"]
    assert timedelta(hours=1.9) < old.expires_at - timezone.now() <= timedelta(hours=2)
    ApiKey.objects.filter(pk=old.pk).update(expires_at=timezone.now())
    assert Caller(text).get("me")[0] == 401
    assert Caller(new["key"]).get("me")[0] == 200


def test_a_key_is_rotated_once_and_never_after_its_end(ada: Caller, acme: Tenant) -> None:
    once, gone = keys.issue(acme, "once")[0], keys.issue(acme, "gone")[0]
    assert ada.post(f"keys/{once.pk}/rotate", {})[0] == 201
    keys.revoke(gone)
    for key in (once, gone):
        status, body = ada.post(f"keys/{key.pk}/rotate", {})
        assert (status, body["code"]) == (409, "key_over")


def test_a_rotation_does_not_prolong_the_old_key(ada: Caller, acme: Tenant) -> None:
    ends = timezone.now() + timedelta(hours=1)
    old = keys.issue(acme, "short", expires_at=ends)[0]
    ada.post(f"keys/{old.pk}/rotate", {})
    old.refresh_from_db()
    assert old.expires_at == ends


def test_a_key_without_overlap_ends_at_its_rotation(ada: Caller, acme: Tenant) -> None:
    old, text = keys.issue(acme, "bot")
    ada.post(f"keys/{old.pk}/rotate", {"overlap_hours": 0})
    assert Caller(text).get("me")[0] == 401


def test_a_revoked_key_is_refused_from_the_next_request_on(ada: Caller, acme: Tenant) -> None:
    key, text = keys.issue(acme, "doomed")
    assert Caller(text).get("me")[0] == 200
    assert ada.post(f"keys/{key.pk}/revoke", None)[1]["state"] == "revoked"
    assert Caller(text).get("me")[0] == 401
    assert ada.post(f"keys/{key.pk}/revoke", None)[0] == 200
    assert len(facts("key.revoked")) == 1


def test_keys_of_another_tenant_are_like_keys_that_nobody_has(ben: Caller, acme: Tenant) -> None:
    theirs = keys.issue(acme, "theirs")[0]
    for method, end in (("GET", ""), ("POST", "/rotate"), ("POST", "/revoke")):
        answers = [ben.raw(method, f"keys/{key}{end}", b"{}").status_code for key in (theirs.pk, uuid.uuid4())]
        assert answers == [404, 404]
    theirs.refresh_from_db()
    assert theirs.is_live()


def test_what_a_key_of_the_platform_did_is_counted(acme: Tenant) -> None:
    key, text = keys.issue(None, "operator", ["platform"])
    Caller(text).get("me")
    metering.fold()
    key.refresh_from_db()
    assert key.usage_count == 1


def test_what_a_key_did_is_counted(ada: Caller) -> None:
    for _ in range(3):
        ada.get("me")
    metering.fold()
    (told,) = ada.get("keys")[1]["data"]
    assert told["usage_count"] >= 3
    assert told["last_used_at"] is not None


def test_keys_are_managed_from_the_command_line(acme: Tenant, capsys: Any) -> None:
    call_command("keys", "issue", "bot", "--tenant", "acme", "--scopes", "read", "--namespaces", "a,b", "--days", "1")
    text = capsys.readouterr().out.strip()
    assert Caller(text).get("me")[1]["namespaces"] == ["a", "b"]
    prefix = text.rpartition("_")[0]
    call_command("keys", "list", "--tenant", "acme")
    assert f"{prefix} acme live read in a,b bot" in capsys.readouterr().out
    call_command("keys", "rotate", prefix, "--hours", "0")
    new = capsys.readouterr().out.strip()
    assert Caller(text).get("me")[0] == 401
    call_command("keys", "revoke", new.rpartition("_")[0])
    assert Caller(new).get("me")[0] == 401
    with pytest.raises(CommandError):
        call_command("keys", "revoke", "im_nobody")


# --- who am I


def test_me_tells_a_key_and_a_person(ada: Caller, acme: Tenant) -> None:
    told = ada.get("me")[1]
    assert (told["kind"], told["name"], told["tenant"]["slug"]) == ("key", "ada", "acme")
    assert (told["role"], told["scopes"], told["namespaces"]) == ("", ["read", "write", "admin"], [])
    person(acme, "viewer")
    told = Caller(logged_in()["access"]).get("me")[1]
    assert (told["kind"], told["name"], told["role"], told["scopes"]) == ("person", "ada@example.org", "viewer", [])
    assert "memories.read" in told["operations"]
    assert "memories.write" not in told["operations"]


def test_a_request_reads_its_credential_in_one_statement(ada: Caller, acme: Tenant) -> None:
    person(acme, "viewer")
    access = Caller(logged_in()["access"])
    for caller in (ada, access):
        with costs(1):
            caller.get("me")


# --- members


def test_members_are_added_listed_changed_and_removed(ada: Caller, acme: Tenant) -> None:
    status, added = ada.post("members", {"email": "Cleo@Example.org", "role": "viewer"})
    assert (status, added["email"], added["role"]) == (201, "cleo@example.org", "viewer")
    assert ada.post("members", {"email": "cleo@example.org", "role": "editor"})[1]["code"] == "is_member"
    with costs(2):
        (told,) = ada.get("members")[1]["data"]
    assert told == added
    assert ada.patch(f"members/{added['id']}", {"role": "editor"})[1]["role"] == "editor"
    assert ada.get(f"members/{added['id']}")[1]["role"] == "editor"
    assert ada.delete(f"members/{added['id']}")[0] == 204
    assert ada.delete(f"members/{added['id']}")[0] == 404
    assert facts("member.added") == [{"role": "viewer"}]
    assert facts("member.changed") == [{"role": "editor", "was": "viewer"}]
    assert facts("member.removed") == [{"role": "editor"}]


def test_a_page_of_members_goes_on_where_the_one_before_ended(ada: Caller, acme: Tenant) -> None:
    for number in range(5):
        members.add(acme, f"{number}@example.org", "viewer", by="owner")
    first = ada.get("members?limit=3")[1]
    rest = ada.get(f"members?limit=3&cursor={first['next_cursor']}")[1]
    assert [m["email"][0] for m in first["data"] + rest["data"]] == list("01234")
    assert ada.get("members?cursor=x")[0] == 422


def test_the_last_owner_stays(acme: Tenant) -> None:
    owner = members.add(acme, "owner@example.org", "owner", by="platform")
    owner.user.set_password(PASSWORD)
    owner.user.save()
    caller = Caller(logged_in("owner@example.org")["access"])
    for answer in (
        caller.delete(f"members/{owner.user_id}"),
        caller.patch(f"members/{owner.user_id}", {"role": "viewer"}),
    ):
        assert (answer[0], answer[1]["code"]) == (409, "last_owner")
    second = caller.post("members", {"email": "second@example.org", "role": "owner"})[1]
    assert caller.patch(f"members/{owner.user_id}", {"role": "viewer"})[0] == 200
    assert caller.delete(f"members/{second['id']}")[0] == 403


@pytest.mark.parametrize("body", [{"email": "x@example.org", "role": "owner"}])
def test_only_owners_and_operators_give_or_take_the_role_of_owner(
    ada: Caller, root: Caller, acme: Tenant, body: Any
) -> None:
    person(acme, "admin")
    for caller in (ada, Caller(logged_in()["access"])):
        assert caller.post("members", body)[1]["code"] == "owners_only"
    status, owner = root.call("POST", "members", body, X_Tenant_ID="acme")
    assert status == 201
    assert ada.patch(f"members/{owner['id']}", {"role": "viewer"})[1]["code"] == "owners_only"
    assert ada.delete(f"members/{owner['id']}")[1]["code"] == "owners_only"


def test_members_of_another_tenant_are_like_members_that_nobody_is(ben: Caller, acme: Tenant) -> None:
    theirs = members.add(acme, "theirs@example.org", "viewer", by="owner")
    for pk in (theirs.user_id, uuid.uuid4()):
        assert ben.get(f"members/{pk}")[0] == 404
        assert ben.patch(f"members/{pk}", {"role": "admin"})[0] == 404
        assert ben.delete(f"members/{pk}")[0] == 404


# --- keys of the platform


def test_a_key_of_the_platform_acts_for_the_tenant_that_is_named(
    root: Caller, acme: Tenant, globex: Tenant, ada: Caller
) -> None:
    ada.remember("Only acme knows this.")
    assert root.call("GET", "memories", X_Tenant_ID="acme")[1]["data"] != []
    assert root.call("GET", "memories", X_Tenant_ID=str(globex.id))[1]["data"] == []
    assert Caller(root.key, "/t/acme").get("memories")[0] == 200
    assert Caller(root.key, "/t/acme").call("GET", "memories", X_Tenant_ID="globex")[0] == 404
    assert root.call("POST", "memories", {"content": "x"}, X_Tenant_ID="globex")[0] == 201


@pytest.mark.parametrize("name", ["nobody", "%00", "\u00fc", str(uuid.UUID(int=7)), "-" * 36, "x" * 500])
def test_a_tenant_that_nobody_has_is_404(root: Caller, name: str) -> None:
    assert root.call("GET", "memories", X_Tenant_ID=name)[0] == 404


def test_a_key_of_the_platform_names_a_tenant_where_one_is_needed(root: Caller) -> None:
    status, body = root.get("memories")
    assert (status, body["code"]) == (400, "tenant_needed")
    assert root.get("me")[1]["tenant"] is None
    status, made = root.post("keys", {"name": "second", "scopes": ["platform"]})
    assert status == 201
    assert Event.objects.get(type="key.issued", subject_id=made["id"]).tenant_id is None
    assert root.post("keys", {"name": "none", "scopes": ["read"]})[0] == 422


def test_no_tenants_key_sees_the_platforms(root: Caller, ada: Caller) -> None:
    own = ApiKey.objects.get(tenant=None)
    assert ada.get(f"keys/{own.pk}")[0] == 404
    assert [key["name"] for key in ada.get("keys")[1]["data"]] == ["ada"]


def test_a_key_of_the_platform_enters_no_suspended_tenant(root: Caller, acme: Tenant) -> None:
    Tenant.objects.filter(pk=acme.pk).update(state=Tenant.State.SUSPENDED)
    assert root.call("GET", "memories", X_Tenant_ID="acme")[0] == 404


# --- tokens


def test_tokens_for_a_key_do_what_the_key_may(acme: Tenant) -> None:
    _, text = keys.issue(acme, "bot", ["read"], namespaces=["n"])
    status, told = Caller("").post("tokens", {"api_key": text})
    assert status == 201
    caller = Caller(told["access"])
    assert caller.get("me")[1] | {"expires_at": None} == Caller(text).get("me")[1]
    assert caller.post("memories", {"content": "x"})[0] == 403


def test_the_claims_carry_tenant_role_and_subject(acme: Tenant) -> None:
    user = person(acme, "editor")
    told = logged_in()
    claims = AccessToken(told["access"])
    assert (claims["tenant"], claims["role"], claims["sub"]) == (str(acme.id), "editor", str(user.pk))
    assert claims["exp"] - claims["iat"] == told["expires_in"] == 15 * 60


@pytest.mark.parametrize("header", ["Token {}", "Bearer {}"])
def test_an_access_token_comes_like_a_key(acme: Tenant, header: str) -> None:
    person(acme, "viewer")
    access = logged_in()["access"]
    assert Caller("").get("me", Authorization=header.format(access))[0] == 200
    assert Client().get("/api/v1/me", headers={"X-API-Key": access}).status_code == 200


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 422),
        ({"api_key": "im_a_b"}, 401),
        ({"api_key": "x", "email": "y"}, 422),
        ({"email": "ada@example.org", "password": "wrong"}, 401),
        ({"email": "nobody@example.org", "password": PASSWORD}, 401),
        ({"email": "ada@example.org", "password": PASSWORD, "tenant": "globex"}, 404),
        ({"email": "ada@example.org", "password": PASSWORD, "tenant": "nobody"}, 404),
        ({"email": "ada@example.org"}, 422),
    ],
)
def test_no_tokens_for_what_opens_nothing(acme: Tenant, globex: Tenant, body: Any, status: int) -> None:
    person(acme, "viewer")
    assert Caller("").post("tokens", body)[0] == status
    assert not Login.objects.exists()


def test_passwords_for_tokens_cannot_be_tried_without_end(acme: Tenant) -> None:
    person(acme, "viewer")
    guess = {"email": "ada@example.org", "password": "wrong"}
    answers = [Caller("").post("tokens", guess) for _ in range(signin.ACCOUNT_TRIES + 1)]
    assert [status for status, _ in answers] == [401] * signin.ACCOUNT_TRIES + [429]
    assert answers[-1][1]["code"] == "too_many_tries"


def test_who_is_a_member_of_two_names_one(acme: Tenant, globex: Tenant) -> None:
    user = person(acme, "viewer")
    Membership.objects.create(user=user, tenant=globex, role="admin")
    assert Caller("").post("tokens", {"email": user.email, "password": PASSWORD})[0] == 404
    told = Caller(logged_in(tenant="globex")["access"]).get("me")[1]
    assert (told["tenant"]["slug"], told["role"]) == ("globex", "admin")


def test_an_operators_tokens_act_for_any_tenant(acme: Tenant) -> None:
    person(None, "platform")
    caller = Caller(logged_in()["access"])
    assert caller.get("me")[1]["tenant"] is None
    assert caller.call("GET", "memories", X_Tenant_ID="acme")[0] == 200


def test_a_refresh_token_is_good_once_and_its_second_use_closes_the_login(acme: Tenant) -> None:
    person(acme, "viewer")
    first = logged_in()
    status, second = Caller("").post("tokens/refresh", {"token": first["refresh"]})
    assert status == 201
    assert Caller(second["access"]).get("me")[0] == 200
    assert Caller("").post("tokens/refresh", {"token": first["refresh"]})[0] == 401
    for access in (first["access"], second["access"]):
        assert Caller(access).get("me")[0] == 401
    assert Caller("").post("tokens/refresh", {"token": second["refresh"]})[0] == 401
    assert facts("login.closed") == [{"reused": True}]


@pytest.mark.parametrize("kind", ["access", "refresh"])
def test_a_revoked_login_is_refused(acme: Tenant, kind: str) -> None:
    person(acme, "viewer")
    told = logged_in()
    assert Caller("").post("tokens/revoke", {"token": told[kind]})[0] == 204
    assert Caller(told["access"]).get("me")[0] == 401
    assert Caller("").post("tokens/refresh", {"token": told["refresh"]})[0] == 401
    assert Caller("").post("tokens/revoke", {"token": told[kind]})[0] == 204
    assert facts("login.closed") == [{"reused": False}]


def test_kinds_of_tokens_are_not_mixed_up(acme: Tenant) -> None:
    person(acme, "viewer")
    told = logged_in()
    assert Caller(told["refresh"]).get("me")[0] == 401
    assert Caller("").post("tokens/refresh", {"token": told["access"]})[0] == 401


@pytest.mark.parametrize(
    "text", ["a.b.c", "..", "im_a.b.c", "\u00fc.b.c", "eyJhbGciOiJub25lIn0.e30.", "x" * 3000 + ".."]
)
def test_what_is_no_token_is_401(acme: Tenant, text: str) -> None:
    assert Caller(text).raw("GET", "me").status_code == 401
    assert Caller("").post("tokens/refresh", {"token": text})[0] == 401
    assert Caller("").post("tokens/revoke", {"token": text})[0] == 401


def test_a_token_with_another_signature_is_401(acme: Tenant, settings: Any) -> None:
    person(acme, "viewer")
    head, claims, signature = logged_in()["access"].split(".")
    turned = signature[:-2] + ("AA" if signature[-2:] != "AA" else "BB")
    assert Caller(f"{head}.{claims}.{turned}").get("me")[0] == 401


ENDS: dict[str, Callable[[User, Tenant], Any]] = {
    "the membership ends": lambda user, tenant: members.remove(Membership.objects.get(user=user), by="owner"),
    "the person is locked out": lambda user, tenant: User.objects.filter(pk=user.pk).update(is_active=False),
    "the tenant is suspended": lambda user, tenant: Tenant.objects.filter(pk=tenant.pk).update(state="suspended"),
    "the login expires": lambda user, tenant: Login.objects.update(expires_at=timezone.now()),
    "the person is deleted": lambda user, tenant: User.objects.filter(pk=user.pk).delete(),
}


@pytest.mark.parametrize("end", ENDS)
def test_a_token_ends_with_what_it_stands_on(acme: Tenant, end: str) -> None:
    user = person(acme, "viewer")
    told = logged_in()
    assert Caller(told["access"]).get("me")[0] == 200
    ENDS[end](user, acme)
    refused = 403 if end == "the tenant is suspended" else 401
    assert Caller(told["access"]).get("me")[0] == refused
    assert Caller("").post("tokens/refresh", {"token": told["refresh"]})[0] == refused


def test_a_token_of_a_key_ends_with_the_key(acme: Tenant) -> None:
    key, text = keys.issue(acme, "bot")
    told = Caller("").post("tokens", {"api_key": text})[1]
    keys.revoke(key)
    assert Caller(told["access"]).get("me")[0] == 401
    assert Caller("").post("tokens/refresh", {"token": told["refresh"]})[0] == 401


def test_another_role_holds_from_the_next_request_on(acme: Tenant) -> None:
    user = person(acme, "viewer")
    caller = Caller(logged_in()["access"])
    assert caller.post("memories", {"content": "x"})[0] == 403
    members.change(Membership.objects.get(user=user), "editor", by="owner")
    assert caller.post("memories", {"content": "x"})[0] == 201


def test_an_expired_access_token_is_refused(acme: Tenant) -> None:
    person(acme, "viewer")
    token = AccessToken(logged_in()["access"])
    token.set_exp(lifetime=-timedelta(seconds=1))
    assert Caller(str(token)).get("me")[0] == 401


def test_ended_logins_are_forgotten(acme: Tenant) -> None:
    person(acme, "viewer")
    logged_in()
    Login.objects.update(expires_at=timezone.now())
    logged_in()
    assert tokens.forget() == 1
    assert Login.objects.count() == 1


def test_no_secret_is_kept(acme: Tenant) -> None:
    person(acme, "viewer")
    told = logged_in()
    _, text = keys.issue(acme, "bot")
    kept = json.dumps([list(Login.objects.values()), list(ApiKey.objects.values())], default=str)
    for secret in (told["access"], told["refresh"], told["refresh"].split(".")[2], text.split("_")[2]):
        assert secret not in kept
