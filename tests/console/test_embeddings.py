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
    editor = member(acme, "editor")
    ada.remember("Tea, without sugar.")
    with tenant_context(acme):
        embed.pending()
    assert editor.post(PAGE, {"step": "start", "model": FP32}).status_code == 302
    assert editor.get(f"{PAGE}progress").json() == {
        "state": "growing", "done": 0, "waiting": 1, "total": 1, "share": 0.0,
    }  # fmt: skip
    assert "disabled" in editor.get(PAGE).content.decode()
    acme.refresh_from_db()
    with tenant_context(acme):
        reembed.fill()
    for step, state in (("switch", "switched"), ("rollback", "growing"), ("switch", "switched"), ("finish", "idle")):
        assert editor.post(PAGE, {"step": step}).status_code == 302
        assert editor.get(f"{PAGE}progress").json()["state"] == state
    assert FP32 in editor.get(PAGE).content.decode()


def test_a_step_that_does_not_fit_is_said(acme: Tenant) -> None:
    editor = member(acme, "editor")
    for form in ({"step": "switch"}, {"step": "start", "model": "nobody"}, {"step": "start", "model": "\x00"}):
        assert "Not done" in editor.post(PAGE, form, follow=True).content.decode()
    assert editor.post(PAGE, {"step": "dance"}, follow=True).status_code == 200


@pytest.mark.parametrize("role", ["viewer", "analyst"])
def test_who_does_not_write_only_looks(acme: Tenant, role: str) -> None:
    reader = member(acme, role)
    assert reader.get(PAGE).status_code == 200
    assert reader.post(PAGE, {"step": "start", "model": FP32}).status_code == 403
