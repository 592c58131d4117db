"""The gate before a policy: whether saved questions would lose answers by it that they keep under it as it is."""

import time
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any
from uuid import UUID

from django.utils import timezone

from automation import policies, registry
from automation.checking import CHANGEABLE, checked
from automation.models import Policy
from events import ledger
from memory import losing, measuring
from memory.algorithms import judging
from memory.losing import Answers
from memory.upkeep.plan import Change, Reach

# Jobs that take no memory away, and those whose plan a writer's model may be paid for: the simulator shows these, and
# the next evaluation tells what they did.
KEEPING = {
    "compress", "consolidate", "decay", "evaluate", "health_check", "reembed", "rescore", "retier", "screen",
    "summarize",
}  # fmt: skip
LONGEST = 20.0  # seconds of planning; what takes longer is not waited for, the simulator shows it


class _TooLong(Exception):
    pass


def check_policy(
    told: Mapping[str, Any],
    policy: Policy | None = None,
    *,
    namespace: str = "",
    user_id: str = "",
    whole: bool = False,
) -> None:
    """Raises QualityWouldFall where the questions would find less with a policy that says `told` than now.

    `policy` is the one that is changed, None for a new one of this scope; `whole`: what is not told gets its default.
    Nothing is written. A plan that takes too long is let pass. Raises BadPolicy, BadOption too.
    """
    new = _imagined(told, policy, namespace, user_id, whole=whole)
    jobs = _moved(policy, new)
    if not jobs:
        return
    asked = list(measuring.expecting(Reach(new.namespace, new.user_id))[: measuring.GATED])
    if not asked:
        return
    try:
        until = time.monotonic() + LONGEST
        before = _taken(policy, jobs, until) if policy else set()
        after = _taken(new, jobs, until)
    except _TooLong:
        return
    if after - before:
        answers = losing.asked(asked)
        measuring.refuse_fall(_without(answers, before), _without(answers, before | after))


def check_version(policy: Policy, version: int) -> None:
    """The same of what a version of a policy said. Raises QualityWouldFall."""
    kept = policies.versions(policy.pk).filter(version=version).first()
    if kept:
        check_policy(policies.heard(kept.told), policy)


def _imagined(told: Mapping[str, Any], policy: Policy | None, namespace: str, user_id: str, *, whole: bool) -> Policy:
    """The policy as it would be; not to be saved."""
    tenant_id = ledger.current_tenant_id()
    assert tenant_id
    new = Policy(tenant_id=tenant_id, namespace=namespace, user_id=user_id)
    if policy:
        new.namespace, new.user_id = policy.namespace, policy.user_id
        new.pk = policy.pk  # so that its own row is not taken for a nearer one
        for name in () if whole else CHANGEABLE:
            setattr(new, name, getattr(policy, name))
    for name, value in checked(dict(told)).items():
        setattr(new, name, value)
    return new


def _on(policy: Policy | None) -> dict[str, Any]:
    """The options of the jobs that it switches on and that may take memories away; none while it does not hold."""
    if policy is None or not policy.enabled or (policy.ends_at and policy.ends_at <= timezone.now()):
        return {}
    told = {name: said for name, said in policy.jobs.items() if name in registry.JOBS and name not in KEEPING}
    return {name: said.get("options", {}) for name, said in told.items() if said.get("enabled")}


def _moved(before: Policy | None, after: Policy) -> list[str]:
    """The jobs that would do something else than before."""
    was, will = _on(before), _on(after)
    return sorted(name for name in will if name not in was or was[name] != will[name])


def _taken(policy: Policy, jobs: Iterable[str], until: float) -> set[UUID]:
    """What these jobs of a policy would take away if they ran now."""
    gone: set[UUID] = set()
    now = timezone.now()
    for name, told in _on(policy).items():
        if name in jobs:
            job = registry.find(name)
            reach = policies.reach_of(policy, name)
            changes = job.plan(reach, registry.read_options(job, told), now)
            gone |= {key for change in _in_time(changes, until) for key in losing.takes_away(change, now)}
    return gone


def _in_time(changes: Iterable[Change], until: float) -> Iterator[Change]:
    for change in changes:
        if time.monotonic() > until:
            raise _TooLong
        yield change


def _without(answers: list[Answers], gone: Collection[UUID]) -> measuring.Measured:
    """The questions as they are answered when some memories are gone."""
    lines = []
    for one in answers:
        ranked = [str(key) for key in one.hits if key not in gone]
        expected = [str(key) for key in one.question.expected]
        lines.append(judging.judge(str(one.question.pk), ranked, expected, one.question.limit))
    return measuring.Measured(tuple(lines))
