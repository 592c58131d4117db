"""Schedules kept in step with their policies: timers, and rows of beat. The only file that touches django-celery-beat.

The timer is the truth: it says when a job is due next. Beat's row only hints that it may be, so it need not say the
same times exactly; what beat misses or tells twice does no harm, see automation.due.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django_celery_beat.models import CrontabSchedule, IntervalSchedule, PeriodicTask, PeriodicTasks

from automation import registry, slots
from automation.checking import seconds
from automation.models import Policy, Timer
from events import poke
from tenants import preferences

TASK = "automation.tasks.run_policy"
PREFIX = "policy "
SLICE = 500


@dataclass(frozen=True)
class Wanted:
    """What a timer shall say."""

    job: str
    by: str
    cron: str = ""
    seconds: int = 0
    zone: str = "UTC"
    immediately: bool = False

    def told_by(self, timer: Timer) -> bool:
        return (timer.cron, timer.seconds) == (self.cron, self.seconds)


def name(policy_id: UUID, job: str) -> str:
    """Of the row of beat."""
    return f"{PREFIX}{policy_id} {job}"


def sync(policy: Policy, now: datetime | None = None) -> None:
    """Make timers and rows of beat say what the policy says, in the transaction that changes it.

    A schedule that is new or was changed begins now: what was missed before is not made up for.
    """
    at = now or timezone.now()
    wanted = {(each.job, each.by): each for each in _wanted(policy, at)}
    there = {(timer.job, timer.by): timer for timer in policy.timers.all()}
    stale = [t for key, t in there.items() if key not in wanted or not wanted[key].told_by(t)]
    Timer.objects.filter(pk__in=[timer.pk for timer in stale]).delete()
    kept = {key: timer for key, timer in there.items() if timer not in stale}
    for key, each in wanted.items():
        timer = kept.get(key) or Timer(policy=policy, job=each.job, by=each.by, anchor=at)
        _set(timer, each, at)
        timer.save()
        if timer.next_at == at:
            poke.after_commit(TASK, str(policy.pk), each.job)
    _tell_beat(policy, [each for each in wanted.values() if each.by == Timer.By.CLOCK], at)


def drop(policy: Policy) -> None:
    """Beat forgets a policy that goes; its timers go with it."""
    _forget(PeriodicTask.objects.filter(name__startswith=f"{PREFIX}{policy.pk} "))


def schedule_of(timer: Timer) -> slots.Schedule:
    return slots.Schedule(timer.cron, timedelta(seconds=timer.seconds), timer.anchor)


def following(timer: Timer, policy: Policy, since: datetime) -> datetime | None:
    """The first slot after `since` that lies within the policy's window."""
    start = max(since, policy.starts_at - timedelta(microseconds=1)) if policy.starts_at else since
    slot = next(slots.after(schedule_of(timer), ZoneInfo(timer.zone), start), None)
    return slot if slot and (policy.ends_at is None or slot <= policy.ends_at) else None


def check(now: datetime | None = None) -> int:
    """Mend what is out of step: the tenant's time zone changed, a window ended, a row was lost. How many policies."""
    at, mended = now or timezone.now(), 0
    rows = {row.name: row for row in _policy_rows().select_related("crontab", "interval")}
    expected: set[str] = set()
    for policy in Policy.objects.select_related("tenant").prefetch_related("timers").order_by("id").iterator(SLICE):
        wanted = _wanted(policy, at)
        names = {name(policy.pk, each.job): each for each in wanted if each.by == Timer.By.CLOCK}
        expected |= names.keys()
        if not _in_step(policy, wanted, at) or not all(_says(rows.get(key), each) for key, each in names.items()):
            mended += _mend(policy.pk, at)
    gone = [row.pk for key, row in rows.items() if key not in expected]
    if gone:
        with transaction.atomic():
            _forget(PeriodicTask.objects.filter(pk__in=gone))
    return mended + len(gone)


@transaction.atomic
def _mend(policy_id: UUID, now: datetime) -> int:
    policy = Policy.objects.select_for_update(no_key=True).filter(pk=policy_id).first()
    if policy:
        sync(policy, now)
    return 1 if policy else 0


def _in_step(policy: Policy, wanted: list[Wanted], now: datetime) -> bool:
    there = {(timer.job, timer.by): timer for timer in policy.timers.all()}
    if there.keys() != {(each.job, each.by) for each in wanted}:
        return False
    return all(_right(there[each.job, each.by], policy, each, now) for each in wanted)


