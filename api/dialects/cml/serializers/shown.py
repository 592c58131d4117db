"""What a dashboard is shown of memories, facts, figures and the graph, for the OpenAPI file."""

from rest_framework.serializers import (
    BooleanField,
    CharField,
    DateTimeField,
    DictField,
    FloatField,
    IntegerField,
    ListField,
    Serializer,
    UUIDField,
)

from api.dialects.cml.serializers.answers import Page, maybe


class Memory(Serializer):
    id = UUIDField()
    tenant_id = CharField()
    agent_id = maybe(CharField)
    user_id = maybe(CharField)
    type = CharField()
    status = CharField()
    text = CharField()
    key = maybe(CharField)
    namespace = CharField()
    context_tags = ListField(child=CharField())
    confidence = FloatField()
    importance = FloatField()
    access_count = IntegerField()
    decay_rate = FloatField()
    labile = BooleanField()
    version = IntegerField()
    timestamp = DateTimeField()
    written_at = DateTimeField()
    metadata = DictField()


class Memories(Page):
    items = Memory(many=True)


class MemoryDetail(Memory):
    source_session_id = maybe(CharField)
    entities = ListField(child=CharField())
    relations = ListField(child=DictField())
    last_accessed_at = maybe(DateTimeField)
    provenance = DictField()
    supersedes_id = maybe(UUIDField)
    superseded_by = maybe(UUIDField)
    content_hash = CharField()
    valid_from = maybe(DateTimeField)
    valid_to = maybe(DateTimeField)
    related_events = ListField(child=DictField())


class Bulk(Serializer):
    success = BooleanField()
    affected = IntegerField()
    action = CharField()


class Fact(Serializer):
    id = UUIDField()
    tenant_id = CharField()
    category = CharField()
    type = CharField()
    key = CharField()
    value = CharField()
    confidence = FloatField()
    evidence_count = IntegerField()
    is_current = BooleanField()
    version = IntegerField()
    user_id = maybe(CharField)
    context_tags = ListField(child=CharField())
    valid_from = DateTimeField()
    valid_to = maybe(DateTimeField)
    created_at = DateTimeField()
    updated_at = DateTimeField()


class Facts(Serializer):
    items = Fact(many=True)
    total = IntegerField()


class Invalidated(Serializer):
    success = BooleanField()
    fact_id = UUIDField()
    valid_to = maybe(DateTimeField)


class Overview(Serializer):
    total_memories = IntegerField(help_text="All that are not deleted.")
    active_memories = IntegerField()
    silent_memories = IntegerField()
    compressed_memories = IntegerField()
    archived_memories = IntegerField()
    deleted_memories = IntegerField()
    labile_memories = IntegerField()
    by_type = DictField(child=IntegerField())
    by_status = DictField(child=IntegerField())
    avg_confidence = FloatField()
    avg_importance = FloatField()
    avg_access_count = FloatField()
    avg_decay_rate = FloatField()
    oldest_memory = maybe(DateTimeField)
    newest_memory = maybe(DateTimeField)
    estimated_size_mb = FloatField()
    total_semantic_facts = IntegerField()
    current_semantic_facts = IntegerField()
    facts_by_category = DictField(child=IntegerField())
    avg_fact_confidence = FloatField()
    avg_evidence_count = FloatField()
    total_events = IntegerField()
    events_by_type = DictField(child=IntegerField())
    events_by_operation = DictField(child=IntegerField())


class Timeline(Serializer):
    points = ListField(child=DictField(), help_text="`date` and `count`.")
    total = IntegerField()


class Session(Serializer):
    session_id = CharField()
    tenant_id = CharField()
    namespace = CharField()
    user_id = maybe(CharField)
    created_at = DateTimeField()
    expires_at = maybe(DateTimeField)
    ttl_seconds = IntegerField(help_text="-1: until somebody closes it.")
    memory_count = IntegerField()
    metadata = DictField()


class Sessions(Serializer):
    sessions = Session(many=True)
    total_active = IntegerField()
    total_memories_with_session = IntegerField()


class RateLimit(Serializer):
    key_type = CharField()
    identifier = CharField()
    current_count = IntegerField()
    limit = IntegerField()
    ttl_seconds = IntegerField()
    utilization_pct = FloatField()


class RateLimits(Serializer):
    entries = RateLimit(many=True)
    configured_rpm = IntegerField()


class RequestStats(Serializer):
    points = ListField(child=DictField(), help_text="`hour` and `count`.")
    total_last_24h = IntegerField()


class Labile(Serializer):
    tenants = ListField(child=DictField())
    total_db_labile = IntegerField()
    total_redis_scopes = IntegerField()
    total_redis_sessions = IntegerField()
    total_redis_memories = IntegerField()


class GraphStats(Serializer):
    total_nodes = IntegerField()
    total_edges = IntegerField()
    entity_types = DictField(child=IntegerField())
    tenants_with_graph = ListField(child=CharField())


class Graph(Serializer):
    nodes = ListField(child=DictField())
    edges = ListField(child=DictField())
    center_entity = maybe(CharField)


class GraphHits(Serializer):
    results = ListField(child=DictField())


class Neo4jConfig(Serializer):
    server_url = CharField()
    server_user = CharField()
    server_password = CharField()


class RetrievalItem(Serializer):
    id = UUIDField()
    text = CharField()
    type = CharField()
    confidence = FloatField()
    relevance_score = FloatField()
    retrieval_source = CharField(help_text="The part of the score that weighs most.")
    timestamp = DateTimeField()
    supersedes_id = maybe(UUIDField)
    metadata = DictField()


class Retrieval(Serializer):
    query = CharField()
    results = RetrievalItem(many=True)
    llm_context = maybe(CharField)
    total_count = IntegerField()
    elapsed_ms = FloatField()
