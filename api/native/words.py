"""The JSON of the native API: memories heard and told."""

import json
import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.utils import timezone
from rest_framework import serializers

from api.native.base import StrictSerializer
from memory.models import Memory
from memory.tiers import cold
from memory.types import Draft, Outcome, Query, Scope

CONTENT_LIMIT_BYTES = 1_048_576
METADATA_LIMIT_BYTES = 65_536
METADATA_DEPTH = 8
METADATA_ENTRIES = 256  # keys of objects and items of lists, all levels together
BATCH = 1_000  # memories of one request
LONGEST_TTL = 10 * 366 * 86_400  # seconds
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


def _depth(value: Any) -> int:
    """How deeply lists and objects are nested; the gate has bounded it."""
    if not isinstance(value, dict | list):
        return 0
    inner = value.values() if isinstance(value, dict) else value
    return 1 + max(map(_depth, inner), default=0)


def _entries(value: Any) -> int:
    if not isinstance(value, dict | list):
        return 0
    inner = value.values() if isinstance(value, dict) else value
    return len(value) + sum(map(_entries, inner))


class Metadata(serializers.JSONField):
    def to_internal_value(self, data: Any) -> dict[str, Any]:
        if not isinstance(data, dict):
            raise serializers.ValidationError("must be an object")
        if len(json.dumps(data, ensure_ascii=False).encode()) > METADATA_LIMIT_BYTES:
            raise serializers.ValidationError(f"is larger than {METADATA_LIMIT_BYTES} bytes", code="max_length")
        if _depth(data) > METADATA_DEPTH:
            raise serializers.ValidationError(f"is nested deeper than {METADATA_DEPTH}", code="max_depth")
        if _entries(data) > METADATA_ENTRIES:
            raise serializers.ValidationError(f"has more than {METADATA_ENTRIES} entries", code="max_length")
        super().to_internal_value(data)
        return data


class Language(serializers.RegexField):
    """A BCP 47 tag such as `de` or `pt-BR`."""

    def __init__(self, **options: Any) -> None:
        super().__init__(re.compile(r"[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8}){0,2}\Z"), max_length=16, **options)


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
    valid_from = Moment(required=False, allow_null=True, help_text="It holds from then on; null: since event_time.")
    valid_to = Moment(required=False, allow_null=True, help_text="It held until then; null: it still does.")
    language = Language(required=False, allow_blank=True, help_text="A BCP 47 tag, for its word stems; English.")
    source = Name(max_length=64, help_text="Where it came from: chat, tool, web …")  # type: ignore[assignment]  # a field
    trust = serializers.ChoiceField(Memory.Trust.choices, required=False)

    def validate(self, heard: dict[str, Any]) -> dict[str, Any]:
        if (begins := heard.get("valid_from")) and (ends := heard.get("valid_to")) and ends < begins:
            raise serializers.ValidationError({"valid_to": "is before valid_from"})
        return heard


class MemoryReplacement(MemoryChange):
    """All that can be said of a memory: what is not sent gets its default."""

    content = Content()


class MemoryDraft(MemoryReplacement):
    """A memory to store."""

    id = serializers.UUIDField(required=False, help_text="Of a memory that is there: it is changed. Else the new id.")
    ttl_seconds = serializers.IntegerField(
        min_value=1, max_value=LONGEST_TTL, required=False, help_text="In place of `expires_at`: seconds from now."
    )
    user_id = Name()
    agent_id = Name()
    session_id = Name()
    namespace = Name(help_text="`default` when empty.")

    def validate(self, heard: dict[str, Any]) -> dict[str, Any]:
        if heard.get("ttl_seconds") and heard.get("expires_at"):
            raise serializers.ValidationError({"ttl_seconds": "says the same as expires_at; send one of them"})
        return super().validate(heard)


class MemoryBatch(StrictSerializer):
    memories = serializers.ListField(child=MemoryDraft(), allow_empty=False, max_length=BATCH)
    partial = serializers.BooleanField(  # type: ignore[assignment]  # a field
        default=False, help_text="Store what can be stored; the rest fails by itself."
    )


class PartialBatch(StrictSerializer):
    """The same, its items not looked at yet."""

    memories = serializers.ListField(allow_empty=False, max_length=BATCH)
    partial = serializers.BooleanField()  # type: ignore[assignment]  # a field


class OutcomeWords(serializers.Serializer):
    """What became of one item."""

    index = serializers.IntegerField(help_text="Its place in the request, 0 for the first.")
    id = serializers.UUIDField(allow_null=True)
    status = serializers.ChoiceField(["created", "merged", "updated", "skipped", "failed"])
    reason = serializers.CharField()