def _right(timer: Timer, policy: Policy, each: Wanted, now: datetime) -> bool:
    if not each.told_by(timer) or timer.zone != each.zone:
        return False
    ahead = each.by == Timer.By.CLOCK and (timer.next_at is None or timer.next_at > now)
    return not ahead or timer.next_at == following(timer, policy, now)


def _wanted(policy: Policy, now: datetime) -> list[Wanted]:
    over = policy.ends_at is not None and policy.ends_at <= now
    if not policy.enabled or over or policy.type == Policy.Type.MANUAL:
        return []
    zone = policy.time_zone or preferences.of(policy.tenant).time_zone
    jobs = {job: told for job, told in policy.jobs.items() if told["enabled"] and job in registry.JOBS}
    found = [_clocked(job, told["schedule"], zone) for job, told in jobs.items() if _runs(told["schedule"])]
    if policy.type == Policy.Type.CONTINUOUS:
        found += [Wanted(job, Timer.By.WRITES, zone=zone) for job in jobs]
    return found


def _runs(schedule: dict[str, Any] | None) -> bool:
    return bool(schedule and schedule["enabled"])


def _clocked(job: str, told: dict[str, Any], zone: str) -> Wanted:
    every = 0 if told["interval_hours"] is None else seconds(told["interval_hours"])
    return Wanted(job, Timer.By.CLOCK, told["cron_expression"] or "", every, zone, told["run_immediately"])


def _set(timer: Timer, each: Wanted, now: datetime) -> None:
    """Give a timer its words, and its next slot where none waits to be run."""
    new = timer.pk is None
    timer.cron, timer.seconds, timer.zone = each.cron, each.seconds, each.zone
    if each.by == Timer.By.WRITES:
        return
    if new and each.immediately:
        begins = timer.policy.starts_at
        timer.next_at = max(now, begins) if begins else now
    elif timer.next_at is None or timer.next_at > now:
        timer.next_at = following(timer, timer.policy, now)


def _tell_beat(policy: Policy, wanted: list[Wanted], now: datetime) -> None:
    """New rows for those that beat does not know like this. In bulk: each row saved alone would make beat read all."""
    there = {row.name: row for row in _policy_rows().filter(name__startswith=f"{PREFIX}{policy.pk} ")}
    good = {name(policy.pk, each.job) for each in wanted if _says(there.get(name(policy.pk, each.job)), each)}
    gone = [row.pk for key, row in there.items() if key not in good]
    made = [_row(policy, each, now) for each in wanted if name(policy.pk, each.job) not in good]
    if gone:
        _forget(PeriodicTask.objects.filter(pk__in=gone))
    if made:
        PeriodicTask.objects.bulk_create(made)
    if gone or made:
        PeriodicTasks.update_changed()


def _row(policy: Policy, each: Wanted, now: datetime) -> PeriodicTask:
    """A row with times of its own: shared ones cannot be taken away while others begin to use them."""
    times: dict[str, Any]
    if each.cron:
        times = {"crontab": CrontabSchedule.objects.bulk_create([CrontabSchedule(**_crontab(each))])[0]}
    else:
        interval = IntervalSchedule(every=each.seconds, period=IntervalSchedule.SECONDS)
        times = {"interval": IntervalSchedule.objects.bulk_create([interval])[0]}
    said = slots.explain(slots.Schedule(each.cron, timedelta(seconds=each.seconds)))
    return PeriodicTask(
        name=name(policy.pk, each.job), task=TASK, args=json.dumps([str(policy.pk), each.job]), expire_seconds=60,
        description=said, last_run_at=now, **times,
    )  # fmt: skip


def _crontab(each: Wanted) -> dict[str, Any]:
    """The expression for beat. One hour alone is written as a range.

    Of rows with one plain hour beat takes those out that are not near, by an offset of January in whole hours.
    """
    told = slots.fields(each.cron)
    hour = told["hour"]
    return told | {"hour": f"{hour}-{hour}" if hour.isdigit() else hour, "timezone": each.zone}


def _says(row: PeriodicTask | None, each: Wanted) -> bool:
    if row is None or not row.enabled or row.task != TASK:
        return False
    if not each.cron:
        return bool(row.interval and (row.interval.every, row.interval.period) == (each.seconds, "seconds"))
    crontab = row.crontab
    return bool(crontab) and all(str(getattr(crontab, field)) == value for field, value in _crontab(each).items())


def _policy_rows() -> "QuerySet[PeriodicTask]":
    return PeriodicTask.objects.filter(name__startswith=PREFIX, task=TASK).select_related("crontab", "interval")


def _forget(rows: Iterable[PeriodicTask]) -> None:
    """With their times, which cascade to them."""
    for row in list(rows):
        times = row.crontab or row.interval
        (times or row).delete()
