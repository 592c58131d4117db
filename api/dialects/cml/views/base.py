"""What every view of Cognitive Memory Layer shares: who speaks, for which user, and how it is answered."""

import time
from collections.abc import Sequence
from typing import Any

from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from api.auth import CredentialAuthentication, credential_of
from api.dialects.base import DialectView, Words, Wrong
from api.native import words
from api.native.base import hear
from memory.types import Scope
from tenants.resolve import Speaker

NO_KEY, BAD_KEY = "API key required", "Invalid API key"


class CmlAuthentication(CredentialAuthentication):
    """`X-Tenant-ID` is heard from a credential of the platform alone: the clients send one with every call."""

    def speaker(self, request: Request, credential: str, named: str) -> Speaker:
        speaker = super().speaker(request, credential, "")
        if not speaker.may("tenants.manage"):
            return speaker
        named = request.parser_context["view"].tenant_named(request, named)
        return super().speaker(request, credential, named) if named else speaker


class Headers(Words):
    """What the headers say beside the credential."""

    user_id = words.Name(help_text="X-User-Id: whose memories are read and written; all of the tenant's without it.")


class CmlView(DialectView):
    dialect = "cml"
    authentication_classes: Sequence[type[BaseAuthentication]] = (CmlAuthentication,)
    began = 0.0

    def tenant_named(self, request: Request, header: str) -> str:
        """Which tenant a credential of the platform speaks in, by what it sent."""
        return header

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        self.began = time.perf_counter()
        return super().dispatch(request, *args, **kwargs)

    def finalize_response(self, request: Any, response: Any, *args: Any, **kwargs: Any) -> Any:
        told = super().finalize_response(request, response, *args, **kwargs)
        told["X-Response-Time"] = f"{self.elapsed_ms():.2f}ms"
        return told

    def elapsed_ms(self) -> float:
        return round((time.perf_counter() - self.began) * 1000, 3)

    def scope(self, **told: str) -> Scope:
        """Whose memories: the user's of `X-User-Id`, or the whole tenant's, and what `told` narrows it to."""
        user = hear(Headers, {"user_id": self.request.headers.get("X-User-Id")})
        return Scope(user_id=user["user_id"], **told)

    def envelope(self, wrong: Wrong) -> dict[str, Any]:
        if wrong.status == 401:
            return {"detail": BAD_KEY if credential_of(self.request) else NO_KEY}
        return {"detail": wrong.sentence}
