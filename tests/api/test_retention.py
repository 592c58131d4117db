"""/api/v1/holds, /api/v1/retention-rules, pins, and memories that were put aside."""

from typing import Any

import pytest
from django_tenants.utils import tenant_context

from memory.models import Memory
from tenants import keys
from tenants.models import Tenant
from tests.conftest import Caller

RULE = {"name": "events", "kind": "event", "retention_days": 365, "action": "delete", "tags_to_preserve": ["tax"]}


def test_a_memory_is_pinned_and_says_so(ada: Caller) -> None:
    made = ada.remember("Keep me.")
    assert ada.get(f"memories/{made}")[1]["pinned"] is False
    status, body = ada.post(f"memories/{made}/pin", None)
    assert (status, body["pinned"], body["version"]) == (200, True, 1)
    assert ada.post(f"memories/{made}/unpin", {})[1]["pinned"] is False
    ada.delete(f"memories/{made}")
    assert ada.post(f"memories/{made}/pin", None)[0] == 404


def test_a_hold_is_placed_listed_and_released(ada: Caller) -> None:
    made = ada.remember("Evidence.", user_id="ada")
    status, hold = ada.post("holds", {"name": "Case 7", "reason": "claim", "user_id": "ada"})
    assert (status, hold["name"], hold["user_id"], hold["released_at"]) == (201, "Case 7", "ada", None)
    ada.post("holds", {"name": "One", "memory_id": made})
    assert [row["name"] for row in ada.get("holds")[1]["data"]] == ["One", "Case 7"]
    page = ada.get("holds?limit=1")[1]
    assert [row["name"] for row in ada.get(f"holds?limit=1&cursor={page['next_cursor']}")[1]["data"]] == ["Case 7"]
    status, released = ada.post(f"holds/{hold['id']}/release", None)
    assert (status, bool(released["released_at"])) == (200, True)
    assert [row["name"] for row in ada.get("holds?standing=true")[1]["data"]] == ["One"]
    assert [row["name"] for row in ada.get("holds?standing=false")[1]["data"]] == ["Case 7"]


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"name": "x"}, "/user_id"),
        ({"name": "x", "user_id": ""}, "/user_id"),
        ({"user_id": "ada"}, "/name"),
        ({"name": "x", "user_id": "ada", "memory_id": "01a1fded-81e6-7683-9d51-782ba6ade3b4"}, "/user_id"),
        ({"name": "x", "memory_id": "01a1fded-81e6-7683-9d51-782ba6ade3b4"}, "/memory_id"),
        ({"name": "x", "memory_id": "all"}, "/memory_id"),
        ({"name": "x", "user": "ada"}, "/user"),
    ],
)
def test_a_hold_says_what_it_is_on(ada: Caller, body: dict[str, Any], pointer: str) -> None:
    status, told = ada.post("holds", body)
    assert (status, told["errors"][0]["pointer"]) == (422, pointer)


def test_a_person_who_is_held_is_not_erased(ada: Caller) -> None:
    ada.remember("Evidence.", user_id="ada")
    _, hold = ada.post("holds", {"name": "Case 7", "user_id": "ada"})
    status, told = ada.post("erasures", {"type": "user", "name": "ada", "confirm_count": 1})
    assert (status, told["code"]) == (409, "held")
    assert told["errors"] == [{"pointer": "", "code": "hold", "detail": hold["id"]}]
    ada.post(f"holds/{hold['id']}/release", None)
    assert ada.post("erasures", {"type": "user", "name": "ada", "confirm_count": 1})[0] == 202


def test_rules_are_made_read_changed_and_deleted(ada: Caller) -> None:
    status, rule = ada.post("retention-rules", RULE)
    assert status == 201
    assert {name: rule[name] for name in RULE} == RULE
    assert (rule["enabled"], rule["min_importance"], rule["user_id"]) == (True, None, "")
    path = f"retention-rules/{rule['id']}"
    assert ada.get(path) == (200, rule)
    status, changed = ada.patch(path, {"retention_days": 30, "min_importance": 0.8, "enabled": False})
    assert (status, changed["retention_days"], changed["min_importance"], changed["kind"]) == (200, 30, 0.8, "event")
    assert ada.delete(path)[0] == 204
    assert ada.get(path)[0] == ada.patch(path, {})[0] == ada.delete(path)[0] == 404


def test_rules_that_differ_are_named(ada: Caller) -> None:
    _, short = ada.post("retention-rules", RULE)
    _, long = ada.post(
        "retention-rules", {"name": "ada's", "retention_days": 730, "action": "delete", "user_id": "ada"}
    )
    told = ada.get("retention-rules")[1]
    assert [rule["name"] for rule in told["data"]] == ["ada's", "events"]
    assert told["conflicts"] == [
        {"one": short["id"], "other": long["id"], "wins": long["id"],
         "why": "ada's keeps longer, and decides where both apply"}
    ]  # fmt: skip
    ada.patch(f"retention-rules/{long['id']}", {"enabled": False})
    assert ada.get("retention-rules")[1]["conflicts"] == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"retention_days": 0}, {"retention_days": 10**9}, {"retention_days": "soon"}, {"kind": "tea"},
        {"action": "burn"}, {"min_importance": 2}, {"min_recalls": 0}, {"min_recalls": 2**40},
        {"tags_to_preserve": "tax"}, {"name": ""}, {"name": None}, {"enabled": "perhaps"}, {"more": 1},
    ],
)  # fmt: skip
def test_a_rule_that_makes_no_sense_is_refused(ada: Caller, wrong: dict[str, Any]) -> None:
    assert ada.post("retention-rules", RULE | wrong)[0] == 422


@pytest.mark.parametrize("path", ["holds", "retention-rules"])
def test_only_admins_hold_and_rule(acme: Tenant, path: str) -> None:
    writer = Caller(keys.issue(acme, "writer", ["read", "write"])[1])
    assert writer.get(path)[0] == writer.post(path, {})[0] == 403


def test_another_tenants_holds_and_rules_are_not_there(ada: Caller, ben: Caller) -> None:
    _, hold = ada.post("holds", {"name": "Case 7", "user_id": "ada"})
    _, rule = ada.post("retention-rules", RULE)
    assert ben.get("holds")[1]["data"] == ben.get("retention-rules")[1]["data"] == []
    assert ben.post(f"holds/{hold['id']}/release", None)[0] == 404
    assert ben.patch(f"retention-rules/{rule['id']}", {"enabled": False})[0] == 404


@pytest.mark.parametrize("state", ["silent", "compressed"])
def test_what_is_put_aside_is_read_and_listed_by_its_state_and_not_found(ada: Caller, acme: Tenant, state: str) -> None:
    made = ada.remember("Ada drinks green tea.")
    with tenant_context(acme):
        Memory.objects.update(state=state)
    assert ada.get(f"memories/{made}")[1]["state"] == state
    assert ada.search("green tea") == []
    assert ada.get("memories")[1]["data"] == []
    assert [row["id"] for row in ada.get(f"memories?state={state}")[1]["data"]] == [made]
    by_filter = {"filters": {"state": state}, "state": state}
    assert [row["id"] for row in ada.post("memories/list", by_filter)[1]["data"]] == [made]
    status, back = ada.post(f"memories/{made}/restore", {})
    assert (status, back["state"]) == (200, "active")
    with tenant_context(acme):
        Memory.objects.update(state=state)
    assert ada.delete(f"memories/{made}")[0] == 204
    assert ada.post(f"memories/{made}/restore", {})[1]["state"] == "active"
    assert len(ada.search("green tea")) == 1
