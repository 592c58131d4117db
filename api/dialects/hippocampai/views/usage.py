"""Usage: what the tenant used, how far its quotas are, what a key did, and all tenants for an operator."""

from datetime import date
from typing import Any

from django.utils import timezone
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from analytics import dashboard, spans
from api.dialects.hippocampai.presenters import usage as present
from api.dialects.hippocampai.serializers import usage as words
from api.dialects.hippocampai.views.base import HippocampView
from api.dialects.hippocampai.views.base import key as key_of
from memory import stats
from tenants import keys, limits, metering, plans
from tenants.models import Tenant

FIRST = date(2020, 1, 1)  # before anything was metered


class UsageView(HippocampView):
    operations = {"GET": "usage.read"}
    asked = words.TenantAsked

    def own(self, request: Request) -> Tenant:
        """The speaker's tenant, which is what it calls a user. Raises NotFound for another one."""
        tenant = self.speaker.tenant
        if self.ask(request).get("user_id") not in (None, tenant.pk):
            raise NotFound
        return tenant


class Me(UsageView):
    """What was used today, this week and this month."""

    told = {"GET": words.TenantUsage}

    def get(self, request: Request) -> Response:
        tenant, last = self.own(request), metering.today()
        standing = _standing(tenant)
        total = sum(present.calls(row) for row in metering.used(FIRST, last, ("day",), tenant))
        told = present.tenant(standing, plans.limits_of(tenant), total)
        lengths = {"today": 1, "this_week": present.WEEK, "this_month": present.MONTH}
        kept = standing.kept.bytes
        periods = {f"usage_{name}": _period(tenant, days, kept) for name, days in lengths.items()}
        stocks = metering.kept(metering.days_before(last, present.MONTH), last, tenant)
        return self.answer(told | periods | present.trends(_by_day(tenant, present.MONTH), stocks))


class Quotas(UsageView):
    """How far the quotas are."""

    told = {"GET": words.QuotasTold}

    def get(self, request: Request) -> Response:
        tenant = self.own(request)
        today = sum(_by_day(tenant, 1).values())
        return self.answer(present.quotas(_standing(tenant), metering.quotas(tenant), today))


class KeyUsage(HippocampView):
    """What an API key of the tenant did."""

    operations = {"GET": "usage.read"}
    asked = words.DaysAsked
    told = {"GET": words.KeyUsage}

    def get(self, request: Request, key_id: str) -> Response:
        days, tenant = self.ask(request)["days"], self.speaker.tenant
        key = keys.of(tenant).filter(pk=key_of(key_id)).first()
        if key is None:
            raise NotFound
        last = metering.today()
        rows = metering.used(metering.days_before(last, max(days, present.WEEK)), last, ("day", "key"), tenant)
        return self.answer(present.key(key, rows, days, last))


class Platform(HippocampView):
    """All tenants; for an operator of the platform."""

    needs_tenant = False
    operations = {"GET": "tenants.manage"}
    told = {"GET": words.PlatformUsage}

    def get(self, request: Request) -> Response:
        last = metering.today()
        rows = metering.showback(metering.days_before(last, present.MONTH), last)
        opened = Tenant.objects.values_list("created_at", flat=True)
        return self.answer(present.platform(rows, _by_day(None, present.MONTH), opened, last))


def _standing(tenant: Tenant) -> present.Standing:
    return present.Standing(tenant, plans.plan_of(tenant).name, stats.overview(), limits.standing_long(tenant))


def _by_day(tenant: Tenant | None, days: int) -> dict[date, int]:
    """Calls on each of the last days, today the last; those without any too."""
    last = metering.today()
    every = metering.days_of(metering.days_before(last, days), last)
    found = {row["day"]: present.calls(row) for row in metering.used(every[0], last, ("day",), tenant)}
    return {day: found.get(day, 0) for day in every}


def _period(tenant: Tenant, days: int, kept: int) -> dict[str, Any]:
    now, last = timezone.now(), metering.today()
    first = metering.days_before(last, days)
    counted = dashboard.numbers(spans.of_days(first, last, now))
    return present.period(first, now, counted, sum(_by_day(tenant, days).values()), kept)
