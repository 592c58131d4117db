"""Scratch tenants: opened and dropped by a self-test, and never among those that people see."""

import secrets
from datetime import timedelta
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone

from events import ledger
from tenants import onboarding
from tenants.models import Tenant

LIVES_FOR = timedelta(hours=1)  # longer than any self-test: what is older was left by a dead one


@transaction.atomic
def open_scratch() -> Tenant:
    """A tenant with a schema of its own, and with a name that no other has."""
    tenant = onboarding.open_tenant(f"scratch-{secrets.token_hex(6)}", "Scratch, of a self-test")
    tenant.scratch = True
    Tenant.objects.filter(pk=tenant.pk).update(scratch=True)
    return tenant


def left_over() -> list[Tenant]:
    """Scratch tenants that no self-test can be using any more."""
    return list(Tenant.objects.filter(scratch=True, created_at__lte=timezone.now() - LIVES_FOR))


@transaction.atomic
def drop(tenant_id: UUID) -> bool:
    """Drop a scratch tenant with its schema and keys; its facts and their numbers stay. False for any other tenant."""
    tenant = Tenant.objects.select_for_update().filter(pk=tenant_id, scratch=True).first()
    if tenant is None:
        return False
    with connection.cursor() as cursor:
        cursor.execute(f'DROP SCHEMA IF EXISTS "{tenant.schema_name}" CASCADE')
    ledger.record("scratch.dropped", tenant, tenant_id=tenant.pk, slug=tenant.slug)
    Tenant.objects.filter(pk=tenant.pk).delete()
    return True
