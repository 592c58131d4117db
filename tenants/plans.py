"""Which limits hold: the plan's, the tenant's own over them, the key's own over those."""

import time
from collections.abc import Mapping
from uuid import UUID

from django.db import transaction

from events import ledger
from tenants.metered import LIMITS, Plan, check_key_limits, check_limits
from tenants.models import ApiKey, Tenant

KEPT_FOR = 5.0  # seconds
Limits = Mapping[str, int | None]
_plans: tuple[float, dict[UUID, Plan], Plan | None] = (0.0, {}, None)


def plan_of(tenant: Tenant) -> Plan:
    """The tenant's plan, or the default one. Plans are few, and read at most every five seconds."""
    read_at, known, default = _plans
    stale = default is None or time.monotonic() - read_at > KEPT_FOR
    if stale or (tenant.plan_id and tenant.plan_id not in known):
        known, default = _read()
    assert default is not None
    return known[tenant.plan_id] if tenant.plan_id else default


def _read() -> tuple[dict[UUID, Plan], Plan]:
    global _plans
    known = {plan.pk: plan for plan in Plan.objects.all()}
    # A plan without any limit stands in while no plan is the default one.
    default = next((plan for plan in known.values() if plan.is_default), Plan(name="none"))
    _plans = (time.monotonic(), known, default)
    return known, default


def limits_of(tenant: Tenant, key: ApiKey | None = None) -> Limits:
    """Each of metered.LIMITS: a number, or None for no limit."""
    plan = plan_of(tenant)
    of_plan = {name: getattr(plan, name) for name in LIMITS}
    return of_plan | tenant.limits | (key.limits if key else {})


@transaction.atomic
def change(plan: Plan) -> None:
    """Save a plan, new or changed; it holds everywhere within five seconds. Raises ValidationError."""
    plan.full_clean(validate_constraints=False)
    if plan.is_default:
        Plan.objects.filter(is_default=True).exclude(pk=plan.pk).update(is_default=False)
    plan.save()
    ledger.record("plan.changed", plan, name=plan.name)


@transaction.atomic
def assign(tenant: Tenant, plan: Plan | None, limits: Limits) -> None:
    """Put a tenant on a plan (None: the default one), with limits of its own. Raises ValidationError."""
    check_limits(limits)
    tenant.plan, tenant.limits = plan, dict(limits)
    tenant.save(update_fields=["plan", "limits"])
    ledger.record("tenant.limited", tenant, tenant_id=tenant.pk, plan=plan.name if plan else "", limits=dict(limits))


@transaction.atomic
def limit_key(key: ApiKey, limits: Limits) -> None:
    """Give a key rates of its own, in place of the plan's. Raises ValidationError."""
    check_key_limits(limits)
    key.limits = dict(limits)
    key.save(update_fields=["limits"])
    ledger.record("key.limited", key, tenant_id=key.tenant_id, limits=dict(limits))
