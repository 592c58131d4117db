"""Schedules: timers and rows of beat in step with policies; a slot runs once, whoever comes for it."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import redis
from django.conf import settings
from django.db import connection
from django.utils import timezone
from django_celery_beat.models import CrontabSchedule, IntervalSchedule, PeriodicTask, PeriodicTasks
from django_celery_beat.schedulers import DatabaseScheduler
from django_tenants.utils import tenant_context

from automation import due, pauses, policies, schedules, tasks
from automation.models import Policy, TaskRun, Timer
from config.celery import app
from events.models import Event
from tenants import preferences
from tenants.models import Tenant
from tests.automation.conftest import Enter, hush
from tests.conftest import costs

pytestmark = pytest.mark.usefixtures("hushing")
NIGHTLY = {"cron_expression": "0 3 * * *"}
NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture(autouse=True)
def noon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schedules.timezone, "now", lambda: NOW)


def scheduled(schedule: dict[str, Any] = NIGHTLY, *, user_id: str = "ada", **more: Any) -> Policy:
    return policies.create({"jobs": {"hush": {"schedule": schedule}}, **more}, user_id=user_id)


def timer(policy: Policy) -> Timer:
    return Timer.objects.get(policy=policy, by="clock")


def tasks_of_beat() -> list[PeriodicTask]:
    return list(PeriodicTask.objects.filter(task=schedules.TASK).order_by("name"))


def missed() -> list[dict[str, Any]]:
    return list(Event.objects.filter(type="schedule.missed").order_by("id").values_list("data", flat=True))


def test_a_schedule_is_a_timer_and_a_row_of_beat(in_acme: Tenant) -> None:
    policy = scheduled(time_zone="Europe/Berlin")
    (row,) = tasks_of_beat()
    assert (row.name, json.loads(row.args)) == (f"policy {policy.pk} hush", [str(policy.pk), "hush"])
    assert (row.crontab.minute, row.crontab.hour, str(row.crontab.timezone)) == ("0", "3-3", "Europe/Berlin")
    assert row.crontab.schedule.hour == {3}
    assert row.description == "At 03:00 every day"
    assert timer(policy).next_at == datetime(2026, 11, 22, 2, 0, tzinfo=UTC)


def test_an_interval_is_counted_from_when_it_was_said(in_acme: Tenant) -> None:
    policy = scheduled({"interval_hours": 0.5})
    (row,) = tasks_of_beat()
    assert (row.interval.every, row.interval.period, row.last_run_at) == (1800, "seconds", NOW)
    assert timer(policy).next_at == NOW + HOUR / 2


@pytest.mark.parametrize(
    "cron", ["0 0 L * *", "0 0 * * MON#2", "0 9 1 * MON", "*/7 1-5,9 * 2-4 SUN", "59 23 31 12 7", "* * * * *"]
)
def test_beat_understands_every_expression(in_acme: Tenant, cron: str) -> None:
    scheduled({"cron_expression": cron})
    (row,) = tasks_of_beat()
    row.crontab.full_clean()
    row.full_clean()
    assert row.schedule.is_due(NOW)


def test_beat_is_told_of_a_change_and_not_of_none(in_acme: Tenant) -> None:
    policy = scheduled()
    PeriodicTasks.objects.update(last_update=NOW - DAY)
    policies.change(policy.pk, {"name": "Night"})
    assert PeriodicTasks.last_change() == NOW - DAY
    policies.change(policy.pk, {"jobs": {"hush": {"schedule": {"interval_hours": 6}}}})
    (row,) = tasks_of_beat()
    assert row.interval
    assert PeriodicTasks.last_change() == NOW
    assert not CrontabSchedule.objects.filter(periodictask=None).exclude(hour="4").exists()


@pytest.mark.parametrize(
    "change",
    [{"enabled": False}, {"type": "manual"}, {"jobs": {}}, {"jobs": {"hush": {"enabled": False, "schedule": NIGHTLY}}},
     {"jobs": {"hush": {"schedule": NIGHTLY | {"enabled": False}}}}, {"ends_at": NOW - HOUR}],
)  # fmt: skip
def test_what_does_not_run_by_itself_has_no_timer(in_acme: Tenant, change: dict[str, Any]) -> None:
    policy = scheduled()
    intervals = IntervalSchedule.objects.count()
    policies.change(policy.pk, change)
    assert tasks_of_beat() == []
    assert not Timer.objects.exists()
    assert IntervalSchedule.objects.count() == intervals


def test_a_deleted_policy_leaves_nothing_to_beat(in_acme: Tenant) -> None:
    policy = scheduled()
    crontabs = CrontabSchedule.objects.count()
    policies.delete(policy.pk)
    assert tasks_of_beat() == []
    assert CrontabSchedule.objects.count() == crontabs - 1


def test_a_due_slot_is_run_once_for_those_whom_the_policy_is_for(in_acme: Tenant) -> None:
    policy = scheduled(user_id="")
    policies.create({"jobs": {"hush": {}}}, user_id="ben")
    slot = timer(policy).next_at
    assert slot
    assert due.due(policy.pk, "hush", slot - timedelta(seconds=1)) == []
    (run,) = due.due(policy.pk, "hush", slot + timedelta(seconds=1))
    assert (run.job, run.policy, run.slot, run.state) == ("hush", policy, "hush@2026-11-22T03:00:00Z", "pending")
    assert run.input["except_users"] == ["ben"]
    assert run.started_by == f"policy:{policy.pk}"
    assert due.due(policy.pk, "hush", slot + timedelta(seconds=2)) == []
    assert timer(policy).next_at == slot + DAY
    assert missed() == []


def test_options_of_the_policy_are_the_runs(in_acme: Tenant) -> None:
    policy = policies.create({"jobs": {"hush": {"schedule": NIGHTLY, "options": {"below": 0.2}}}})
    (run,) = due.due(policy.pk, "hush", NOW + DAY)
    assert run.input["options"] == {"below": 0.2}


def test_a_new_schedule_may_run_at_once(in_acme: Tenant) -> None:
    policy = scheduled(NIGHTLY | {"run_immediately": True})
    (run,) = due.due(policy.pk, "hush", NOW)
    assert run.slot == "hush@2026-11-21T12:00:00Z"
    policies.change(policy.pk, {"name": "Night"})
    assert due.due(policy.pk, "hush", NOW) == []
    assert timer(policy).next_at == datetime(2026, 11, 22, 3, tzinfo=UTC)


def test_of_missed_slots_the_latest_runs_and_the_others_are_told(in_acme: Tenant) -> None:
    policy = scheduled()
    (run,) = due.due(policy.pk, "hush", NOW + 5 * DAY)
    assert run.slot == "hush@2026-11-26T03:00:00Z"
    assert missed() == [{"job": "hush", "slots": 4, "ran": True}]
    assert due.due(policy.pk, "hush", NOW + 5 * DAY) == []


def test_missed_slots_are_skipped_where_the_policy_says_so(in_acme: Tenant) -> None:
    policy = scheduled(misfire="skip")
    late = datetime(2026, 11, 24, 3, 5, 1, tzinfo=UTC)
    assert due.due(policy.pk, "hush", late) == []
    assert missed() == [{"job": "hush", "slots": 3, "ran": False}]
    assert timer(policy).next_at == datetime(2026, 11, 25, 3, tzinfo=UTC)
    (run,) = due.due(policy.pk, "hush", datetime(2026, 11, 25, 3, 4, tzinfo=UTC))
    assert run.slot == "hush@2026-11-25T03:00:00Z"


def test_what_was_due_while_it_was_off_is_not_made_up_for(in_acme: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    policy = scheduled()
    policies.change(policy.pk, {"enabled": False})
    monkeypatch.setattr(schedules.timezone, "now", lambda: NOW + 3 * DAY)
    policies.change(policy.pk, {"enabled": True})
    assert due.due(policy.pk, "hush", NOW + 3 * DAY) == []
    assert timer(policy).next_at == datetime(2026, 11, 25, 3, tzinfo=UTC)


def test_slots_lie_within_the_window(in_acme: Tenant) -> None:
    policy = scheduled(starts_at=datetime(2026, 12, 1, 3, tzinfo=UTC), ends_at=datetime(2026, 12, 2, 3, tzinfo=UTC))
    assert timer(policy).next_at == datetime(2026, 12, 1, 3, tzinfo=UTC)
    (run,) = due.due(policy.pk, "hush", datetime(2026, 12, 1, 4, tzinfo=UTC))
    assert run.slot == "hush@2026-12-01T03:00:00Z"
    assert timer(policy).next_at == datetime(2026, 12, 2, 3, tzinfo=UTC)
    assert due.due(policy.pk, "hush", datetime(2026, 12, 3, tzinfo=UTC)) == []


def test_the_tick_finds_what_beat_missed(in_acme: Tenant, globex: Tenant) -> None:
    one = scheduled()
    with tenant_context(globex):
        other = scheduled()
    Policy.objects.get(pk=scheduled(user_id="later", starts_at=NOW + 9 * DAY).pk)
    connection.set_schema_to_public()
    assert due.catch_up(NOW + DAY) == 2
    assert due.catch_up(NOW + DAY) == 0
    assert set(TaskRun.objects.values_list("tenant_id", "policy_id")) == {
        (in_acme.pk, one.pk), (globex.pk, other.pk)}  # fmt: skip


def test_beats_task_runs_the_slot_in_its_tenant(in_acme: Tenant) -> None:
    policy = scheduled()
    Timer.objects.update(next_at=timezone.now() - timedelta(minutes=1))
    connection.set_schema_to_public()
    tasks.run_policy(str(policy.pk), "hush")
    tasks.run_policy(str(policy.pk), "hush")
    assert TaskRun.objects.get().tenant_id == in_acme.pk


def test_nothing_is_due_in_a_closed_tenant(in_acme: Tenant) -> None:
    policy = scheduled()
    Tenant.objects.filter(pk=in_acme.pk).update(state="suspended", reason="x")
    connection.set_schema_to_public()
    tasks.run_policy(str(policy.pk), "hush")
    assert due.catch_up(NOW + DAY) == 0


def test_a_job_that_is_no_more_does_not_stop_the_others(in_acme: Tenant, enter: Enter, monkeypatch: Any) -> None:
    from automation import registry

    enter("nap", hush)
    policies.create({"jobs": {"hush": {"schedule": NIGHTLY}, "nap": {"schedule": NIGHTLY}}})
    monkeypatch.delitem(registry.JOBS, "nap")
    assert due.catch_up(NOW + DAY) == 1
    assert due.catch_up(NOW + DAY) == 0


def test_in_a_pause_nothing_starts_and_afterwards_it_goes_by_misfire(in_acme: Tenant) -> None:
    once, skip = scheduled(), scheduled(user_id="ben", misfire="skip")
    pauses.add(NOW, NOW + 3 * DAY, "stocktaking", tenant_id=in_acme.pk)
    assert due.catch_up(NOW + 2 * DAY) == 0
    assert due.catch_up(NOW + 3 * DAY) == 1
    assert [run.policy for run in TaskRun.objects.all()] == [once]
    told = sorted((each["slots"], each["ran"]) for each in missed())
    assert told == [(2, True), (3, False)]
    assert timer(skip).next_at == datetime(2026, 11, 25, 3, tzinfo=UTC)


def test_a_pause_of_all_tenants_stops_each(in_acme: Tenant) -> None:
    scheduled()
    pause = pauses.add(NOW, NOW + 9 * DAY)
    assert due.catch_up(NOW + DAY) == 0
    assert not pauses.end(pause.pk, tenant_id=in_acme.pk)
    assert pauses.end(pause.pk)
    assert due.catch_up(NOW + DAY) == 1


def test_a_row_that_was_lost_or_changed_is_mended(in_acme: Tenant) -> None:
    scheduled()
    other = scheduled({"interval_hours": 1}, user_id="ben")
    assert schedules.check(NOW) == 0
    PeriodicTask.objects.filter(name__contains=str(other.pk)).update(enabled=False)
    PeriodicTask.objects.exclude(name__contains=str(other.pk)).filter(task=schedules.TASK).delete()
    PeriodicTask.objects.create(
        name=f"policy {in_acme.pk} hush", task=schedules.TASK, interval=IntervalSchedule.objects.first()
    )
    assert schedules.check(NOW) == 3
    assert [row.enabled for row in tasks_of_beat()] == [True, True]
    assert schedules.check(NOW) == 0


def test_another_time_zone_of_the_tenant_moves_its_slots(in_acme: Tenant) -> None:
    policy = scheduled()
    preferences.change(in_acme.pk, {"time_zone": "Asia/Tokyo"})
    assert schedules.check(NOW) == 1
    assert timer(policy).next_at == datetime(2026, 11, 21, 18, tzinfo=UTC)
    (row,) = tasks_of_beat()
    assert str(row.crontab.timezone) == "Asia/Tokyo"


def test_checking_costs_the_same_for_many(in_acme: Tenant) -> None:
    for user in range(5):
        scheduled(user_id=str(user))
    with costs(3):
        schedules.check(NOW)


@pytest.fixture
def racing(committed: None, acme: Tenant) -> Iterator[Tenant]:
    yield acme
    with tenant_context(acme):
        for policy in policies.rows():
            policies.delete(policy.pk)


def test_a_real_beat_sends_the_hint_of_a_due_row(racing: Tenant) -> None:
    with tenant_context(racing):
        policy = scheduled({"interval_hours": 1})
    row = f"policy {policy.pk} hush"
    PeriodicTask.objects.filter(name=row).update(last_run_at=timezone.now() - 2 * HOUR)
    broker = redis.Redis.from_url(f"{settings.REDIS_URL}/0")
    broker.delete("default")
    beat = DatabaseScheduler(app=app, lazy=True)
    beat.tick()
    sent = json.loads(broker.rpop("default"))
    assert (sent["headers"]["task"], json.loads(sent["headers"]["argsrepr"].replace("'", '"'))) == (
        schedules.TASK,
        [str(policy.pk), "hush"],
    )
    assert broker.llen("default") == 0


def test_many_beats_run_a_slot_once(racing: Tenant) -> None:
    with tenant_context(racing):
        for user in range(5):
            scheduled({"interval_hours": 1}, user_id=str(user))

    def beat(number: int) -> int:
        try:
            return due.catch_up(NOW + HOUR * (1 + number % 3))
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        began = sum(pool.map(beat, range(12)))
    slots = list(TaskRun.objects.values_list("policy_id", "slot"))
    assert began == len(slots) == len(set(slots))
    assert Timer.objects.filter(next_at=NOW + 4 * HOUR).count() == 5
