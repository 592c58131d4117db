"""The pages on which an operator runs tenants, and the one on which a tenant sets itself up."""

import io
import tarfile
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from tenants import lifecycle, runner, schema
from tenants.models import Membership, Receipt, SchemaState, Tenant, User
from tests.conftest import costs
from tests.tenants.test_runner import NEWEST


@pytest.fixture
def operator(acme: Tenant) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(User.objects.create_superuser("operator@example.org", "correct horse"))
    return client


def member(tenant: Tenant, role: str) -> Client:
    user = User.objects.create_user(f"{role}@example.org", "correct horse", is_staff=True)
    Membership.objects.create(user=user, tenant=tenant, role=role)
    client = Client(raise_request_exception=False)
    client.force_login(user)
    return client


def state(tenant: Tenant) -> str:
    return Tenant.objects.values_list("state", flat=True).get(pk=tenant.pk)


def test_a_tenants_page_tells_its_life(operator: Client, ada: Any, acme: Tenant) -> None:
    ada.remember("Tea, without sugar.")
    page = operator.get(f"/console/tenants/tenant/{acme.pk}/change/").content.decode()
    assert "is migrated" in page
    assert "<b>1</b>memories" in page
    assert "Delete…" in page


def test_the_whole_life_of_a_tenant_by_buttons(operator: Client, acme: Tenant) -> None:
    at = f"/console/tenants/{acme.pk}"
    for form, after in (
        ({"step": "suspend", "reason": "unpaid"}, "suspended"), ({"step": "resume"}, "active"),
        ({"step": "suspend", "reason": " \x00"}, "active"), ({"step": "dance"}, "active"),
        ({"step": "restore"}, "active"),
    ):  # fmt: skip
        assert operator.post(f"{at}/step", form).status_code == 302
        assert state(acme) == after
    assert "Type <b>acme</b>" in operator.get(f"{at}/delete/").content.decode()
    assert operator.post(f"{at}/delete/", {"slug": "globex"}).status_code == 200
    assert state(acme) == "active"
    assert operator.post(f"{at}/delete/", {"slug": "acme"}, follow=True).status_code == 200
    assert state(acme) == "deleting"
    assert operator.post(f"{at}/step", {"step": "restore"}).status_code == 302
    assert state(acme) == "active"


def test_the_archive_is_downloaded(operator: Client, acme: Tenant) -> None:
    answer = operator.get(f"/console/tenants/{acme.pk}/export")
    with tarfile.open(fileobj=io.BytesIO(b"".join(answer.streaming_content))) as tar:
        assert "acme/tenant.json" in tar.getnames()


def test_receipts_are_listed(operator: Client, acme: Tenant) -> None:
    Receipt.objects.create(id=acme.pk, slug="initech", opened_at=acme.created_at, asked_by="x", counts={"memory": 3})
    assert "3 memory" in operator.get("/console/receipts/").content.decode()


@pytest.mark.parametrize("path", ["schemas/", "receipts/", "tenants/{}/delete/", "tenants/{}/export"])
def test_only_operators_open_them_and_only_outside_of_a_tenant(operator: Client, acme: Tenant, path: str) -> None:
    path = path.format(acme.pk)
    assert operator.get(f"/console/{path}").status_code == 200
    assert operator.get(f"/t/acme/console/{path}").status_code == 404
    owner = member(acme, "owner")
    assert owner.get(f"/console/{path}").status_code == 403
    assert owner.post(f"/console/tenants/{acme.pk}/step", {"step": "suspend", "reason": "x"}).status_code == 403
    assert owner.post("/console/schemas/").status_code == 403


def test_the_matrix_shows_who_lacks_what_and_the_button_notes_it(operator: Client, acme: Tenant) -> None:
    assert "Nothing is due" in operator.get("/console/schemas/").content.decode()
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM t_acme.django_migrations WHERE app = %s AND name = %s", list(NEWEST))
    assert operator.get("/console/schemas/").content.decode().count('aria-label="missing"') == 1
    assert operator.post("/console/schemas/").status_code == 302
    assert SchemaState.objects.get().state == "pending"
    SchemaState.objects.update(state="failed", error="ProgrammingError: it is there already")
    assert "it is there already" in operator.get("/console/schemas/").content.decode()


def test_a_worker_does_what_the_button_noted(operator: Client, acme: Tenant) -> None:
    row = SchemaState.objects.create(tenant=acme, target=schema.target())
    assert runner.waiting() == 1
    row.refresh_from_db()
    assert (row.state, row.attempts) == ("done", 1)
    assert runner.waiting() == 0


def test_the_matrix_costs_the_same_for_any_number_of_tenants(operator: Client, acme: Tenant) -> None:
    operator.get("/console/schemas/")
    with costs(8):
        operator.get("/console/schemas/")


def test_the_slug_of_a_deleted_tenant_is_refused_on_the_form(operator: Client, acme: Tenant) -> None:
    Receipt.objects.create(id=acme.pk, slug="initech", opened_at=acme.created_at, asked_by="x")
    answer = operator.post("/console/tenants/tenant/add/", {"slug": "initech", "name": "Initech", "limits": "{}"})
    assert answer.status_code == 200
    assert "not given again" in answer.content.decode()


def test_settings_are_set_and_taken_back_on_their_page(acme: Tenant) -> None:
    owner = member(acme, "owner")
    page = "/t/acme/console/settings/"
    assert owner.post(page, {"undo_days": "3", "audit_reads": "on", "namespaces": "support\nteam/*"}).status_code == 302
    acme.refresh_from_db()
    assert acme.preferences == {"undo_days": 3, "audit_reads": True, "namespaces": ["support", "team/*"]}
    assert 'value="3"' in owner.get(page).content.decode()
    assert owner.post(page, {}).status_code == 302
    acme.refresh_from_db()
    assert acme.preferences == {}
    wrong = owner.post(page, {"time_zone": "Mars/Olympus", "undo_days": "3"})
    assert (wrong.status_code, "is not the name of a time zone" in wrong.content.decode()) == (200, True)


@pytest.mark.parametrize("role", ["editor", "analyst", "viewer"])
def test_who_does_not_administer_does_not_see_the_settings(acme: Tenant, role: str) -> None:
    reader = member(acme, role)
    assert reader.get("/t/acme/console/settings/").status_code == 403
    assert reader.post("/t/acme/console/settings/", {"undo_days": "3"}).status_code == 403


def test_a_suspended_tenants_settings_wait(acme: Tenant) -> None:
    owner = member(acme, "owner")
    lifecycle.suspend(acme.pk, "unpaid")
    assert owner.get("/t/acme/console/settings/").status_code == 403
