"""Rollups: after whatever happened, and however often they died, the counts are those of a recount by brute force."""

import os
import random
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.utils import timezone
from django_tenants.utils import tenant_context
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from analytics import counts, rollups, snapshots, tasks
from analytics.counts import HOUR, Span
from analytics.models import Count, DirtyHour, LearningEvent, Progress, TrackedEvent
from automation.models import TaskRun
from events import ledger, relay
from events.models import Event
from memory.models import Memory
from memory.remember import remember_many
from memory.types import Draft, Scope
from tenants import bounds
from tenants.models import Tenant
from tests.analytics.brute import counted, recount
from tests.conftest import costs

NOON = datetime(2026, 5, 8, 12, tzinfo=UTC)
TYPES = ["memory.created", "memory.updated", "memory.deleted", "memory.silenced", "memory.erased", "key.issued"]


def tell(type: str, at: datetime, subject: Any = None, /, **data: Any) -> None:
    """A fact of another time, as the clock of then would have told it."""
    key = UUID(int=(int(at.timestamp() * 1000) << 80) | random.getrandbits(74) | (7 << 76))
    about = (str(subject._meta.model_name), str(subject.pk)) if subject else ("tenant", "")
    Event.objects.create(
        id=key, tenant_id=ledger.current_tenant_id(), type=type, subject_type=about[0], subject_id=about[1],
        actor="test", data=data, occurred_at=at,
    )  # fmt: skip


class World:
    """What can happen in a tenant, by a number that says which of all, and an hour."""

    def happen(self, what: int, hours: int, dice: random.Random) -> None:
        at = NOON + timedelta(hours=hours, minutes=dice.choice([0, 59, 30]), microseconds=dice.choice([0, 999_999]))
        acts: list[Callable[[datetime, random.Random], None]] = [
            self.fact, self.learned, self.judged, self.tracked, self.ran, self.forgotten,
        ]  # fmt: skip
        acts[what](at, dice)

    def fact(self, at: datetime, dice: random.Random) -> None:
        tell(
            dice.choice(TYPES),
            at,
            kind=dice.choice(["fact", "goal"]),
            namespace=dice.choice("ab"),
            user_id="",
            version=1,
        )

    def learned(self, at: datetime, dice: random.Random) -> None:
        row = LearningEvent.objects.create(
            type=dice.choice(LearningEvent.Type.values), domain=dice.choice("ab"), agent=dice.choice(["", "x"]),
            occurred_at=at, confidence=dice.choice([None, 0.5, 0.25]), cost=dice.choice([None, 1.5]),
            processing_ms=dice.choice([None, 1.0, 12.5, 99_999.0]), tokens=dice.choice([None, 7]),
            model_updated=dice.random() < 0.3,
        )  # fmt: skip
        tell("learning.recorded", NOON, row, namespace=row.domain, at=at.isoformat())  # any fact that is about it

    def judged(self, at: datetime, dice: random.Random) -> None:
        if row := LearningEvent.objects.order_by("id").first():
            row.correct, row.improved = dice.choice([None, True, False]), dice.choice([None, True, False])
            row.rating, row.judged_at = dice.choice([None, 5]), at
            row.save()
            tell("learning.judged", NOON + timedelta(days=1), row, namespace=row.domain, at=row.occurred_at.isoformat())

    def tracked(self, at: datetime, dice: random.Random) -> None:
        row = TrackedEvent.objects.create(name=dice.choice(["bought", "left"]), domain="a", occurred_at=at)
        tell("tracked.recorded", NOON, row, namespace="a", at=at.isoformat())

    def ran(self, at: datetime, dice: random.Random) -> None:
        begun = at - timedelta(seconds=dice.choice([0, 5000]))
        run = TaskRun.objects.create(
            tenant_id=ledger.current_tenant_id(), job=dice.choice(["decay", "embed"]), namespace=dice.choice(["", "a"]),
            started_by="test", started_at=begun, finished_at=at, state="succeeded",
        )  # fmt: skip
        tell(dice.choice(["run.succeeded", "run.failed", "run.dead"]), at, run, job=run.job)

    def forgotten(self, at: datetime, dice: random.Random) -> None:
        """An erasure: rows go, and their hours are marked in the same transaction."""
        with transaction.atomic():
            for source, model in (("learning", LearningEvent), ("tracked", TrackedEvent)):
                gone = list(model.objects.order_by("-id")[:2])
                rollups.mark(source, [row.occurred_at for row in gone])
                model.objects.filter(pk__in=[row.pk for row in gone]).delete()


