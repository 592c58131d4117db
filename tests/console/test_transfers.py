"""Exports and imports in the console."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django_tenants.utils import tenant_context

from memory import transfers
from memory.models import Memory, Transfer
from memory.remember import remember
from memory.types import Draft
from tenants.models import Tenant
from tests.console.test_pages import member, operator  # noqa: F401  a fixture

PAGE = "/t/acme/console/transfers/"


@pytest.fixture(autouse=True)
def storage(settings: Any, tmp_path: Path) -> None:
    backend = "django.core.files.storage.FileSystemStorage"
    settings.STORAGES = settings.STORAGES | {"transfers": {"BACKEND": backend, "OPTIONS": {"location": tmp_path}}}


def upload(client: Client, data: bytes, **fields: str) -> Any:
    return client.post(f"{PAGE}import", fields | {"file": SimpleUploadedFile("x.jsonl", data)})


def test_a_trial_shows_counts_and_row_errors_and_stores_nothing(operator: Client, acme: Tenant) -> None:  # noqa: F811
    assert upload(operator, b'{"content": "one"}\n{"content": ""}\n').status_code == 302
    with tenant_context(acme):
        transfers.pending()
        assert not Memory.objects.exists()
    page = operator.get(PAGE).content.decode()
    assert "would be created" in page
    assert "content is missing" in page


def test_an_import_stores(operator: Client, acme: Tenant) -> None:  # noqa: F811
    upload(operator, b'{"content": "one"}\n', store="1")
    with tenant_context(acme):
        transfers.pending()
        assert Memory.objects.get().content == "one"


def test_an_export_is_downloaded(operator: Client, acme: Tenant) -> None:  # noqa: F811
    with tenant_context(acme):
        remember(Draft("Tea."))
    operator.post(f"{PAGE}export", {"format": "jsonl", "filters": '{"kind": "fact"}'})
    with tenant_context(acme):
        transfers.pending()
        row = Transfer.objects.get()
    answer = operator.get(f"{PAGE}{row.pk}/file")
    assert [json.loads(line).get("content") for line in answer.getvalue().splitlines()] == [None, "Tea."]


@pytest.mark.parametrize("filters", ["{", "[]", '{"colour": 1}', "[" * 9999])
def test_a_wrong_filter_is_said(operator: Client, acme: Tenant, filters: str) -> None:  # noqa: F811
    assert operator.post(f"{PAGE}export", {"filters": filters}).status_code == 302
    assert b"ilter" in operator.get(PAGE).content
    with tenant_context(acme):
        assert not Transfer.objects.exists()


def test_who_may_only_read_imports_nothing(acme: Tenant) -> None:
    viewer = member(acme, "viewer")
    assert upload(viewer, b'{"content": "one"}\n').status_code == 403
    assert b"Try it first" not in viewer.get(PAGE).content
