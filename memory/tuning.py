"""Changing a tenant's settings, where answers may be others by them."""

from typing import Any
from uuid import UUID

from django.db import connection

from memory import measuring
from memory.errors import QualityWouldFall
from tenants import preferences
from tenants.models import Tenant
from tenants.preferences import Preferences

TOUCH_ANSWERS = {"time_zone"}  # in which the time words of questions are read


def change(tenant_id: UUID, values: dict[str, Any], *, accept_loss: bool = False) -> Preferences:
    """As tenants.preferences.change, in the tenant's schema. Raises ValidationError, and QualityWouldFall where saved
    questions would be answered worse, unless `accept_loss`.
    """
    here = getattr(connection, "tenant", None)
    kept = getattr(here, "preferences", {})
    moved = {name for name, value in values.items() if value != kept.get(name)}
    try:
        with measuring.no_fall(accepted=accept_loss or not TOUCH_ANSWERS & moved):
            told = preferences.change(tenant_id, values)
            if here is not None:
                here.preferences = Tenant.objects.get(pk=tenant_id).preferences
            return told
    except QualityWouldFall:
        if here is not None:
            here.preferences = kept
        raise
