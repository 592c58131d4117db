"""Many messages at once."""

from rest_framework import serializers

from api.dialects.memory_layer.serializers.messages import MessageChange, SaidInConversation
from api.dialects.memory_layer.serializers.words import TenantAsked, TenantHeard

MOST_BATCH = 100


class OneMessage(SaidInConversation, TenantAsked):
    """One of a batch, which names the tenant for all."""


class OneChange(MessageChange):
    id = serializers.CharField(max_length=64)


class BatchHeard(TenantHeard):
    """Each message is looked at by itself: what is wrong with one keeps no other out."""

    messages = serializers.ListField(allow_empty=False, max_length=MOST_BATCH)


class BatchUpdates(TenantHeard):
    updates = serializers.ListField(allow_empty=False, max_length=MOST_BATCH)


class BatchDeletes(TenantHeard):
    message_ids = serializers.ListField(
        child=serializers.CharField(max_length=64), allow_empty=False, max_length=MOST_BATCH
    )


class ResultTold(serializers.Serializer):
    index = serializers.IntegerField()
    status = serializers.ChoiceField(["created", "updated", "deleted", "failed"])
    id = serializers.UUIDField(allow_null=True)
    detail = serializers.CharField(allow_null=True)


class BatchTold(serializers.Serializer):
    succeeded = serializers.IntegerField()
    failed = serializers.IntegerField()
    results = ResultTold(many=True)
