"""Suggested changes of policies: looked for, tried, accepted and rejected, in the tenant one stands in.

A suggestion follows from a recommendation. Nothing of it holds until somebody accepts it: then the policy of its
domain says so, as if a person had written it. It is withdrawn when its reason is gone, or the policy says so by itself.
"""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Count
from django.utils import timezone

from analytics import advising
from analytics.algorithms import remedies
from analytics.algorithms.advice import Advice
from analytics.errors import Decided
from analytics.history import WEEK, Asked
from analytics.models import LearningEvent, Suggestion
from automation import asking, falling, policies, registry, simulate
from automation.models import Policy, TaskRun
from automation.simulate import Simulation
from events import actors, ledger
from memory.upkeep.plan import Reach

LEAST = 20  # events of a week, below which nothing is suggested
MOST = 200  # domains that one look takes up, those with most events first
REST = timedelta(days=14)  # after a decision, before the same is suggested again
NAME = "What was learned"  # of a policy that accepting makes
State = Suggestion.State
Wanted = dict[tuple[str, str], tuple[Advice, dict[str, Any]]]  # by reason and job


def look(now: datetime | None = None) -> int:
    """Suggest what the learning history of each domain asks for, and withdraw what it asks for no more; how many new.

    A tick calls it each night, and whoever wants to. Two at once suggest a thing once.
    """
    at = now or timezone.now()
    open_ones = Suggestion.objects.filter(state=State.OPEN).order_by().values_list("domain", flat=True).distinct()
    return sum(_look_at(domain, at) for domain in dict.fromkeys([*_busy(at), *open_ones]))


def _busy(now: datetime) -> list[str]:
    rows = LearningEvent.objects.filter(occurred_at__gt=now - WEEK, occurred_at__lte=now).order_by().values("domain")
    found = rows.annotate(n=Count("pk")).filter(n__gte=LEAST).order_by("-n", "domain")
    return list(found.values_list("domain", flat=True)[:MOST])


@transaction.atomic
def _look_at(domain: str, now: datetime) -> int:
    wanted = _wanted(domain, now)
    for row in Suggestion.objects.filter(domain=domain, state=State.OPEN).order_by("id"):
        said = wanted.get((row.reason, row.job))
        if said is None or said[1] != row.change:
            _settle(row, State.WITHDRAWN, now)
    rested = _resting(domain, now)
    return sum(_suggest(domain, *wanted[key], key[1]) for key in wanted if key not in rested)


def _wanted(domain: str, now: datetime) -> Wanted:
    if LearningEvent.objects.filter(domain=domain, occurred_at__gt=now - WEEK, occurred_at__lte=now).count() < LEAST:
        return {}
    own = policies.of(namespace=domain)
    if own and not policies.standing([own], now):
        return {}  # what it would be told holds for nobody
    decided = policies.effective(namespace=domain, now=now)
    found: Wanted = {}
    for advice in advising.recommendations(Asked(domain=domain), now):
        remedy = remedies.REMEDIES[advice.rule]
        said = decided.get(remedy.job)
        change = remedies.change(remedy, bool(said and said.enabled), said.options if said else {})
        if change and remedy.job in registry.JOBS:
            found[advice.rule, remedy.job] = advice, change
    return found


def _resting(domain: str, now: datetime) -> set[tuple[str, str]]:
    """What was suggested and is open, or was decided a while ago."""
    rows = Suggestion.objects.filter(domain=domain)
    lately = rows.filter(state__in=(State.ACCEPTED, State.REJECTED), decided_at__gt=now - REST)
    return set((rows.filter(state=State.OPEN) | lately).values_list("reason", "job"))


def _suggest(domain: str, advice: Advice, change: dict[str, Any], job: str) -> bool:
    remedy = remedies.REMEDIES[advice.rule]
    row = Suggestion(
        domain=domain, reason=advice.rule, priority=advice.priority, says=f"{advice.description} {remedy.says}",
        expected_impact=remedy.impact, numbers=advice.numbers, job=job, change=change,
    )  # fmt: skip
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:  # another look was faster
        return False
    ledger.record("suggestion.created", row, **_thin(row))
    return True


