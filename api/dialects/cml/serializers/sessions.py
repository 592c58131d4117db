"""The words about sessions, heard and told."""

from rest_framework import serializers

from api.dialects.base import Words
from api.dialects.cml.serializers.memories import Item
from api.native import words

LONGEST_HOURS = 366 * 24


class SessionHeard(Words):
    name = words.Name()
    ttl_hours = serializers.IntegerField(
        min_value=1, max_value=LONGEST_HOURS, default=24, allow_null=True, help_text="Null: until somebody closes it."
    )
    metadata = words.Metadata(required=False)


class SessionTold(serializers.Serializer):
    session_id = serializers.CharField()
    created_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField(allow_null=True)


class SessionContextTold(serializers.Serializer):
    session_id = serializers.CharField()
    messages = Item(many=True, help_text="What was said in it, tool results and scratch pad aside.")
    tool_results = Item(many=True)
    scratch_pad = Item(many=True, help_text="Scratch notes and reasoning steps.")
    context_string = serializers.CharField()
