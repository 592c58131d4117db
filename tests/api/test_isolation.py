"""Tenant A never sees B, and who is nobody sees nothing. Ids of another tenant: see tests/isolation."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from tenants import keys, resolve
from tenants.models import Domain, Tenant
from tests.conftest import Caller


def test_lists_searches_and_feeds_hold_only_the_own_tenants_rows(ada: Caller, ben: Caller) -> None:
    ada.remember("Only acme knows this.")
    assert ben.get("memories")[1]["data"] == []
    assert ben.search("what does acme know?") == []
    assert all(event["subject"]["type"] != "memory" for event in ben.get("events")[1]["data"])


def test_the_same_words_in_two_tenants_are_two_memories(ada: Caller, ben: Caller) -> None:
    assert ada.remember("Hello.") != ben.remember("Hello.")


def test_a_named_tenant_must_agree_with_the_credential(ada: Caller, acme: Tenant, globex: Tenant) -> None:
    for name in (acme.slug, str(acme.id)):
        assert ada.get("memories", X_Tenant_ID=name)[0] == 200
    for name in (globex.slug, str(globex.id), "nobody", "\u00fc"):
        assert ada.get("memories", X_Tenant_ID=name)[0] == 404


@pytest.mark.parametrize(
    ("prefix", "status"), [("/t/acme", 200), ("/t/globex", 404), ("/t/nobody", 404), ("/t/UP", 404)]
)
def test_a_tenant_in_the_path_must_agree(ada: Caller, prefix: str, status: int) -> None:
    assert Caller(ada.key, prefix).raw("GET", "memories").status_code == status


def test_a_tenant_of_the_host_must_agree(
    ada: Caller, ben: Caller, acme: Tenant, settings: Any, monkeypatch: Any
) -> None:
    settings.ALLOWED_HOSTS = ["memory.acme.example"]
    Domain.objects.create(tenant=acme, domain="memory.acme.example", is_primary=True)
    monkeypatch.setattr(resolve, "_domains", (0.0, {}))
    assert ada.get("memories", Host="memory.acme.example")[0] == 200
    assert ben.get("memories", Host="memory.acme.example")[0] == 404
    monkeypatch.setattr(resolve, "_domains", (0.0, {}))


@pytest.mark.parametrize(
    "credential", ["", "x", "im_a_b", "im_a_b_c", "im__", "Bearer", "im_\u00fc_x", "im_" + "x" * 9000]
)
def test_a_credential_that_is_none_is_401(acme: Tenant, credential: str) -> None:
    answer = Caller(credential).raw("GET", "memories")
    assert answer.status_code == 401
    assert answer["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("header", ["Bearer {}", "Token {}", "bearer {}"])
def test_the_schemes_of_authorization(ada: Caller, header: str) -> None:
    assert Caller("").get("memories", Authorization=header.format(ada.key))[0] == 200


def test_a_key_in_x_api_key(ada: Caller) -> None:
    answer = Client().get("/api/v1/memories", headers={"X-API-Key": ada.key})
    assert answer.status_code == 200


def test_a_revoked_key_is_refused(ada: Caller) -> None:
    found = keys.find(ada.key)
    assert found is not None
    keys.revoke(found)
    assert ada.get("memories")[0] == 401


def test_an_expired_key_is_refused(acme: Tenant) -> None:
    _, text = keys.issue(acme, "short", expires_at=timezone.now() - timedelta(seconds=1))
    assert Caller(text).get("memories")[0] == 401


def test_a_suspended_tenant_is_refused_and_told_so(ada: Caller, acme: Tenant) -> None:
    Tenant.objects.filter(pk=acme.pk).update(state=Tenant.State.SUSPENDED)
    status, problem = ada.get("memories")
    assert (status, problem["code"]) == (403, "tenant_suspended")
    assert Caller(ada.key + "x").get("memories")[0] == 401


def test_a_key_that_may_only_read_does_not_write(acme: Tenant) -> None:
    reader = Caller(keys.issue(acme, "reader", ["read"])[1])
    assert reader.get("memories")[0] == 200
    assert reader.post("memories/search", {"query": "x"})[0] == 200
    assert reader.post("memories", {"content": "x"})[0] == 403
    assert reader.delete(f"memories/{uuid.uuid4()}")[0] == 403


@pytest.mark.parametrize(("public", "status"), [(True, 200), (False, 401)])
def test_the_docs_are_open_only_by_setting(db: None, settings: Any, public: bool, status: int) -> None:
    settings.DOCS_PUBLIC = public
    assert Client().get("/api/schema").status_code == status
