"""The study's background work: what looks by itself."""

from celery import shared_task

from analytics import suggestions
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
