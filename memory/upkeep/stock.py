"""Look at what a tenant keeps: fold its tally, write down the day's stock, tell of quotas that are nearly used up."""

from typing import cast

from django.db import connection, transaction

from memory import quotas
from tenants import metering
from tenants.models import Tenant


def run() -> list[str]:
    """The facts that were told: `quota.warning` and `quota.exceeded`, each once a day of each quota."""
    with transaction.atomic():
        quotas.fold()
    kept = quotas.kept()
    return metering.take_stock(cast(Tenant, getattr(connection, "tenant", None)), kept["memories"], kept["bytes"])
