"""The dashboard in HippocampAI's words."""

from rest_framework import serializers

from api.dialects.base import Words
from api.native import words

MOST = 200


class DashboardAsked(Words):
    user_id = words.Name(help_text="Empty: everybody.")


class ActivityAsked(DashboardAsked):
    limit = serializers.IntegerField(min_value=1, default=20, help_text=f"Up to {MOST} are told.")


class DashboardStats(serializers.Serializer):
    """An entity is a person who is named, a concept a topic. Clusters are not kept, so none are told."""

    total_memories = serializers.IntegerField()
    total_entities = serializers.IntegerField()
    total_concepts = serializers.IntegerField()
    total_tags = serializers.IntegerField()
    total_sleep_runs = serializers.IntegerField()
    health_score = serializers.FloatField()
    top_tags = serializers.ListField(child=serializers.DictField())
    recent_memories = serializers.ListField(child=serializers.DictField())
    top_clusters = serializers.ListField(child=serializers.DictField())
    total_connections = serializers.IntegerField()
    potential_duplicates = serializers.IntegerField()
    uncategorized_memories = serializers.IntegerField()
    archived_memories = serializers.IntegerField()


class RecentActivity(serializers.Serializer):
    activities = serializers.ListField(
        child=serializers.DictField(), help_text="type, description, timestamp, metadata"
    )
