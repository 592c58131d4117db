"""The states of a tenant: suspend, resume, ask for its deletion, restore.

    active <-> suspended        active, suspended -> deleting -> erasing -> gone, with a receipt
                                deleting -> suspended or active (restore)

Only `active` is served: keys, tasks and sockets ask for it. Each step is a conditional update, so two at once are one.
"""

from collections.abc import Iterable
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from events import actors, ledger
from tenants.errors import WrongName, WrongState
from tenants.models import Tenant

State = Tenant.State


def suspend(tenant_id: UUID, reason: str) -> Tenant:
    """Close a tenant: whatever comes with its keys is refused, its tasks end. Raises WrongState."""
    return _step(tenant_id, [State.ACTIVE], "tenant.suspended", state=State.SUSPENDED, reason=reason)


def resume(tenant_id: UUID) -> Tenant:
    """Open a suspended tenant again. Raises WrongState."""
    return _step(tenant_id, [State.SUSPENDED], "tenant.resumed", state=State.ACTIVE, reason="")


def ask_deletion(tenant_id: UUID, slug: str) -> Tenant:
    """Close a tenant, and delete it TENANT_GRACE_DAYS later unless it is restored.

    `slug` is what the asker typed. Raises WrongName when it is another tenant's, WrongState.
    """
    if slug != Tenant.objects.values_list("slug", flat=True).get(pk=tenant_id):
        raise WrongName
    after = timezone.now() + timedelta(days=settings.TENANT_GRACE_DAYS)
    values = {"state": State.DELETING, "delete_after": after, "delete_asked_by": actors.current()}
    return _step(tenant_id, [State.ACTIVE, State.SUSPENDED], "tenant.deletion_asked", **values)


def is_open(tenant_id: UUID | None) -> bool:
    """Whether a tenant is served now; what runs long asks this between its steps."""
    return Tenant.objects.filter(pk=tenant_id, state=State.ACTIVE).exists()


def closed() -> list[UUID]:
    """Tenants that are not served now."""
    return list(Tenant.objects.exclude(state=State.ACTIVE).values_list("id", flat=True))


def opened() -> QuerySet[Tenant]:
    """Tenants that are served now, by slug; not the scratch ones of self-tests."""
    return Tenant.objects.filter(state=State.ACTIVE, scratch=False).order_by("slug")


@transaction.atomic
def restore(tenant_id: UUID) -> Tenant:
    """Take the wish to delete back: the tenant is what it was, suspended or active. Raises WrongState."""
    kept = {"delete_after": None, "delete_asked_by": ""}
    rows = Tenant.objects.select_for_update().filter(pk=tenant_id)
    before = State.SUSPENDED if rows.get().reason else State.ACTIVE
    return _step(tenant_id, [State.DELETING], "tenant.restored", state=before, **kept)


@transaction.atomic
def _step(tenant_id: UUID, from_states: Iterable[str], fact: str, **values: object) -> Tenant:
    moved = Tenant.objects.filter(pk=tenant_id, state__in=list(from_states)).update(**values)
    tenant = Tenant.objects.get(pk=tenant_id)
    if not moved:
        raise WrongState(tenant.state)
    ledger.record(fact, tenant, tenant_id=tenant.pk)
    return tenant
