"""How our views appear in OpenAPI: the credential's scheme, and problem documents for errors."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers

ERRORS = {
    "400": "Malformed",
    "401": "Not authenticated",
    "403": "Scope missing",
    "404": "Not found",
    "422": "Not valid",
}
IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key", str, OpenApiParameter.HEADER, description="Sent again, the same request does nothing again."
)


class ProblemItem(serializers.Serializer):
    pointer = serializers.CharField(help_text="JSON pointer to the part that is wrong.")
    code = serializers.CharField()
    detail = serializers.CharField()


class Problem(serializers.Serializer):
    """RFC 9457 problem document, sent as application/problem+json."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    instance = serializers.CharField()
    code = serializers.CharField()
    request_id = serializers.CharField()
    errors = ProblemItem(many=True, required=False)  # type: ignore[assignment]  # a field, not the property


API_KEY = {"type": "http", "scheme": "bearer", "description": "An API key: im_…"}


class KeyScheme(OpenApiAuthenticationExtension):
    target_class = "api.auth.CredentialAuthentication"
    match_subclasses = True  # a dialect may hear the tenant in another way
    name = "ApiKey"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, Any]:
        return API_KEY


def once(endpoints: list[tuple[str, str, str, Any]]) -> list[tuple[str, str, str, Any]]:
    """Each route once: that it answers with a trailing slash too is not another operation."""
    return [endpoint for endpoint in endpoints if not endpoint[0].endswith("/")]


def native(endpoints: list[tuple[str, str, str, Any]]) -> list[tuple[str, str, str, Any]]:
    """Of the native API alone: each dialect has an OpenAPI file of its own."""
    return [endpoint for endpoint in once(endpoints) if not hasattr(endpoint[3].cls, "dialect")]


class Schema(AutoSchema):
    def get_override_parameters(self) -> list[Any]:
        return [IDEMPOTENCY_KEY] if self.method == "POST" else []

    def get_operation_id(self) -> str:
        """Outside of a document, see api.operations, there is no path that a name could be made of."""
        return super().get_operation_id() if getattr(self, "path", None) else ""

    def _get_response_bodies(self, direction: Any = "response") -> dict[str, Any]:
        bodies = super()._get_response_bodies(direction)
        problem = self.resolve_serializer(Problem, direction).ref
        for status, description in ERRORS.items():
            content = {"application/problem+json": {"schema": problem}}
            bodies.setdefault(status, {"description": description, "content": content})
        return bodies
