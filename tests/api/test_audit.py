"""/api/v1/audit: the ledger as an audit log."""

import csv
import io
import json
from typing import Any

import pytest
from django.db import connection

from events import chain, relay
from tenants import keys
from tenants.models import Tenant
from tests.conftest import Caller, costs


@pytest.fixture
def told(ada: Caller) -> list[str]:
    """Three memories of Ada's, told and numbered after her key."""
    made = [ada.remember(f"note {i}", user_id="=cmd()") for i in range(3)]
    relay.drain()
    return made


def lines(answer: Any) -> list[dict[str, Any]]:
    return [json.loads(line) for line in b"".join(answer.streaming_content).splitlines()]


def test_the_audit_log_says_who_what_when_and_from_where(ada: Caller, acme: Tenant, told: list[str]) -> None:
    row = ada.get("audit?limit=1")[1]["data"][0]
    assert row["subject"] == {"type": "memory", "id": told[2]}
    assert (row["type"], row["ip"], row["seq"], row["tenant_id"]) == ("memory.created", "127.0.0.1", 4, str(acme.id))
    assert row["actor"].startswith("key:")
    assert row["key_id"]
    assert row["request_id"]
    assert len(row["hash"]) == 64


@pytest.mark.parametrize(
    ("asked", "seqs"),
    [
        ("", [4, 3, 2, 1]),
        ("actor=key", [4, 3, 2]),
        ("actor=system", [1]),
        ("actor=key:nobody", []),
        ("type=key.issued", [1]),
        ("ip=127.0.0.1", [4, 3, 2]),
        ("ip=::1", []),
        ("request_id=nothing", []),
        ("since=2000-01-01&until=2999-12-31", [4, 3, 2, 1]),
        ("until=2000-01-01", []),
        ("since=2999-12-31", []),
        ("until=9999-12-31", [4, 3, 2, 1]),
        ("since=0001-01-01", [4, 3, 2, 1]),
    ],
)
def test_the_audit_log_is_narrowed(ada: Caller, told: list[str], asked: str, seqs: list[int]) -> None:
    assert [row["seq"] for row in ada.get(f"audit?{asked}")[1]["data"]] == seqs


def test_one_subject_has_its_own_story(ada: Caller, told: list[str]) -> None:
    ada.patch(f"memories/{told[0]}", {"content": "Other words."})
    relay.drain()
    story = ada.get(f"audit?subject={told[0]}")[1]["data"]
    assert [row["type"] for row in story] == ["memory.updated", "memory.created"]


def test_the_audit_log_is_read_in_pages(ada: Caller, told: list[str]) -> None:
    first = ada.get("audit?limit=3")[1]
    assert ([row["seq"] for row in first["data"]], first["has_more"]) == ([4, 3, 2], True)
    rest = ada.get(f"audit?limit=3&cursor={first['next_cursor']}")[1]
    assert ([row["seq"] for row in rest["data"]], rest["next_cursor"], rest["has_more"]) == ([1], None, False)


@pytest.mark.parametrize(
    "asked",
    [
        "audit?type=nothing", "audit?ip=x", "audit?since=yesterday", "audit?cursor=x", "audit?limit=0", "audit?x=1",
        "audit/export?format=xml", "audit/verify?since=-1", "audit/verify?kept_seq=1", "audit/verify?kept_hash=x",
        f"audit/verify?kept_hash={'0' * 64}",
    ],
)  # fmt: skip
def test_what_cannot_be_asked_is_said(ada: Caller, told: list[str], asked: str) -> None:
    status, body = ada.get(asked)
    assert (status, body["code"]) == (422, "not_valid")
    assert body["errors"][0]["pointer"]


def test_an_export_as_json_lines_is_the_whole_chain(ada: Caller, told: list[str], monkeypatch: Any) -> None:
    monkeypatch.setattr("events.audit.CHUNK", 2)
    rows = lines(ada.raw("GET", "audit/export"))
    before = chain.BEGINNING
    for row in rows:
        hash, salt = row.pop("hash"), row.pop("salt")
        before = chain.link(before, row, salt)
        assert before == hash
    assert ada.get("audit/head")[1] == {"seq": 4, "hash": before}


def test_an_export_as_csv_holds_no_formula(ada: Caller, acme: Tenant, told: list[str]) -> None:
    keys.issue(acme, "x")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE events_event SET subject_id = '=1+1' WHERE seq = 2")
    answer = ada.raw("GET", "audit/export?format=csv&type=memory.created")
    rows = list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode())))
    assert answer["Content-Disposition"] == 'attachment; filename="audit.csv"'
    assert [row["seq"] for row in rows] == ["2", "3", "4"]
    assert rows[0]["subject_id"] == "'=1+1"
    assert json.loads(rows[1]["data"])["user_id"] == "=cmd()"


def test_a_chain_is_verified_a_page_at_a_time(ada: Caller, told: list[str]) -> None:
    first = ada.get("audit/verify?limit=3")[1]
    assert first == {
        "intact": True, "complete": False, "checked": 3, "total": 4, "next_since": 3, "broken": None, "kept": None,
    }  # fmt: skip
    last = ada.get("audit/verify?since=3")[1]
    assert (last["complete"], last["next_since"]) == (True, None)


def test_a_changed_row_is_found(ada: Caller, told: list[str]) -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE events_event SET actor = 'user:mallory' WHERE seq = 3")
    verdict = ada.get("audit/verify")[1]
    assert (verdict["intact"], verdict["complete"], verdict["next_since"]) == (False, False, None)
    assert (verdict["broken"]["seq"], verdict["broken"]["reason"]) == (3, "changed")


def test_a_head_that_was_kept_is_found_again(ada: Caller, told: list[str]) -> None:
    head = ada.get("audit/head")[1]
    ada.remember("one more")
    relay.drain()
    assert ada.get(f"audit/verify?kept_seq={head['seq']}&kept_hash={head['hash']}")[1]["kept"] is True
    assert ada.get(f"audit/verify?kept_seq={head['seq']}&kept_hash={'1' * 64}")[1]["kept"] is False


def test_only_the_own_tenants_rows_are_told(ada: Caller, ben: Caller, told: list[str]) -> None:
    relay.drain()
    assert [row["type"] for row in ben.get("audit")[1]["data"]] == ["key.issued"]
    assert ben.get(f"audit?subject={told[0]}")[1]["data"] == []
    assert [row["type"] for row in lines(ben.raw("GET", "audit/export"))] == ["key.issued"]


@pytest.mark.parametrize("path", ["audit", "audit/export", "audit/head", "audit/verify"])
def test_who_may_not_administer_does_not_audit(acme: Tenant, path: str) -> None:
    assert Caller(keys.issue(acme, "writer", ["read", "write"])[1]).get(path)[0] == 403


@pytest.mark.parametrize(("path", "queries"), [("audit", 2), ("audit/head", 2), ("audit/verify", 5)])
def test_what_it_costs(ada: Caller, told: list[str], path: str, queries: int) -> None:
    ada.get("audit")
    with costs(queries):
        assert ada.get(path)[0] == 200
