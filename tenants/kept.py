"""What a program keeps with a tenant for itself: an object by the program's name, which nothing in the house reads."""

import json
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction

from events import ledger
from tenants.models import Tenant

KEPT = "kept"  # among the preferences, beside those that the house knows
MOST_BYTES = 65_536  # of one program


def read(tenant_id: UUID, program: str) -> dict[str, Any]:
    """As it is now; empty when nothing was kept."""
    told = Tenant.objects.values_list("preferences", flat=True).get(pk=tenant_id)
    return dict(told.get(KEPT, {}).get(program, {}))


@transaction.atomic
def write(tenant_id: UUID, program: str, values: dict[str, Any]) -> dict[str, Any]:
    """Set some fields of it; None takes one away. What it is then. Raises ValidationError when that is too large."""
    tenant = Tenant.objects.select_for_update(no_key=True).get(pk=tenant_id)
    everything = tenant.preferences.get(KEPT, {})
    before = everything.get(program, {})
    now = {name: value for name, value in (before | values).items() if value is not None}
    if len(json.dumps(now, ensure_ascii=False).encode()) > MOST_BYTES:
        raise ValidationError(dict.fromkeys(values, f"makes it larger than {MOST_BYTES} bytes in all"))
    changed = sorted(name for name in values if before.get(name) != now.get(name))
    if changed:
        rows = Tenant.objects.filter(pk=tenant_id)
        rows.update(preferences=tenant.preferences | {KEPT: everything | {program: now}})
        fields = [f"{program}.{name}" for name in changed]
        ledger.record("tenant.settings_changed", tenant, tenant_id=tenant.pk, fields=fields)
    return now
