"""Saved questions: save one, list them, change and delete one."""

from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from events import ledger
from memory import filters
from memory.errors import NoMemory
from memory.models import Memory, Question
from memory.namespaces import settled
from memory.privacy import gate
from memory.types import Scope
from tenants import bounds

SCOPE = ("namespace", "user_id", "agent_id", "session_id")
SAID = ("text", *SCOPE, "filters", "limit", "expected", "kind", "note")


def listed(user_id: str = "", namespace: str = "") -> QuerySet[Question]:
    """Questions of a user or a namespace, or all; a question that names none is one of all."""
    named = {"user_id": user_id, "namespace": namespace}
    return Question.objects.filter(**{name: value for name, value in named.items() if value})


def concerning(user_id: str = "", namespace: str = "") -> QuerySet[Question]:
    """Questions whose answers may be memories of a user or of a namespace: theirs, and those that are asked of all."""
    rows = Question.objects.all()
    rows = rows.filter(user_id__in=("", user_id)) if user_id else rows
    return rows.filter(namespace__in=("", namespace)) if namespace else rows


@transaction.atomic
def save(said: dict[str, Any]) -> Question:
    """Save a question, told by the fields of SAID. Raises BadFilter, NoMemory, OutsideNamespaces, Erased."""
    question = Question(**said)
    _check(question)
    question.save(force_insert=True)
    ledger.record("question.saved", question, expected=len(question.expected))
    return question


@transaction.atomic
def change(question_id: UUID, said: dict[str, Any]) -> Question | None:
    """Say some fields of a question anew; None when there is none. Raises as `save` does."""
    question = Question.objects.select_for_update().filter(pk=question_id).first()
    if question is None:
        return None
    moved = {name: value for name, value in said.items() if getattr(question, name) != value}
    for name, value in moved.items():
        setattr(question, name, value)
    if moved:
        _check(question, expected="expected" in moved)
        question.updated_at = timezone.now()
        question.save()
        ledger.record("question.changed", question, fields=sorted(moved))
    return question


@transaction.atomic
def delete(question_id: UUID) -> bool:
    """Delete a question; False when there is none."""
    question = Question.objects.select_for_update().filter(pk=question_id).first()
    if question is None:
        return False
    ledger.record("question.deleted", question)
    question.delete()
    return True


def _check(question: Question, *, expected: bool = True) -> None:
    filters.to_q(question.filters)
    if bounds.current():  # who is bound to namespaces asks within them
        question.namespace = settled(Scope(question.namespace)).namespace
    if expected:
        question.expected = list(dict.fromkeys(question.expected))
        there = set(Memory.objects.readable().filter(pk__in=question.expected).values_list("pk", flat=True))
        if gone := [f"expected/{at}" for at, one in enumerate(question.expected) if one not in there]:
            raise NoMemory(*gone)
    gate.admit(question)
