"""Thresholds: one run for each crossing, whoever looks; jobs that follow upon writing, once in a while."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone
from django_tenants.utils import tenant_context

from automation import pauses, policies, triggers, worker
from automation.models import Crossing, Policy, TaskRun, Timer, Watch
from events import actors, relay
from memory.models import Memory
from memory.remember import remember, remember_many
from memory.revise import erase
from memory.types import Draft, Scope
from tenants.models import Tenant
from tests.automation.conftest import Enter, hush
from tests.conftest import costs

pytestmark = pytest.mark.usefixtures("hushing")


def policy(number: int | None = 3, *, user_id: str = "", namespace: str = "", **more: Any) -> Policy:
    job = {"hush": {"threshold": number, "options": {"below": 0}}}
    return policies.create({"jobs": job, **more}, user_id=user_id, namespace=namespace)


def say(count: int, user_id: str = "ada", namespace: str = "default") -> list[Any]:
    before = Memory.objects.count()
    scope = Scope(user_id=user_id, namespace=namespace)
    return [each.id for each in remember_many([Draft(f"Note {before + n}.", scope) for n in range(count)])]


def look() -> list[tuple[str, str]]:
    """Relay, look, and tell which runs there are by now."""
    relay.drain()
    triggers.look()
    return sorted(TaskRun.objects.exclude(job="run_all").values_list("job", "user_id"))


def test_a_run_starts_when_the_number_is_reached_and_not_before(in_acme: Tenant) -> None:
    made = policy(3, user_id="ada")
    say(2)
    assert look() == []
    say(1)
    assert look() == [("hush", "ada")]
    run = TaskRun.objects.get()
    assert (run.policy, run.slot, run.started_by) == (made, None, f"policy:{made.pk}")
    assert run.input["options"] == {"below": 0}


def test_more_writing_above_the_number_starts_nothing(in_acme: Tenant) -> None:
    policy(3)
    for _ in range(4):
        say(2)
        look()
    assert look() == [("hush", "ada")]


def test_below_the_number_it_is_armed_again(in_acme: Tenant) -> None:
    policy(3)
    ids = say(3)
    look()
    erase(ids[0])
    assert look() == [("hush", "ada")]
    assert not Crossing.objects.exists()
    say(1)
    assert look() == [("hush", "ada")] * 2


def test_each_user_crosses_alone(in_acme: Tenant) -> None:
    policy(3)
    say(2, "ada")
    say(3, "ben")
    say(9, "")
    assert look() == [("hush", "ben")]
    assert TaskRun.objects.get().input.get("except_users") is None


def test_a_namespaces_policy_counts_there_alone(in_acme: Tenant) -> None:
    policy(3, namespace="work")
    say(5, "ada", "home")
    say(2, "ada", "work")
    assert look() == []
    say(1, "ada", "work")
    assert look() == [("hush", "ada")]
    assert TaskRun.objects.get().namespace == "work"


def test_who_has_a_nearer_policy_is_not_counted_by_the_wider_one(in_acme: Tenant) -> None:
    policy(2)
    policy(5, user_id="ada")
    policy(2, namespace="work")
    say(3, "ada")
    say(1, "ben", "work")
    say(1, "ben", "home")
    assert look() == []
    say(2, "ada")
    assert look() == [("hush", "ada")]


def test_a_new_policy_looks_at_those_who_are_there(in_acme: Tenant) -> None:
    say(4, "ada")
    say(2, "ben")
    made = policy(3)
    assert look() == [("hush", "ada")]
    policies.change(made.pk, {"jobs": {"hush": {"threshold": 2}}})
    assert look() == [("hush", "ada"), ("hush", "ben")]
    policies.change(made.pk, {"jobs": {"hush": {"threshold": 4}}})
    look()
    assert list(Crossing.objects.values_list("user_id", flat=True)) == ["ada"]


def test_a_job_may_bring_its_own_number(in_acme: Tenant, enter: Enter) -> None:
    enter("nap", hush, threshold=2)
    policies.create({"jobs": {"nap": {}, "hush": {}}})
    say(2)
    assert look() == [("nap", "ada")]


@pytest.mark.parametrize("more", [{"enabled": False}, {"type": "manual"}, {"type": "schedule"}])
def test_other_policies_start_nothing_by_number(in_acme: Tenant, more: dict[str, Any]) -> None:
    policy(2, **more)
    say(4)
    assert look() == []


def test_memories_that_expired_arm_it_again_after_a_while(in_acme: Tenant) -> None:
    policy(2)
    say(2)
    look()
    Memory.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    triggers.look_again(timezone.now() + triggers.AGAIN - timedelta(minutes=1))
    assert not Watch.objects.exists()
    triggers.look_again(timezone.now() + triggers.AGAIN)
    look()
    assert not Crossing.objects.exists()


def test_in_a_pause_crossings_wait(in_acme: Tenant) -> None:
    policy(2)
    now = timezone.now()
    pause = pauses.add(now, now + timedelta(hours=1), tenant_id=in_acme.pk)
    say(2)
    assert look() == []
    pauses.end(pause.pk, tenant_id=in_acme.pk)
    assert look() == [("hush", "ada")]


def test_the_reader_costs_one_query_where_no_policy_wants_to_know(in_acme: Tenant) -> None:
    say(3)
    policies.create({"type": "schedule"})
    batch = relay.relay_batch(in_acme.pk)
    Watch.objects.all().delete()
    with costs(1):
        triggers.notice(in_acme.pk, batch)
    assert not Watch.objects.exists()
    policy(3, user_id="ada")
    Watch.objects.all().delete()
    with costs(2):
        triggers.notice(in_acme.pk, batch * 50)
    assert list(Watch.objects.values_list("namespace", "user_id", "written")) == [("default", "ada", True)]
    with costs(0):
        triggers.notice(in_acme.pk, [])


def test_only_places_that_a_policy_is_for_are_noted(in_acme: Tenant) -> None:
    policy(3, user_id="ada")
    policy(3, namespace="work")
    look()
    for user, space in (("ada", "home"), ("ben", "work"), ("ben", "home")):
        say(1, user, space)
    relay.drain()
    assert sorted(Watch.objects.values_list("user_id", "namespace")) == [("ada", "home"), ("ben", "work")]


@pytest.mark.parametrize("others", [0, 40])
def test_one_note_costs_the_same_however_much_there_is(in_acme: Tenant, others: int) -> None:
    policy(3)
    look()
    say(others, "ben")
    look()
    say(2)
    relay.drain()
    note = Watch.objects.get()
    with costs(8):
        triggers._take(note.pk, timezone.now())


def test_notes_survive_a_look_that_fails(in_acme: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    policy(2)
    say(2)
    relay.drain()
    with monkeypatch.context() as broken, pytest.raises(ZeroDivisionError):
        broken.setattr(triggers, "_cross", lambda *told, **more: 1 / 0)
        broken.setattr(triggers, "_all_of", lambda *told, **more: 1 / 0)
        triggers.look()
    assert look() == [("hush", "ada")]


class TestAfterWriting:
    def test_a_job_follows_and_then_rests(self, in_acme: Tenant) -> None:
        policy(None, type="continuous")
        look()
        assert look() == []
        say(1)
        assert look() == [("hush", "")]
        say(1, "ben")
        assert look() == [("hush", "")]
        timer = Timer.objects.get()
        assert timer.next_at
        assert timer.last_at
        assert timer.next_at - timer.last_at == timedelta(seconds=60)

    def test_what_came_while_it_rested_is_met_by_the_tick(self, in_acme: Tenant) -> None:
        from automation import due

        policy(None, type="continuous")
        for _ in range(2):
            say(1)
            look()
        assert due.catch_up(timezone.now() + timedelta(seconds=59)) == 0
        assert due.catch_up(timezone.now() + timedelta(seconds=61)) == 1
        assert due.catch_up(timezone.now() + timedelta(hours=1)) == 0

    def test_the_housekeepers_own_writing_starts_nothing(self, in_acme: Tenant) -> None:
        made = policy(None, type="continuous")
        look()
        with actors.acting_as(f"policy:{made.pk}"):
            say(1)
        assert look() == []

    def test_a_run_that_follows_does_its_work(self, in_acme: Tenant) -> None:
        policies.create({"jobs": {"hush": {}}, "type": "continuous"})
        remember(Draft("Never mind.", Scope(user_id="ada"), importance=0.1))
        look()
        worker.work(seconds=10)
        assert Memory.objects.get().state == "silent"
        look()
        assert TaskRun.objects.count() == 1


@pytest.fixture
def racing(committed: None, acme: Tenant) -> Tenant:
    return acme


def test_many_who_look_start_one_run_for_each_crossing(racing: Tenant) -> None:
    with tenant_context(racing):
        policy(3)

    def act(number: int) -> None:
        try:
            with tenant_context(racing):
                say_own(number)
            relay.drain()
            triggers.look()
            if number % 3 == 0:
                triggers.look_at_all()
                triggers.look()
        finally:
            connection.close()

    def say_own(number: int) -> None:
        users = ["ada", "ben", "cleo"]
        remember_many([Draft(f"Note {number} {user}.", Scope(user_id=user)) for user in users])

    with ThreadPoolExecutor(5) as pool:
        list(pool.map(act, range(10)))
    relay.drain()
    triggers.look()
    assert sorted(TaskRun.objects.values_list("user_id", flat=True)) == ["ada", "ben", "cleo"]
    assert Crossing.objects.count() == 3
    assert not Watch.objects.exists()
