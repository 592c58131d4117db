"""What operations are called where they are counted: as in the OpenAPI document."""

from typing import Any

import pytest
from django.urls import resolve

from api.native import transfers
from api.operations import name_of
from tests.isolation.recipes import OPS
from tests.isolation.test_sweep import OPERATIONS

GENERATED = ("exports/", "imports/")  # one view for both: its ids are made of the path


@pytest.mark.parametrize("operation", OPS)
def test_an_operation_is_counted_by_its_id(operation: str) -> None:
    method, path = operation.split(" ")
    filled = path.replace("{seq}", "1").replace("{type}", "user").replace("{name}", "x").replace("{user_id}", "x")
    parts = ["01890000-0000-7000-8000-000000000000" if part.startswith("{") else part for part in filled.split("/")]
    view: Any = resolve(f"/api/v1/{'/'.join(parts)}").func.view_class  # type: ignore[attr-defined]
    name = name_of(view, method)
    assert len(name) <= 64
    assert name == OPERATIONS[operation]["operationId"] or (path.startswith(GENERATED) and "." in name)


@pytest.mark.parametrize("method", ["PUT", "OPTIONS", "BREW", "dispatch", None])
def test_what_no_document_names_is_counted_by_its_view(method: str | None) -> None:
    assert name_of(transfers.Cancel, method) == "transfers.Cancel"
