"""What will run by itself: the slots of all policies in a span of time, and where they meet."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import QuerySet

from automation import pauses, schedules, slots
from automation.checking import YEARS
from automation.errors import BadPolicy
from automation.models import Pause, Policy, Timer
from tenants.models import Tenant

LONGEST = timedelta(days=31)
MOST = 5_000  # slots that are told
OF_ONE = 500  # of one schedule
NEAR = timedelta(minutes=5)
CROWD = 30  # runs that begin in one minute, and more are told as a crowd


@dataclass(frozen=True)
class Planned:
    """One slot. `paused`: a pause lies over it, and it waits for the end of that."""

    at: datetime
    policy: Policy
    job: str
    paused: bool

    @property
    def scope(self) -> tuple[UUID, str, str]:
        return self.policy.tenant_id, self.policy.namespace, self.policy.user_id


@dataclass(frozen=True)
class Collision:
    """`kind` is `same_scope`, for two jobs on the same memories at nearly the same time, or `crowd`."""

    kind: str
    at: datetime
    runs: tuple[Planned, ...]


@dataclass(frozen=True)
class Calendar:
    runs: tuple[Planned, ...]
    collisions: tuple[Collision, ...]
    truncated: bool


def between(
    since: datetime,
    until: datetime,
    found: QuerySet[Policy],
    *,
    tenant_id: UUID | None = None,
    near: timedelta = NEAR,
    crowd: int = CROWD,
) -> Calendar:
    """The slots of these policies from `since` to `until`, by time. Three queries. Raises BadPolicy.

    `tenant_id` says whose pauses count; None: each tenant's own.
    """
    if since.year not in YEARS:
        raise BadPolicy("/since", f"is from {YEARS.start} to {YEARS.stop - 1}")
    if not since < until <= since + LONGEST:
        raise BadPolicy("/until", f"is not after since, or more than {LONGEST.days} days after it")
    timers = Timer.objects.filter(policy__in=found, by=Timer.By.CLOCK, policy__tenant__state=Tenant.State.ACTIVE)
    rests = list(pauses.of(tenant_id).filter(starts_at__lt=until, ends_at__gt=since))
    told: list[Planned] = []
    more = False
    for timer in timers.select_related("policy__tenant").order_by("pk"):
        own = [_planned(timer, at, rests) for at in _slots(timer, since, until)]
        more = more or len(own) > OF_ONE
        told += own[:OF_ONE]
    told.sort(key=lambda planned: (planned.at, str(planned.policy.pk), planned.job))
    runs = tuple(told[:MOST])
    return Calendar(runs, (*_same_scope(runs, near), *_crowds(runs, crowd)), more or len(told) > MOST)


def _slots(timer: Timer, since: datetime, until: datetime) -> list[datetime]:
    """Up to one more than OF_ONE, from where the timer stands on."""
    if timer.next_at is None:
        return []
    found = [timer.next_at] if since <= timer.next_at < until else []
    ends = timer.policy.ends_at
    for slot in slots.after(schedules.schedule_of(timer), ZoneInfo(timer.zone), max(timer.next_at, since - NOTHING)):
        if slot >= until or (ends and slot > ends) or len(found) > OF_ONE:
            break
        found.append(slot)
    return found


NOTHING = timedelta(microseconds=1)


def _planned(timer: Timer, at: datetime, rests: Iterable[Pause]) -> Planned:
    tenant = timer.policy.tenant_id
    paused = any(rest.tenant_id in (None, tenant) and rest.starts_at <= at < rest.ends_at for rest in rests)
    return Planned(at, timer.policy, timer.job, paused)


def _same_scope(runs: Iterable[Planned], near: timedelta) -> list[Collision]:
    """Two that follow each other closely on the same memories; three are one collision."""
    groups: dict[Any, list[list[Planned]]] = defaultdict(list)
    for planned in runs:
        mine = groups[planned.scope]
        if mine and planned.at - mine[-1][-1].at <= near and planned.job not in {each.job for each in mine[-1]}:
            mine[-1].append(planned)
        else:
            mine.append([planned])
    met = [group for mine in groups.values() for group in mine if len(group) > 1]
    return [Collision("same_scope", group[0].at, tuple(group)) for group in sorted(met, key=lambda each: each[0].at)]


def _crowds(runs: Iterable[Planned], crowd: int) -> list[Collision]:
    minutes: dict[datetime, list[Planned]] = defaultdict(list)
    for planned in runs:
        minutes[planned.at.replace(second=0, microsecond=0)].append(planned)
    return [Collision("crowd", at, tuple(group)) for at, group in minutes.items() if len(group) > crowd]
