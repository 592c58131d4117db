"""Starts that nobody asked for by the clock: thresholds that are crossed, and jobs that follow upon writing.

The relay's reader only notes where something changed. Looking is done by a worker: it takes a note away, counts, and
starts a run where a user's memories have come to a policy's number. A crossing is a row, so that there is one run for
it, whoever looks; when the user falls below the number the row goes, and the next crossing counts anew.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from django.db import transaction
from django.db.models import Count, Q
from django.utils import timezone
from django_tenants.utils import tenant_context

from automation import due, pauses, policies, registry, runner, watching
from automation.errors import AutomationError
from automation.models import Crossing, Policy, Timer, Watch
from automation.policies import Decision
from events import actors
from events.models import Event
from memory.errors import LibraryError
from memory.upkeep.plan import EVERYBODY, Reach
from tenants.models import Tenant

log = structlog.get_logger(__name__)
NOTES = 500  # that one look takes
MANY = 500  # users whose crossings one transaction tells
AGAIN = timedelta(minutes=15)  # after which a crossing is looked at again: memories expire, which nobody tells
KINDS = (Policy.Type.THRESHOLD, Policy.Type.CONTINUOUS)
OURS = ("policy:", "task:")  # actors whose writing is the housekeeper's own
Started = set[tuple[UUID, str]]
Asked = tuple[Policy, str, Decision]


def notice(tenant_id: UUID, batch: list[Event]) -> None:
    """A reader of the relay: note where memories changed, if a policy wants to know."""
    places: dict[watching.Place, bool] = {}
    for event in batch:
        if event.type.startswith("memory.") and "user_id" in event.data:
            place = (event.data["namespace"], event.data["user_id"])
            places[place] = places.get(place, False) or not event.actor.startswith(OURS)
    if wanted := _wanted(tenant_id, places):
        watching.note(tenant_id, wanted)


def _wanted(tenant_id: UUID, places: dict[watching.Place, bool]) -> dict[watching.Place, bool]:
    if not places:
        return {}
    spaces, users = {space for space, _ in places if space}, {user for _, user in places if user}
    near = Q(namespace="", user_id="") | Q(namespace__in=spaces) | Q(user_id__in=users)
    rows = Policy.objects.filter(near, tenant_id=tenant_id, enabled=True, type__in=KINDS)
    scopes = set(rows.values_list("namespace", "user_id"))
    if ("", "") in scopes:
        return places
    return {place: told for place, told in places.items() if {(place[0], ""), ("", place[1])} & scopes}


def look(now: datetime | None = None, tenant_id: UUID | None = None) -> int:
    """Take notes, of one tenant or of all, and start what they ask for; how many notes."""
    at = now or timezone.now()
    notes = Watch.objects.filter(tenant__state=Tenant.State.ACTIVE).order_by("id")
    notes = notes.filter(tenant=tenant_id) if tenant_id else notes
    taken = 0
    for tenant in Tenant.objects.filter(pk__in=notes.order_by().values("tenant_id").distinct()):
        if not pauses.standing(tenant.pk, at):
            own = list(notes.filter(tenant=tenant).values_list("pk", flat=True)[:NOTES])
            with tenant_context(tenant):
                taken += sum(_take(pk, at) for pk in own)
    return taken


def look_again(now: datetime | None = None) -> None:
    """Note again who crossed a while ago."""
    at = now or timezone.now()
    old = Crossing.objects.filter(looked_at__lt=at - AGAIN).select_related("policy").order_by("looked_at")[:NOTES]
    found = list(old)
    for tenant_id in {crossing.policy.tenant_id for crossing in found}:
        own = [crossing for crossing in found if crossing.policy.tenant_id == tenant_id]
        with transaction.atomic():
            watching.note(tenant_id, {(crossing.policy.namespace, crossing.user_id): False for crossing in own})
            Crossing.objects.filter(pk__in=[crossing.pk for crossing in own]).update(looked_at=at)


def look_at_all() -> None:
    """Note every tenant that has thresholds: a policy's window begins, and a note may have been lost."""
    kind = Policy.objects.filter(type=Policy.Type.THRESHOLD, enabled=True, tenant__state=Tenant.State.ACTIVE)
    for tenant_id in kind.values_list("tenant_id", flat=True).distinct():
        with transaction.atomic():
            watching.everyone(tenant_id)


def _take(pk: int, now: datetime) -> bool:
    """One note. What it wakes that may run at once is started afterwards."""
    with transaction.atomic():
        note = Watch.objects.select_for_update(skip_locked=True).filter(pk=pk).first()
        if note is None:
            return False
        # Deleted before anything is counted: who writes from now on waits for this to end, and then notes anew.
        tenant_id = note.tenant_id
        note.delete()
        woken = _everyone(tenant_id, now) if note.everyone else _one(note, now)
    for policy_id, job in sorted(woken):
        due.due(policy_id, job, now)
    return True


