"""The study's background work: counting hours, snapshots of what there is, what looks by itself, what forgets."""

from celery import shared_task
from django.utils import timezone

from analytics import gauges, insights, rollups, snapshots, suggestions, tracing
from tenants.tasks import TenantTask, in_each


@shared_task(base=TenantTask)
def roll_up(tenant_id: str) -> None:
    rollups.run()


@shared_task
def roll_up_everywhere() -> None:
    in_each(roll_up)


@shared_task(base=TenantTask)
def take_snapshot(tenant_id: str) -> None:
    snapshots.take()


@shared_task
def take_snapshots_everywhere() -> None:
    in_each(take_snapshot)


@shared_task(base=TenantTask)
def suggest(tenant_id: str) -> None:
    suggestions.look()


@shared_task
def suggest_everywhere() -> None:
    """The tick: look into each tenant."""
    in_each(suggest)


@shared_task(base=TenantTask)
def sweep_traces_of(tenant_id: str) -> None:
    tracing.sweep()


@shared_task
def sweep_traces() -> None:
    """The tick: forget old traces in each tenant."""
    in_each(sweep_traces_of)


@shared_task(base=TenantTask)
def measure(tenant_id: str) -> None:
    gauges.measure()


@shared_task
def measure_everywhere() -> None:
    """The tick: see what each tenant keeps and what waits in it, for Prometheus."""
    in_each(measure, scratch=False)


@shared_task(base=TenantTask)
def look_for_insights(tenant_id: str) -> None:
    insights.look(timezone.now())


@shared_task
def insights_everywhere() -> None:
    """The tick: find what stands out in each tenant."""
    in_each(look_for_insights)
