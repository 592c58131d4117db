"""What its views share: the tenant that a call names is that of the key, and errors have its shape."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from rest_framework.exceptions import ParseError
from rest_framework.request import Request

from api.dialects.base import DialectView, Wrong
from tenants.errors import TenantMismatch, TenantNeeded

MISNAMED = "tenant_id is not the tenant of this API key: send its slug or its id."


class MemoryLayerView(DialectView):
    dialect = "memory_layer"
    nobody = "Invalid API key"
    envelope_schema = {
        "type": "object",
        "properties": {"detail": {"type": "string"}, "request_id": {"type": "string"}},
    }
    misnamed = False

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """A key of the platform speaks in the tenant that query or body name."""
        request.named_tenant = request.query_params.get("tenant_id", "")  # type: ignore[attr-defined]
        try:
            self._recognised(request, *args, **kwargs)
        except TenantMismatch:
            self.misnamed = True
            raise

    def _recognised(self, request: Request, *args: Any, **kwargs: Any) -> None:
        try:
            super().initial(request, *args, **kwargs)
        except TenantNeeded:
            named = request.data.get("tenant_id") if isinstance(request.data, dict) else None
            if not named or not isinstance(named, str):
                raise
            request.named_tenant = named  # type: ignore[attr-defined]
            request._authenticate()  # type: ignore[attr-defined]  # it has no public place for this
            super().initial(request, *args, **kwargs)

    def hear(self, request: Request) -> dict[str, Any]:
        """Raises TenantMismatch for a tenant that is not the key's."""
        told = super().hear(request)
        if not self.is_own(told):
            self.misnamed = True
            raise TenantMismatch
        return told

    def is_own(self, told: Mapping[str, Any]) -> bool:
        """Whether the tenant that is named, if any, is the key's."""
        return told.get("tenant_id", self.tenant) in (self.tenant, str(self.speaker.tenant.pk))

    @property
    def tenant(self) -> str:
        return self.speaker.tenant.slug

    def envelope(self, wrong: Wrong) -> dict[str, Any]:
        detail = MISNAMED if self.misnamed else wrong.sentence
        if wrong.code == "rate_limited":
            detail = f"Tenant rate limit exceeded. {detail}"
        return {"detail": detail, "request_id": wrong.request_id}


def id_of(text: str, of: str = "a message") -> UUID:
    """Raises ParseError, which is answered with 400."""
    try:
        return UUID(text)
    except ValueError:
        raise ParseError(f"This is not the id of {of}.") from None
