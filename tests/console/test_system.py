"""The page of the system: of the platform alone."""

from django.test import Client

from tenants.models import Tenant
from tests.console.test_pages import member, operator  # noqa: F401  a fixture


def test_the_operator_sees_each_component_and_a_report_to_copy(operator: Client) -> None:  # noqa: F811
    page = operator.get("/console/system/")
    assert page.status_code == 200
    text = page.content.decode()
    assert "worker_webhooks" in text
    assert 'data-copy="Memhouse' in text


def test_nobody_else_does(acme: Tenant) -> None:
    owner = member(acme, "owner")
    assert owner.get("/t/acme/console/system/").status_code == 403
    assert owner.get("/console/system/").status_code in (302, 403)
