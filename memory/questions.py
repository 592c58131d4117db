"""Saved questions: save one, list them, change and delete one."""

import hashlib
import json
from typing import Any
from uuid import UUID

from django.db import connection, transaction
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
ASKED = ("text", *SCOPE, "filters")  # what makes two questions the same
MOST = 50  # memories that one expects


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
def expect(said: dict[str, Any], memory_id: UUID, *, wanted: bool) -> Question | None:
    """Let a memory be expected among the answers of a question, told by ASKED, or be so no longer.

    What is wanted of a question that is not saved saves it; None where nothing was to do. A question expects MOST at
    most. Two who say so at once are heard one after the other. Raises as `save` does.
    """
    _alone(said)
    row = Question.objects.filter(**{name: said[name] for name in ASKED}).order_by("id").first()
    if row is None:
        return save(said | {"expected": [memory_id]}) if wanted else None
    if wanted is (memory_id in row.expected) or (wanted and len(row.expected) >= MOST):
        return None
    others = [one for one in row.expected if one != memory_id]
    return change(row.pk, {"expected": [*others, memory_id] if wanted else others})


def _alone(said: dict[str, Any]) -> None:
    """Until this transaction ends, nobody else saves this question: no constraint could, texts are too long for one."""
    told = json.dumps([str(ledger.current_tenant_id()), *(said[name] for name in ASKED)], sort_keys=True)
    number = int.from_bytes(hashlib.sha256(f"question|{told}".encode()).digest()[:8], signed=True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [number])


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
