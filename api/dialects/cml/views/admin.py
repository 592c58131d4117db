"""What every view of administration shares: it asks for the right of its operation, and for an administrator's."""

from collections.abc import Mapping
from typing import Any

from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request

from api.dialects.cml.views.base import CmlView
from api.dialects.schema import DialectSchema
from tenants.models import Tenant


class AdminSchema(DialectSchema):
    """Some views stand in two families of paths: their operations are named by that too."""

    path: str

    def get_operation_id(self) -> str:
        family = "Admin" if "/v1/admin/" in self.path else "Dashboard"
        return f"{family}{super().get_operation_id()}"


class AdminView(CmlView):
    schema = AdminSchema()

    def tenant_named(self, request: Request, header: str) -> str:
        """The tenant of the body or the query goes before that of the header."""
        body = request.data if isinstance(request.data, Mapping) else {}
        told = body.get("tenant_id") or request.query_params.get("tenant_id")
        return told if isinstance(told, str) and told else header

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if not self.speaker.may("audit.read" if request.method in ("GET", "HEAD") else "tenant.settings"):
            raise PermissionDenied

    @property
    def tenant(self) -> Tenant:
        return self.speaker.tenant
