"""Noting that thresholds are to be looked at; the looking is in automation.triggers."""

from collections.abc import Mapping
from uuid import UUID

from automation.models import Crossing, Policy, Watch
from events import poke

Place = tuple[str, str]  # namespace and user
ONCE = ["tenant", "namespace", "user_id", "everyone"]


def note(tenant_id: UUID, places: Mapping[Place, bool]) -> None:
    """Something changed there; true: since a caller wrote. In the caller's transaction, two statements at most."""
    rows = [Watch(tenant_id=tenant_id, namespace=n, user_id=u, written=w) for (n, u), w in sorted(places.items())]
    if written := [row for row in rows if row.written]:
        Watch.objects.bulk_create(written, update_conflicts=True, update_fields=["written"], unique_fields=ONCE)
    if others := [row for row in rows if not row.written]:
        Watch.objects.bulk_create(others, ignore_conflicts=True)
    poke.after_commit("automation.tasks.look", str(tenant_id))


def everyone(tenant_id: UUID) -> None:
    """All users of the tenant: what is said of thresholds has changed."""
    Watch.objects.bulk_create([Watch(tenant_id=tenant_id, everyone=True)], ignore_conflicts=True)
    poke.after_commit("automation.tasks.look", str(tenant_id))


def changed(policy: Policy) -> None:
    """What a policy says of thresholds may have changed: for its user, or for everyone."""
    counted = [job for job, told in policy.jobs.items() if told["enabled"]]
    standing = policy.enabled and policy.type == Policy.Type.THRESHOLD
    Crossing.objects.filter(policy=policy).exclude(job__in=counted if standing else []).delete()
    if policy.user_id:
        note(policy.tenant_id, {("", policy.user_id): False})
    else:
        everyone(policy.tenant_id)
