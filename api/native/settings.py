"""/api/v1/settings: what a tenant may set for itself."""

from typing import Any

from django.conf import settings as operators
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from api.native.accepting import accept_loss
from api.native.base import StrictSerializer, TenantView, hear
from memory import tuning
from tenants import preferences
from tenants.models import Tenant

BERLIN = OpenApiExample("time words as in Berlin", {"time_zone": "Europe/Berlin"}, request_only=True)
BACK = OpenApiExample("as the operator says", {"undo_days": None}, request_only=True)


class SettingsChange(StrictSerializer):
    """What is not named stays; null takes a setting back to the operator's."""

    time_zone = serializers.CharField(max_length=64, required=False, allow_null=True, help_text="An IANA name.")
    undo_days = serializers.IntegerField(min_value=0, max_value=36_500, required=False, allow_null=True)
    cold_after_days = serializers.IntegerField(min_value=0, max_value=36_500, required=False, allow_null=True)
    audit_reads = serializers.BooleanField(required=False, allow_null=True)
    trace_share = serializers.FloatField(
        min_value=0, max_value=1, required=False, allow_null=True,
        help_text="Of calls that are traced, beside those that are slow, empty or failed.",
    )  # fmt: skip
    trace_slow_ms = serializers.IntegerField(min_value=1, max_value=60_000, required=False, allow_null=True)
    trace_days = serializers.IntegerField(
        min_value=0, max_value=36_500, required=False, allow_null=True, help_text="0: no trace is kept."
    )
    namespaces = serializers.ListField(
        child=serializers.CharField(max_length=255), max_length=100, required=False, allow_null=True,
        help_text="Patterns of the namespaces that may be written to, `*` for any text; empty: all.",
    )  # fmt: skip
    accept_loss = accept_loss()


class SettingsWords(serializers.Serializer):
    """What holds now, set by the tenant or not."""

    time_zone = serializers.CharField()
    undo_days = serializers.IntegerField()
    cold_after_days = serializers.IntegerField()
    audit_reads = serializers.BooleanField()
    trace_share = serializers.FloatField()
    trace_slow_ms = serializers.IntegerField()
    trace_days = serializers.IntegerField()
    namespaces = serializers.ListField(child=serializers.CharField())
    set = serializers.ListField(child=serializers.CharField(), help_text="The names of those that the tenant has set.")
    embedder = serializers.CharField(help_text="The embedding model in use; `/api/v1/embeddings` changes it.")


class Settings(TenantView):
    operations = {"GET": "tenant.settings", "PATCH": "tenant.settings"}

    @extend_schema(
        tags=["settings"], operation_id="get_settings", summary="The tenant's settings", responses=SettingsWords
    )
    def get(self, request: Request) -> Response:
        return Response(_told(self.speaker.tenant))

    @extend_schema(
        tags=["settings"], operation_id="change_settings", summary="Change the tenant's settings",
        request=SettingsChange, responses=SettingsWords, examples=[BERLIN, BACK],
    )  # fmt: skip
    def patch(self, request: Request) -> Response:
        tenant = self.speaker.tenant
        values = hear(SettingsChange, request.data)
        accepted = values.pop("accept_loss")
        tuning.change(tenant.pk, values, accept_loss=accepted)
        tenant.refresh_from_db()
        return Response(_told(tenant))


def _told(tenant: Tenant) -> dict[str, Any]:
    return preferences.told(tenant) | {"embedder": tenant.embedder or operators.EMBEDDER}
