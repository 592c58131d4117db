"""Simulation: nothing is written, what is told is what a run then does, and what recall would lose is named."""

import random
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from uuid_utils.compat import uuid7

from automation import ladders, policies, registry, runner, simulate
from automation.errors import UnknownJob
from automation.models import TaskRun
from events.models import Event
from memory import losing, questions, touched
from memory.errors import BadOption
from memory.models import Memory, Step
from memory.remember import remember, remember_many
from memory.types import Draft, Scope
from memory.upkeep import embed, forget
from memory.upkeep.plan import EVERYBODY, Change, Reach, Touch
from tenants.models import Tenant

KINDS = ("fact", "message", "event", "preference", "constraint", "hypothesis")


@pytest.fixture
def forgetting(enter: Any) -> None:
    enter("forget", forget.plan, options=forget.Options)


@pytest.fixture
def full(in_acme: Tenant, forgetting: None) -> Tenant:
    """Sixty memories of all kinds and ages, some of them asked for often."""
    chance, now = random.Random(3), timezone.now()
    drafts = [
        Draft(
            f"memory number {number}",
            Scope(user_id=chance.choice(("ada", "ben"))),
            kind=chance.choice(KINDS),
            importance=chance.random(),
            confidence=chance.random(),
            event_time=now - timedelta(days=chance.expovariate(1 / 60)),
        )
        for number in range(60)
    ]
    remember_many(drafts)
    for number, memory in enumerate(Memory.objects.order_by("id")):
        Memory.objects.filter(pk=memory.pk).update(recalls=number % 9)
    return in_acme


def rows() -> list[Any]:
    return list(Memory.objects.order_by("id").values_list("pk", "version", "state", "confidence", "recalls", "content"))


def test_a_simulation_writes_nothing(full: Tenant) -> None:
    questions.save({"text": "Which number?", "limit": 5})
    before, facts = rows(), Event.objects.count()
    simulate.simulate("forget", EVERYBODY, {})
    touched.fold()
    assert (rows(), Event.objects.count()) == (before, facts)
    assert not TaskRun.objects.exists()
    assert not Step.objects.exists()


@pytest.mark.parametrize("told", [{}, {"keep": 0.9, "silence": 0.45}, {"compress": 0.3, "protected": ""}])
def test_what_is_told_is_what_a_run_with_the_same_moment_does(full: Tenant, told: dict[str, Any]) -> None:
    found = simulate.simulate("forget", Reach(user_id="ada"), told)
    run = runner.run_now("forget", Reach(user_id="ada"), told, now=found.now)
    assert run is not None
    assert {name: count for name, count in run.result["counts"].items() if count} == found.forecast.counts
    assert found.writes == sum(count for name, count in found.forecast.counts.items() if name != "keep")
    now_silent = set(Memory.objects.exclude(state="active").values_list("pk", flat=True))
    assert now_silent == set(found.gone)


THRESHOLDS = st.lists(st.integers(0, 100).map(lambda number: number / 100), min_size=4, max_size=4).map(
    lambda told: dict(zip(("keep", "decay", "silence", "compress"), sorted(told, reverse=True), strict=True))
)


@given(THRESHOLDS)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_thresholds_that_are_moved_by_hand_count_as_the_plan_does(full: Tenant, told: dict[str, float]) -> None:
    now = timezone.now()
    climbed = ladders.ladder(registry.find("forget"), EVERYBODY, {}, now)
    assert climbed is not None
    usual = simulate.simulate("forget", EVERYBODY, {}, now)
    moved = Counter(climbed.action(rung.subject, rung.score, told) for rung in usual.rungs)  # type: ignore[arg-type]
    assert dict(moved) == simulate.simulate("forget", EVERYBODY, told, now).forecast.counts


def test_a_job_without_thresholds_has_no_ladder(in_acme: Tenant, hushing: None) -> None:
    assert ladders.ladder(registry.find("hush"), EVERYBODY, {}, timezone.now()) is None


