"""POST /policies/simulate: what a rule would do, in numbers and ids, never in words of memories."""

import json
from typing import Any

import pytest
from django_tenants.utils import tenant_context

from automation import policies, registry
from memory.upkeep import embed, forget
from tenants import keys
from tenants.models import Tenant
from tests.conftest import Caller


@pytest.fixture(autouse=True)
def forgetting(monkeypatch: pytest.MonkeyPatch) -> None:
    job = registry.Job("forget", "Forget", forget.plan.__doc__ or "", forget.plan, forget.Options, lambda counts: {})
    monkeypatch.setitem(registry.JOBS, "forget", job)


def simulated(ada: Caller, **asked: Any) -> dict[str, Any]:
    status, told = ada.post("policies/simulate", {"job": "forget"} | asked)
    assert status == 200, told
    return told


def test_a_simulation_tells_counts_scores_and_questions_without_content(ada: Caller, acme: Tenant) -> None:
    tea = ada.remember("kingfisher tea", user_id="ada", importance=0.1, confidence=0.1, kind="message",
                       event_time="2020-01-01T00:00:00Z")  # fmt: skip
    ada.remember("kingfisher rule", user_id="ada", kind="constraint", importance=1.0)
    with tenant_context(acme):
        embed.pending()
    ada.post("questions", {"text": "Which tea?", "limit": 1, "expected": [tea]})
    told = simulated(ada, user_id="ada", scores=True, options={"keep": 0.6})
    assert (told["total"], told["writes"], told["counts"]) == (2, 1, {"keep": 1, "delete": 1})
    assert told["options"]["keep"] == 0.6
    assert told["thresholds"] == ["keep", "decay", "silence", "compress"]
    assert all(told["lanes"][lane][0] == "keep" for _, _, _, lane in told["scores"])
    [question] = told["questions"]
    assert (question["gone"], question["expected_before"], question["expected_after"]) == ([tea], 1, 0)
    assert (told["recall_before"], told["recall_after"], told["seconds"]) == (1.0, 0.0, None)
    assert "kingfisher" not in json.dumps(told)
    assert "scores" not in simulated(ada)


def test_the_same_moment_tells_the_same(ada: Caller) -> None:
    ada.remember("tea")
    first = simulated(ada)
    again = simulated(ada, now=first["now"])
    assert first | {"took_ms": 0} == again | {"took_ms": 0}


def test_what_cannot_be_simulated_is_said(ada: Caller) -> None:
    nobody = "01a1fc31-325e-776f-a220-14f1782bb309"
    for body, status, code in (
        ({}, 422, "not_valid"), ({"job": "dance"}, 422, "unknown_job"), ({"policy_id": nobody}, 404, "not_found"),
        ({"job": "forget", "options": {"keep": "high"}}, 422, "bad_option"),
        ({"job": "forget", "options": {"keep": 0.1}}, 422, "bad_option"),
        ({"job": "forget", "options": []}, 422, "not_valid"), ({"job": "forget", "now": "soon"}, 422, "not_valid"),
    ):  # fmt: skip
        answer = ada.post("policies/simulate", body)
        assert (answer[0], answer[1]["code"]) == (status, code), body


def test_a_policy_is_simulated_by_its_id_within_its_tenant(ada: Caller, ben: Caller, acme: Tenant) -> None:
    with tenant_context(acme):
        made = str(policies.create({"jobs": {"forget": {"options": {"keep": 0.9}}}, "type": "manual"}).pk)
    told = ada.post("policies/simulate", {"policy_id": made})[1]
    assert (told["job"], told["options"]["keep"]) == ("forget", 0.9)
    assert ben.post("policies/simulate", {"policy_id": made})[0] == 404
    assert ada.post("policies/simulate", {"policy_id": made, "job": "decay"})[0] == 422


def test_who_is_bound_to_a_namespace_simulates_there_alone(ada: Caller, acme: Tenant) -> None:
    ada.remember("of all")
    bound = Caller(keys.issue(acme, "bound", ["read"], namespaces=["work"])[1])
    assert simulated(bound)["total"] == 0
