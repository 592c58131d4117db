"""A message, stored, changed and told."""

from rest_framework import serializers

from api.dialects.base import Words
from api.dialects.memory_layer.serializers.words import NAMED, ROLES, Entries, Said, TenantAsked, TenantHeard, Weight

LONGEST = 100_000  # characters of a message


class SaidInConversation(Words):
    conversation_id = serializers.RegexField(NAMED, max_length=128)
    role = serializers.ChoiceField(ROLES)
    content = Said(max_length=LONGEST)
    metadata = Entries(required=False)
    importance_override = Weight(help_text="Used as the score.")


class MessageHeard(SaidInConversation, TenantHeard):
    """A message to store."""


class Waiting(Words):
    wait = serializers.BooleanField(default=False, help_text="Compute the vector before answering, and answer 200.")


class MessageChange(TenantAsked):
    """What is left out stays; `metadata` is replaced."""

    content = Said(max_length=LONGEST, required=False)
    role = serializers.ChoiceField(ROLES, required=False)
    metadata = Entries(required=False)
    importance_override = Weight()


class MessageTold(serializers.Serializer):
    id = serializers.UUIDField()
    tenant_id = serializers.CharField()
    conversation_id = serializers.CharField()
    role = serializers.ChoiceField(ROLES)
    content = serializers.CharField()
    message_metadata = serializers.DictField()
    metadata = serializers.DictField()
    importance_score = serializers.FloatField()
    embedding_status = serializers.ChoiceField(["pending", "completed", "failed"])
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()
