"""Questions to memories, and their numbers; relating and archiving them."""

from rest_framework import serializers

from api.dialects.persistence.serializers.entries import EntryTold, Vector
from api.dialects.persistence.serializers.types import MemoryType
from api.dialects.persistence.serializers.words import Camel, Importance, Names, Page, RangeTold, Span, SpanBody
from api.native import words
from memory import relations

RELATIONSHIPS = ("causes", "references", "follows")


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
