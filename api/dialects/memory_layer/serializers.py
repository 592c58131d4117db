"""The words of AI Memory Layer, heard and told."""

from typing import Any

from rest_framework import serializers

from api.dialects.base import Words
from api.native import words

NAMED = r"\A[A-Za-z0-9_.-]+\Z"
ROLES = ("user", "assistant", "system")
LONGEST = 100_000  # characters of a message
MOST_BATCH = 100
DEPTH, ENTRIES, TEXT = 4, 50, 2_048  # of metadata: levels, keys and items in all, characters of a text


class Entries(words.Metadata):
    """Metadata: small and flat; texts are cut, as the original does."""

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        found = super().to_internal_value(data)
        depth, entries = _measured(found)
        if depth > DEPTH:
            raise serializers.ValidationError(f"is nested deeper than {DEPTH}")
        if entries > ENTRIES:
            raise serializers.ValidationError(f"has more than {ENTRIES} entries")
        cut: dict[str, Any] = _cut(found)
        return cut


def _measured(data: Any) -> tuple[int, int]:
    """How deep it is nested, and how many keys and items it has in all."""
    inside = list(data.values()) if isinstance(data, dict) else data if isinstance(data, list) else None
    if inside is None:
        return 0, 0
    told = [_measured(inner) for inner in inside]
    return 1 + max((depth for depth, _ in told), default=0), len(inside) + sum(count for _, count in told)


def _cut(data: Any) -> Any:
    if isinstance(data, dict):
        return {name: _cut(inner) for name, inner in data.items()}
    if isinstance(data, list):
        return [_cut(inner) for inner in data]
    return data[:TEXT] if isinstance(data, str) else data


class Said(words.Content):
    """A text without the blanks around it."""

    def to_internal_value(self, data: Any) -> str:
        return super().to_internal_value(data.strip() if isinstance(data, str) else data)


class Weight(serializers.FloatField):
    def __init__(self, **options: Any) -> None:
        super().__init__(min_value=0, max_value=1, required=False, **options)


class TenantHeard(Words):
    """Every call names the tenant; it is that of the key."""

    tenant_id = serializers.RegexField(NAMED, max_length=64)


class TenantAsked(Words):
    tenant_id = serializers.RegexField(NAMED, max_length=64, required=False)


class SaidInConversation(Words):
    conversation_id = serializers.RegexField(NAMED, max_length=128)
    role = serializers.ChoiceField(ROLES)
    content = Said(max_length=LONGEST)
    metadata = Entries(required=False)
    importance_override = Weight(help_text="Used as the score.")


class OneMessage(SaidInConversation, TenantAsked):
    """One of a batch, which names the tenant for all."""


class MessageHeard(SaidInConversation, TenantHeard):
    """A message to store."""


class Waiting(Words):
    wait = serializers.BooleanField(default=False, help_text="Compute the vector before answering, and answer 200.")


class MessageChange(TenantAsked):
    """What is left out stays; `metadata` is replaced."""

    content = Said(max_length=LONGEST, required=False)
    role = serializers.ChoiceField(ROLES, required=False)
    metadata = Entries(required=False)
    importance_override = Weight()


class OneChange(MessageChange):
    id = serializers.CharField(max_length=64)


class BatchHeard(TenantHeard):
    """Each message is looked at by itself: what is wrong with one keeps no other out."""

    messages = serializers.ListField(allow_empty=False, max_length=MOST_BATCH)


class BatchUpdates(TenantHeard):
    updates = serializers.ListField(allow_empty=False, max_length=MOST_BATCH)


class BatchDeletes(TenantHeard):
    message_ids = serializers.ListField(
        child=serializers.CharField(max_length=64), allow_empty=False, max_length=MOST_BATCH
    )


class SearchAsked(TenantHeard):
    query = serializers.CharField(max_length=10_000)
    conversation_id = serializers.RegexField(NAMED, max_length=128, required=False)
    top_k = serializers.IntegerField(min_value=1, max_value=20, default=5)
    importance_min = Weight()
    candidate_limit = serializers.IntegerField(min_value=1, max_value=1000, default=200)


class RetentionHeard(TenantHeard):
    actions = serializers.ListField(child=serializers.ChoiceField(["archive", "delete"]), max_length=10)
    dry_run = serializers.BooleanField(default=False)


class ConversationsAsked(TenantAsked):
    limit = serializers.IntegerField(min_value=1, max_value=200, default=50)
    cursor = serializers.CharField(max_length=400, default="", help_text="`next_cursor` of the page before.")


class DaysAsked(TenantAsked):
    days = serializers.IntegerField(min_value=1, max_value=90, default=30)


