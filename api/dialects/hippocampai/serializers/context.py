"""The assembly of a context in HippocampAI's words."""

from rest_framework import serializers

from api.dialects.base import Words
from api.dialects.hippocampai.serializers.memories import Owner
from api.native import words

USUAL_BIAS = 0.3


def _names() -> serializers.ListField:
    return serializers.ListField(child=serializers.CharField(max_length=255), max_length=50, required=False)


class Assemble(Words):
    query = serializers.CharField(max_length=10_000)
    user_id = Owner()
    session_id = words.Name(help_text="Only what was said in it.")
    token_budget = serializers.IntegerField(min_value=100, max_value=100_000, default=4_000)
    max_items = serializers.IntegerField(min_value=1, max_value=100, default=20)
    recency_bias = serializers.FloatField(min_value=0, max_value=1, default=USUAL_BIAS)
    entity_focus = _names()
    type_filter = _names()
    min_relevance = serializers.FloatField(min_value=0, max_value=1, default=0.1)
    allow_summaries = serializers.BooleanField(default=True)
    include_citations = serializers.BooleanField(default=True)
    deduplicate = serializers.BooleanField(default=True, help_text="What says the same is left out always.")
    time_range_days = serializers.IntegerField(min_value=1, max_value=36_500, required=False)


class ItemTold(serializers.Serializer):
    memory_id = serializers.UUIDField()
    text = serializers.CharField()
    memory_type = serializers.CharField()
    relevance_score = serializers.FloatField()
    importance = serializers.FloatField(help_text="0 to 10.")
    created_at = serializers.DateTimeField()
    token_count = serializers.IntegerField()
    tags = serializers.ListField(child=serializers.CharField())
    metadata = serializers.DictField()


class DroppedTold(serializers.Serializer):
    memory_id = serializers.UUIDField()
    text_preview = serializers.CharField()
    reason = serializers.CharField(help_text="`token_budget`, or `duplicate` where nothing lacked room.")
    relevance_score = serializers.FloatField()
    details = serializers.CharField()


class PackTold(serializers.Serializer):
    final_context_text = serializers.CharField()
    citations = serializers.ListField(child=serializers.CharField())
    selected_items = ItemTold(many=True)
    dropped_items = DroppedTold(many=True)
    total_tokens = serializers.IntegerField()
    query = serializers.CharField()
    user_id = serializers.CharField()
    session_id = serializers.CharField(allow_null=True)
    constraints = serializers.DictField()
    assembled_at = serializers.DateTimeField()
    metadata = serializers.DictField()


class TextTold(serializers.Serializer):
    context = serializers.CharField()  # type: ignore[assignment]  # a field, not the property
    citations = serializers.ListField(child=serializers.CharField())
    token_count = serializers.IntegerField()
    item_count = serializers.IntegerField()
