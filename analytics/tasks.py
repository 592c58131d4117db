"""The study's background work. Rows are the work; these messages are hints that some is there."""

from celery import shared_task
from django.utils import timezone

from analytics import insights, suggestions, tracing
from tenants.models import Tenant
from tenants.tasks import TenantTask


@shared_task(base=TenantTask)
def sweep_traces_of(tenant_id: str) -> None:
    tracing.sweep()


@shared_task
def sweep_traces() -> None:
    """The tick: forget old traces in each tenant."""
    for tenant_id in Tenant.objects.filter(state=Tenant.State.ACTIVE).values_list("id", flat=True):
        sweep_traces_of(str(tenant_id))


@shared_task(base=TenantTask)
def look(tenant_id: str) -> None:
    insights.look(timezone.now())


@shared_task
def look_everywhere() -> None:
    """The tick: find what stands out in each tenant."""
    for tenant_id in Tenant.objects.filter(state=Tenant.State.ACTIVE).values_list("id", flat=True):
        look(str(tenant_id))


@shared_task(base=TenantTask)
def suggest(tenant_id: str) -> None:
    suggestions.look()


@shared_task
def suggest_everywhere() -> None:
    """The tick: look in each tenant for what its learning history asks for."""
    for tenant_id in Tenant.objects.filter(state=Tenant.State.ACTIVE).values_list("id", flat=True):
        suggest(str(tenant_id))
