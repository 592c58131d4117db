"""Usage as HippocampAI is told of it, from what is metered and counted."""

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.utils import timezone

from analytics import dashboard, spans
from memory import stats
from tenants import limits, metering, plans
from tenants.metered import LONG
from tenants.metering import CALLS
from tenants.models import ApiKey, Tenant

FIRST = date(2020, 1, 1)  # before anything was metered
MONTH, WEEK = 30, 7  # days, today the last of them
TOP = 10
NEAR, FULL = 75, 90  # per cent


def calls(row: dict[str, Any]) -> int:
    return sum(row[name] for name in CALLS)


def percent(used: int, limit: int | None) -> float:
    return round(100 * used / limit, 2) if limit else 0.0


def by_day(tenant: Tenant | None, days: int) -> dict[date, int]:
    """Calls on each of the last days, today the last; those without any too."""
    last = metering.today()
    every = metering.days_of(metering.days_before(last, days), last)
    found = {row["day"]: calls(row) for row in metering.used(every[0], last, ("day",), tenant)}
    return {day: found.get(day, 0) for day in every}


def _period(tenant: Tenant, days: int, kept: int) -> dict[str, Any]:
    now = timezone.now()
    first = metering.days_before(metering.today(), days)
    counted = dashboard.numbers(spans.of_days(first, metering.today(), now))
    searches, per_search = counted["searches"] or 0, counted["hits_per_search"] or 0
    return {
        "period_start": datetime.combine(first, time.min, UTC),
        "period_end": now,
        "api_calls": sum(by_day(tenant, days).values()),
        "memories_created": int(counted["written"] or 0),
        "memories_deleted": int(counted["removed"] or 0),
        "memories_retrieved": round(searches * per_search),
        "tokens_used": 0,
        "storage_bytes": kept,
        "avg_response_time_ms": round(counted["search_ms"] or 0.0, 2),
    }


def tenant(of: Tenant) -> dict[str, Any]:
    """What a tenant uses, and how far its limits are."""
    kept, most = stats.overview(), plans.limits_of(of)
    month = by_day(of, MONTH)
    of_day = _calls_limited(of).get("day", {"limit": None, "percent": 0.0})
    last = metering.today()
    stocks = metering.kept(metering.days_before(last, MONTH), last, of)
    return {
        "user_id": str(of.pk),
        "email": None,
        "tier": plans.plan_of(of).name,
        "total_memories": kept.live,
        "total_storage_bytes": kept.bytes,
        "total_api_calls": sum(calls(row) for row in metering.used(FIRST, last, ("day",), of)),
        "memory_limit": most["memories_hard"],
        "storage_limit_bytes": most["bytes_hard"],
        "api_calls_limit_day": of_day["limit"],
        "memory_usage_percent": percent(kept.live, most["memories_hard"]),
        "storage_usage_percent": percent(kept.bytes, most["bytes_hard"]),
        "api_usage_percent": of_day["percent"],
        "usage_today": _period(of, 1, kept.bytes),
        "usage_this_week": _period(of, WEEK, kept.bytes),
        "usage_this_month": _period(of, MONTH, kept.bytes),
        "api_calls_trend": _daily(month),
        "storage_trend": [{"date": stock.day.isoformat(), "bytes": stock.bytes} for stock in stocks],
    }


def _daily(counts: dict[date, int]) -> list[dict[str, Any]]:
    return [{"date": day.isoformat(), "count": count} for day, count in counts.items()]


def _used(used: int, limit: int | None) -> dict[str, Any]:
    return {"used": used, "limit": limit, "percent": percent(used, limit)}


def _calls_limited(of: Tenant) -> dict[str, dict[str, Any]]:
    """Of the hour and the day that end now, those that the plan limits."""
    names = {seconds: name for name, seconds in LONG.items()}
    return {names[w.seconds]: _used(w.limit - w.left, w.limit) for w in limits.standing_long(of)}


