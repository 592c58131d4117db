"""Tasks of the doorkeeper, and the task class that every task of a tenant is made of."""

from typing import Any

import structlog
from celery import Task, shared_task
from celery.exceptions import SoftTimeLimitExceeded
from django.db import connection
from django_tenants.utils import tenant_context

from events import actors
from events.sync import receipts
from tenants import leaving, metering, replies, runner, tokens
from tenants.models import Tenant

log = structlog.get_logger(__name__)


class WrongSchema(RuntimeError):
    """A tenant's task was about to run outside its tenant's schema."""


class TenantTask(Task):
    """A task whose first argument is a tenant's id; it runs inside that tenant's schema or not at all.

    The row is read again for each run, so a tenant suspended or deleted since the message was sent is seen.
    """

    abstract = True

    def __call__(self, tenant_id: str, *args: Any, **kwargs: Any) -> Any:
        tenant = Tenant.objects.filter(pk=tenant_id, state=Tenant.State.ACTIVE).first()
        if tenant is None:
            log.warning("task skipped, the tenant is gone or suspended", task=self.name, tenant=tenant_id)
            return None
        with tenant_context(tenant), actors.acting_as(f"task:{self.name}"):
            check_schema(tenant)
            return self.run(tenant_id, *args, **kwargs)


def check_schema(tenant: Tenant) -> None:
    """Raises WrongSchema unless the connection stands in the tenant's schema.

    Read back from the server: a guard that asked our own flag would share its mistake.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_schema()")
        (schema,) = cursor.fetchone()
    if schema != tenant.schema_name:
        raise WrongSchema(f"in {schema}, not in {tenant.schema_name}")


def in_each(task: Any, **only: Any) -> None:
    """Do a tenant's task in each active tenant, one after the other; where one fails, the others have theirs done.

    `only` narrows the tenants. A tick calls it: what failed is tried again by the next one. They come in any order, so
    that nobody is always the last where the tick's time runs out.
    """
    tenants = Tenant.objects.filter(state=Tenant.State.ACTIVE, **only).order_by("?")
    for tenant_id in list(tenants.values_list("id", flat=True)):
        try:
            task(str(tenant_id))
        except SoftTimeLimitExceeded:  # of the tick itself
            raise
        except Exception as error:  # a schema that is behind or being deleted, whatever it was
            log.error("a tenant's task failed", task=task.name, tenant=str(tenant_id), error=type(error).__name__)
            connection.close_if_unusable_or_obsolete()


@shared_task
def fold_usage() -> None:
    metering.fold()


@shared_task
def sweep_replies() -> None:
    replies.sweep()


@shared_task
def forget_logins() -> None:
    tokens.forget()


@shared_task
def delete_left_tenants() -> None:
    leaving.due()


@shared_task
def migrate_noted_tenants() -> None:
    runner.waiting()


@shared_task(base=TenantTask)
def expire_messages_of(tenant_id: str) -> None:
    receipts.expire()


@shared_task
def expire_messages() -> None:
    in_each(expire_messages_of)
