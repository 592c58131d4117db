"""Usage: what the tenant used, how far its quotas are, what a key did, and all tenants for an operator."""

from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from api.dialects.hippocampai.presenters import usage as present
from api.dialects.hippocampai.serializers import usage as words
from api.dialects.hippocampai.views.base import HippocampView
from api.dialects.hippocampai.views.base import key as key_of
from tenants import keys, metering
from tenants.models import Tenant


class UsageView(HippocampView):
    operations = {"GET": "usage.read"}
    asked = words.TenantAsked

    def own(self, request: Request) -> Tenant:
        """The speaker's tenant, which is what it calls a user. Raises NotFound for another one."""
        if not present.is_own(self.speaker.tenant, self.ask(request).get("user_id")):
            raise NotFound
        return self.speaker.tenant


class Me(UsageView):
    """What was used today, this week and this month."""

    told = {"GET": words.TenantUsage}

    def get(self, request: Request) -> Response:
        return self.answer(present.tenant(self.own(request)))


class Quotas(UsageView):
    """How far the quotas are."""

    told = {"GET": words.QuotasTold}

    def get(self, request: Request) -> Response:
        return self.answer(present.quotas(self.own(request)))


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
        return self.answer(present.key(key, rows, days))


class Platform(HippocampView):
    """All tenants; for an operator of the platform."""

    needs_tenant = False
    operations = {"GET": "tenants.manage"}
    told = {"GET": words.PlatformUsage}

    def get(self, request: Request) -> Response:
        return self.answer(present.platform())