class Killed(Exception):
    pass


@contextmanager
def dying_at(step: int) -> Iterator[None]:
    """The statement with this number is the last: it is not done, and what was not committed is lost."""
    left = step

    def counting(execute: Any, sql: str, *told: Any) -> Any:
        nonlocal left
        left -= 1
        if not left:
            raise Killed
        return execute(sql, *told)

    with connection.execute_wrapper(counting):
        yield


def roll_and_die(step: int) -> None:
    with transaction.atomic(), dying_at(step):
        try:
            rollups.run()
        except Killed:
            connection.needs_rollback = False


def same(tenant: Tenant) -> None:
    assert counted() == recount(tenant.pk)


STEP = st.one_of(
    st.tuples(st.just("happen"), st.integers(0, 5), st.integers(-50, 3)),
    st.tuples(st.just("relay"), st.just(0), st.just(0)),
    st.tuples(st.just("roll"), st.integers(1, 60), st.just(0)),
)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(STEP, max_size=25), st.integers(0, 99))
@example([("happen", 1, -40), ("relay", 0, 0), ("roll", 60, 0), ("happen", 5, 0), ("roll", 9, 0)], 1)
def test_rollups_are_a_recount_by_brute_force_after_kills_late_events_and_erasures(
    in_acme: Tenant, told: list[tuple[str, int, int]], seed: int
) -> None:
    dice, world = random.Random(seed), World()
    with transaction.atomic():
        for act, what, hours in told:
            if act == "happen":
                world.happen(what, hours, dice)
            elif act == "relay":
                relay.relay_batch(in_acme.pk)
            else:
                roll_and_die(what)
        relay.relay_batch(in_acme.pk)
        rollups.run()
        same(in_acme)
        rollups.recount()  # a replay of all of it
        rollups.run()
        same(in_acme)
        transaction.set_rollback(True)


def full(tenant: Tenant) -> None:
    dice, world = random.Random(7), World()
    for what in (0, 0, 0, 1, 1, 2, 3, 4, 4, 5, 1, 3):
        world.happen(what, dice.randint(-5, 0), dice)
    relay.relay_batch(tenant.pk)


@pytest.mark.usefixtures("committed")
def test_a_rollup_that_is_killed_at_any_step_is_gone_on_with(in_acme: Tenant) -> None:
    """By a process of its own, which ends with `kill -9` before each statement and each commit, and after."""
    full(in_acme)
    Progress.objects.get_or_create(pk=1)
    steps = 0
    while _dies_at(steps + 1, in_acme):
        steps += 1
        assert _whole(in_acme), f"after step {steps}"
        if steps % 3 == 0:  # not only the first hours are ever begun with
            rollups.recount(Span(NOON - 2 * HOUR, NOON))
    assert steps > 30
    rollups.run()
    same(in_acme)


def _whole(tenant: Tenant) -> bool:
    """What is not marked is right already."""
    progress = Progress.objects.get(pk=1).seq
    behind = Event.objects.filter(tenant_id=tenant.pk, seq__gt=progress).exists()
    dirty = set(DirtyHour.objects.values_list("hour", flat=True))
    true = {key: told for key, told in recount(tenant.pk).items() if key[1] not in dirty}
    return behind or true == {key: told for key, told in counted().items() if key[1] not in dirty}


def _dies_at(step: int, tenant: Tenant) -> bool:
    """Whether a rollup came to this step, and died there."""
    connection.close()
    child = os.fork()
    if child == 0:
        _roll_until(step, tenant)
    status = os.waitpid(child, 0)[1]
    connection.set_tenant(tenant)
    assert status in (0, 9)
    with transaction.atomic():
        rollups.progress()  # once the server has noticed that the dead one is gone
    return status == 9


def _roll_until(step: int, tenant: Tenant) -> None:
    left = step

    def one(do: Callable[[], Any]) -> Any:
        nonlocal left
        for moment in (False, True):
            done = do() if moment else None
            left -= 1
            if not left:
                os.kill(os.getpid(), 9)
        return done

    try:
        connection.set_tenant(tenant)
        commit = connection._commit
        connection._commit = lambda: one(commit)
        with connection.execute_wrapper(lambda execute, *told: one(lambda: execute(*told))):
            rollups.run()
        os._exit(0)
    finally:
        os._exit(1)


