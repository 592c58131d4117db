"""Conversations, and numbers of them."""

from rest_framework import serializers

from api.dialects.memory_layer.serializers.messages import MessageTold
from api.dialects.memory_layer.serializers.words import TenantAsked


class ConversationsAsked(TenantAsked):
    limit = serializers.IntegerField(min_value=1, max_value=200, default=50)
    cursor = serializers.CharField(max_length=400, default="", help_text="`next_cursor` of the page before.")


class ConversationTold(serializers.Serializer):
    conversation_id = serializers.CharField()
    title = serializers.CharField()
    state = serializers.ChoiceField(["open", "closed"])
    message_count = serializers.IntegerField()
    metadata = serializers.DictField()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class ConversationsTold(serializers.Serializer):
    items = ConversationTold(many=True)
    next_cursor = serializers.CharField(allow_null=True)


class WholeConversationTold(ConversationTold):
    messages = MessageTold(many=True)
    next_cursor = serializers.CharField(allow_null=True)


class DeletedTold(serializers.Serializer):
    deleted = serializers.IntegerField()


class DaysAsked(TenantAsked):
    days = serializers.IntegerField(min_value=1, max_value=90, default=30)


class DayTold(serializers.Serializer):
    day = serializers.DateField()
    count = serializers.IntegerField()


class OverviewTold(serializers.Serializer):
    tenant_id = serializers.CharField()
    days = serializers.IntegerField()
    messages = serializers.IntegerField()
    conversations = serializers.IntegerField()
    embeddings_pending = serializers.IntegerField()
    by_role = serializers.DictField(child=serializers.IntegerField())
    stored_per_day = DayTold(many=True)
    searches = serializers.IntegerField()
    search_latency_ms = serializers.FloatField(allow_null=True)
