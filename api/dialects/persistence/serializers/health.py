"""How the service is."""

from rest_framework import serializers


class ServicesTold(serializers.Serializer):
    memory_engine = serializers.BooleanField()
    learning_history = serializers.BooleanField()
    analytics_engine = serializers.BooleanField()
    cross_service_sync = serializers.BooleanField()


class HealthTold(serializers.Serializer):
    status = serializers.ChoiceField(["ok", "degraded"])
    timestamp = serializers.DateTimeField()
    version = serializers.CharField()
    services = ServicesTold()
