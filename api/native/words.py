"""The JSON of the native API: memories heard and told."""

import json
from datetime import datetime
from typing import Any

from rest_framework import serializers

from api.native.base import StrictSerializer
from memory.models import Memory
from memory.tiers import cold
from memory.types import Draft, Scope

CONTENT_LIMIT_BYTES = 1_048_576
METADATA_LIMIT_BYTES = 65_536
YEARS = range(2, 9999)  # what a time zone's shift cannot push out of what can be stored


class Name(serializers.CharField):
    """A short text; null and absent mean empty."""

    def __init__(self, max_length: int = 255, **options: Any) -> None:
        super().__init__(max_length=max_length, required=False, allow_blank=True, allow_null=True, **options)

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)

    def validate_empty_values(self, data: Any) -> tuple[bool, Any]:
        return (True, "") if data is None else super().validate_empty_values(data)


class Moment(serializers.DateTimeField):
    def to_internal_value(self, data: Any) -> datetime:
        try:
            moment = super().to_internal_value(data)
        except OverflowError:
            self.fail("overflow")
        if moment.year not in YEARS:
            self.fail("overflow")
        return moment


class Content(serializers.CharField):
    """Text kept byte for byte: never trimmed, never normalised."""

    def __init__(self, **options: Any) -> None:
        super().__init__(trim_whitespace=False, **options)

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        text = super().to_internal_value(data)
        if len(text.encode()) > CONTENT_LIMIT_BYTES:
            raise serializers.ValidationError(f"is longer than {CONTENT_LIMIT_BYTES} bytes", code="max_length")
        if not text.strip():
            self.fail("blank")
        return text


class Metadata(serializers.JSONField):
    def to_internal_value(self, data: Any) -> dict[str, Any]:
        if not isinstance(data, dict):
            raise serializers.ValidationError("must be an object")
        if len(json.dumps(data, ensure_ascii=False).encode()) > METADATA_LIMIT_BYTES:
            raise serializers.ValidationError(f"is larger than {METADATA_LIMIT_BYTES} bytes", code="max_length")
        super().to_internal_value(data)
        return data


class MemoryChange(StrictSerializer):
    """What can be changed of a memory."""

    content = Content(required=False)
    kind = serializers.ChoiceField(Memory.Kind.choices, required=False)
    role = Name(max_length=32)
    author = Name(help_text="Who said it.")
    tags = serializers.ListField(child=serializers.CharField(max_length=100), max_length=100, required=False)
    people = serializers.ListField(child=serializers.CharField(max_length=255), max_length=100, required=False)
    topic = Name()
    metadata = Metadata(required=False, help_text="Merged into what is there.")
    importance = serializers.FloatField(min_value=0, max_value=1, required=False, help_text="0 to 1.")
    confidence = serializers.FloatField(min_value=0, max_value=1, required=False, help_text="0 to 1.")
    event_time = Moment(required=False, help_text="When it happened; `created_at` is when it was learned.")
    expires_at = Moment(required=False, allow_null=True)


class MemoryDraft(MemoryChange):
    """A memory to store."""

    content = Content()
    user_id = Name()
    agent_id = Name()
    session_id = Name()
    namespace = Name(help_text="`default` when empty.")


class MemoryBatch(StrictSerializer):
    memories = serializers.ListField(child=MemoryDraft(), allow_empty=False, max_length=1000)


class OutcomeWords(serializers.Serializer):
    """What became of one item."""

    id = serializers.UUIDField(allow_null=True)
    status = serializers.ChoiceField(["created", "merged", "skipped"])
    reason = serializers.CharField()


class OutcomeList(serializers.Serializer):
    data = OutcomeWords(many=True)  # type: ignore[assignment]  # a field, not the property


class MemoryList(serializers.ListSerializer):
    def to_representation(self, data: Any) -> list[Any]:
        memories = list(data)
        cold.fill(memories)
        return super().to_representation(memories)


class MemoryWords(serializers.ModelSerializer):
    """A memory; content of a cold one is fetched when it is told."""

    class Meta:
        model = Memory
        list_serializer_class = MemoryList
        fields = [
            "id", "content", "kind", "role", "author", "user_id", "agent_id", "session_id", "namespace", "tags",
            "people", "topic", "metadata", "importance", "confidence", "state", "event_time", "expires_at",
            "tier", "content_hash", "version", "created_at", "updated_at",
        ]  # fmt: skip
        read_only_fields = fields

    def to_representation(self, memory: Memory) -> dict[str, Any]:
        cold.fill([memory])
        return super().to_representation(memory)


class MemoryPage(serializers.Serializer):
    data = MemoryWords(many=True)  # type: ignore[assignment]  # a field, not the property
    next_cursor = serializers.CharField(allow_null=True)
    has_more = serializers.BooleanField()


class SearchWords(StrictSerializer):
    """A question."""

    query = serializers.CharField(max_length=10_000)
    limit = serializers.IntegerField(min_value=1, max_value=200, default=10)
    user_id = Name()
    agent_id = Name()
    session_id = Name()
    namespace = Name()
    filters = serializers.DictField(required=False, help_text="The filter language, see the docs.")
    explain = serializers.BooleanField(default=False, help_text="Show the parts of each score.")


class HitWords(MemoryWords):
    score = serializers.FloatField(help_text="0 to 1, higher is better.")
    scores = serializers.DictField(child=serializers.FloatField(), required=False, help_text="With `explain`.")

    class Meta(MemoryWords.Meta):
        fields = [*MemoryWords.Meta.fields, "score", "scores"]
        read_only_fields = fields


class SearchAnswer(serializers.Serializer):
    data = HitWords(many=True)  # type: ignore[assignment]  # a field, not the property
    took_ms = serializers.FloatField()
    candidate_count = serializers.IntegerField(help_text="How many memories were scored.")


def scope_of(heard: dict[str, Any]) -> Scope:
    return Scope(**{name: heard.get(name) or "" for name in ("namespace", "user_id", "agent_id", "session_id")})


def draft_of(heard: dict[str, Any]) -> Draft:
    told = {name: value for name, value in heard.items() if name not in vars(Scope())}
    for name in ("tags", "people"):
        told[name] = tuple(told.get(name, ()))
    return Draft(scope=scope_of(heard), **told)
