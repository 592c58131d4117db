"""The front page: of one tenant, or of the platform."""

from typing import Any

from django.http import HttpRequest

from events import feed
from events.webhooks import health
from memory import stats
from tenants.middleware import may, tenant_of
from tenants.models import ApiKey, Tenant


def front(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Fill the front page: of one tenant, or of the platform."""
    tenant = tenant_of(request)
    if tenant is None and not may(request, "tenants.manage"):
        return context | {"title": "Your tenants", "own": Tenant.objects.filter(memberships__user=request.user)}
    numbers = _tenant_numbers(tenant) if tenant else _platform_numbers()
    hours = _bars(feed.per_hour(tenant.id if tenant else None))
    rest = {"tenant": tenant, "hours": hours, "may_manage_keys": may(request, "keys.manage")}
    return context | numbers | rest | {"title": tenant.name if tenant else "All tenants"}


def _tenant_numbers(tenant: Tenant) -> dict[str, Any]:
    kinds = stats.kinds()
    most = max((count for _, count in kinds), default=1)
    return {
        "stats": stats.overview(),
        "keys": ApiKey.objects.filter(tenant=tenant, revoked_at=None).count(),
        "today": feed.count_since_yesterday(tenant.id),
        "kinds": [{"name": name, "count": count, "width": round(100 * count / most)} for name, count in kinds],
        "newest": stats.newest(),
    }


def _platform_numbers() -> dict[str, Any]:
    last, events = feed.activity()
    customers = Tenant.objects.filter(scratch=False)
    tenants = customers.order_by("slug")[:100]
    return {
        "tenants": [{"row": t, "last": last.get(t.id), "events": events.get(t.id, 0)} for t in tenants],
        "tenant_count": customers.count(),
        "keys": ApiKey.objects.filter(revoked_at=None).count(),
        "today": feed.count_since_yesterday(None),
        "unrelayed": feed.unrelayed(),
        "failing_webhooks": health.failing(),
    }


def _bars(hours: list[tuple[Any, int]]) -> list[dict[str, Any]]:
    most = max((count for _, count in hours), default=0) or 1
    return [{"at": at, "count": count, "height": round(100 * count / most)} for at, count in hours]
