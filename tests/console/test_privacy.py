"""The privacy desk."""

import re
from typing import Any

import pytest
from django.test import Client
from django_tenants.utils import tenant_context

from memory.models import Erasure, Memory, Transfer
from memory.privacy import erase
from tenants.models import Tenant
from tests.console.test_pages import member, operator  # noqa: F401  a fixture
from tests.privacy.conftest import storage  # noqa: F401  a fixture

PAGE = "/t/acme/console/privacy/"
ADA = {"type": "user", "name": "ada"}


def test_a_person_is_found_erased_and_certified(ada: Any, acme: Tenant) -> None:
    admin = member(acme, "admin")
    ada.remember("One.", user_id="ada")
    ada.remember("The word ada.", user_id="ben")
    page = admin.post(PAGE, ADA).content.decode()
    assert re.search(r"Memories</td><td[^>]*><b>1</b>", page)
    assert "1 other memory says" in page
    answer = admin.post(f"{PAGE}start", ADA | {"typed": "ada", "confirm_count": "1", "block": "on"})
    assert answer.status_code == 302
    assert "Requested" in admin.get(answer["Location"]).content.decode()
    with tenant_context(acme):
        erase.pending()
        assert Memory.objects.get().user_id == "ben"
    page = admin.get(answer["Location"]).content.decode()
    assert "Certificate of erasure" in page
    assert "verified just now" in page
    assert "Nothing may be written of the person" in page
    assert admin.get(f"{answer['Location']}receipt").json()["erased"]["memories"] == 1
    assert "Certificate</a>" in admin.get(PAGE).content.decode()
    assert "is <a" in admin.post(PAGE, ADA).content.decode()
    assert "Lifted" in admin.post(f"{answer['Location']}lift", follow=True).content.decode()


@pytest.mark.parametrize("wrong", [{"typed": "adam"}, {"typed": ""}, {"confirm_count": "7"}, {"confirm_count": "x"}])
def test_nothing_is_erased_by_a_wrong_word_or_count(ada: Any, acme: Tenant, wrong: dict[str, str]) -> None:
    ada.remember("One.", user_id="ada")
    form = ADA | {"typed": "ada", "confirm_count": "1"} | wrong
    answer = member(acme, "owner").post(f"{PAGE}start", form, follow=True)
    assert "Nothing was erased" in answer.content.decode()
    with tenant_context(acme):
        assert not Erasure.objects.exists()


def test_everything_is_exported_by_a_button(operator: Client, acme: Tenant) -> None:  # noqa: F811
    assert operator.post(f"{PAGE}export", ADA).status_code == 302
    with tenant_context(acme):
        assert Transfer.objects.get().filters == {"subject": ADA}


@pytest.mark.parametrize("role", ["editor", "analyst", "viewer"])
def test_others_do_not_come_to_the_desk(acme: Tenant, role: str) -> None:
    client = member(acme, role)
    assert client.get(PAGE).status_code == 403
    assert client.post(f"{PAGE}start", ADA | {"typed": "ada", "confirm_count": "0"}).status_code == 403
    with tenant_context(acme):
        assert not Erasure.objects.exists()


def test_a_form_that_names_nobody_finds_nothing(operator: Client, acme: Tenant) -> None:  # noqa: F811
    for form in ({}, {"type": "dog", "name": "x"}, {"type": "user", "name": " \x00"}):
        assert operator.post(PAGE, form).status_code == 200
        assert operator.post(f"{PAGE}start", form).status_code == 302
        assert operator.post(f"{PAGE}export", form).status_code == 302
