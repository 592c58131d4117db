"""Task runs: one life, in this process or a worker's; killed anywhere, an effect comes once."""

import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone
from django_tenants.utils import tenant_context

from automation import runner, worker
from automation.errors import NotUndoable, RunOver, UnknownJob
from automation.models import TaskRun
from events.models import Event
from memory.errors import BadOption, Unreadable
from memory.models import Memory, Step
from memory.remember import remember_many
from memory.types import Draft, Scope
from memory.upkeep import embed, steps
from memory.upkeep.plan import Change, Reach
from tenants import lifecycle
from tenants.models import Tenant
from tests.automation.conftest import Enter, Options, hush

pytestmark = pytest.mark.usefixtures("hushing")


def fill(count: int = 4, user_id: str = "ada") -> None:
    """Half of them matter little."""
    remember_many(
        [Draft(f"Note {n} of {user_id}.", Scope(user_id=user_id), importance=n % 2 * 0.8) for n in range(count)]
    )


def silent() -> int:
    return Memory.objects.filter(state="silent").count()


def at_work(run: TaskRun) -> TaskRun:
    run.refresh_from_db()
    return run


@pytest.fixture
def notes(in_acme: Tenant) -> None:
    fill()


def run(**more: Any) -> TaskRun:
    made = runner.start("hush", **more)
    assert made
    return made


@pytest.mark.usefixtures("notes")
class TestOneLife:
    def test_a_run_here_and_one_by_a_worker_do_the_same(self) -> None:
        here = runner.run_now("hush", Reach(user_id="ada"), dry_run=True)
        there = run(reach=Reach(user_id="ada"), dry_run=True)
        assert worker.work() == 1
        assert here
        assert at_work(there).result == here.result
        assert here.result["counts"] == {"silence": 2, "keep": 2}

    def test_a_dry_run_says_what_the_run_then_does_and_does_nothing_itself(self) -> None:
        dry = runner.run_now("hush", dry_run=True)
        assert silent() == 0
        assert not Step.objects.exists()
        real = runner.run_now("hush")
        assert dry
        assert real
        assert real.result["counts"] == dry.result["counts"]
        assert real.result["hushed"] == dry.result["hushed"] == silent() == 2

    def test_it_keeps_who_asked_how_far_it_is_and_how_it_ended(self) -> None:
        done = runner.run_now("hush")
        assert done
        assert (done.state, done.done, done.total, done.started_by) == ("succeeded", 2, 2, "system")
        assert done.started_at
        assert done.finished_at

    def test_its_facts_are_told(self) -> None:
        Event.objects.all().delete()
        made = run()
        worker.work()
        told = Event.objects.filter(subject_id=made.pk).order_by("id").values_list("type", "data")
        assert [type for type, _ in told] == ["run.queued", "run.started", "run.succeeded"]
        assert told[2][1]["counts"] == {"silence": 2, "keep": 2}

    def test_an_unknown_job_and_a_wrong_option_are_refused_at_once(self) -> None:
        with pytest.raises(UnknownJob):
            runner.start("dance")
        with pytest.raises(BadOption, match="from 0 to 1"):
            runner.start("hush", options={"below": 7})
        assert not TaskRun.objects.exists()

    def test_undoing_brings_everything_back(self) -> None:
        done = runner.run_now("hush")
        assert done
        undoing = runner.undo(done.pk, here=True)
        assert undoing
        assert undoing.result == {"counts": {"undone": 2, "kept": 0}}
        assert silent() == 0
        with pytest.raises(NotUndoable, match="already"):
            runner.undo(done.pk)

    def test_what_changed_nothing_or_is_too_long_ago_is_not_undone(self, settings: Any) -> None:
        dry, real = runner.run_now("hush", dry_run=True), runner.run_now("hush")
        assert dry
        assert real
        with pytest.raises(NotUndoable, match="nothing"):
            runner.undo(dry.pk)
        TaskRun.objects.filter(pk=real.pk).update(
            finished_at=timezone.now() - timedelta(days=settings.UNDO_DAYS, minutes=1)
        )
        with pytest.raises(NotUndoable, match="window"):
            runner.undo(real.pk)

    def test_a_run_that_waits_is_cancelled_at_once_and_one_that_is_over_is_not(self) -> None:
        made = run()
        runner.cancel(made.pk)
        assert at_work(made).state == "cancelled"
        assert worker.work() == 0
        with pytest.raises(RunOver):
            runner.cancel(made.pk)

    def test_a_run_of_several_jobs_is_over_when_all_of_them_are(self) -> None:
        parent = runner.start_all([("hush", {"below": 0.1}), ("hush", {"below": 0.9})])
        assert worker.work() == 2
        assert at_work(parent).state == "succeeded"
        assert [child.result["counts"].get("silence", 0) for child in parent.children.order_by("id")] == [2, 2]
        undoing = runner.undo(parent.pk)
        worker.work()
        assert undoing
        assert at_work(undoing).state == "succeeded"
        assert silent() == 0
        assert at_work(parent).undone_at

    def test_a_job_that_reads_vectors_waits_for_them(self, enter: Enter) -> None:
        enter("look", hush, reads_vectors=True)
        made = runner.start("look")
        worker.work()
        assert made
        assert (at_work(made).state, made.attempts) == ("pending", 0)
        embed.pending()
        TaskRun.objects.update(wait_until=timezone.now())
        worker.work()
        assert at_work(made).state == "succeeded"

    def test_without_an_embedder_it_does_with_what_is_there(self, enter: Enter) -> None:
        enter("look", hush, reads_vectors=True)
        made = runner.start("look")
        TaskRun.objects.update(created_at=timezone.now() - worker.PATIENCE - timedelta(seconds=1))
        worker.work()
        assert made
        assert at_work(made).state == "succeeded"

    def test_priority_goes_first(self) -> None:
        low, high = run(priority=3, dry_run=True), run(priority=9, dry_run=True)
        first = worker.claim()
        assert first
        assert first.pk == high.pk
        assert at_work(low).state == "pending"

    def test_a_slot_is_claimed_once(self, in_acme: Tenant) -> None:
        from automation.models import Policy

        policy = Policy.objects.create(tenant=in_acme)
        assert runner.start("hush", policy=policy, slot="hush@1")
        assert runner.start("hush", policy=policy, slot="hush@1") is None

    def test_two_that_write_to_the_same_memories_do_not_run_at_once(self) -> None:
        run(reach=Reach(user_id="ada"))
        run()
        other = run(reach=Reach(user_id="ben"))
        claimed = [worker.claim(), worker.claim(), worker.claim()]
        assert claimed[1]
        assert claimed[1].pk == other.pk
        assert claimed[2] is None


