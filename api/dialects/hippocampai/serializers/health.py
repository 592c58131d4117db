"""Whether it is up."""

from rest_framework import serializers


class UpTold(serializers.Serializer):
    status = serializers.ChoiceField(("healthy", "degraded", "unhealthy"))
