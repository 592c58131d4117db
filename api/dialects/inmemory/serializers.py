"""The words of InMemory, heard and told."""

from typing import Any

from rest_framework import serializers

from api.dialects.base import Words
from api.native import words


class Names(serializers.Field):
    """A list of texts, or one text with commas: its two clients send either."""

    def to_internal_value(self, data: Any) -> tuple[str, ...]:
        told = data.split(",") if isinstance(data, str) else data
        if not isinstance(told, list) or not all(isinstance(name, str) for name in told):
            raise serializers.ValidationError("is a list of texts, or a text with commas")
        return tuple(name.strip() for name in told if name.strip())


class MemoryHeard(Words):
    memory_content = words.Content()
    user_id = words.Name()
    tags = Names(required=False)
    people_mentioned = Names(required=False)
    topic_category = words.Name()
    metadata = words.Metadata(required=False)


class MemoryTold(serializers.Serializer):
    success = serializers.BooleanField()
    message = serializers.CharField()
    memory_id = serializers.UUIDField(allow_null=True)
