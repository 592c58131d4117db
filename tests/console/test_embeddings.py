"""The page that changes the embedding model."""

from typing import Any

import pytest
from django.test import Client
from django_tenants.utils import tenant_context

from memory.upkeep import embed, reembed
from tenants.models import Membership, Tenant, User

PAGE = "/t/acme/console/embeddings/"
FP32 = "all-MiniLM-L6-v2/fp32"


def member(tenant: Tenant, role: str) -> Client:
    user = User.objects.create_user(f"{role}@example.org", "correct horse", is_staff=True)
    Membership.objects.create(user=user, tenant=tenant, role=role)
    client = Client(raise_request_exception=False)
    client.force_login(user)
    return client


def test_a_change_is_taken_through_its_steps(ada: Any, acme: Tenant) -> None:
    admin = member(acme, "admin")
    ada.remember("Tea, without sugar.")
    with tenant_context(acme):
        embed.pending()
    assert admin.post(PAGE, {"step": "start", "model": FP32}).status_code == 302
    assert admin.get(f"{PAGE}progress").json() == {
        "state": "growing", "done": 0, "waiting": 1, "total": 1, "share": 0.0,
    }  # fmt: skip
    assert "disabled" in admin.get(PAGE).content.decode()
    acme.refresh_from_db()
    with tenant_context(acme):
        reembed.fill()
    for step, state in (("switch", "switched"), ("rollback", "growing"), ("switch", "switched"), ("finish", "idle")):
        assert admin.post(PAGE, {"step": step}).status_code == 302
        assert admin.get(f"{PAGE}progress").json()["state"] == state
    assert FP32 in admin.get(PAGE).content.decode()


def test_a_step_that_does_not_fit_is_said(acme: Tenant) -> None:
    admin = member(acme, "admin")
    for form in ({"step": "switch"}, {"step": "start", "model": "nobody"}, {"step": "start", "model": "\x00"}):
        assert "Not done" in admin.post(PAGE, form, follow=True).content.decode()
    assert admin.post(PAGE, {"step": "dance"}, follow=True).status_code == 200


@pytest.mark.parametrize("role", ["viewer", "analyst", "editor"])
def test_who_is_no_admin_only_looks(acme: Tenant, role: str) -> None:
    reader = member(acme, role)
    assert reader.get(PAGE).status_code == 200
    assert reader.post(PAGE, {"step": "start", "model": FP32}).status_code == 403
