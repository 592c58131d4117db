"""The gate: a policy, a model or a setting by which saved questions are answered worse is not taken unasked."""

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.utils import timezone

from automation import falling, jobs, policies
from events.models import Event
from memory import embeddings, measuring, questions, tuning
from memory.algorithms.judging import Against
from memory.errors import QualityWouldFall
from memory.models import Memory
from memory.remember import remember_many
from memory.revise import erase
from memory.types import Draft, Scope
from memory.upkeep import embed, reembed
from tenants.models import Tenant
from tests.conftest import Caller
from tests.memory.test_reembed import INT8, SMALL, models  # noqa: F401  a fixture

assert jobs
ALL = {"keep": 1.0, "decay": 1.0, "silence": 1.0, "compress": 1.0}  # forget everything
NIGHT = {"cron_expression": "0 3 * * *"}


def forgetting(**options: float) -> dict[str, Any]:
    return {"type": "schedule", "jobs": {"forget": {"schedule": NIGHT, "options": options}}}


@pytest.fixture
def tea(in_acme: Tenant) -> UUID:
    said = ["Ada drinks green tea.", "The deploy runs on Friday.", "Ben sings in a choir.", "The cat sleeps all day."]
    first = remember_many([Draft(words, Scope(user_id="ada")) for words in said])[0]
    embed.pending()
    questions.save({"text": "What does Ada drink?", "user_id": "ada", "expected": [first.id], "limit": 1})
    return first.id


def test_a_policy_that_would_take_an_expected_answer_away_is_refused(tea: UUID) -> None:
    with pytest.raises(QualityWouldFall, match=r"recall from 1\.000 to 0\.000") as refused:
        falling.check_policy(forgetting(**ALL))
    assert len(refused.value.worse) == 1
    assert Memory.objects.get(pk=tea).state == "active"


def test_one_that_takes_none_away_passes(tea: UUID) -> None:
    falling.check_policy(forgetting(keep=0.0, decay=0.0, silence=0.0, compress=0.0))
    falling.check_policy({"jobs": {"decay": {"schedule": NIGHT}}})


def test_one_for_somebody_else_passes(tea: UUID) -> None:
    falling.check_policy(forgetting(**ALL), user_id="ben")


def test_a_change_is_held_against_the_policy_as_it_is(tea: UUID) -> None:
    policy = policies.create(forgetting(**ALL))
    falling.check_policy({"name": "Another name"}, policy)
    falling.check_policy(forgetting(**ALL | {"compress": 0.9}), policy)


def test_switching_on_and_restoring_are_changes_too(tea: UUID) -> None:
    policy = policies.create(forgetting(**ALL) | {"enabled": False})
    policies.change(policy.pk, {"jobs": {}})
    with pytest.raises(QualityWouldFall):
        falling.check_policy({"enabled": True}, policy)
    changed = policies.change(policy.pk, {"enabled": True})
    assert changed
    falling.check_version(changed, 1)  # it was off then
    kept = policies.change(policy.pk, forgetting(**ALL))
    back = policies.change(policy.pk, {"jobs": {}})
    assert kept
    assert back
    with pytest.raises(QualityWouldFall):
        falling.check_version(back, 4)


def test_a_plan_that_takes_too_long_is_let_pass(tea: UUID, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(falling, "LONGEST", -1.0)
    falling.check_policy(forgetting(**ALL))


def test_nothing_is_planned_where_no_question_expects_anything(
    in_acme: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(falling, "_taken", None)
    falling.check_policy(forgetting(**ALL))


def test_over_the_api_it_is_a_problem_until_the_loss_is_accepted(ada: Caller, acme: Tenant) -> None:
    tea = ada.remember("Ada drinks green tea.", user_id="ada")
    ada.post("questions", {"text": "What does Ada drink?", "expected": [tea]})
    status, refused = ada.post("policies", forgetting(**ALL))
    assert (status, refused["code"]) == (409, "quality_would_fall")
    assert (refused["quality"]["recall"], refused["quality"]["recall_was"], len(refused["quality"]["worse"])) == (
        0,
        1,
        1,
    )
    status, made = ada.post("policies", forgetting(**ALL) | {"accept_loss": True, "enabled": False})
    assert status == 201
    path = f"policies/{made['id']}"
    assert ada.patch(path, {"enabled": True})[0] == 409
    assert ada.call("PUT", path, forgetting(**ALL))[0] == 409
    assert ada.patch(path, {"enabled": True, "accept_loss": True})[0] == 200
    assert ada.call("PUT", path, {"type": "manual"})[0] == 200
    assert ada.post(f"{path}/restore", {"version": 2})[0] == 409
    assert ada.post(f"{path}/restore", {"version": 2, "accept_loss": True})[0] == 200


def standing() -> tuple[str, str]:
    progress = reembed.progress()
    return progress.state, progress.model


def grown(tea: UUID) -> None:
    Memory.objects.filter(pk=tea).update(created_at=timezone.now())
    reembed.start(SMALL)
    reembed.fill()


def test_a_model_that_answers_worse_does_not_take_over_and_all_is_as_before(
    tea: UUID, models: None, monkeypatch: pytest.MonkeyPatch  # noqa: F811
) -> None:  # fmt: skip
    grown(tea)
    before = Memory.objects.get(pk=tea).embedding
    facts = Event.objects.count()
    real = measuring.measure
    asked: list[str] = []

    def measure(rows: Any) -> measuring.Measured:
        """As it is; with the small model as if it found nothing."""
        asked.append(embeddings.current().name)
        told = real(rows)
        return told if asked[-1] != SMALL else real_without(told)

    monkeypatch.setattr(measuring, "measure", measure)
    with pytest.raises(QualityWouldFall):
        reembed.switch()
    assert asked[-1] == SMALL
    assert standing() == ("growing", INT8)
    assert getattr(connection, "tenant").embedder in ("", INT8)  # noqa: B009  no attribute of its type
    assert Memory.objects.get(pk=tea).embedding == before
    assert Event.objects.count() == facts
    reembed.switch(accept_loss=True)
    assert standing() == ("switched", SMALL)


def real_without(told: measuring.Measured) -> measuring.Measured:
    lines = tuple(replace(line, recall=0.0, reciprocal=0.0) for line in told.lines)
    return replace(told, lines=lines)


def test_a_model_that_answers_as_well_takes_over(tea: UUID, models: None) -> None:  # noqa: F811
    for row in list(measuring.expecting()):
        questions.delete(row.pk)
    questions.save({"text": "green tea", "expected": [tea]})
    for other in Memory.objects.exclude(pk=tea):
        erase(other.pk)
    grown(tea)
    reembed.switch()
    assert standing() == ("switched", SMALL)


def test_a_setting_that_moves_answers_is_tried_first(
    tea: UUID, in_acme: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(before: measuring.Measured, after: measuring.Measured) -> None:
        raise QualityWouldFall(Against(1, 0.0, 1.0, 0.0, 1.0), [])

    monkeypatch.setattr(measuring, "refuse_fall", refuse)
    tuning.change(in_acme.pk, {"undo_days": 3})
    with pytest.raises(QualityWouldFall):
        tuning.change(in_acme.pk, {"time_zone": "Asia/Tokyo"})
    assert getattr(connection, "tenant").preferences == {"undo_days": 3}  # noqa: B009
    assert Tenant.objects.get(pk=in_acme.pk).preferences == {"undo_days": 3}
    told = tuning.change(in_acme.pk, {"time_zone": "Asia/Tokyo"}, accept_loss=True)
    assert told.time_zone == "Asia/Tokyo"
