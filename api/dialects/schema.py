"""How a dialect's views appear in its OpenAPI file."""

import re
from typing import Any

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import ResolvedComponent
from drf_spectacular.types import OpenApiTypes
from rest_framework import serializers

from api.auth import CredentialAuthentication
from api.schema import API_KEY


class DialectSchema(AutoSchema):
    """Named by path and method, with the dialect's own envelope for errors."""

    view: Any  # a DialectView

    def get_operation_id(self) -> str:
        """Such as `v1_messages_message_id_get`; a view may stand at several paths."""
        path = self.path.removeprefix(f"/compat/{self.view.dialect}/").replace(":", "-")
        return f"{re.sub(r'[^a-zA-Z0-9-]+', '_', path).strip('_')}_{self.method.lower()}"

    def get_auth(self) -> list[dict[str, Any]]:
        """A dialect may hear keys in a way of its own; they are the same keys."""
        if not self.view.get_authenticators():
            return []
        kind = ResolvedComponent.SECURITY_SCHEMA
        self.registry.register_on_missing(ResolvedComponent("ApiKey", kind, API_KEY, CredentialAuthentication))
        return [{"ApiKey": []}]

    def get_tags(self) -> list[str]:
        return [type(self.view).__module__.rpartition(".")[2]]

    def get_summary(self) -> str:
        return (type(self.view).__doc__ or "").partition("\n")[0]

    def get_request_serializer(self) -> Any:
        return None if self.method in ("GET", "HEAD") else self.view.words_of(self.method)

    def get_response_serializers(self) -> Any:
        told = getattr(self.view, "told", {}).get(self.method)
        if isinstance(told, serializers.DictField):  # it is no serializer, and tells of an object
            told = OpenApiTypes.OBJECT
        return {self.view.success.get(self.method, 200): told}

    def get_override_parameters(self) -> list[Any]:
        asked = getattr(self.view, "asked", None)
        in_query = self.method in ("GET", "DELETE") or not getattr(self.view, "heard", None)
        return [asked] if asked and in_query else []

    def _get_response_bodies(self, direction: Any = "response") -> dict[str, Any]:
        bodies: dict[str, Any] = super()._get_response_bodies(direction)
        for status, description in self.view.errors.items():
            content = {"application/json": {"schema": self.view.envelope_schema}}
            bodies.setdefault(str(status), {"description": description, "content": content})
        return bodies
