"""/api/v1/erasures and /api/v1/subjects."""

import json
from typing import Any

import pytest
from django_tenants.utils import tenant_context

from memory import transfers
from memory.privacy import erase
from tenants import keys
from tenants.models import Tenant
from tests.conftest import Caller, costs
from tests.privacy.conftest import storage  # noqa: F401  a fixture

ADA = {"type": "user", "name": "ada"}


def run(tenant: Tenant) -> None:
    with tenant_context(tenant):
        erase.pending()


def test_a_person_is_looked_for_erased_and_told_of_in_a_receipt(ada: Caller, acme: Tenant) -> None:
    ada.remember("One.", user_id="ada")
    ada.remember("Two.", user_id="ada", session_id="s1")
    ada.remember("The word ada.", user_id="ben")
    status, preview = ada.post("erasures", ADA | {"dry_run": True})
    assert (status, preview["confirm_count"], preview["mentions"]) == (200, 2, 1)
    assert preview["found"]["sessions"] == 1
    status, problem = ada.post("erasures", ADA)
    assert (status, problem["code"], problem["errors"][0]["detail"]) == (409, "unconfirmed", "2")
    status, body = ada.post("erasures", ADA | {"confirm_count": 2})
    assert (status, body["state"]) == (202, "requested")
    assert ada.get(f"erasures/{body['id']}/receipt")[1]["code"] == "not_over"
    assert ada.post("memories", {"content": "Late.", "user_id": "ada"})[1]["code"] == "not_stored"
    assert ada.post("sessions", {"user_id": "ada", "session_id": "s2"})[1]["code"] == "erased"
    run(acme)
    status, done = ada.get(f"erasures/{body['id']}")
    assert (done["state"], done["counts"]["memories"]) == ("done", 2)
    answer = ada.raw("GET", f"erasures/{body['id']}/receipt")
    assert answer["Content-Disposition"] == f'attachment; filename="erasure-{body["id"]}.json"'
    receipt = json.loads(answer.content)
    status, verdict = ada.post("erasures/verify", {"receipt": receipt, "subject": ADA})
    assert verdict == {"valid": True, "about_subject": True}
    receipt["erased"]["memories"] = 3
    assert ada.post("erasures/verify", {"receipt": receipt})[1] == {"valid": False, "about_subject": None}
    assert [row["id"] for row in ada.post("erasures/find", ADA)[1]["data"]] == [body["id"]]
    assert ada.post("erasures/find", ADA | {"name": "ben"})[1]["data"] == []


def test_a_block_is_lifted(ada: Caller, acme: Tenant) -> None:
    _, body = ada.post("erasures", ADA | {"confirm_count": 0, "block": True})
    assert ada.post(f"erasures/{body['id']}/lift", None)[1]["code"] == "not_over"
    run(acme)
    assert ada.post("memories", {"content": "Back.", "user_id": "ada"})[0] == 409
    status, lifted = ada.post(f"erasures/{body['id']}/lift", None)
    assert (status, bool(lifted["lifted_at"])) == (200, True)
    assert ada.post("memories", {"content": "Back.", "user_id": "ada"})[0] == 201


def test_everything_of_a_person_is_exported(ada: Caller, acme: Tenant) -> None:
    mine = ada.remember("One.", user_id="ada", session_id="s1")
    ada.patch(f"memories/{mine}", {"content": "One, changed."})
    gone = ada.remember("Deleted.", user_id="ada")
    ada.delete(f"memories/{gone}")
    other = ada.remember("Ben's.", user_id="ben")
    ada.post("relations", {"source": mine, "target": other, "type": "supports"})
    status, body = ada.post("subjects/export", ADA)
    assert status == 202
    with tenant_context(acme):
        transfers.pending()
    lines = [json.loads(line) for line in ada.raw("GET", f"exports/{body['id']}/file").getvalue().splitlines()]
    told = [(line["type"], line.get("content")) for line in lines]
    assert sorted(told, key=str) == [
        ("header", None), ("memory", "Deleted."), ("memory", "One, changed."), ("relation", None), ("session", None),
        ("version", "Deleted."), ("version", "One."),
    ]  # fmt: skip


def test_only_an_admin_sees_and_erases(acme: Tenant) -> None:
    writer = Caller(keys.issue(acme, "writer", ["read", "write"])[1])
    assert writer.post("erasures", ADA)[0] == 403
    assert writer.get("erasures")[0] == 403
    assert writer.post("subjects/export", ADA)[0] == 403
    assert writer.post("erasures/find", ADA)[0] == 403


def test_the_other_tenant_finds_nothing(ada: Caller, ben: Caller, acme: Tenant) -> None:
    _, body = ada.post("erasures", ADA | {"confirm_count": 0, "block": True})
    run(acme)
    for path in (f"erasures/{body['id']}", f"erasures/{body['id']}/receipt"):
        assert ben.get(path)[0] == 404
    assert ben.post(f"erasures/{body['id']}/lift", None)[0] == 404
    assert ben.get("erasures")[1]["data"] == []
    assert ben.post("memories", {"content": "Mine.", "user_id": "ada"})[0] == 201
    receipt = ada.get(f"erasures/{body['id']}")[1]["receipt"]
    assert ben.post("erasures/verify", {"receipt": receipt})[1]["valid"] is False


@pytest.mark.parametrize(
    "body",
    [
        {}, [], {"type": "dog", "name": "x"}, {"type": "user"}, {"type": "user", "name": ""}, ADA | {"colour": 1},
        ADA | {"confirm_count": -1}, ADA | {"name": "x" * 256}, ADA | {"name": ["ada"]}, ADA | {"block": "perhaps"},
    ],
)  # fmt: skip
def test_what_is_wrong_is_pointed_at(ada: Caller, body: Any) -> None:
    status, problem = ada.post("erasures", body)
    assert (status, problem["code"]) == (422, "not_valid")


@pytest.mark.parametrize(
    "receipt", [{}, {"checksum": 1, "signature": None}, {"signature": "ü", "checksum": "ü"}, {"subject": []}]
)
def test_what_is_no_receipt_is_not_ours(ada: Caller, receipt: Any) -> None:
    told = ada.post("erasures/verify", {"receipt": receipt, "subject": ADA})
    assert told == (200, {"valid": False, "about_subject": False})


def test_pages_and_their_costs(ada: Caller, acme: Tenant) -> None:
    made = [ada.post("erasures", {"type": "agent", "name": f"a{n}", "confirm_count": 0})[1]["id"] for n in range(3)]
    with costs(2):  # key, page
        _, first = ada.get("erasures?limit=2")
    assert [row["id"] for row in first["data"]] == [made[2], made[1]]
    _, rest = ada.get(f"erasures?limit=2&cursor={first['next_cursor']}")
    assert [row["id"] for row in rest["data"]] == [made[0]]
    assert ada.get("erasures?state=done")[1]["data"] == []
    with costs(2):
        ada.get(f"erasures/{made[0]}")
    assert ada.get("erasures?state=over")[0] == 422


def test_a_reply_that_was_kept_is_gone_and_nothing_is_done_twice(ada: Caller, acme: Tenant) -> None:
    told: dict[str, Any] = {"Idempotency_Key": "once"}
    assert ada.post("memories", {"content": "One.", "user_id": "ada"}, **told)[0] == 201
    ada.post("erasures", ADA | {"confirm_count": 1})
    run(acme)
    assert ada.post("memories", {"content": "One.", "user_id": "ada"}, **told)[1]["code"] == "reply_gone"
    assert ada.get("memories?user_id=ada")[1]["data"] == []
