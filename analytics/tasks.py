"""The study's background work: counting hours, snapshots of what there is, and what looks by itself."""

from celery import shared_task

from analytics import rollups, snapshots, suggestions
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


def _active() -> list[str]:
    ids = Tenant.objects.filter(state=Tenant.State.ACTIVE).values_list("id", flat=True)
    return [str(tenant_id) for tenant_id in ids]