def try_out(suggestion_id: UUID) -> tuple[Suggestion, TaskRun] | None:
    """Start a dry run of what is suggested, which the suggestion remembers; None when there is no such suggestion."""
    row = Suggestion.objects.filter(pk=suggestion_id).first()
    if row is None:
        return None
    reach = reach_of(row)
    with transaction.atomic():
        run = asking.start(row.job, Reach(reach.namespace), row.change["options"], dry_run=True)
        Suggestion.objects.filter(pk=row.pk).update(run_id=run.pk)
    row.run_id = run.pk
    return row, run


def simulated(row: Suggestion, now: datetime | None = None) -> Simulation:
    """What would be done at once if it was accepted, and what the saved questions would lose; nothing is written."""
    return simulate.simulate(row.job, reach_of(row), row.change["options"], now)


def reach_of(row: Suggestion) -> Reach:
    """Whose memories the policy of its domain decides about: not of users who have a policy that names the job."""
    tenant_id = ledger.current_tenant_id()
    assert tenant_id is not None
    own = policies.of(namespace=row.domain) or Policy(tenant_id=tenant_id, namespace=row.domain)
    return policies.reach_of(own, row.job)


def accept(suggestion_id: UUID, now: datetime | None = None, *, accept_loss: bool = False) -> Suggestion | None:
    """Let the policy of its domain say so from now on; None when there is no such suggestion.

    Raises Decided, QualityWouldFall unless that is accepted, and what automation.policies raises.
    """
    row = Suggestion.objects.filter(pk=suggestion_id, state=State.OPEN).first()
    if row and not accept_loss:  # before the row is locked: it may take seconds
        policy, told = asks_of(row)
        falling.check_policy(told, policy, namespace="" if policy else row.domain)
    return _accept(suggestion_id, now or timezone.now())


@transaction.atomic
def _accept(suggestion_id: UUID, now: datetime) -> Suggestion | None:
    row = _open(suggestion_id)
    if row is None:
        return None
    policy, told = asks_of(row)
    policy = policies.change(policy.pk, told) if policy else policies.create(told, namespace=row.domain)
    row.policy_id = policy.pk if policy else None
    _settle(row, State.ACCEPTED, now)
    return row


def asks_of(row: Suggestion) -> tuple[Policy | None, dict[str, Any]]:
    """The policy of its domain, None where there is none yet, and what it would be told by accepting."""
    policy = policies.of(namespace=row.domain)
    if policy:
        return policy, {"jobs": policy.jobs | {row.job: row.change}}
    return None, {"name": NAME, "type": Policy.Type.SCHEDULE.value, "jobs": {row.job: row.change}}


@transaction.atomic
def reject(suggestion_id: UUID, now: datetime | None = None) -> Suggestion | None:
    """It is not suggested again for a while; None when there is no such suggestion. Raises Decided."""
    row = _open(suggestion_id)
    if row:
        _settle(row, State.REJECTED, now or timezone.now())
    return row


def _open(suggestion_id: UUID) -> Suggestion | None:
    row = Suggestion.objects.select_for_update().filter(pk=suggestion_id).first()
    if row and row.state != State.OPEN:
        raise Decided
    return row


def _settle(row: Suggestion, state: Suggestion.State, now: datetime) -> None:
    """Decide an open one, once; whoever comes second changes nothing."""
    told = {"state": state, "decided_at": now, "decided_by": actors.current(), "policy_id": row.policy_id}
    if not Suggestion.objects.filter(pk=row.pk, state=State.OPEN).update(**told):
        return
    for name, value in told.items():
        setattr(row, name, value)
    ledger.record(f"suggestion.{state.value}", row, **_thin(row))


def listed(state: str = "", domain: str = "") -> Any:
    """Suggestions of a state and a domain, or all, unordered."""
    named = {"state": state, "domain": domain}
    return Suggestion.objects.filter(**{name: value for name, value in named.items() if value})


def _thin(row: Suggestion) -> dict[str, Any]:
    return {"namespace": row.domain, "reason": row.reason, "job": row.job}
