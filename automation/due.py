"""Starting what is due. Beat hints, a tick looks for what it missed, and the timer's row says who was first.

A slot is claimed by moving the timer on, in the transaction that starts the run under the unique (policy, slot). So
it runs once, whoever asks, however often, and also when everything was restarted in between.
"""

import time
from datetime import UTC, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import structlog
from django.db import transaction
from django.utils import timezone
from django_tenants.utils import tenant_context

from automation import pauses, policies, runner, schedules, slots
from automation.errors import AutomationError
from automation.models import Policy, TaskRun, Timer
from events import actors, ledger
from memory.errors import LibraryError
from tenants.models import Tenant
from tenants.tasks import check_schema

log = structlog.get_logger(__name__)
LATE = timedelta(minutes=5)  # a slot is missed when nobody came for so long
REST = timedelta(seconds=60)  # between two starts of a job that runs after writes
TIMERS = 500  # that are looked at together
TICK = 45.0  # seconds that one tick goes on


def due(policy_id: UUID, job: str, now: datetime | None = None) -> list[TaskRun]:
    """Start the job of a policy where a slot of it is due, inside its tenant's schema; what was started."""
    at = now or timezone.now()
    found = [_claim(policy_id, job, by, at) for by in Timer.By]
    return [run for run in found if run]


def catch_up(now: datetime | None = None) -> int:
    """What is due anywhere and nobody came for; how many runs it began."""
    at, ends, begun = now or timezone.now(), time.monotonic() + TICK, 0
    while True:
        waiting = _waiting(at)
        new = sum(_in_tenant(tenant_id, policy_id, job, at) for policy_id, job, tenant_id in waiting)
        begun += new
        if not new or len(waiting) < TIMERS or time.monotonic() > ends:
            return begun


def _waiting(now: datetime) -> list[tuple[UUID, str, UUID]]:
    """Policy, job and tenant of timers that are due, the oldest first; not of tenants that rest, for those stay due."""
    rows = Timer.objects.filter(next_at__lte=now, policy__tenant__state=Tenant.State.ACTIVE).order_by("next_at")
    resting = pauses.resting(now)
    if None in resting:
        return []
    told = rows.exclude(policy__tenant__in=resting).values_list("policy_id", "job", "policy__tenant_id")
    return list(dict.fromkeys(told[:TIMERS]))


def _in_tenant(tenant_id: UUID, policy_id: UUID, job: str, now: datetime) -> int:
    tenant = Tenant.objects.get(pk=tenant_id)
    try:
        with tenant_context(tenant):
            check_schema(tenant)
            return len(due(policy_id, job, now))
    except Exception:  # one that nobody can work out must not keep the others waiting
        log.exception("what is due cannot be started", policy=str(policy_id), job=job)
        return 0


@transaction.atomic
def _claim(policy_id: UUID, job: str, by: str, now: datetime) -> TaskRun | None:
    # The policy first, as whoever changes it does: the other way round the two would wait for each other.
    policy = Policy.objects.select_for_update(no_key=True).filter(pk=policy_id).first()
    timer = Timer.objects.filter(policy=policy_id, job=job, by=by, next_at__lte=now).first()
    if policy is None or timer is None or pauses.standing(policy.tenant_id, now):
        return None
    with actors.acting_as(f"policy:{policy.pk}"):
        return _after_writes(policy, timer, now) if by == Timer.By.WRITES else _slot(policy, timer, now)


def _after_writes(policy: Policy, timer: Timer, now: datetime) -> TaskRun | None:
    slot = f"{timer.job}~{_told(timer.next_at or now)}"
    timer.next_at, timer.last_at = None, now
    timer.save(update_fields=["next_at", "last_at"])
    return _start(policy, timer.job, slot, now)


def _slot(policy: Policy, timer: Timer, now: datetime) -> TaskRun | None:
    """Claim the latest slot; what was missed before it is said, and not run."""
    first = timer.next_at
    assert first is not None
    until = min(now, policy.ends_at) if policy.ends_at else now
    zone, schedule = ZoneInfo(timer.zone), schedules.schedule_of(timer)
    latest = slots.last_due(schedule, zone, first, until) or first
    passed = slots.count(schedule, zone, first, latest)  # and the first one
    runs = policy.misfire == Policy.Misfire.RUN_ONCE or now - latest <= LATE
    timer.next_at = schedules.following(timer, policy, latest)
    timer.last_at = now if runs else timer.last_at
    timer.save(update_fields=["next_at", "last_at"])
    if missed := passed + (not runs):
        ledger.record("schedule.missed", policy, tenant_id=policy.tenant_id, job=timer.job, slots=missed, ran=runs)
    return _start(policy, timer.job, f"{timer.job}@{_told(latest)}", now) if runs else None


def _start(policy: Policy, job: str, slot: str, now: datetime) -> TaskRun | None:
    """None when the slot is claimed, or the policy says nothing of the job that could be run now."""
    said = policies.decision(policy, job)
    if said is None or not said.enabled or not policies.standing([policy], now):
        return None
    try:
        with transaction.atomic():
            reach = policies.reach_of(policy, job, now)
            return runner.start(job, reach, said.options, policy=policy, slot=slot)
    except (AutomationError, LibraryError) as error:  # said by an older version of the job
        log.warning("a policy's job cannot be run", policy=str(policy.pk), job=job, error=str(error))
        return None


def _told(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")
