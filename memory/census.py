"""How much each of several tenants keeps, in one statement for many of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection
from django.utils import timezone

from memory import facts
from tenants import bounds
from tenants.models import Tenant

AT_ONCE = 50  # tenants: a statement locks every table that it reads, and all indexes of it
# What is deleted or expired is not counted.
COUNT = """
    SELECT {at}, count(*), count(*) FILTER (WHERE state = 'active'),
      count(*) FILTER (WHERE state = 'active' AND kind = ANY (%(facts)s)),
      (SELECT created_at FROM {table} WHERE {there} ORDER BY id DESC LIMIT 1)
    FROM {table} WHERE {there}
"""
THERE = "state <> 'deleted' AND (expires_at IS NULL OR expires_at > %(now)s)"
WITHIN = " AND namespace = ANY (%(bound)s)"


@dataclass(frozen=True)
class Kept:
    memories: int
    active: int
    facts: int  # active memories of the kinds of facts
    last_at: datetime | None  # when the latest memory was stored


def of(tenants: Sequence[Tenant]) -> list[Kept]:
    """Of each tenant, in their order."""
    slices = (tenants[first : first + AT_ONCE] for first in range(0, len(tenants), AT_ONCE))
    return [kept for part in slices for kept in _of(part)]


def _of(tenants: Sequence[Tenant]) -> list[Kept]:
    bound = list(bounds.current())
    there = THERE + (WITHIN if bound else "")
    tables = [f"{connection.ops.quote_name(tenant.schema_name)}.memory_memory" for tenant in tenants]
    counts = [COUNT.format(at=at, table=table, there=there) for at, table in enumerate(tables)]
    told: dict[str, Any] = {"facts": list(map(str, facts.KINDS)), "now": timezone.now(), "bound": bound}
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(counts) + " ORDER BY 1", told)
        return [Kept(*row[1:]) for row in cursor.fetchall()]
