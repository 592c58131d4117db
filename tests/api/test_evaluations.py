"""Evaluations and sets of questions over the API."""

from typing import Any

import pytest
from django_tenants.utils import tenant_context

from automation import worker
from automation.models import TaskRun
from events.models import Event
from memory import evaluations
from memory.models import Evaluation, Question
from memory.privacy import erase
from memory.privacy.subjects import Subject
from memory.upkeep import embed
from tenants import keys
from tenants.models import Tenant
from tests.conftest import Caller, costs


def evaluated(caller: Caller, acme: Tenant, **scope: Any) -> dict[str, Any]:
    status, run = caller.post("evaluations", scope)
    assert (status, run["state"]) == (202, "pending")
    with tenant_context(acme):
        embed.pending()
        worker.work_on(TaskRun.objects.get(pk=run["id"]))
    return caller.get(f"evaluations?limit=1&user_id={scope.get('user_id', '')}")[1]["data"][0]


@pytest.fixture
def tea(ada: Caller) -> str:
    tea = ada.remember("Ada drinks green tea.", user_id="ada")
    ada.remember("The deploy runs on Friday.")
    ada.post("questions", {"text": "What does Ada drink?", "user_id": "ada", "expected": [tea], "kind": "habit"})
    return tea


def test_questions_are_asked_and_the_figures_told(ada: Caller, acme: Tenant, tea: str) -> None:
    line = evaluated(ada, acme)
    assert (line["questions"], line["recall"], line["regressed"]) == (1, 1.0, False)
    status, whole = ada.get(f"evaluations/{line['id']}")
    assert (status, whole["kinds"]["habit"]["n"], whole["at"]["1"]) == (200, 1, 1.0)
    assert whole["lines"][0]["missing"] == []


def test_a_regression_is_told_with_what_was_lost(ada: Caller, acme: Tenant, tea: str) -> None:
    before = evaluated(ada, acme)
    ada.delete(f"memories/{tea}")
    line = evaluated(ada, acme)
    whole = ada.get(f"evaluations/{line['id']}")[1]
    assert (line["regressed"], whole["before"]) == (True, before["id"])
    assert whole["worse"][0]["lost"] == [{"memory": tea, "now": "deleted", "run": None, "fact": "memory.deleted"}]


def test_one_that_is_not_there_is_not_found(ada: Caller, ben: Caller, acme: Tenant, tea: str) -> None:
    line = evaluated(ada, acme)
    assert ben.get(f"evaluations/{line['id']}")[0] == 404
    assert ben.get("evaluations")[1]["data"] == []


def test_a_list_costs_one_statement_however_long_it_is(ada: Caller, acme: Tenant, tea: str) -> None:
    told = dict.fromkeys(evaluations.FIGURES, 1.0) | {"questions": 1, "regressed": False, "told": {}}
    with tenant_context(acme):
        Evaluation.objects.bulk_create(Evaluation(**told) for _ in range(20))
    ada.get("evaluations")
    with costs(2):  # the key, and the rows
        assert len(ada.get("evaluations")[1]["data"]) == 20


def test_who_is_bound_to_a_namespace_sees_evaluations_of_it_alone(ada: Caller, acme: Tenant, tea: str) -> None:
    evaluated(ada, acme)
    bound = Caller(keys.issue(acme, "bound", ["read", "write"], namespaces=["work"])[1])
    assert bound.get("evaluations")[1]["data"] == []


def test_erasing_somebody_takes_theirs_and_what_others_tell_of_each_question(
    ada: Caller, acme: Tenant, tea: str
) -> None:
    whole, hers = evaluated(ada, acme), evaluated(ada, acme, user_id="ada")
    with tenant_context(acme):
        subject = Subject("user", "ada")
        assert erase.preview(subject).found["evaluations"] == 1
        erase.request(subject, 1)
        erase.pending()
    assert ada.get(f"evaluations/{hers['id']}")[0] == 404
    left = ada.get(f"evaluations/{whole['id']}")[1]
    assert (left["recall"], left["lines"]) == (1.0, [])


def test_a_set_is_imported_by_what_memories_say(ada: Caller, acme: Tenant) -> None:
    tea = ada.remember("Tea, no sugar.", user_id="ada")
    items = [
        {"text": "What does Ada drink?", "user_id": "ada", "expected_content": ["Tea, no sugar."], "kind": "habit"},
        {"text": "Who?", "expected_content": ["Nobody said this."]},
        {"text": "Which?", "user_id": "ben", "expected_content": ["Tea, no sugar."]},
        {"text": "And?", "expected": [tea]},
    ]
    taken = {"created": 2, "changed": 0, "same": 0, "failed": [{"at": n, "why": "no memory says this"} for n in (1, 2)]}
    assert ada.post("questions/import", {"questions": items, "dry_run": True}) == (200, taken)
    with tenant_context(acme):
        assert not Question.objects.exists()
    assert ada.post("questions/import", {"questions": items}) == (200, taken)
    again = ada.post("questions/import", {"questions": [items[0] | {"limit": 3}, items[3]]})[1]
    assert (again["created"], again["changed"], again["same"]) == (0, 1, 1)
    with tenant_context(acme):
        assert [str(one) for one in Question.objects.get(kind="habit").expected] == [tea]
    assert Event.objects.filter(type="question.saved").count() == 2


def test_a_set_that_nobody_can_read_is_refused(ada: Caller) -> None:
    for wrong in (
        {},
        {"questions": []},
        {"questions": [{}]},
        {"questions": ["x"]},
        {"questions": [{"text": "x", "a": 1}]},
    ):
        assert ada.post("questions/import", wrong)[0] == 422, wrong