def quotas(of: Tenant) -> dict[str, Any]:
    names, kept = {"memories": "memories", "bytes": "storage", "searches": "searches_daily"}, stats.overview()
    now = {"memories": kept.live, "bytes": kept.bytes}  # as `me` tells them; what is metered is a little behind
    told = {names[row["quota"]]: _used(now.get(row["quota"], row["used"]), row["hard"]) for row in metering.quotas(of)}
    limited = _calls_limited(of)
    told["api_calls_daily"] = limited.get("day") or _used(sum(by_day(of, 1).values()), None)
    if "hour" in limited:
        told["api_calls_hourly"] = limited["hour"]
    return {
        "user_id": str(of.pk),
        "tier": plans.plan_of(of).name,
        "quotas": told,
        "warnings": [_warning(name, quota["percent"]) for name, quota in told.items() if quota["percent"] >= NEAR],
        "upgrade_available": False,
    }


def _warning(name: str, share: float) -> dict[str, str]:
    level = "critical" if share >= FULL else "warning"
    return {"type": name, "message": f"{share:g} % of {name} are used", "level": level}


def key(of: ApiKey, rows: Iterable[dict[str, Any]], days: int) -> dict[str, Any]:
    """What a key did, of its rows by day."""
    own = [row for row in rows if row["key"] == f"key:{of.public}"]
    last = metering.today()
    since, week = metering.days_before(last, days), metering.days_before(last, WEEK)
    told = [row for row in own if row["day"] >= since]
    refused, done = sum(row["refused"] for row in told), sum(calls(row) for row in told)
    return {
        "api_key_id": str(of.pk),
        "key_name": of.name,
        "total_calls": of.usage_count,
        "calls_today": sum(calls(row) for row in own if row["day"] == last),
        "calls_this_week": sum(calls(row) for row in own if row["day"] >= week),
        "last_used": of.last_used_at,
        "avg_response_time_ms": 0.0,
        "error_rate": round(refused / (refused + done), 4) if refused + done else 0.0,
        "endpoints_used": {name: sum(row[name] for row in told) for name in CALLS},
    }


def platform() -> dict[str, Any]:
    """All tenants together; only an operator is told."""
    last = metering.today()
    rows = metering.showback(metering.days_before(last, MONTH), last)
    active = {days: sum(_active(row, last, days) for row in rows) for days in (1, WEEK, MONTH)}
    by_tier: dict[str, Counter[str]] = {}
    for row in rows:
        tier = by_tier.setdefault(row["plan"], Counter())
        tier.update(users=1, memories=row["memories"], storage_bytes=row["bytes"], api_calls=_calls(row))
    new = Counter(at.astimezone(UTC).date() for at in Tenant.objects.values_list("created_at", flat=True))
    return {
        "total_users": len(rows),
        "active_users_today": active[1],
        "active_users_week": active[WEEK],
        "active_users_month": active[MONTH],
        "total_memories": sum(row["memories"] for row in rows),
        "total_storage_bytes": sum(row["bytes"] for row in rows),
        "total_api_calls_today": sum(row["days"].get(last, 0) for row in rows),
        "users_by_tier": {tier: counts["users"] for tier, counts in by_tier.items()},
        "usage_by_tier": {tier: dict(counts) for tier, counts in by_tier.items()},
        "top_users_by_memories": _top(rows, lambda row: row["memories"], "memories"),
        "top_users_by_api_calls": _top(rows, _calls, "calls"),
        "daily_api_calls": _daily(by_day(None, MONTH)),
        "daily_new_users": _daily({day: new[day] for day in by_day(None, MONTH)}),
    }


def _active(row: dict[str, Any], last: date, days: int) -> bool:
    return any(count for day, count in row["days"].items() if day > last - timedelta(days=days))


def _calls(row: dict[str, Any]) -> int:
    return sum(row["days"].values())


def _top(rows: list[dict[str, Any]], of: Any, name: str) -> list[dict[str, Any]]:
    return [{"user_id": row["tenant"], name: of(row)} for row in sorted(rows, key=of, reverse=True)[:TOP]]


def is_own(of: Tenant, told: UUID | None) -> bool:
    return told is None or told == of.pk
