"""Deleting tenants whose grace is over: what they had is counted, dropped, and looked for everywhere else.

The row is the job, in state `erasing`. Each step may be done again, so a killed job is simply begun anew, and the
receipt's counts are those of its first beginning. Places above this floor are named in settings.TENANT_LEFTOVERS.
"""

from typing import Any
from uuid import UUID

import redis
import structlog
from django.apps import apps
from django.conf import settings
from django.db import OperationalError, connection, models, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.module_loading import import_string
from django_tenants.utils import tenant_context

from events import actors, ledger
from tenants import schema
from tenants.locks import alone, short_waits
from tenants.models import Receipt, Tenant

log = structlog.get_logger(__name__)
DATABASES = (0, 1, 2)  # of Redis: queues, counters, sockets
State = Tenant.State


def summary(tenant: Tenant) -> dict[str, int]:
    """How many rows a tenant has of each kind in its schema, and the bytes that they take."""
    if not schema.exists(tenant.schema_name):
        return {}
    with tenant_context(tenant):
        counts = {str(kind._meta.model_name): kind._default_manager.count() for kind in _models(settings.TENANT_APPS)}
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT COALESCE(sum(pg_total_relation_size(oid)), 0)::bigint FROM pg_class"
                " WHERE relkind = 'r' AND relnamespace = current_schema()::text::regnamespace"
            )
            (size,) = cursor.fetchone()
    return counts | {"bytes": size}


def due() -> int:
    """Delete every tenant whose grace is over; how many are gone."""
    over = Q(state=State.DELETING, delete_after__lte=timezone.now()) | Q(state=State.ERASING)
    return sum(_leave(tenant) for tenant in Tenant.objects.filter(over).order_by("delete_after"))


def _leave(tenant: Tenant) -> bool:
    with alone(f"leave {tenant.pk}") as mine, actors.acting_as("task:tenants.leave"):
        if not mine or not _begin(tenant):
            return False
        try:
            with short_waits("3s"):
                receipt = _drop(tenant)
        except OperationalError as error:  # somebody still reads: the next tick tries again
            log.warning("a tenant's schema is in use", tenant=tenant.slug, error=str(error).splitlines()[0])
            return False
        _elsewhere(tenant.pk, receipt)
        _close(tenant, receipt)
    log.info("a tenant is gone", tenant=tenant.slug)
    return True


def _begin(tenant: Tenant) -> bool:
    """From here there is no way back. False when it was restored, or is gone already."""
    rows = Tenant.objects.filter(pk=tenant.pk, state__in=(State.DELETING, State.ERASING))
    return bool(rows.filter(delete_after__lte=timezone.now()).update(state=State.ERASING))


@transaction.atomic
def _drop(tenant: Tenant) -> Receipt:
    told = {"slug": tenant.slug, "opened_at": tenant.created_at, "asked_by": tenant.delete_asked_by}
    receipt, new = Receipt.objects.get_or_create(id=tenant.pk, defaults=told)
    if new:
        receipt.counts = summary(tenant)
        receipt.save(update_fields=["counts"])
    with connection.cursor() as cursor:
        cursor.execute(f'DROP SCHEMA IF EXISTS "{tenant.schema_name}" CASCADE')
    return receipt


def _elsewhere(tenant_id: UUID, receipt: Receipt) -> None:
    """Objects and whatever Redis holds under the tenant's id. After the schema: nothing can put new ones there."""
    found = {"redis_keys": _forget(tenant_id)}
    for path in settings.TENANT_LEFTOVERS:
        found |= import_string(path)(tenant_id)
    for name, count in found.items():
        receipt.counts[name] = receipt.counts.get(name, 0) + count
    receipt.save(update_fields=["counts"])


def _forget(tenant_id: UUID) -> int:
    count = 0
    for database in DATABASES:
        client = redis.Redis.from_url(f"{settings.REDIS_URL}/{database}", socket_timeout=5, socket_connect_timeout=1)
        for form in (str(tenant_id), tenant_id.hex):
            for key in client.scan_iter(match=f"*{form}*", count=1000):
                count += int(client.unlink(key))  # type: ignore[arg-type]
        client.close()
    return count


@transaction.atomic
def _close(tenant: Tenant, receipt: Receipt) -> None:
    """The rows of `public`, the tenant's own last, and the fact of the platform that it is gone."""
    for kind in _models(settings.SHARED_APPS):
        if any(field.attname == "tenant_id" for field in kind._meta.concrete_fields):
            gone, _ = kind._base_manager.filter(tenant_id=tenant.pk).delete()
            receipt.counts[str(kind._meta.model_name)] = receipt.counts.get(str(kind._meta.model_name), 0) + gone
    Tenant.objects.filter(pk=tenant.pk).delete()
    receipt.finished_at = timezone.now()
    receipt.save(update_fields=["counts", "finished_at"])
    ledger.record("tenant.deleted", tenant, slug=tenant.slug)


def _models(names: list[str]) -> list[type[models.Model]]:
    found: list[Any] = [kind for app in apps.get_app_configs() if app.name in names for kind in app.get_models()]
    return [kind for kind in found if kind._meta.managed and not kind._meta.proxy]
