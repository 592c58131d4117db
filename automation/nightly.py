"""What every night does by itself: the saved questions of a tenant are asked, unless a policy says when."""

from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from automation import pauses, policies, runner
from automation.models import TaskRun
from events import ledger
from memory import measuring
from tenants.models import Tenant

REST = timedelta(hours=1)  # a doubled tick, or one after somebody has just asked, begins nothing


@transaction.atomic
def evaluate() -> TaskRun | None:
    """Leave an evaluation of the tenant that one stands in to a worker; None where nothing is to be asked now."""
    now, tenant_id = timezone.now(), ledger.current_tenant_id()
    assert tenant_id
    Tenant.objects.select_for_update(no_key=True).get(pk=tenant_id)  # of two ticks one begins it
    if pauses.standing(tenant_id, now) or "evaluate" in policies.effective(now=now):
        return None
    recent = runner.runs().filter(job="evaluate", user_id="", namespace="", dry_run=False, created_at__gt=now - REST)
    if recent.exists() or not measuring.expecting().exists():
        return None
    return runner.start("evaluate")