class RuleHeard(TenantHeard):
    """Kind `age`: what is older goes. Kind `importance`: of that, only what weighs less than the threshold."""

    name = serializers.CharField(max_length=100)
    kind = serializers.ChoiceField(["age", "importance"])
    action = serializers.ChoiceField(["archive", "delete", "move_to_cold_storage"])
    max_age_days = serializers.IntegerField(min_value=1, max_value=36_500, required=False)
    importance_threshold = Weight()
    enabled = serializers.BooleanField(default=True)

    def validate(self, heard: dict[str, Any]) -> dict[str, Any]:
        needed = "max_age_days" if heard["kind"] == "age" else "importance_threshold"
        if needed not in heard:
            raise serializers.ValidationError({needed: f"is needed for the kind {heard['kind']}"})
        return heard


class MessageTold(serializers.Serializer):
    id = serializers.UUIDField()
    tenant_id = serializers.CharField()
    conversation_id = serializers.CharField()
    role = serializers.ChoiceField(ROLES)
    content = serializers.CharField()
    message_metadata = serializers.DictField()
    metadata = serializers.DictField()
    importance_score = serializers.FloatField()
    embedding_status = serializers.ChoiceField(["pending", "completed", "failed"])
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class ResultTold(serializers.Serializer):
    index = serializers.IntegerField()
    status = serializers.ChoiceField(["created", "updated", "deleted", "failed"])
    id = serializers.UUIDField(allow_null=True)
    detail = serializers.CharField(allow_null=True)


class BatchTold(serializers.Serializer):
    succeeded = serializers.IntegerField()
    failed = serializers.IntegerField()
    results = ResultTold(many=True)


class FoundTold(serializers.Serializer):
    message_id = serializers.UUIDField()
    score = serializers.FloatField()
    similarity = serializers.FloatField()
    decay = serializers.FloatField()
    content = serializers.CharField()
    role = serializers.ChoiceField(ROLES)
    metadata = serializers.DictField()
    created_at = serializers.DateTimeField()
    importance = serializers.FloatField()


class SearchTold(serializers.Serializer):
    total = serializers.IntegerField()
    items = FoundTold(many=True)


class RetentionTold(serializers.Serializer):
    archived = serializers.IntegerField()
    deleted = serializers.IntegerField()
    dry_run = serializers.BooleanField()


class HealthTold(serializers.Serializer):
    status = serializers.ChoiceField(["ok", "degraded", "down"])
    database = serializers.ChoiceField(["ok", "degraded", "down"])
    timestamp = serializers.DateTimeField()
    latency_ms = serializers.FloatField(allow_null=True)
    uptime_seconds = serializers.FloatField()
    environment = serializers.CharField()
    version = serializers.CharField()
    embedding = serializers.ChoiceField(["ok", "failed", "skipped"])
    notes = serializers.CharField(allow_null=True)


class ConversationTold(serializers.Serializer):
    conversation_id = serializers.CharField()
    title = serializers.CharField()
    state = serializers.ChoiceField(["open", "closed"])
    message_count = serializers.IntegerField()
    metadata = serializers.DictField()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class ConversationsTold(serializers.Serializer):
    items = ConversationTold(many=True)
    next_cursor = serializers.CharField(allow_null=True)


class WholeConversationTold(ConversationTold):
    messages = MessageTold(many=True)
    next_cursor = serializers.CharField(allow_null=True)


class DeletedTold(serializers.Serializer):
    deleted = serializers.IntegerField()


class DayTold(serializers.Serializer):
    day = serializers.DateField()
    count = serializers.IntegerField()


class OverviewTold(serializers.Serializer):
    tenant_id = serializers.CharField()
    days = serializers.IntegerField()
    messages = serializers.IntegerField()
    conversations = serializers.IntegerField()
    embeddings_pending = serializers.IntegerField()
    by_role = serializers.DictField(child=serializers.IntegerField())
    stored_per_day = DayTold(many=True)
    searches = serializers.IntegerField()
    search_latency_ms = serializers.FloatField(allow_null=True)


class RuleTold(serializers.Serializer):
    id = serializers.UUIDField()
    name = serializers.CharField()
    kind = serializers.ChoiceField(["age", "importance"])
    action = serializers.ChoiceField(["archive", "delete"])
    max_age_days = serializers.IntegerField()
    importance_threshold = serializers.FloatField(allow_null=True)
    enabled = serializers.BooleanField()
    created_at = serializers.DateTimeField()


class RulesTold(serializers.Serializer):
    total = serializers.IntegerField()
    items = RuleTold(many=True)
