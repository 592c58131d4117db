"""Memories: entries with their metadata and relationships, questions to them, and their numbers."""

from typing import Any

from rest_framework import serializers

from api.dialects.base import KEPT_ASIDE
from api.dialects.persistence.serializers.words import (
    MOST_NAMES,
    Camel,
    Importance,
    Json,
    KnownAndBeside,
    Names,
    Page,
    Span,
    SpanBody,
)
from api.native import words
from memory import brought, relations
from memory.errors import BadVector
from memory.models import Memory

Kind = Memory.Kind
# The service's types, and the kind of each; a kind of the house that is none of these is told as its next of kin.
TYPES = {
    "working": Kind.CONTEXT,
    "episodic": Kind.EVENT,
    "semantic": Kind.FACT,
    "procedural": Kind.PROCEDURE,
    "business": Kind.CONSTRAINT,
}
NEXT_OF_KIN = {
    Kind.TASK: "working",
    Kind.MESSAGE: "episodic",
    Kind.PREFERENCE: "semantic",
    Kind.SUMMARY: "semantic",
    Kind.HYPOTHESIS: "semantic",
    Kind.HABIT: "procedural",
    Kind.GOAL: "business",
}
TYPE_OF: dict[str, str] = {kind.value: name for name, kind in TYPES.items()} | {
    kind.value: name for kind, name in NEXT_OF_KIN.items()
}
USUAL = "semantic"  # for a type that nobody knows
RELATIONSHIPS = ("causes", "references", "follows")
MARK = KEPT_ASIDE[0]  # of a memory's metadata: what this dialect keeps there


def kinds_of(name: str) -> list[str]:
    """The kinds that are told as a type."""
    return [kind for kind, told in TYPE_OF.items() if told == name]


class MemoryType(serializers.CharField):
    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=64, help_text=", ".join(TYPES), **options)


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


class QueryHeard(SpanBody, Page):
    service_id = words.Name(max_length=64)
    agent_id = words.Name()
    memory_type = MemoryType(required=False)
    domain = words.Name()
    session_id = words.Name()
    user_id = words.Name()
    tags = Names(longest=100)
    min_importance = Importance()
    search_text = words.Name(max_length=10_000)


class SimilarityHeard(Camel):
    embeddings = Vector()
    domain = serializers.CharField(max_length=255)
    limit = serializers.IntegerField(min_value=1, max_value=100, default=10)
    threshold = serializers.FloatField(min_value=-1, max_value=1, default=0.7, help_text="Nearer than this.")


class AggregationsAsked(Span):
    service_id = words.Name(max_length=64)
    domain = words.Name()


class RelationshipHeard(Camel):
    source_id = serializers.CharField(max_length=255)
    target_id = serializers.CharField(max_length=255)
    relationship_type = serializers.ChoiceField(RELATIONSHIPS)


class RelatedAsked(Camel):
    relationship_type = serializers.ChoiceField(RELATIONSHIPS, required=False)
    depth = serializers.IntegerField(min_value=1, max_value=relations.MAX_DEPTH, default=1)


class ArchiveHeard(Camel):
    domain = words.Name()
    days = serializers.IntegerField(min_value=1, max_value=36_500, default=30, help_text="Not asked for in so long.")


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


class MemoriesTold(serializers.Serializer):
    memories = EntryTold(many=True)
    total = serializers.IntegerField()


class NearTold(EntryTold):
    similarity = serializers.FloatField(help_text="The cosine.")


class SimilarityTold(serializers.Serializer):
    results = NearTold(many=True)
    total = serializers.IntegerField()


class TagTold(serializers.Serializer):
    tag = serializers.CharField()
    count = serializers.IntegerField()


class AccessedTold(Camel):
    id = serializers.UUIDField()
    access_count = serializers.IntegerField()
    last_accessed = serializers.DateTimeField(allow_null=True)


class AccessPatternsTold(Camel):
    total_accesses = serializers.IntegerField()
    average_accesses_per_memory = serializers.FloatField()
    most_accessed = AccessedTold(many=True)


class RangeTold(serializers.Serializer):
    start = serializers.DateTimeField()
    end = serializers.DateTimeField()


class AggregationsTold(Camel):
    service_id = serializers.CharField(allow_null=True)
    domain = serializers.CharField(allow_null=True)
    time_range = RangeTold()
    total_memories = serializers.IntegerField()
    by_type = serializers.DictField(child=serializers.IntegerField())
    average_importance = serializers.FloatField(allow_null=True, help_text="0 to 10.")
    top_tags = TagTold(many=True)
    access_patterns = AccessPatternsTold()


class ArchiveTold(Camel):
    message = serializers.CharField()
    run_id = serializers.UUIDField()
