"""The nightly evaluation: of tenants that have questions, unless a policy or a pause says otherwise."""

from datetime import timedelta
from uuid import UUID

import pytest
from django.utils import timezone

from automation import jobs, nightly, pauses, policies
from automation.tasks import evaluate_everywhere
from memory import questions
from memory.remember import remember
from memory.types import Draft
from tenants.models import Tenant

assert jobs


@pytest.fixture
def asked(in_acme: Tenant) -> UUID:
    made = remember(Draft("Ada drinks tea.")).id
    return questions.save({"text": "What does Ada drink?", "expected": [made]}).pk


def test_a_tenant_with_questions_is_evaluated_once_a_night(asked: UUID) -> None:
    run = nightly.evaluate()
    assert run
    assert (run.job, run.state) == ("evaluate", "pending")
    assert nightly.evaluate() is None


def test_a_tenant_without_questions_is_left_alone(in_acme: Tenant) -> None:
    questions.save({"text": "Which expects nothing?"})
    assert nightly.evaluate() is None


def test_a_policy_that_names_the_job_decides(asked: UUID) -> None:
    policies.create({"type": "schedule", "jobs": {"evaluate": {"enabled": False}}})
    assert nightly.evaluate() is None


def test_a_pause_holds_it_back(asked: UUID, acme: Tenant) -> None:
    pauses.add(timezone.now(), timezone.now() + timedelta(hours=1), tenant_id=acme.pk)
    assert nightly.evaluate() is None


def test_the_tick_looks_into_each_tenant(asked: UUID, acme: Tenant) -> None:
    from automation import runner

    evaluate_everywhere()
    assert runner.runs().filter(job="evaluate").count() == 1
