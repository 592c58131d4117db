"""An entry: what it says, its metadata, its relationships and its vector."""

from typing import Any

from rest_framework import serializers

from api.dialects.base import KEPT_ASIDE
from api.dialects.persistence.serializers.types import TYPES, MemoryType
from api.dialects.persistence.serializers.words import MOST_NAMES, Camel, Importance, Json, KnownAndBeside, Names
from api.native import words
from memory import brought
from memory.errors import BadVector

MARK = KEPT_ASIDE[0]  # of a memory's metadata: what this dialect keeps there


class Vector(serializers.ListField):
    """A vector of the caller's own model, packed as it is kept."""

    child = serializers.FloatField()

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=brought.MOST, **options)

    def to_internal_value(self, data: Any) -> list[float]:
        numbers = isinstance(data, list) and all(isinstance(n, int | float) and not isinstance(n, bool) for n in data)
        if not numbers:
            raise serializers.ValidationError("is a list of numbers")
        try:
            brought.packed(data)
        except (BadVector, OverflowError) as error:
            raise serializers.ValidationError(getattr(error, "detail", "is too large a number")) from None
        return list(map(float, data))


class MetadataHeard(Camel):
    timestamp = words.Moment(required=False)
    version = serializers.IntegerField(min_value=1, max_value=2**31 - 1, required=False)
    tags = Names(longest=100)
    importance = Importance()
    access_count = serializers.IntegerField(min_value=0, max_value=2**31 - 1, required=False)
    last_accessed = words.Moment(required=False)
    correlation_id = words.Name()
    session_id = words.Name()
    user_id = words.Name()
    expires_at = words.Moment(required=False)


class Metadata(KnownAndBeside):
    known = MetadataHeard
    ours = KEPT_ASIDE


class OneOrMany(serializers.ListField):
    """Ids, or one of them."""

    child = serializers.CharField(max_length=255)

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=MOST_NAMES, required=False, **options)

    def to_internal_value(self, data: Any) -> Any:
        return super().to_internal_value([data] if isinstance(data, str) else data)


class RelationshipsHeard(Camel):
    related_memories = OneOrMany()
    caused_by = OneOrMany()
    causes = OneOrMany()


class EntryHeard(Camel):
    service_id = serializers.CharField(max_length=64)
    agent_id = serializers.CharField(max_length=255)
    memory_type = MemoryType()
    domain = serializers.CharField(max_length=255)
    content = serializers.JSONField(help_text="Any JSON: text of up to 1 MiB, anything else of up to 64 KiB.")
    metadata = Metadata()
    embeddings = Vector(required=False, help_text="Of a model of yours, in any dimension.")
    relationships = RelationshipsHeard(required=False)

    def validate_content(self, content: Any) -> Any:
        return words.Content().run_validation(content) if isinstance(content, str) else Json().run_validation(content)


class RelationshipsTold(Camel):
    related_memories = serializers.ListField(child=serializers.CharField())
    caused_by = serializers.CharField(allow_null=True)
    causes = serializers.ListField(child=serializers.CharField())


class MetadataTold(Camel):
    """With all fields beside these that were sent."""

    timestamp = serializers.DateTimeField()
    version = serializers.IntegerField()
    tags = serializers.ListField(child=serializers.CharField())
    importance = serializers.FloatField(help_text="0 to 10.")
    access_count = serializers.IntegerField()
    last_accessed = serializers.DateTimeField(allow_null=True)
    correlation_id = serializers.CharField(required=False)
    session_id = serializers.CharField(required=False)
    user_id = serializers.CharField(required=False)
    expires_at = serializers.DateTimeField(required=False)


class EntryTold(Camel):
    id = serializers.UUIDField()
    service_id = serializers.CharField()
    agent_id = serializers.CharField()
    memory_type = serializers.ChoiceField(list(TYPES))
    domain = serializers.CharField()
    content = serializers.JSONField()
    metadata = MetadataTold()
    relationships = RelationshipsTold()
    embeddings = serializers.ListField(child=serializers.FloatField(), required=False, help_text="Not in lists.")
