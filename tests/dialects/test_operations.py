"""The table of all operations is up to date, and each of them is tested."""

import os

import pytest
from django.conf import settings

from tests.dialects import table


def test_the_page_is_as_the_code_has_it() -> None:
    page = table.page(table.rows())
    if os.environ.get("OPERATIONS") == "write":
        table.PAGE.parent.mkdir(exist_ok=True)
        table.PAGE.write_text(page)
    assert table.PAGE.read_text() == page, "OPERATIONS=write pytest tests/dialects/test_operations.py"


@pytest.mark.parametrize("name", settings.DIALECTS)
def test_each_operation_is_tested(name: str) -> None:
    assert [row.operation for row in table.served(name) if not row.tested] == []


@pytest.mark.parametrize("name", settings.DIALECTS)
def test_what_a_client_calls_is_served(name: str) -> None:
    assert sorted(table.unserved(name)) == []


def test_tables_are_read_without_being_run() -> None:
    told = table.tables(
        'ADD = "POST v1/memories/"\nD = "v1"\nMETHODS = {"add": ADD, "all": (f"GET {D}/{{a}}", ADD)} | {"ping": None}\n'
        'ASYNC_METHODS = {**METHODS, "close": ()}\nOTHER = {"x": "y"}\n'
    )
    assert told == {"add": "POST v1/memories/", "all": ("GET v1/{a}", "POST v1/memories/"), "ping": (), "close": ()}
    assert table.shape("POST v1/{name}/") == table.shape("POST v1/{id}")
