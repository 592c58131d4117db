"""Usage by the day: counted in Redis by tenants.limits as it decides, folded into rows by a tick.

Counts are added, never lowered, and what Redis loses is lost: they are for showing, not for proving.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, date, timedelta
from decimal import Decimal
from functools import cache
from typing import Any
from uuid import UUID

import redis
from django.conf import settings
from django.db import connection, transaction
from django.db.models import Sum
from django.utils import timezone

from events import ledger
from tenants import keys
from tenants.metered import PLATFORM, QUOTAS, Plan, Stock, Usage
from tenants.models import Tenant
from tenants.plans import limits_of, plan_of

COUNTS = ("reads", "writes", "searches", "admin", "refused", "bytes_in")
CALLS = COUNTS[:4]
COLUMN = {"read": "reads", "write": "writes", "search": "searches"}  # of a bucket, where its name is another
GROUPS = ("day", "key", "tenant")
WARNED_FOR = 300  # seconds for which a warning stands in the answers after it was last found true
EPOCH = date(1970, 1, 1)
ADD = f"""
INSERT INTO tenants_usage (tenant_id, day, caller, {", ".join(COUNTS)})
SELECT t.id, s.day, s.caller, {", ".join(f"s.{name}" for name in COUNTS)}
FROM unnest(%s::uuid[], %s::date[], %s::text[], {", ".join(["%s::bigint[]"] * len(COUNTS))})
  AS s(tenant, day, caller, {", ".join(COUNTS)}) JOIN tenants_tenant t ON t.id = s.tenant
