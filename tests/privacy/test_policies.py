"""Erasing a user from what the housekeeper keeps."""

from collections.abc import Callable
from uuid import UUID, uuid4

import pytest
from django.utils import timezone
from django_celery_beat.models import PeriodicTask

from automation import manager, policies, runner, watching
from automation.models import Crossing, PolicyVersion, TaskRun, Watch
from events import actors
from events.models import Event
from memory.errors import Erased
from memory.models import Erasure, Step
from memory.privacy import library
from memory.remember import remember
from memory.types import Draft, Scope
from memory.upkeep import steps
from memory.upkeep.plan import Change, Reach
from tenants.models import Tenant
from tests.automation.conftest import enter, hushing  # noqa: F401  fixtures

pytestmark = pytest.mark.usefixtures("hushing")
NIGHTLY = {"jobs": {"hush": {"schedule": {"cron_expression": "0 3 * * *"}}}}


def test_a_users_policy_goes_and_their_runs_lose_the_name(in_acme: Tenant, erased: Callable[..., Erasure]) -> None:
    remember(Draft("Mine.", Scope(user_id="ada")))
    own = policies.create(NIGHTLY, user_id="ada")
    wide = policies.create(NIGHTLY)
    Crossing.objects.create(policy=wide, job="hush", user_id="ada")
    watching.note(in_acme.pk, {("default", "ada"): True, ("default", "ben"): True})
    hers = runner.start("hush", Reach(user_id="ada"), policy=own)
    others = runner.start("hush", Reach(except_users=("ada", "ben")), policy=wide)
    row = erased("user", "ada")
    assert {name: row.counts[name] for name in ("policies", "crossings", "watches", "runs")} == {
        "policies": 1, "crossings": 1, "watches": 3, "runs": 2}  # fmt: skip  # one was noted as the facts were relayed
    assert [policy.pk for policy in policies.rows()] == [wide.pk]
    assert PolicyVersion.objects.count() == PeriodicTask.objects.filter(name__startswith="policy ").count() == 1
    assert hers
    assert others
    hers.refresh_from_db()
    others.refresh_from_db()
    assert (hers.state, len(hers.user_id), hers.policy) == ("cancelled", 64, None)
    assert (others.state, others.input["except_users"]) == ("pending", ["ben"])
    assert not Crossing.objects.exists()
    assert list(Watch.objects.exclude(user_id="").values_list("user_id", flat=True)) == ["ben"]
    assert "'ada'" not in str(
        list(Event.objects.values_list("data", flat=True)) + list(TaskRun.objects.values_list("input"))
    )


def test_what_was_noted_of_their_tasks_goes_and_these_have_an_end(
    in_acme: Tenant, erased: Callable[..., Erasure]
) -> None:
    remember(Draft("Mine.", Scope(user_id="ada")))
    task = manager.submit("ada", "decay", "normal", {"asked by": "Ada Lovelace"})
    erased("user", "ada")
    task.refresh_from_db()
    assert "metadata" not in task.input
    assert task.finished_at


def test_a_plan_made_before_an_erasure_leaves_nothing_of_them(
    in_acme: Tenant, erased: Callable[..., Erasure], monkeypatch: pytest.MonkeyPatch
) -> None:
    told = {"namespace": "", "user_id": "ada", "kind": "low_confidence", "score": 0.5, "reason": ""}
    begun, said = timezone.now(), remember(Draft("Mine.", Scope(user_id="ada")))
    about = Change("review", said.id, effect="review", told=told | {"first": said.id})
    real = library.hot.bury

    def lays(ids: list[UUID]) -> None:  # when their steps were erased already
        steps.lay(uuid4(), [about])
        real(ids)

    monkeypatch.setattr(library.hot, "bury", lays)
    with actors.acting_as("system", begun):
        erased("user", "ada")
        assert not Step.objects.exclude(change={}).exists()
        steps.lay(uuid4(), [Change("report", effect="report", told=told)])
    assert not Step.objects.exclude(change={}).exists()


def test_no_policy_and_no_run_is_made_for_a_user_who_is_being_erased(
    in_acme: Tenant, erased: Callable[..., Erasure]
) -> None:
    remember(Draft("Mine.", Scope(user_id="ada")))
    erased("user", "ada", block=True)
    with pytest.raises(Erased):
        policies.create({}, user_id="ada")
    with pytest.raises(Erased):
        runner.start("hush", Reach(user_id="ada"))
