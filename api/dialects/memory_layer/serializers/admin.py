"""How the house is."""

from rest_framework import serializers


class HealthTold(serializers.Serializer):
    status = serializers.ChoiceField(["ok", "degraded", "down"])
    database = serializers.ChoiceField(["ok", "degraded", "down"])
    timestamp = serializers.DateTimeField()
    latency_ms = serializers.FloatField(allow_null=True)
    uptime_seconds = serializers.FloatField()
    environment = serializers.CharField()
    version = serializers.CharField()
    embedding = serializers.ChoiceField(["ok", "failed", "skipped"])
    notes = serializers.CharField(allow_null=True)