ORDER BY 1, 2, 3
ON CONFLICT (tenant_id, day, caller) DO UPDATE
SET {", ".join(f"{name} = tenants_usage.{name} + excluded.{name}" for name in COUNTS)}
"""  # noqa: S608


@cache
def _counters() -> redis.Redis:
    return redis.Redis.from_url(f"{settings.REDIS_URL}/1", socket_timeout=5, socket_connect_timeout=1)


def today() -> date:
    return timezone.now().astimezone(UTC).date()


def fold() -> int:
    """Add what was counted since the last time to the rows; how many rows were added to."""
    pipe = _counters().pipeline(transaction=True)
    pipe.hgetall("usage")
    pipe.delete("usage")
    counted, _ = pipe.execute()
    rows: dict[tuple[str, date, str], dict[str, int]] = defaultdict(lambda: dict.fromkeys(COUNTS, 0))
    for name, count in counted.items():
        day, tenant, caller, what = name.decode().split("|")
        column = COLUMN.get(what, what)
        if column in COUNTS:
            rows[tenant, EPOCH + timedelta(days=int(day)), caller][column] += int(count)
    if rows:
        _add({told: counts for told, counts in rows.items() if told[0] != PLATFORM})
        keys.count_uses(_uses(rows))
    return len(rows)


def _uses(rows: dict[tuple[str, date, str], dict[str, int]]) -> dict[str, int]:
    """How often each key was used, by its public part."""
    uses: dict[str, int] = defaultdict(int)
    for (_, _, caller), counts in rows.items():
        kind, _, public = caller.partition(":")
        if kind == "key":
            uses[public] += sum(counts[name] for name in CALLS)
    return uses


def _add(rows: dict[tuple[str, date, str], dict[str, int]]) -> None:
    columns = [list(part) for part in zip(*rows, strict=True)]
    columns += [[counts[name] for counts in rows.values()] for name in COUNTS]
    with connection.cursor() as cursor:
        cursor.execute(ADD, columns)


def used(first: date, last: date, by: Sequence[str], tenant: Tenant | None = None) -> list[dict[str, Any]]:
    """Counts of the days `first` to `last`, in groups by some of GROUPS, in their order; of all tenants without one."""
    fields = {"day": "day", "key": "caller", "tenant": "tenant__slug"}
    names = [fields[name] for name in GROUPS if name in by]
    rows = Usage.objects.filter(day__gte=first, day__lte=last)
    if tenant:
        rows = rows.filter(tenant=tenant)
    told = rows.order_by().values(*names).annotate(**{f"sum_{name}": Sum(name) for name in COUNTS}).order_by(*names)
    return [_group(row, [name for name in GROUPS if name in by], fields) for row in told] if names else []


def _group(row: dict[str, Any], by: list[str], fields: dict[str, str]) -> dict[str, Any]:
    counts = {name: row[f"sum_{name}"] for name in COUNTS}
    return {name: row[fields[name]] for name in by} | counts


def kept(first: date, last: date, tenant: Tenant | None = None) -> list[Stock]:
    """What was kept on each of these days, by tenant and day."""
    rows = Stock.objects.filter(day__gte=first, day__lte=last).select_related("tenant").order_by("tenant__slug", "day")
    return list(rows.filter(tenant=tenant) if tenant else rows)


def searched_today(tenant: Tenant) -> int:
    """By the rows, so up to a tick late."""
    found = Usage.objects.filter(tenant=tenant, day=today()).aggregate(n=Sum("searches"))
    return found["n"] or 0


def quotas(tenant: Tenant) -> list[dict[str, Any]]:
    """Of each quota {quota, used, soft, hard}, as it was last looked at; null for no limit."""
    stock = Stock.objects.filter(tenant=tenant).order_by("-day").first()
    kept_now = {"memories": stock.memories if stock else 0, "bytes": stock.bytes if stock else 0}
    return _told(tenant, kept_now | {"searches": searched_today(tenant)})


def _told(tenant: Tenant, use: dict[str, int]) -> list[dict[str, Any]]:
    limits = limits_of(tenant)
    return [
        {"quota": name, "used": use[name], "soft": limits[f"{name}_soft"], "hard": limits[f"{name}_hard"]}
        for name in QUOTAS
    ]


@transaction.atomic
def take_stock(tenant: Tenant, memories: int, size: int) -> list[str]:
    """Write down what a tenant keeps today, and tell once a day of each quota that is nearly or wholly used up.

    While one is, each answer says so in `Quota-Warning`. The facts that were told now.
    """
    day = today()
    Stock.objects.bulk_create([Stock(tenant=tenant, day=day)], ignore_conflicts=True)
    stock = Stock.objects.select_for_update().get(tenant=tenant, day=day)
    stock.memories, stock.bytes = memories, size
    over = [quota for quota in _told(tenant, {"memories": memories, "bytes": size, "searches": searched_today(tenant)})
            if _level(quota)]  # fmt: skip
    facts = [(f"quota.{_level(quota)}", quota) for quota in over]
    new = [(fact, quota) for fact, quota in facts if f"{fact} {quota['quota']}" not in stock.told]
    for fact, quota in new:
        ledger.record(fact, tenant, tenant_id=tenant.pk, **quota)
    stock.told = [*stock.told, *(f"{fact} {quota['quota']}" for fact, quota in new)]
    stock.save()
    _warn(tenant.pk, over)
    return [fact for fact, _ in new]


def _level(quota: dict[str, Any]) -> str:
    """`exceeded`: nothing more fits. `warning`: it is at its soft limit or over."""
    if quota["hard"] is not None and quota["used"] >= quota["hard"]:
        return "exceeded"
    return "warning" if quota["soft"] is not None and quota["used"] >= quota["soft"] else ""


def _warn(tenant_id: UUID, over: list[dict[str, Any]]) -> None:
    words = []
    for quota in over:
        known = [f"{name}={quota[name]}" for name in ("used", "soft", "hard") if quota[name] is not None]
        words.append(";".join([f'"{quota["quota"]}"', *known]))
    if words:
        _counters().set(f"quota:{tenant_id}", ", ".join(words), ex=WARNED_FOR)
    else:
        _counters().delete(f"quota:{tenant_id}")


def showback(first: date, last: date) -> list[dict[str, Any]]:
    """Of each tenant by slug: {tenant, plan, currency, days, counts, memories, bytes, cost}.

    `days` are requests on each day, `memories` and `bytes` what was kept last; `cost` is by the plan of now.
    """
    counts: dict[str, dict[str, int]] = defaultdict(lambda: dict.fromkeys(COUNTS, 0))
    days: dict[str, dict[date, int]] = defaultdict(dict)
    for row in used(first, last, ("day", "tenant")):
        days[row["tenant"]][row["day"]] = sum(row[name] for name in CALLS)
        for name in COUNTS:
            counts[row["tenant"]][name] += row[name]
    stocks: dict[str, list[Stock]] = defaultdict(list)
    for stock in kept(first, last):
        stocks[stock.tenant.slug].append(stock)
    return [_shown(t, counts[t.slug], days[t.slug], stocks[t.slug]) for t in Tenant.objects.order_by("slug")]


def _shown(tenant: Tenant, counts: dict[str, int], days: dict[date, int], stocks: list[Stock]) -> dict[str, Any]:
    plan, last = plan_of(tenant), stocks[-1] if stocks else Stock()
    return {
        "tenant": tenant.slug,
        "plan": plan.name,
        "currency": plan.currency,
        "days": days,
        "counts": counts,
        "memories": last.memories,
        "bytes": last.bytes,
        "cost": cost(plan, counts, stocks),
    }


def cost(plan: Plan, counts: dict[str, int], stocks: Sequence[Stock]) -> dict[str, Decimal]:
    """By a plan's prices: `requests`, `searches`, `kept` (each day what was kept on it) and `total`."""
    calls = counts["reads"] + counts["writes"] + counts["admin"]
    memories, size = sum(stock.memories for stock in stocks), sum(stock.bytes for stock in stocks)
    parts = {
        "requests": Decimal(plan.price_requests) * calls / 1000,
        "searches": Decimal(plan.price_searches) * counts["searches"] / 1000,
        "kept": Decimal(plan.price_memories) * memories / 1000 + Decimal(plan.price_gigabytes) * size / 10**9,
    }
    return parts | {"total": sum(parts.values(), Decimal(0))}


def days_of(first: date, last: date) -> list[date]:
    return [first + timedelta(days=at) for at in range((last - first).days + 1)]


def days_before(last: date, days: int) -> date:
    """The first of so many days up to `last`."""
    return last - timedelta(days=days - 1)
