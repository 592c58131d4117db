"""The study's background work: counting hours, snapshots of what there is, what looks by itself, what forgets."""

from celery import shared_task
from django.utils import timezone

from analytics import insights, rollups, snapshots, suggestions, tracing
from tenants.models import Tenant
from tenants.tasks import TenantTask


@shared_task(base=TenantTask)
def roll_up(tenant_id: str) -> None:
    rollups.run()


@shared_task
def roll_up_everywhere() -> None:
    for tenant_id in _active():
        roll_up(tenant_id)


@shared_task(base=TenantTask)
def take_snapshot(tenant_id: str) -> None:
    snapshots.take()


@shared_task
def take_snapshots_everywhere() -> None:
    for tenant_id in _active():
        take_snapshot(tenant_id)


@shared_task(base=TenantTask)
def suggest(tenant_id: str) -> None:
    suggestions.look()


@shared_task
def suggest_everywhere() -> None:
    """The tick: look into each tenant."""
    for tenant_id in _active():
        suggest(tenant_id)


@shared_task(base=TenantTask)
def sweep_traces_of(tenant_id: str) -> None:
    tracing.sweep()


@shared_task
def sweep_traces() -> None:
    """The tick: forget old traces in each tenant."""
    for tenant_id in _active():
        sweep_traces_of(tenant_id)


@shared_task(base=TenantTask)
def look_for_insights(tenant_id: str) -> None:
    insights.look(timezone.now())


@shared_task
def insights_everywhere() -> None:
    """The tick: find what stands out in each tenant."""
    for tenant_id in _active():
        look_for_insights(tenant_id)


def _active() -> list[str]:
    ids = Tenant.objects.filter(state=Tenant.State.ACTIVE).values_list("id", flat=True)
    return [str(tenant_id) for tenant_id in ids]