def test_a_question_loses_what_the_plan_takes_away_and_what_is_next_moves_up(in_acme: Tenant, hushing: None) -> None:
    ids = [remember(Draft(f"Ada drinks tea {word}", importance=weight)).id for word, weight in
           (("at noon", 0.2), ("at night", 0.8), ("on Monday", 0.8))]  # fmt: skip
    embed.pending()
    questions.save({"text": "What does Ada drink at noon?", "limit": 2, "expected": [ids[0]]})
    found = simulate.simulate("hush", EVERYBODY, {})
    [loss] = found.losses
    assert loss.before[0] == ids[0]
    assert loss.gone == (ids[0],)
    assert set(loss.after) == {ids[1], ids[2]}
    assert (loss.hit_before, loss.hit_after, found.recalled()) == (1, 0, (1.0, 0.0))
    assert found.gone == {ids[0]: "silence"}


def test_a_run_concerns_questions_about_those_it_is_for_and_about_all(in_acme: Tenant, hushing: None) -> None:
    for text, user in (("Hers?", "ada"), ("His?", "ben"), ("All?", "")):
        questions.save({"text": text, "user_id": user})
    asked = simulate.simulate("hush", Reach(user_id="ada"), {}).losses
    assert {loss.answers.question.text for loss in asked} == {"Hers?", "All?"}


def test_a_question_whose_filter_is_not_known_any_more_is_left_out(in_acme: Tenant, hushing: None) -> None:
    kept = questions.save({"text": "Tea?"})
    type(kept).objects.update(filters={"colour": "red"})
    assert simulate.simulate("hush", EVERYBODY, {}).losses == ()


def test_how_long_it_takes_is_said_from_runs_that_were_and_never_guessed(full: Tenant, hushing: None) -> None:
    assert simulate.simulate("hush", EVERYBODY, {}).seconds is None
    runner.run_now("hush", Reach(user_id="ada"), {"below": 0.3})
    began = timezone.now()
    TaskRun.objects.update(total=10, started_at=began, finished_at=began + timedelta(seconds=5))
    found = simulate.simulate("hush", EVERYBODY, {})
    assert found.seconds == round(found.writes * 0.5, 1)


def test_a_policy_is_simulated_with_its_options_and_without_those_who_have_a_nearer_one(
    in_acme: Tenant, hushing: None
) -> None:
    for user in ("ada", "ben"):
        remember(Draft(f"of {user}", Scope(user_id=user), importance=0.2))
    wide = policies.create({"jobs": {"hush": {"options": {"below": 0.3}}}})
    policies.create({"jobs": {"hush": {"enabled": False}}}, user_id="ada")
    asked = simulate.of_policy(wide)
    assert asked is not None
    assert (asked.job, asked.options) == ("hush", {"below": 0.3})
    assert simulate.simulate(asked.job, asked.reach, asked.options).forecast.counts == {"silence": 1}
    assert simulate.of_policy(wide, "forget") is None


def test_an_unknown_job_and_a_wrong_option_are_refused(in_acme: Tenant, hushing: None) -> None:
    with pytest.raises(UnknownJob):
        simulate.simulate("nobody", EVERYBODY, {})
    with pytest.raises(BadOption):
        simulate.simulate("hush", EVERYBODY, {"below": 2})


def test_what_ends_a_memory_takes_it_away_and_what_changes_it_does_not() -> None:
    now, pk = timezone.now(), uuid7()

    def gone(effect: str = "write", **fields: Any) -> set[Any]:
        return losing.takes_away(Change("any", pk, effect, touches=(Touch(pk, 1, fields),) if fields else ()), now)

    for state in ("silent", "compressed", "deleted", "superseded"):
        assert gone(state=state) == {pk}
    assert gone(valid_to=now) == gone(valid_to=now.isoformat()) == gone("purge") == {pk}
    assert (
        gone(confidence=0.1)
        == gone(state="active")
        == gone(valid_to=now + timedelta(days=1))
        == gone("archive")
        == set()
    )


def test_a_plan_over_nobody_comes_to_nothing(in_acme: Tenant, enter: Any) -> None:
    def nothing(reach: Reach, options: Any, now: datetime) -> Iterator[Change]:
        """Nothing."""
        yield from ()

    enter("nothing", nothing)
    found = simulate.simulate("nothing", EVERYBODY, {})
    assert (found.forecast.total, found.writes, found.rungs, found.recalled()) == (0, 0, (), (None, None))
