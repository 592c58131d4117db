"""Tasks on memories in HippocampAI's words."""

from typing import Any

from rest_framework import serializers

from api.dialects.base import Words
from api.dialects.hippocampai.serializers import memories
from api.dialects.hippocampai.serializers.memories import Owner
from api.native import words


class TaskCreate(memories.MemoryHeard):
    memory_type = serializers.JSONField(required=False, help_text="One of the nine types.")

    def to_internal_value(self, data: Any) -> Any:
        heard = super().to_internal_value(data)
        return {"type": heard["memory_type"]} | heard if "memory_type" in heard else heard


class TaskBatch(Words):
    memories = serializers.ListField(child=TaskCreate(), max_length=words.BATCH)


class TaskUpdate(Words):
    memory_id = serializers.CharField(max_length=255)
    user_id = Owner()
    updates = memories.Change()


class TaskDelete(Words):
    memory_id = serializers.CharField(max_length=255)
    user_id = Owner()
