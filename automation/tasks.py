"""The housekeeper's tasks. Rows are the work; these messages are hints that some is there."""

import time
from typing import Any
from uuid import UUID

from celery import shared_task

from automation import due, nightly, pulses, schedules, triggers, worker
from automation.models import Policy
from tenants.tasks import TenantTask, in_each


@shared_task
def work() -> None:
    worker.work()


@shared_task
def sweep() -> None:
    worker.sweep()


@shared_task
def run_policy(policy_id: str, job: str) -> None:
    """Beat's hint that a slot of a policy may be due."""
    for tenant_id in Policy.objects.filter(pk=policy_id).values_list("tenant_id", flat=True):
        start_due(str(tenant_id), policy_id, job)


@shared_task(base=TenantTask)
def start_due(tenant_id: str, policy_id: str, job: str) -> None:
    due.due(UUID(policy_id), job)


@shared_task
def catch_up() -> None:
    """The tick: what beat missed, and notes whose poke was lost."""
    due.catch_up()
    triggers.look_again()
    triggers.look()


@shared_task
def look(tenant_id: str) -> None:
    triggers.look(tenant_id=UUID(tenant_id))


@shared_task
def check_schedules() -> None:
    schedules.check()
    triggers.look_at_all()


@shared_task(base=TenantTask)
def evaluate_tenant(tenant_id: str) -> None:
    nightly.evaluate()


@shared_task
def evaluate_everywhere() -> None:
    in_each(evaluate_tenant)


@shared_task(bind=True)
def pulse(self: Any, queue: str) -> None:
    """Its message carries when it was sent, see config.celery."""
    pulses.beat(queue, float(getattr(self.request, "sent_at", None) or time.time()), str(self.request.hostname))
