"""Policies: made, changed, taken back, deleted and found, in the tenant in whose schema this thread is.

There is one for each scope: the tenant, a namespace, or a user. What a job does to a memory is decided by the nearest
policy that names the job: that of its user, then of its namespace, then of the tenant. A policy that is not enabled,
or outside its window, is as if it was not there; a job that it names and switches off is off.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from automation import registry, schedules, watching
from automation.checking import CHANGEABLE, check_window, checked
from automation.errors import BadPolicy, PolicyThere
from automation.models import Policy, PolicyVersion
from events import actors, ledger
from memory.errors import OutsideNamespaces, VersionConflict
from memory.privacy import gate
from memory.upkeep.plan import Reach
from tenants import bounds

MOST = 10_000  # policies of a tenant


@dataclass(frozen=True)
class Decision:
    """What a policy says of a job: the policy that decides, and its words."""

    policy: Policy
    enabled: bool
    threshold: int | None
    schedule: dict[str, Any] | None
    options: dict[str, Any]


def rows() -> QuerySet[Policy]:
    """The tenant's policies, newest first; of its own namespaces alone for who is bound to some."""
    found = Policy.objects.filter(tenant_id=_tenant_id()).order_by("-id")
    bound = bounds.current()
    return found.filter(namespace__in=bound) if bound else found


def find(policy_id: UUID) -> Policy | None:
    return rows().filter(pk=policy_id).first()


def of(namespace: str = "", user_id: str = "") -> Policy | None:
    """The policy of exactly this scope."""
    return rows().filter(namespace=namespace, user_id=user_id).first()


@transaction.atomic
def create(told: dict[str, Any], *, namespace: str = "", user_id: str = "") -> Policy:
    """A policy for a scope that has none. Raises BadPolicy, PolicyThere, OutsideNamespaces, Erased."""
    said = checked(told)
    _check_scope(namespace, user_id)
    check_window(said.get("starts_at"), said.get("ends_at"))
    policy = Policy(tenant_id=_tenant_id(), namespace=namespace, user_id=user_id)
    for name, value in ({"owner": actors.current()} | said).items():
        setattr(policy, name, value)
    try:
        with transaction.atomic():
            policy.save(force_insert=True)
    except IntegrityError:
        raise PolicyThere from None
    return _settled(policy, "policy.created")


def change(policy_id: UUID, changes: dict[str, Any], *, expected: int | None = None) -> Policy | None:
    """Change the given fields; None when there is no such policy. Raises BadPolicy, VersionConflict."""
    return _change(policy_id, checked(changes), expected)


def replace(policy_id: UUID, told: dict[str, Any], *, expected: int | None = None) -> Policy | None:
    """Say all of it anew: what is not said gets its default, but the owner stays. See `change`."""
    plain = Policy()
    defaults = {name: getattr(plain, name) for name in CHANGEABLE if name != "owner"}
    return _change(policy_id, defaults | checked(told), expected)


def restore(policy_id: UUID, version: int, *, expected: int | None = None) -> Policy | None:
    """Say again what a version said, as a version of its own. None when there is no such policy or version."""
    kept = PolicyVersion.objects.filter(policy__in=rows().filter(pk=policy_id), version=version).first()
    return _change(policy_id, checked(heard(kept.told)), expected) if kept else None


@transaction.atomic
def delete(policy_id: UUID, *, expected: int | None = None) -> bool:
    """With its versions and timers; its runs stay. Raises VersionConflict."""
    policy = _locked(policy_id, expected)
    if policy is None:
        return False
    watching.everyone(policy.tenant_id)  # a policy further away may decide now
    schedules.drop(policy)
    ledger.record("policy.deleted", policy, **_thin(policy))
    policy.delete()
    return True


def versions(policy_id: UUID) -> QuerySet[PolicyVersion]:
    """Newest first."""
    return PolicyVersion.objects.filter(policy__in=rows().filter(pk=policy_id)).order_by("-version")


def said(policy: Policy) -> dict[str, Any]:
    """What it says, as plain JSON values."""
    told = {name: getattr(policy, name) for name in CHANGEABLE}
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in told.items()}


def heard(told: dict[str, Any]) -> dict[str, Any]:
    """The other way round. Raises BadPolicy."""
    times = {name: told[name] for name in ("starts_at", "ends_at") if isinstance(told.get(name), str)}
    try:
        return told | {name: datetime.fromisoformat(value) for name, value in times.items()}
    except ValueError:
        raise BadPolicy(f"/{next(iter(times))}", "is a time with its zone") from None


def standing(found: Iterable[Policy], now: datetime | None = None) -> list[Policy]:
    """Those that hold now."""
    at = now or timezone.now()
    return [policy for policy in found if policy.enabled and not _outside(policy, at)]