def told_of(outcomes: Iterable[Outcome]) -> list[dict[str, Any]]:
    return [{"index": index, **vars(outcome)} for index, outcome in enumerate(outcomes)]


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
            "people", "topic", "language", "source", "trust", "metadata", "importance", "confidence", "state",
            "event_time", "expires_at", "valid_from", "valid_to", "superseded_by", "position", "recalls",
            "recalled_at", "pinned", "tier", "content_hash", "version", "created_at", "updated_at",
        ]  # fmt: skip
        read_only_fields = fields

    def to_representation(self, memory: Memory) -> dict[str, Any]:
        """As the fields would tell it, without asking each: that takes ten times as long."""
        cold.fill([memory])
        return {name: _plain(getattr(memory, name)) for name in MemoryWords.Meta.fields}


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return str(value) if isinstance(value, UUID) else value


class MemoryPage(serializers.Serializer):
    data = MemoryWords(many=True)  # type: ignore[assignment]  # a field, not the property
    next_cursor = serializers.CharField(allow_null=True)
    has_more = serializers.BooleanField()


ASKED = ("query", "like", "vector", "when", "tags", "people", "filters", "as_of", "valid_at",
         "user_id", "agent_id", "session_id", "namespace", "namespaces")  # fmt: skip


class SearchWords(StrictSerializer):
    """A question. Without `query`, `like` and `vector` the newest come first of what the other fields narrow to."""

    query = serializers.CharField(max_length=10_000, required=False)
    like = serializers.UUIDField(required=False, help_text="Near to this memory.")
    vector = serializers.ListField(
        child=serializers.FloatField(), min_length=1, max_length=4_096, required=False, help_text="Near to this vector."
    )
    limit = serializers.IntegerField(min_value=1, max_value=200, default=10)
    user_id = Name()
    agent_id = Name()
    session_id = Name()
    namespace = Name()
    namespaces = serializers.ListField(child=serializers.CharField(max_length=255), max_length=100, required=False)
    filters = serializers.DictField(required=False, help_text="The filter language, see the docs.")
    tags = serializers.ListField(child=serializers.CharField(max_length=100), max_length=100, required=False)
    all_tags = serializers.BooleanField(default=False, help_text="All of `tags`, not any.")
    people = serializers.ListField(
        child=serializers.CharField(max_length=255), max_length=100, required=False, help_text="Any of them."
    )
    when = Name(max_length=100, help_text="Time words: `last week`, `in May 2023`, `friday afternoons`.")
    timezone = serializers.CharField(
        max_length=64, required=False, help_text="Where the days of `when` begin; the tenant's, when it is not given."
    )
    as_of = Moment(required=False, help_text="What was believed then.")
    valid_at = Moment(required=False, help_text="What held then.")
    min_score = serializers.FloatField(min_value=0, max_value=1, default=0)
    language = Language(required=False, help_text="Of the question.")
    explain = serializers.BooleanField(default=False, help_text="Show the parts of each score.")

    def validate(self, heard: dict[str, Any]) -> dict[str, Any]:
        if not any(heard.get(name) for name in ASKED):
            raise serializers.ValidationError({"query": "say what to look for"}, code="required")
        named = [name for name in ("query", "like", "vector") if heard.get(name)]
        if len(named) > 1:
            raise serializers.ValidationError({named[1]: f"cannot be asked together with {named[0]}"})
        return heard


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
    truncated = serializers.BooleanField(help_text="The scope holds more than these.")
    degraded = serializers.ListField(child=serializers.CharField(), help_text="Stages that were left out.")


def scope_of(heard: dict[str, Any]) -> Scope:
    return Scope(**{name: heard.get(name) or "" for name in ("namespace", "user_id", "agent_id", "session_id")})


def query_of(heard: dict[str, Any]) -> Query:
    plain = ("limit", "all_tags", "timezone", "min_score", "like", "as_of", "valid_at", "filters", "when", "language")
    lists = ("namespaces", "tags", "people")
    told: dict[str, Any] = {name: heard[name] for name in plain if name in heard}
    told |= {name: tuple(heard[name]) for name in lists if name in heard}
    vector = tuple(heard["vector"]) if heard.get("vector") else None
    return Query(text=heard.get("query", ""), scope=scope_of(heard), vector=vector, **told)


def draft_of(heard: dict[str, Any]) -> Draft:
    told = {name: value for name, value in heard.items() if name not in vars(Scope())}
    if ttl := told.pop("ttl_seconds", None):
        told["expires_at"] = timezone.now() + timedelta(seconds=ttl)
    for name in ("tags", "people"):
        told[name] = tuple(told.get(name, ()))
    return Draft(scope=scope_of(heard), **told)
