"""Usage as HippocampAI is told of it, from what is metered and counted."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from memory.stats import Overview
from tenants import metering
from tenants.limits import Window
from tenants.metered import LONG
from tenants.metering import CALLS
from tenants.models import ApiKey, Stock, Tenant

MONTH, WEEK = 30, 7  # days, today the last of them
TOP = 10
NEAR, FULL = 75, 90  # per cent


@dataclass(frozen=True)
class Standing:
    """A tenant, the name of its plan, what it keeps now, and the windows longer than a minute that its plan limits."""

    tenant: Tenant
    plan: str
    kept: Overview
    windows: list[Window]

    @property
    def calls(self) -> dict[str, dict[str, Any]]:
        """Of the hour and the day that end now, those that are limited."""
        names = {seconds: name for name, seconds in LONG.items()}
        return {names[w.seconds]: _used(w.limit - w.left, w.limit) for w in self.windows}


def calls(row: dict[str, Any]) -> int:
    return sum(row[name] for name in CALLS)


def percent(used: int, limit: int | None) -> float:
    return round(100 * used / limit, 2) if limit else 0.0


def period(first: date, now: datetime, counted: Mapping[str, float | None], called: int, kept: int) -> dict[str, Any]:
    """`counted` is of analytics.dashboard, `called` are the calls, `kept` the bytes."""
    searches, per_search = counted["searches"] or 0, counted["hits_per_search"] or 0
    return {
        "period_start": datetime.combine(first, time.min, UTC),
        "period_end": now,
        "api_calls": called,
        "memories_created": int(counted["written"] or 0),
        "memories_deleted": int(counted["removed"] or 0),
        "memories_retrieved": round(searches * per_search),
        "tokens_used": 0,
        "storage_bytes": kept,
        "avg_response_time_ms": round(counted["search_ms"] or 0.0, 2),
    }


def tenant(standing: Standing, most: Mapping[str, int | None], total_calls: int) -> dict[str, Any]:
    """What a tenant uses, and how far its limits are."""
    kept, of_day = standing.kept, standing.calls.get("day", {"limit": None, "percent": 0.0})
    return {
        "user_id": str(standing.tenant.pk),
        "email": None,
        "tier": standing.plan,
        "total_memories": kept.live,
        "total_storage_bytes": kept.bytes,
        "total_api_calls": total_calls,
        "memory_limit": most["memories_hard"],
        "storage_limit_bytes": most["bytes_hard"],
        "api_calls_limit_day": of_day["limit"],
        "memory_usage_percent": percent(kept.live, most["memories_hard"]),
        "storage_usage_percent": percent(kept.bytes, most["bytes_hard"]),
        "api_usage_percent": of_day["percent"],
    }


def trends(month: Mapping[date, int], stocks: Iterable[Stock]) -> dict[str, Any]:
    return {
        "api_calls_trend": _daily(month),
        "storage_trend": [{"date": stock.day.isoformat(), "bytes": stock.bytes} for stock in stocks],
    }


def _daily(counts: Mapping[date, int]) -> list[dict[str, Any]]:
    return [{"date": day.isoformat(), "count": count} for day, count in counts.items()]


def _used(used: int, limit: int | None) -> dict[str, Any]:
    return {"used": used, "limit": limit, "percent": percent(used, limit)}


def quotas(standing: Standing, rows: Iterable[dict[str, Any]], called_today: int) -> dict[str, Any]:
    """`rows` are of tenants.metering."""
    names, kept = {"memories": "memories", "bytes": "storage", "searches": "searches_daily"}, standing.kept
    now = {"memories": kept.live, "bytes": kept.bytes}  # as `me` tells them; what is metered is a little behind
    told = {names[row["quota"]]: _used(now.get(row["quota"], row["used"]), row["hard"]) for row in rows}
    limited = standing.calls
    told["api_calls_daily"] = limited.get("day") or _used(called_today, None)
    if "hour" in limited:
        told["api_calls_hourly"] = limited["hour"]
    return {
        "user_id": str(standing.tenant.pk),
        "tier": standing.plan,
        "quotas": told,
        "warnings": [_warning(name, quota["percent"]) for name, quota in told.items() if quota["percent"] >= NEAR],
        "upgrade_available": False,
    }


def _warning(name: str, share: float) -> dict[str, str]:
    level = "critical" if share >= FULL else "warning"
    return {"type": name, "message": f"{share:g} % of {name} are used", "level": level}


def key(of: ApiKey, rows: Iterable[dict[str, Any]], days: int, last: date) -> dict[str, Any]:
    """What a key did in so many days until the last, of its rows by day."""
    own = [row for row in rows if row["key"] == f"key:{of.public}"]
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


def platform(
    rows: list[dict[str, Any]], month: Mapping[date, int], opened: Iterable[datetime], last: date
) -> dict[str, Any]:
    """All tenants together, of their rows of tenants.metering, the calls of each day, and when each was opened."""
    active = {days: sum(_active(row, last, days) for row in rows) for days in (1, WEEK, MONTH)}
    by_tier: dict[str, Counter[str]] = {}
    for row in rows:
        tier = by_tier.setdefault(row["plan"], Counter())
        tier.update(users=1, memories=row["memories"], storage_bytes=row["bytes"], api_calls=_calls(row))
    new = Counter(at.astimezone(UTC).date() for at in opened)
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
        "daily_api_calls": _daily(month),
        "daily_new_users": _daily({day: new[day] for day in month}),
    }


def _active(row: dict[str, Any], last: date, days: int) -> bool:
    return any(count for day, count in row["days"].items() if day > last - timedelta(days=days))


def _calls(row: dict[str, Any]) -> int:
    return sum(row["days"].values())


def _top(rows: list[dict[str, Any]], of: Any, name: str) -> list[dict[str, Any]]:
    return [{"user_id": row["tenant"], name: of(row)} for row in sorted(rows, key=of, reverse=True)[:TOP]]
