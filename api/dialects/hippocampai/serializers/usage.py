"""Usage and quotas in HippocampAI's words. Null: there is no such limit here."""

from rest_framework import serializers

from api.dialects.base import Words


class TenantAsked(Words):
    user_id = serializers.UUIDField(required=False, help_text="The tenant's own id.")


class DaysAsked(Words):
    days = serializers.IntegerField(min_value=1, max_value=366, default=30)


class PeriodTold(serializers.Serializer):
    """Calls, searches and writes of these days; tokens are not counted."""

    period_start = serializers.DateTimeField()
    period_end = serializers.DateTimeField()
    api_calls = serializers.IntegerField()
    memories_created = serializers.IntegerField()
    memories_deleted = serializers.IntegerField()
    memories_retrieved = serializers.IntegerField(help_text="Hits of searches.")
    tokens_used = serializers.IntegerField()
    storage_bytes = serializers.IntegerField()
    avg_response_time_ms = serializers.FloatField(help_text="Of searches.")


class TenantUsage(serializers.Serializer):
    user_id = serializers.UUIDField()
    email = serializers.CharField(allow_null=True)
    tier = serializers.CharField()
    total_memories = serializers.IntegerField()
    total_storage_bytes = serializers.IntegerField()
    total_api_calls = serializers.IntegerField()
    memory_limit = serializers.IntegerField(allow_null=True)
    storage_limit_bytes = serializers.IntegerField(allow_null=True)
    api_calls_limit_day = serializers.IntegerField(allow_null=True, help_text="In any 24 hours.")
    memory_usage_percent = serializers.FloatField()
    storage_usage_percent = serializers.FloatField()
    api_usage_percent = serializers.FloatField(help_text="Of the 24 hours that end now.")
    usage_today = PeriodTold()
    usage_this_week = PeriodTold()
    usage_this_month = PeriodTold()
    api_calls_trend = serializers.ListField(child=serializers.DictField())
    storage_trend = serializers.ListField(child=serializers.DictField())


class QuotasTold(serializers.Serializer):
    user_id = serializers.UUIDField()
    tier = serializers.CharField()
    quotas = serializers.DictField()
    warnings = serializers.ListField(child=serializers.DictField())
    upgrade_available = serializers.BooleanField()


class KeyUsage(serializers.Serializer):
    api_key_id = serializers.UUIDField()
    key_name = serializers.CharField()
    total_calls = serializers.IntegerField()
    calls_today = serializers.IntegerField()
    calls_this_week = serializers.IntegerField()
    last_used = serializers.DateTimeField(allow_null=True)
    avg_response_time_ms = serializers.FloatField(help_text="Not counted by key: 0.")
    error_rate = serializers.FloatField(help_text="The share that limits refused.")
    endpoints_used = serializers.DictField(help_text="Calls of the days asked for: reads, writes, searches, admin.")


class PlatformUsage(serializers.Serializer):
    """A user is a tenant."""

    total_users = serializers.IntegerField()
    active_users_today = serializers.IntegerField()
    active_users_week = serializers.IntegerField()
    active_users_month = serializers.IntegerField()
    total_memories = serializers.IntegerField()
    total_storage_bytes = serializers.IntegerField()
    total_api_calls_today = serializers.IntegerField()
    users_by_tier = serializers.DictField()
    usage_by_tier = serializers.DictField()
    top_users_by_memories = serializers.ListField(child=serializers.DictField())
    top_users_by_api_calls = serializers.ListField(child=serializers.DictField())
    daily_api_calls = serializers.ListField(child=serializers.DictField())
    daily_new_users = serializers.ListField(child=serializers.DictField())
