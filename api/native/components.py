"""/api/v1/components: the health of every component of the platform, with what to do."""

from dataclasses import asdict

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from analytics import components
from analytics.checks.base import Status
from api.native.base import PlatformView

STATUSES = [str(status) for status in Status]


class ComponentWords(serializers.Serializer):
    """One component. See docs/components.md for each."""

    name = serializers.ChoiceField(components.NAMES)
    status = serializers.ChoiceField(STATUSES)
    says = serializers.CharField()
    advice = serializers.CharField(help_text="What to do; empty where nothing is.")
    latency_ms = serializers.FloatField(allow_null=True, help_text="Of one small use of it.")
    details = serializers.DictField()


class ComponentsWords(serializers.Serializer):
    status = serializers.ChoiceField(STATUSES, help_text="The worst of all.")
    at = serializers.DateTimeField()
    version = serializers.CharField()
    components = ComponentWords(many=True)


class Components(PlatformView):
    operations = {"GET": "metrics.read"}

    @extend_schema(
        tags=["platform"], operation_id="get_components", summary="How each component does, and what to do",
        responses=ComponentsWords,
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        return Response(asdict(components.health()))
