"""The audit log in HippocampAI's words."""

from typing import Any

from rest_framework import serializers

from api.dialects.base import Words
from api.native import words

SEVERITIES = ("debug", "info", "warning", "error", "critical")


class LogsAsked(Words):
    user_id = serializers.UUIDField(required=False, help_text="A person who was signed in.")
    tenant_id = words.Name(help_text="The tenant's own id or slug.")
    action = words.Name(max_length=64)
    severity = serializers.ChoiceField(SEVERITIES, required=False)
    resource_type = words.Name(max_length=32)
    resource_id = words.Name(max_length=64)
    start_time = words.Moment(required=False)
    end_time = words.Moment(required=False)
    success = serializers.BooleanField(required=False, allow_null=True, default=None)
    search = words.Name(max_length=100, help_text="In the action and what is said of it.")
    page = serializers.IntegerField(min_value=1, max_value=100_000, default=1)
    page_size = serializers.IntegerField(min_value=1, max_value=1_000, default=100)


class LogsHeard(LogsAsked):
    actions = serializers.ListField(child=serializers.CharField(max_length=64), max_length=200, required=False)
    min_severity = serializers.ChoiceField(SEVERITIES, required=False)
    ip_address = serializers.IPAddressField(required=False)
    search_text = words.Name(max_length=100)

    def to_internal_value(self, data: Any) -> Any:
        heard = super().to_internal_value(data)
        return heard | {"search": heard.get("search_text") or heard.get("search", "")}


class StatsAsked(Words):
    tenant_id = words.Name()
    start_time = words.Moment(required=False)
    end_time = words.Moment(required=False)


class AuditEventTold(serializers.Serializer):
    id = serializers.UUIDField()
    timestamp = serializers.DateTimeField()
    user_id = serializers.UUIDField(allow_null=True)
    user_email = serializers.CharField(allow_null=True)
    api_key_id = serializers.UUIDField(allow_null=True)
    tenant_id = serializers.CharField()
    action = serializers.CharField()
    severity = serializers.ChoiceField(SEVERITIES)
    resource_type = serializers.CharField()
    resource_id = serializers.CharField()
    ip_address = serializers.CharField(allow_null=True)
    user_agent = serializers.CharField(allow_null=True)
    endpoint = serializers.CharField(allow_null=True)
    method = serializers.CharField(allow_null=True)
    description = serializers.CharField()
    old_value = serializers.DictField(allow_null=True)
    new_value = serializers.DictField(allow_null=True)
    metadata = serializers.DictField()
    success = serializers.BooleanField()
    error_message = serializers.CharField(allow_null=True)


class AuditLogTold(serializers.Serializer):
    events = AuditEventTold(many=True)
    total_count = serializers.IntegerField()
    page = serializers.IntegerField()
    page_size = serializers.IntegerField()
    has_more = serializers.BooleanField()


class AuditStats(serializers.Serializer):
    total_events = serializers.IntegerField()
    events_by_action = serializers.DictField(child=serializers.IntegerField())
    events_by_severity = serializers.DictField(child=serializers.IntegerField())
    events_by_user = serializers.DictField(child=serializers.IntegerField())
    failed_events = serializers.IntegerField()
    success_rate = serializers.FloatField()
    time_range_start = serializers.DateTimeField(allow_null=True)
    time_range_end = serializers.DateTimeField(allow_null=True)
