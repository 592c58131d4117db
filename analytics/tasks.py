"""The study's background work: what looks by itself, and what forgets."""

from celery import shared_task
from django.utils import timezone

from analytics import insights, suggestions, tracing
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
def look_for_insights(tenant_id: str) -> None:
    insights.look(timezone.now())


@shared_task
def insights_everywhere() -> None:
    """The tick: find what stands out in each tenant."""
    for tenant in Tenant.objects.filter(state=Tenant.State.ACTIVE).values_list("pk", flat=True):
        look_for_insights(str(tenant))