def _outside(policy: Policy, now: datetime) -> bool:
    return bool((policy.starts_at and policy.starts_at > now) or (policy.ends_at and policy.ends_at <= now))


def effective(namespace: str = "", user_id: str = "", now: datetime | None = None) -> dict[str, Decision]:
    """What holds for a user's memories in a namespace, by job; a job that no policy names is not told."""
    near = standing(rows().filter(concerning(namespace, user_id)), now)
    decided: dict[str, Decision] = {}
    for policy in sorted(near, key=nearness):
        decided |= {name: _decision(policy, name) for name in policy.jobs if name in registry.JOBS}
    return decided


def concerning(namespace: str, user_id: str) -> Q:
    """Policies that a memory of this user in this namespace may fall under."""
    near = Q(namespace="", user_id="")
    near |= Q(namespace=namespace) if namespace else Q()
    return near | Q(user_id=user_id) if user_id else near


def nearness(policy: Policy) -> int:
    return 2 if policy.user_id else 1 if policy.namespace else 0


def _decision(policy: Policy, name: str) -> Decision:
    told = policy.jobs[name]
    number = told["threshold"] or registry.find(name).threshold or None
    return Decision(policy, told["enabled"], number, told["schedule"], told["options"])


def decision(policy: Policy, name: str) -> Decision | None:
    """What this policy says of a job; None when it does not name it, or nobody knows the job."""
    return _decision(policy, name) if name in policy.jobs and name in registry.JOBS else None


def reach_of(policy: Policy, job: str, now: datetime | None = None, *, among_users: bool = True) -> Reach:
    """Whose memories a job of this policy is for: not of those for whom a nearer policy names the job.

    Without `among_users` for a user of whom it is known that there is no policy of their own.
    """
    if policy.user_id:
        return Reach(user_id=policy.user_id)
    if policy.namespace and not among_users:
        return Reach(namespace=policy.namespace)
    others = Policy.objects.filter(tenant_id=policy.tenant_id, jobs__has_key=job).exclude(pk=policy.pk)
    others = others if among_users else others.filter(user_id="")
    nearer = standing(others.only("enabled", "starts_at", "ends_at", "namespace", "user_id"), now)
    users = tuple(sorted(other.user_id for other in nearer if other.user_id))
    if policy.namespace:
        return Reach(namespace=policy.namespace, except_users=users)
    spaces = tuple(sorted(other.namespace for other in nearer if other.namespace))
    return Reach(except_users=users, except_namespaces=spaces)


@transaction.atomic
def _change(policy_id: UUID, changes: dict[str, Any], expected: int | None) -> Policy | None:
    policy = _locked(policy_id, expected)
    if policy is None:
        return None
    changed = sorted(name for name, value in changes.items() if getattr(policy, name) != value)
    if not changed:
        return policy
    for name in changed:
        setattr(policy, name, changes[name])
    check_window(policy.starts_at, policy.ends_at)
    policy.version += 1
    policy.updated_at = timezone.now()
    policy.save(force_update=True)
    return _settled(policy, "policy.changed", fields=changed)


def _settled(policy: Policy, fact: str, **data: Any) -> Policy:
    """The version kept, the fact told, and what runs by itself in step, all in the transaction that changed it."""
    PolicyVersion.objects.create(
        policy=policy, version=policy.version, told=said(policy), actor=actors.current(), created_at=policy.updated_at
    )
    ledger.record(fact, policy, **_thin(policy), **data)
    watching.changed(policy)
    schedules.sync(policy)
    return policy


def _locked(policy_id: UUID, expected: int | None) -> Policy | None:
    policy = rows().select_for_update(no_key=True).filter(pk=policy_id).first()
    if policy and expected is not None and policy.version != expected:
        raise VersionConflict(policy.version)
    return policy


def _check_scope(namespace: str, user_id: str) -> None:
    if namespace and user_id:
        raise BadPolicy("/user_id", "goes without a namespace: a policy is for one of both, or for the tenant")
    for name, value in (("namespace", namespace), ("user_id", user_id)):
        if len(value) > 255:
            raise BadPolicy(f"/{name}", "is text of at most 255 letters")
    bound = bounds.current()
    if bound and namespace not in bound:
        raise OutsideNamespaces(namespace or "*")
    gate.admit_user(user_id)
    if Policy.objects.filter(tenant_id=_tenant_id()).count() >= MOST:
        raise BadPolicy("", f"is one too many: a tenant has {MOST} at most")


def _thin(policy: Policy) -> dict[str, Any]:
    return {"namespace": policy.namespace, "user_id": policy.user_id, "version": policy.version}


def _tenant_id() -> UUID:
    tenant_id = ledger.current_tenant_id()
    assert tenant_id is not None
    return tenant_id
