"""Searches, retention and its rules."""

from typing import Any

from rest_framework import serializers

from api.dialects.memory_layer.serializers.words import NAMED, ROLES, TenantHeard, Weight


class SearchAsked(TenantHeard):
    query = serializers.CharField(max_length=10_000)
    conversation_id = serializers.RegexField(NAMED, max_length=128, required=False)
    top_k = serializers.IntegerField(min_value=1, max_value=20, default=5)
    importance_min = Weight()
    candidate_limit = serializers.IntegerField(min_value=1, max_value=1000, default=200)


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


class RetentionHeard(TenantHeard):
    actions = serializers.ListField(child=serializers.ChoiceField(["archive", "delete"]), max_length=10)
    dry_run = serializers.BooleanField(default=False)


class RetentionTold(serializers.Serializer):
    archived = serializers.IntegerField()
    deleted = serializers.IntegerField()
    dry_run = serializers.BooleanField()


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
