"""What every view of administration shares: it asks for the right of its operation, and for an administrator's."""

from collections.abc import Mapping
from typing import Any

from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request

from api.dialects.cml.views.base import CmlAuthentication, CmlView
from tenants.models import Tenant
from tenants.resolve import Speaker


class AdminAuthentication(CmlAuthentication):
    """A `tenant_id` of the body or the query names the tenant of a platform's credential; others have their own."""

    def speaker(self, request: Request, credential: str, named: str) -> Speaker:
        speaker = super().speaker(request, credential, "")
        if not speaker.may("tenants.manage"):
            return speaker
        body = request.data if isinstance(request.data, Mapping) else {}
        told = body.get("tenant_id") or request.query_params.get("tenant_id")
        return super().speaker(request, credential, told if isinstance(told, str) and told else named)


class AdminView(CmlView):
    authentication_classes = [AdminAuthentication]

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if not self.speaker.may("audit.read" if request.method in ("GET", "HEAD") else "tenant.settings"):
            raise PermissionDenied

    @property
    def tenant(self) -> Tenant:
        return self.speaker.tenant
