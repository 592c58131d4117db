"""The study's background work: what looks by itself, and what forgets."""

from celery import shared_task

from analytics import gauges, suggestions, tracing
from tenants.models import Tenant
from tenants.tasks import TenantTask


@shared_task(base=TenantTask)
def suggest(tenant_id: str) -> None:
    suggestions.look()


@shared_task
def suggest_everywhere() -> None:
    """The tick: look into each tenant."""
    for tenant in Tenant.objects.filter(state=Tenant.State.ACTIVE).values_list("pk", flat=True):
        suggest(str(tenant))


@shared_task(base=TenantTask)
def sweep_traces_of(tenant_id: str) -> None:
    tracing.sweep()


@shared_task
def sweep_traces() -> None:
    """The tick: forget old traces in each tenant."""
    for tenant in Tenant.objects.filter(state=Tenant.State.ACTIVE).values_list("pk", flat=True):
        sweep_traces_of(str(tenant))


@shared_task(base=TenantTask)
def measure(tenant_id: str) -> None:
    gauges.measure()


@shared_task
def measure_everywhere() -> None:
    """The tick: see what each tenant keeps and what waits in it, for Prometheus."""
    for tenant in Tenant.objects.filter(state=Tenant.State.ACTIVE, scratch=False).values_list("pk", flat=True):
        measure(str(tenant))
