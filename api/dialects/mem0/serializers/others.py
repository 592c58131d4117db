"""What mem0 says of entities, profiles, exports, projects, members and webhooks, and is told of them."""

import json
from typing import Any

from rest_framework import serializers

from api.dialects.base import Words
from api.dialects.mem0.serializers.memories import OwnersHeard
from api.native import words

SCHEMA_BYTES = 65_536
ROLES = ("READER", "OWNER")
EVENT_TYPES = ("memory_add", "memory_update", "memory_delete", "memory_categorize")


class Schema(serializers.JSONField):
    """A JSON schema, as an object or as its text."""

    def to_internal_value(self, data: Any) -> Any:
        try:
            told = json.loads(data) if isinstance(data, str) else data
        except (ValueError, RecursionError):
            raise serializers.ValidationError("is not a JSON schema") from None
        if not isinstance(told, dict) or len(json.dumps(told).encode()) > SCHEMA_BYTES:
            raise serializers.ValidationError(f"is an object of at most {SCHEMA_BYTES} bytes")
        return told


class EntitiesAsked(Words):
    page = serializers.IntegerField(min_value=1, max_value=100_000, required=False, help_text="Without it: all.")
    page_size = serializers.IntegerField(min_value=1, max_value=1_000, default=100)


class EntityTold(serializers.Serializer):
    id = serializers.CharField()
    name = serializers.CharField()
    type = serializers.ChoiceField(("user", "agent", "app", "run"))
    total_memories = serializers.IntegerField()
    updated_at = serializers.DateTimeField(help_text="When the last of them was stored.")


class EntitiesTold(serializers.Serializer):
    count = serializers.IntegerField()
    next = serializers.CharField(allow_null=True)
    previous = serializers.CharField(allow_null=True)
    results = EntityTold(many=True)
    total_users = serializers.IntegerField()
    total_agents = serializers.IntegerField()
    total_apps = serializers.IntegerField()
    total_runs = serializers.IntegerField()


class ProfileTold(serializers.Serializer):
    profile = serializers.DictField(allow_null=True)
    status = serializers.ChoiceField(("succeeded", "pending", "failed", "not_enabled", "insufficient_data"))
    entity_type = serializers.CharField()
    entity_id = serializers.CharField()
    updated_at = serializers.DateTimeField(allow_null=True)
    generation_count = serializers.IntegerField()


class JobHeard(Words):
    operation = serializers.ChoiceField(("trigger", "sample"))
    entity_type = serializers.ChoiceField(("user",), default="user")
    entity_id = words.Name()
    limit = serializers.IntegerField(min_value=1, max_value=10, default=5)

    def validate(self, heard: dict[str, Any]) -> dict[str, Any]:
        if heard["operation"] == "trigger" and not heard.get("entity_id"):
            raise serializers.ValidationError({"entity_id": "names the user"})
        return heard


class JobTold(serializers.Serializer):
    job_id = serializers.UUIDField()
    status = serializers.CharField()
    status_url = serializers.CharField()
    operation = serializers.CharField()
    entity_type = serializers.CharField()
    entity_ids = serializers.ListField(child=serializers.CharField())
    entity_count_reserved = serializers.IntegerField()
    sampled = serializers.IntegerField()
    event_id = serializers.CharField(allow_null=True)
    replayed = serializers.BooleanField()


class JobCounts(serializers.Serializer):
    id = serializers.UUIDField()
    status = serializers.ChoiceField(("pending", "running", "succeeded", "failed"))
    total = serializers.IntegerField()
    completed = serializers.IntegerField()
    succeeded = serializers.IntegerField()
    failed = serializers.IntegerField()
    skipped = serializers.IntegerField()
    enumeration_complete = serializers.BooleanField()


class JobStatusTold(serializers.Serializer):
    job = JobCounts()


class OfUsers(Words):
    schema = Schema(required=False, allow_null=True)
    custom_instructions = serializers.CharField(max_length=20_000, required=False, allow_null=True)


class EntitySettings(Words):
    user = OfUsers(required=False)


class SettingsHeard(Words):
    enabled = serializers.BooleanField(required=False)
    entities = EntitySettings(required=False)


class SettingsTold(serializers.Serializer):
    enabled = serializers.BooleanField()
    capabilities = serializers.DictField()
    entities = serializers.DictField()


class ExportHeard(OwnersHeard):
    schema = Schema(required=False, help_text="The names among its properties that a memory has are exported.")


class ExportAsked(OwnersHeard):
    memory_export_id = serializers.UUIDField(required=False, help_text="Without it: the latest of these filters.")


class ExportBegun(serializers.Serializer):
    message = serializers.CharField()
    id = serializers.UUIDField()


class ExportTold(serializers.Serializer):
    status = serializers.ChoiceField(("PENDING", "RUNNING", "FAILED", "SUCCEEDED"))
    memories = serializers.ListField(child=serializers.DictField(), required=False)


class SummaryHeard(OwnersHeard):
    pass


class SummaryTold(serializers.Serializer):
    status = serializers.CharField()
    summary = serializers.CharField(allow_blank=True)


class ProjectHeard(Words):
    """What is told of a project. Nothing in the house reads it but who asks for it again."""

    custom_instructions = serializers.CharField(max_length=20_000, required=False, allow_blank=True)
    agent_custom_instructions = serializers.CharField(max_length=20_000, required=False, allow_blank=True)
    custom_categories = serializers.ListField(max_length=200, required=False)
    retrieval_criteria = serializers.ListField(max_length=200, required=False)
    memory_depth = words.Name()
    usecase_setting = serializers.JSONField(required=False)
    multilingual = serializers.BooleanField(required=False)
    enable_graph = serializers.BooleanField(required=False)
    decay = serializers.BooleanField(required=False)


class ProjectTold(ProjectHeard):
    org_id = serializers.UUIDField()
    project_id = serializers.UUIDField()
    name = serializers.CharField()
    created_at = serializers.DateTimeField()


class ProjectDraft(Words):
    name = serializers.CharField(max_length=200)
    description = words.Name(max_length=2_000)


class MemberHeard(Words):
    email = serializers.EmailField(max_length=254)
    role = serializers.ChoiceField(ROLES, default="READER")


class MemberAsked(Words):
    email = serializers.EmailField(max_length=254)


class MemberTold(serializers.Serializer):
    user_id = serializers.UUIDField()
    email = serializers.EmailField()
    username = serializers.CharField()
    role = serializers.ChoiceField(ROLES)


class MembersTold(serializers.Serializer):
    members = MemberTold(many=True)


class WebhookChange(Words):
    url = serializers.CharField(max_length=2048, required=False)
    name = words.Name(max_length=200)
    event_types = serializers.ListField(child=serializers.ChoiceField(EVENT_TYPES), max_length=20, required=False)


class WebhookDraft(WebhookChange):
    url = serializers.CharField(max_length=2048)


class WebhookTold(serializers.Serializer):
    webhook_id = serializers.UUIDField()
    name = serializers.CharField()
    url = serializers.CharField()
    event_types = serializers.ListField(child=serializers.CharField())
    project = serializers.UUIDField()
    is_active = serializers.BooleanField()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()
    secret = serializers.CharField(required=False, help_text="Signs what is delivered. Told once, when it is made.")


class PingTold(serializers.Serializer):
    status = serializers.CharField()
    org_id = serializers.UUIDField()
    project_id = serializers.UUIDField()
    user_email = serializers.EmailField(allow_null=True)
