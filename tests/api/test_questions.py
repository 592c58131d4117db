"""Saved questions over the API."""

from typing import Any
from uuid import uuid4

from django_tenants.utils import tenant_context

from events.models import Event
from memory.models import Question
from tenants import keys
from tenants.models import Tenant
from tests.conftest import Caller, costs


def test_a_question_is_saved_changed_listed_and_deleted(ada: Caller) -> None:
    tea = ada.remember("Tea, without sugar.", user_id="ada")
    status, saved = ada.post("questions", {"text": "What does Ada drink?", "user_id": "ada", "expected": [tea, tea]})
    assert (status, saved["limit"], saved["expected"], saved["namespace"]) == (201, 10, [tea], "")
    assert ada.patch(f"questions/{saved['id']}", {"limit": 3, "note": "each morning"})[1]["limit"] == 3
    assert [row["note"] for row in ada.get("questions?user_id=ada")[1]["data"]] == ["each morning"]
    assert ada.get("questions?user_id=ben")[1]["data"] == []
    assert ada.delete(f"questions/{saved['id']}")[0] == 204
    assert ada.get(f"questions/{saved['id']}")[0] == 404


def test_what_is_told_of_a_question_holds_no_words(ada: Caller, acme: Tenant) -> None:
    saved = ada.post("questions", {"text": "What does Ada drink?", "note": "a secret"})[1]
    ada.patch(f"questions/{saved['id']}", {"text": "What else?"})
    ada.patch(f"questions/{saved['id']}", {"text": "What else?"})
    ada.delete(f"questions/{saved['id']}")
    told = Event.objects.filter(type__startswith="question.").order_by("id")
    assert [(event.type, event.data) for event in told] == [
        ("question.saved", {"expected": 0}),
        ("question.changed", {"fields": ["text"]}),
        ("question.deleted", {}),
    ]


def test_what_cannot_be_asked_or_expected_is_refused(ada: Caller) -> None:
    for wrong, status in (
        ({"text": ""}, 422), ({"text": "x", "limit": 51}, 422), ({"text": "x", "expected": ["x"]}, 422),
        ({"text": "x", "expected": [str(uuid4())]}, 422), ({"text": "x", "filters": {"colour": 1}}, 400), ({}, 422),
        ({"text": "x", "filters": []}, 422), ({"text": "x\x00"}, 400),
    ):  # fmt: skip
        assert ada.post("questions", wrong)[0] == status, wrong


def test_who_is_bound_to_a_namespace_saves_and_sees_questions_of_it_alone(
    ada: Caller, caller: Any, acme: Tenant
) -> None:
    everywhere = ada.post("questions", {"text": "What does Ada drink?"})[1]["id"]
    bound = Caller(keys.issue(acme, "bound", ["read", "write"], namespaces=["work"])[1])
    assert bound.get(f"questions/{everywhere}")[0] == 404
    assert bound.post("questions", {"text": "Who?"})[1]["namespace"] == "work"
    assert bound.post("questions", {"text": "Who?", "namespace": "home"})[0] == 403


def test_a_list_of_questions_costs_one_statement(ada: Caller, acme: Tenant) -> None:
    for number in range(5):
        ada.post("questions", {"text": f"Question {number}"})
    ada.get("questions")
    with costs(2):  # the key, and the rows
        assert len(ada.get("questions")[1]["data"]) == 5


def test_questions_go_with_the_person_they_are_about(ada: Caller, acme: Tenant) -> None:
    from memory.privacy import erase
    from memory.privacy.subjects import Subject

    mine = ada.remember("Tea.", user_id="ada")
    yours = ada.remember("Milk.", user_id="ben")
    ada.post("questions", {"text": "Hers?", "user_id": "ada"})
    ada.post("questions", {"text": "What did ADA say?"})
    ada.post("questions", {"text": "Which?", "filters": {"user_id": "ada"}})
    left = ada.post("questions", {"text": "Drinks?", "expected": [mine, yours]})[1]["id"]
    with tenant_context(acme):
        subject = Subject("user", "ada")
        assert erase.preview(subject).found["questions"] == 3
        erase.request(subject, 1)
        erase.pending()
        assert [(str(row.pk), [str(one) for one in row.expected]) for row in Question.objects.all()] == [
            (left, [yours])
        ]