@pytest.mark.usefixtures("notes")
class TestFailing:
    def test_what_fails_is_tried_again_later_and_goes_on_where_it_was(self, enter: Enter) -> None:
        tries = []

        def shy(reach: Reach, options: Options, now: Any) -> Iterator[Change]:
            """Fail once."""
            tries.append(1)
            if len(tries) == 1:
                raise Unreadable("the storage is away")
            yield from hush(reach, options, now)

        enter("shy", shy)
        made = runner.start("shy")
        worker.work()
        assert made
        assert (at_work(made).state, made.error) == ("pending", "the storage is away")
        assert made.wait_until > timezone.now()
        TaskRun.objects.update(wait_until=timezone.now())
        worker.work()
        assert at_work(made).state == "succeeded"

    def test_it_is_given_up_after_five_tries_and_can_be_retried(self, enter: Enter) -> None:
        def never(reach: Reach, options: Options, now: Any) -> Iterator[Change]:
            """Fail."""
            raise RuntimeError("a secret of ada")
            yield

        enter("never", never)
        made = runner.start("never")
        for _ in range(5):
            TaskRun.objects.update(wait_until=timezone.now())
            worker.work()
        assert made
        assert (at_work(made).state, made.error, made.attempts) == ("failed", "RuntimeError", 5)
        runner.retry(made.pk)
        assert at_work(made).state == "pending"

    def test_a_run_that_kills_its_workers_is_dead_after_five(self) -> None:
        made = run()
        for attempt in range(1, 6):
            claimed = worker.claim()
            assert claimed
            assert claimed.attempts == attempt
            TaskRun.objects.update(leased_until=timezone.now())
        assert worker.claim() is None
        assert at_work(made).state == "dead"
        assert Event.objects.filter(type="run.dead", subject_id=made.pk).exists()

    def test_one_who_lost_the_run_commits_nothing(self) -> None:
        run()
        slow = worker.claim()
        TaskRun.objects.update(leased_until=timezone.now())
        quick = worker.claim()
        assert slow
        assert quick
        worker.execute(slow)
        assert silent() == 0
        worker.execute(quick)
        assert (at_work(quick).state, silent()) == ("succeeded", 2)

    def test_killed_between_slices_it_goes_on_and_each_effect_comes_once(self, monkeypatch: pytest.MonkeyPatch) -> None:
        fill(30)
        monkeypatch.setattr(steps, "SLICE", 5)
        made, notes = run(), []
        real_note = worker._note

        def dies(run: TaskRun, done: Any) -> None:
            real_note(run, done)
            notes.append(len(done))
            if len(notes) in (1, 3):  # within the slice's transaction, which goes with it
                raise KeyboardInterrupt

        monkeypatch.setattr(worker, "_note", dies)
        for _ in range(2):
            with pytest.raises(KeyboardInterrupt):
                worker.work()
            TaskRun.objects.update(leased_until=timezone.now())
        worker.work()
        expected = Memory.objects.filter(importance__lt=0.5).count()
        assert at_work(made).state == "succeeded"
        assert (silent(), made.done) == (expected, expected)
        assert Event.objects.filter(type="memory.silenced").count() == expected

    def test_a_cancelled_run_stops_after_its_slice_and_keeps_what_it_did(self, monkeypatch: pytest.MonkeyPatch) -> None:
        fill(30)
        monkeypatch.setattr(steps, "SLICE", 5)
        made = run()
        real_note = worker._note

        def cancels(run: TaskRun, done: Any) -> None:
            real_note(run, done)
            runner.cancel(made.pk)

        monkeypatch.setattr(worker, "_note", cancels)
        worker.work()
        assert (at_work(made).state, silent()) == ("cancelled", 5)
        runner.undo(made.pk)
        monkeypatch.undo()
        worker.work()
        assert silent() == 0

    def test_a_suspended_tenant_is_left_alone(self, in_acme: Tenant) -> None:
        run()
        connection.set_schema_to_public()
        lifecycle.suspend(in_acme.pk, "unpaid")
        assert worker.work() == 0