def _one(note: Watch, now: datetime) -> Started:
    near = policies.standing(policies.rows().filter(policies.concerning(note.namespace, note.user_id)), now)
    woken: Started = set()
    counts: dict[Reach, int] = {}
    for policy, job, said in _deciding(near):
        if policy.type == Policy.Type.CONTINUOUS:
            woken |= _wake(policy, job, now) if note.written else set()
        elif policy.type == Policy.Type.THRESHOLD and said.threshold and note.user_id:
            reach = replace(policies.reach_of(policy, job, now, among_users=False), user_id=note.user_id)
            # No more are counted than tell whether the number is reached.
            key = replace(reach, user_id=f"{said.threshold}:{note.user_id}")
            if key not in counts:
                counts[key] = reach.rows().live().order_by()[: said.threshold].count()
            _cross(said, job, reach, counts[key] >= said.threshold, now)
    return woken


def _deciding(near: Iterable[Policy]) -> Iterator[Asked]:
    """Of policies near to a memory, each job with the policy that decides about it, where that says yes."""
    decided: dict[str, Policy] = {}
    for policy in sorted(near, key=policies.nearness):
        decided |= dict.fromkeys((job for job in policy.jobs if job in registry.JOBS), policy)
    for job, policy in sorted(decided.items()):
        if (said := policies.decision(policy, job)) and said.enabled:
            yield policy, job, said


def _wake(policy: Policy, job: str, now: datetime) -> Started:
    """Let a job that follows upon writing be due, once in every REST."""
    timer = Timer.objects.filter(policy=policy, job=job, by=Timer.By.WRITES).first()
    if timer is None:
        return set()
    at = max(now, timer.last_at + due.REST) if timer.last_at else now
    Timer.objects.filter(pk=timer.pk, next_at=None).update(next_at=at)
    return {(policy.pk, job)} if at <= now else set()


def _cross(said: Decision, job: str, reach: Reach, above: bool, now: datetime) -> None:
    mine = {"policy": said.policy, "job": job, "user_id": reach.user_id}
    if not above:
        Crossing.objects.filter(**mine).delete()
        return
    crossing, new = Crossing.objects.get_or_create(**mine, defaults={"crossed_at": now, "looked_at": now})
    if new:
        _start(said, job, reach)
    else:
        Crossing.objects.filter(pk=crossing.pk).update(looked_at=now)


def _start(said: Decision, job: str, reach: Reach) -> None:
    try:
        with transaction.atomic(), actors.acting_as(f"policy:{said.policy.pk}"):
            runner.start(job, reach, said.options, policy=said.policy)
    except (AutomationError, LibraryError) as error:  # said by an older version of the job
        log.warning("a policy's job cannot be run", policy=str(said.policy.pk), job=job, error=str(error))


def _everyone(tenant_id: UUID, now: datetime) -> Started:
    """All users of the tenant, for all its thresholds; what no policy asks for any more is forgotten."""
    asked: list[Asked] = []
    for policy in policies.standing(policies.rows().filter(type=Policy.Type.THRESHOLD, enabled=True), now):
        told = ((policy, job, policies.decision(policy, job)) for job in sorted(policy.jobs))
        asked += [(policy, job, said) for policy, job, said in told if said and said.enabled and said.threshold]
    _forget(tenant_id, {(policy.pk, job) for policy, job, _ in asked})
    _owners([each for each in asked if each[0].user_id], now)
    more = [_all_of(*each, now) for each in asked if not each[0].user_id]
    if any(more):
        watching.everyone(tenant_id)
    return set()


def _forget(tenant_id: UUID, kept: set[tuple[UUID, str]]) -> None:
    rows = Crossing.objects.filter(policy__tenant=tenant_id)
    for policy_id, job in set(rows.values_list("policy_id", "job")) - kept:
        rows.filter(policy=policy_id, job=job).delete()


def _owners(asked: list[Asked], now: datetime) -> None:
    """Users with a policy of their own, all in one count."""
    own = EVERYBODY.rows().live().filter(user_id__in={policy.user_id for policy, _, _ in asked}).order_by()
    counts = dict(own.values("user_id").annotate(n=Count("pk")).values_list("user_id", "n")) if asked else {}
    there = set(Crossing.objects.filter(policy__in=[each[0] for each in asked]).values_list("policy_id", "job"))
    for policy, job, said in asked:
        above = counts.get(policy.user_id, 0) >= (said.threshold or 0)
        if above != ((policy.pk, job) in there):
            _cross(said, job, Reach(user_id=policy.user_id), above, now)


def _all_of(policy: Policy, job: str, said: Decision, now: datetime) -> bool:
    """Cross and take back for all users of a policy; whether there were too many for one time."""
    reach = policies.reach_of(policy, job, now)
    users: Any = reach.rows().live().exclude(user_id="").order_by().values("user_id").annotate(n=Count("pk"))
    above = set(users.filter(n__gte=said.threshold).values_list("user_id", flat=True))
    there = set(Crossing.objects.filter(policy=policy, job=job).values_list("user_id", flat=True))
    Crossing.objects.filter(policy=policy, job=job, user_id__in=there - above).delete()
    new = sorted(above - there)
    own = replace(reach, except_users=())
    for user in new[:MANY]:
        _cross(said, job, replace(own, user_id=user), above=True, now=now)
    return len(new) > MANY