@pytest.mark.usefixtures("committed")
def test_rollups_at_once_and_writers_beside_them_count_what_one_would(in_acme: Tenant) -> None:
    full(in_acme)

    def roll() -> None:
        with tenant_context(in_acme):
            for _ in range(5):
                rollups.run()
        connection.close()

    with ThreadPoolExecutor(2) as pool:
        rolling = [pool.submit(roll) for _ in range(2)]
        for seed in range(12):
            World().happen(seed % 6, seed % 3, random.Random(seed))
            relay.relay_batch(in_acme.pk)
        for each in rolling:
            each.result(timeout=60)
    rollups.run()
    same(in_acme)


def test_a_tenant_counts_its_own_facts_alone(in_acme: Tenant, globex: Tenant) -> None:
    remember_many([Draft("Ours.", Scope(user_id="ada"))])
    with tenant_context(globex):
        remember_many([Draft(f"Theirs {n}.", Scope(user_id="ada")) for n in range(2)])
    for tenant in (in_acme, globex):
        relay.relay_batch(tenant.pk)
    rollups.run()
    same(in_acme)
    assert Count.objects.get(metric="memories_written", whole=True).n == 1


def test_nothing_new_costs_a_handful_of_statements(in_acme: Tenant) -> None:
    rollups.run()
    with costs(9):
        rollups.run()


@pytest.mark.usefixtures("committed")
def test_the_ticks_count_for_every_tenant_and_take_its_snapshot(acme: Tenant, globex: Tenant) -> None:
    for tenant in (acme, globex):
        with tenant_context(tenant):
            remember_many([Draft("Said.", Scope(user_id="ada"))])
        relay.relay_batch(tenant.pk)
    tasks.roll_up_everywhere()
    tasks.take_snapshots_everywhere()
    for tenant in (acme, globex):
        with tenant_context(tenant):
            same(tenant)
            assert Count.objects.get(metric="stock_state", whole=True, kind="active").total == 1


def test_who_is_bound_to_a_namespace_counts_for_all_the_same(in_acme: Tenant) -> None:
    LearningEvent.objects.create(type="training", domain="y", occurred_at=NOON)
    rollups.mark("learning", [NOON])
    with bounds.bound_to(("x",)):
        rollups.run()
    same(in_acme)


def test_facts_that_real_writers_tell_are_counted(in_acme: Tenant) -> None:
    remember_many([Draft(f"Note {n}.", Scope(user_id="ada")) for n in range(3)])
    Memory.objects.first()
    relay.relay_batch(in_acme.pk)
    rollups.run()
    (point,) = counts.series("memories_written", Span(timezone.now() - 2 * HOUR, timezone.now() + HOUR), group="domain")
    assert (point.group, point.n) == ("default", 3)
    same(in_acme)


def test_a_run_whose_row_was_swept_is_still_counted(in_acme: Tenant) -> None:
    World().ran(NOON, random.Random(1))
    TaskRun.objects.all().delete()
    relay.relay_batch(in_acme.pk)
    rollups.run()
    assert Count.objects.filter(metric__startswith="runs_", whole=True, n=1).count() == 1


def test_a_snapshot_says_what_there_is_and_a_later_one_of_the_hour_takes_its_place(in_acme: Tenant) -> None:
    remember_many([Draft(f"Note {n}.", Scope(user_id="ada")) for n in range(3)])
    Memory.objects.filter(pk=Memory.objects.order_by("id").values("pk")[:1]).update(state="deleted")
    assert snapshots.take()
    assert not snapshots.take()
    Memory.objects.filter(state="active").update(created_at=timezone.now() - timedelta(days=20))
    relay.relay_batch(in_acme.pk)
    assert snapshots.take()
    span = Span(timezone.now() - 2 * HOUR, timezone.now() + HOUR)
    told = {
        m: {p.group: p.total for p in counts.series(m, span, group="kind", step="") if p.total}
        for m in snapshots.METRICS
    }
    assert told["stock_state"] == {"active": 2, "deleted": 1}
    assert told["stock_age"] == {"month": 2}
    assert told["stock_tier"] == {"warm": 2}


def test_the_command_counts_anew_what_somebody_has_spoilt(in_acme: Tenant, capsys: pytest.CaptureFixture[str]) -> None:
    full(in_acme)
    rollups.run()
    Count.objects.all().update(n=99)
    call_command("analytics", "recount", tenant="acme")
    same(in_acme)
    assert "facts_behind: 0" in capsys.readouterr().out