@pytest.mark.usefixtures("notes")
class TestHere:
    def test_one_here_does_not_run_beside_a_workers_that_writes_to_the_same_memories(self) -> None:
        run()
        theirs = worker.claim()
        ours = run(reach=Reach(user_id="ada"))
        assert theirs
        assert ours
        worker.work_on(ours, timedelta(seconds=0.3))
        assert (at_work(ours).state, silent()) == ("pending", 0)
        worker.execute(theirs)
        worker.work_on(ours)
        assert (at_work(ours).state, ours.result["counts"]) == ("succeeded", {"keep": 2})

    def test_what_fails_after_it_was_planned_is_not_left_to_a_worker(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def fails(run: TaskRun, done: Any) -> None:
            raise Unreadable("the storage is away")

        monkeypatch.setattr(worker, "_note", fails)
        here = runner.run_now("hush")
        assert here
        assert (here.state, here.error) == ("failed", "the storage is away")


@pytest.mark.usefixtures("notes")
class TestSeveral:
    def two(self) -> tuple[TaskRun, TaskRun, TaskRun]:
        parent = runner.start_all([("hush", {"below": 0.1}), ("hush", {"below": 0.9})])
        first, second = parent.children.order_by("id")
        return parent, first, second

    def test_of_one_with_a_dead_child_the_others_run_and_a_retry_opens_it_again(self) -> None:
        parent, first, second = self.two()
        TaskRun.objects.filter(pk=first.pk).update(attempts=worker.MOST_ATTEMPTS, state="running")
        TaskRun.objects.filter(pk=first.pk).update(leased_until=timezone.now())
        worker.work()
        assert [at_work(each).state for each in (parent, first, second)] == ["dead", "dead", "succeeded"]
        runner.retry(first.pk)
        assert (at_work(parent).state, parent.finished_at) == ("running", None)
        with pytest.raises(RunOver):
            runner.undo(parent.pk)
        worker.work()
        assert [at_work(each).state for each in (parent, first)] == ["succeeded", "succeeded"]

    def test_retrying_it_retries_what_stopped(self) -> None:
        parent, first, second = self.two()
        runner.cancel(second.pk)
        worker.work()
        assert at_work(parent).state == "cancelled"
        assert runner.retry(parent.pk)
        assert [at_work(each).state for each in (parent, first, second)] == ["running", "succeeded", "pending"]
        worker.work()
        assert (at_work(parent).state, silent()) == ("succeeded", 4)

    def test_it_is_undone_only_when_all_of_it_is(self) -> None:
        parent, first, second = self.two()
        worker.work()
        undoing = runner.undo(parent.pk)
        assert undoing
        runner.cancel(undoing.children.order_by("id")[1].pk)
        worker.work()
        assert (at_work(second).undone_at is not None, at_work(first).undone_at) == (True, None)
        assert at_work(parent).undone_at is None
        runner.undo(parent.pk)
        worker.work()
        assert at_work(parent).undone_at
        assert silent() == 0

    def test_one_of_which_nothing_can_be_taken_back_is_not_undone(self) -> None:
        parent = runner.start_all([("hush", {"below": 0.0})])
        worker.work()
        with pytest.raises(NotUndoable, match="nothing"):
            runner.undo(parent.pk)


@pytest.mark.usefixtures("notes")
class TestRetrying:
    def test_what_is_about_to_be_taken_back_is_not_tried_again(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(steps, "SLICE", 1)
        made = run()
        monkeypatch.setattr(worker, "_others_wait", lambda: True)
        monkeypatch.setattr(worker, "TURN", -1.0)
        claimed = worker.claim()
        assert claimed
        worker.execute(claimed, turn=-1.0)
        runner.cancel(made.pk)
        assert (at_work(made).state, made.done) == ("cancelled", 1)
        runner.undo(made.pk)
        with pytest.raises(RunOver):
            runner.retry(made.pk)

    def test_one_whose_steps_were_swept_is_planned_anew(self) -> None:
        made = run()
        claimed = worker.claim()
        assert claimed
        assert not worker._plan(claimed)
        worker.close(claimed, "failed")
        Step.objects.all().delete()
        runner.retry(made.pk)
        worker.work()
        assert (at_work(made).state, silent(), made.done) == ("succeeded", 2, 2)

    def test_losing_a_run_that_fails_does_not_stop_the_worker(self, enter: Enter) -> None:
        def lost(reach: Reach, options: Options, now: Any) -> Iterator[Change]:
            """Fail, when somebody else has it."""
            TaskRun.objects.filter(job="lost").update(state="cancelled")
            raise RuntimeError
            yield

        enter("lost", lost)
        runner.start("lost", priority=9)
        after = run()
        TaskRun.objects.filter(job="lost").update(attempts=4)
        assert worker.work() == 2
        assert at_work(after).state == "succeeded"


class TestFairness:
    def test_tenants_take_turns(self, acme: Tenant, globex: Tenant) -> None:
        for tenant in (acme, acme, acme, globex):
            with tenant_context(tenant):
                run(dry_run=True)
        order = [claimed.tenant.slug for _ in range(4) if (claimed := worker.claim())]
        assert order == ["acme", "globex", "acme", "acme"]

    def test_a_long_run_gives_way(self, acme: Tenant, globex: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(worker, "TURN", 0.0)
        monkeypatch.setattr(steps, "SLICE", 1)
        for tenant in (acme, globex):
            with tenant_context(tenant):
                fill(8)
                run()
        assert worker.work() > 4  # turns, of two runs
        assert {run.state for run in TaskRun.objects.all()} == {"succeeded"}


def test_a_run_that_is_being_cancelled_is_not_claimed(committed: None, acme: Tenant) -> None:
    with tenant_context(acme):
        made = run(dry_run=True)
    claimed: list[Any] = []

    def claims() -> None:
        claimed.append(worker.claim())
        connection.close()

    with tenant_context(acme), transaction.atomic():
        runner.cancel(made.pk)
        thread = threading.Thread(target=claims)
        thread.start()
        thread.join(5)  # it passes by what is held, and waits for nobody
    thread.join()
    assert (claimed, at_work(made).state) == ([None], "cancelled")


def test_many_workers_claim_each_run_once(committed: None, acme: Tenant) -> None:
    with tenant_context(acme):
        fill()
        made = [run(dry_run=True) for _ in range(12)]
    claimed: list[Any] = []
    all_done = threading.Barrier(4)

    def claims() -> None:
        while found := worker.claim():
            claimed.append(found.pk)
        all_done.wait(30)  # whose connection ends is taken for dead
        connection.close()

    threads = [threading.Thread(target=claims) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(claimed) == sorted(run.pk for run in made)


def _elsewhere(tenant: Tenant, first: Callable[[], object], then: Callable[[], object]) -> threading.Thread:
    """A transaction of another connection that has done `first`, and does `then` half a second later."""
    begun = threading.Event()

    def works() -> None:
        with tenant_context(tenant), transaction.atomic():
            first()
            begun.set()
            time.sleep(0.5)
            then()
        connection.close()

    thread = threading.Thread(target=works)
    thread.start()
    assert begun.wait(10)
    return thread


def test_a_run_that_is_cancelled_at_this_moment_is_not_begun(committed: None, acme: Tenant) -> None:
    with tenant_context(acme):
        made = run()
        thread = _elsewhere(acme, lambda: runner.cancel(made.pk), lambda: None)
        assert worker.claim() is None
        thread.join()
        assert at_work(made).state == "cancelled"


def test_cancelling_a_run_of_several_does_not_lock_out_one_of_them_that_ends(committed: None, acme: Tenant) -> None:
    with tenant_context(acme):
        parent = runner.start_all([("hush", {}), ("hush", {})])
        first = worker.claim()
        assert first
        row = TaskRun.objects.select_for_update(of=("self",)).filter(pk=first.pk)
        thread = _elsewhere(acme, row.get, lambda: worker.close(first, "succeeded"))
        runner.cancel(parent.pk)
        thread.join()
        assert [run.state for run in parent.children.order_by("id")] == ["succeeded", "cancelled"]
        assert at_work(parent).state == "cancelled"
