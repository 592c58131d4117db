"""What administration answers about upkeep, events and the house, for the OpenAPI file."""

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


def maybe(field: type[serializers.Field]) -> Any:
    return field(allow_null=True)


class Run(Serializer):
    status = CharField()
    tenant_id = CharField()
    user_id = maybe(CharField)
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
    user_id = maybe(CharField)
    dry_run = BooleanField()
    status = CharField()
    result = maybe(DictField)
    error = maybe(CharField)
    started_at = maybe(DateTimeField)
    completed_at = maybe(DateTimeField)
    duration_seconds = maybe(FloatField)


class Jobs(Serializer):
    items = Job(many=True)
    total = IntegerField()


class Tenant(Serializer):
    tenant_id = CharField()
    memory_count = IntegerField()
    active_memory_count = IntegerField()
    fact_count = IntegerField()
    event_count = IntegerField()
    last_memory_at = maybe(DateTimeField)
    last_event_at = maybe(DateTimeField)


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
    agent_id = maybe(CharField)
    event_type = CharField()
    operation = maybe(CharField)
    payload = DictField()
    memory_ids = ListField(child=UUIDField())
    parent_event_id = maybe(UUIDField)
    created_at = DateTimeField()


class Events(Page):
    items = Event(many=True)


class Component(Serializer):
    name = CharField()
    status = CharField(help_text="ok, degraded, error or unknown.")
    latency_ms = maybe(FloatField)
    details = DictField()
    error = maybe(CharField)


class Components(Serializer):
    components = Component(many=True)
    postgres = Component()
    redis = Component()
    neo4j = Component()


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
