"""What administration answers, for the OpenAPI file: the models that the client reads."""

from typing import Any

from rest_framework import serializers
from rest_framework.serializers import (
    BooleanField,
    CharField,
    DateTimeField,
    DictField,
    FloatField,
    IntegerField,
    JSONField,
    ListField,
    Serializer,
    UUIDField,
)


def _maybe(field: type[serializers.Field]) -> Any:
    return field(allow_null=True)


class Run(Serializer):
    status = CharField()
    tenant_id = CharField()
    user_id = _maybe(CharField)
    job_id = UUIDField()
    dry_run = BooleanField()
    errors = ListField(child=CharField())  # type: ignore[assignment]  # a field, not the property
    elapsed_seconds = FloatField()


class Consolidated(Run):
    episodes_sampled = IntegerField()
    clusters_formed = IntegerField()
    gists_extracted = IntegerField()
    gists_processed = IntegerField()
    facts_extracted = IntegerField()
    facts_created = IntegerField()
    facts_updated = IntegerField()
    migrations_completed = IntegerField()
    episodes_marked = IntegerField()
    artifacts = ListField()


class Forgotten(Run):
    total_scored = IntegerField()
    actions = DictField(child=IntegerField(), help_text="KEEP, DECAY, SILENCE, COMPRESS, DELETE.")
    memories_scanned = IntegerField()
    memories_scored = IntegerField()
    operations_planned = IntegerField()
    operations_applied = IntegerField()
    decayed = IntegerField()
    silenced = IntegerField()
    compressed = IntegerField()
    deleted = IntegerField()
    duplicates_found = IntegerField(help_text="Always 0: doubles are another job's.")
    duplicates_resolved = IntegerField()


class Reconsolidated(Run):
    conflicts_resolved = IntegerField()
    reviews_created = IntegerField()
    sessions_released = IntegerField(help_text="Always 0: no session holds memories back.")


class Job(Serializer):
    id = UUIDField()
    job_type = CharField()
    tenant_id = CharField()
    user_id = _maybe(CharField)
    dry_run = BooleanField()
    status = CharField()
    result = _maybe(DictField)
    error = _maybe(CharField)
    started_at = _maybe(DateTimeField)
    completed_at = _maybe(DateTimeField)
    duration_seconds = _maybe(FloatField)


class Jobs(Serializer):
    items = Job(many=True)
    total = IntegerField()


class Tenant(Serializer):
    tenant_id = CharField()
    memory_count = IntegerField()
    active_memory_count = IntegerField()
    fact_count = IntegerField()
    event_count = IntegerField()
    last_memory_at = _maybe(DateTimeField)
    last_event_at = _maybe(DateTimeField)


class Tenants(Serializer):
    tenants = Tenant(many=True)


class Page(Serializer):
    total = IntegerField()
    page = IntegerField()
    per_page = IntegerField()
    total_pages = IntegerField()


class Event(Serializer):
    id = UUIDField()
    tenant_id = CharField()
    scope_id = CharField(help_text="The namespace.")
    agent_id = _maybe(CharField)
    event_type = CharField()
    operation = _maybe(CharField)
    payload = DictField()
    memory_ids = ListField(child=UUIDField())
    parent_event_id = _maybe(UUIDField)
    created_at = DateTimeField()


class Events(Page):
    items = Event(many=True)


class Component(Serializer):
    name = CharField()
    status = CharField(help_text="ok, degraded, error or unknown.")
    latency_ms = _maybe(FloatField)
    details = DictField()
    error = _maybe(CharField)


class Components(Serializer):
    components = Component(many=True)
    postgres = Component()
    redis = Component()
    neo4j = Component()


class Memory(Serializer):
    id = UUIDField()
    tenant_id = CharField()
    agent_id = _maybe(CharField)
    user_id = _maybe(CharField)
    type = CharField()
    status = CharField()
    text = CharField()
    key = _maybe(CharField)
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
    source_session_id = _maybe(CharField)
    entities = ListField(child=CharField())
    relations = ListField(child=DictField())
    last_accessed_at = _maybe(DateTimeField)
    provenance = DictField()
    supersedes_id = _maybe(UUIDField)
    superseded_by = _maybe(UUIDField)
    content_hash = CharField()
    valid_from = _maybe(DateTimeField)
    valid_to = _maybe(DateTimeField)
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
    user_id = _maybe(CharField)
    context_tags = ListField(child=CharField())
    valid_from = DateTimeField()
    valid_to = _maybe(DateTimeField)
    created_at = DateTimeField()
    updated_at = DateTimeField()


class Facts(Serializer):
    items = Fact(many=True)
    total = IntegerField()


class Invalidated(Serializer):
    success = BooleanField()
    fact_id = UUIDField()
    valid_to = _maybe(DateTimeField)


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
    oldest_memory = _maybe(DateTimeField)
    newest_memory = _maybe(DateTimeField)
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
    user_id = _maybe(CharField)
    created_at = DateTimeField()
    expires_at = _maybe(DateTimeField)
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
    center_entity = _maybe(CharField)


class GraphHits(Serializer):
    results = ListField(child=DictField())


class Neo4jConfig(Serializer):
    server_url = CharField()
    server_user = CharField()
    server_password = CharField()


class ConfigItem(Serializer):
    key = CharField()
    value = JSONField()
    default_value = JSONField()
    is_secret = BooleanField()
    is_editable = BooleanField()
    source = CharField()  # type: ignore[assignment]  # a field
    description = CharField()
    requires_restart = BooleanField()
    is_required = BooleanField()
    env_var = CharField()
    options = ListField(allow_null=True)


class ConfigSection(Serializer):
    name = CharField()
    items = ConfigItem(many=True)


class Config(Serializer):
    sections = ConfigSection(many=True)


class Updated(Serializer):
    success = BooleanField()
    updated = ListField(child=CharField())
    requires_restart = BooleanField()


class Reset(Serializer):
    success = BooleanField()
    affected_count = IntegerField()
    message = CharField()


class RetrievalItem(Serializer):
    id = UUIDField()
    text = CharField()
    type = CharField()
    confidence = FloatField()
    relevance_score = FloatField()
    retrieval_source = CharField(help_text="The part of the score that weighs most.")
    timestamp = DateTimeField()
    supersedes_id = _maybe(UUIDField)
    metadata = DictField()


class Retrieval(Serializer):
    query = CharField()
    results = RetrievalItem(many=True)
    llm_context = _maybe(CharField)
    total_count = IntegerField()
    elapsed_ms = FloatField()
