"""The words of InMemory, heard and told."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from api.dialects.base import Words
from api.native import words

MOST_NAMES = 100
MOST_FOUND, MOST_LISTED = 200, 1_000  # of one answer; who asks for more gets as many
FARTHEST = 2**31 - 1


@extend_schema_field({"oneOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]})
class Names(serializers.Field):
    """A list of texts, or one text with commas: its two clients send either."""

    def __init__(self, longest: int, **options: Any) -> None:
        super().__init__(**options)
        self.longest = longest

    def to_internal_value(self, data: Any) -> tuple[str, ...]:
        told = data.split(",") if isinstance(data, str) else data
        if not isinstance(told, list) or not all(isinstance(name, str) for name in told):
            raise serializers.ValidationError("is a list of texts, or a text with commas")
        names = tuple(dict.fromkeys(name.strip() for name in told if name.strip()))
        if len(names) > MOST_NAMES or any(len(name) > self.longest for name in names):
            raise serializers.ValidationError(f"is up to {MOST_NAMES} names of up to {self.longest} characters")
        return names


class Tags(Names):
    def __init__(self, **options: Any) -> None:
        super().__init__(100, **options)


class People(Names):
    def __init__(self, **options: Any) -> None:
        super().__init__(255, **options)


class Limit(serializers.IntegerField):
    """How many at most; more than `most` are as `most`."""

    def __init__(self, most: int, **options: Any) -> None:
        super().__init__(min_value=1, **options)
        self.most = most

    def run_validation(self, data: Any = serializers.empty) -> int:
        return min(super().run_validation(data), self.most)


class Whose(Words):
    """Whose memories; when nobody is named, those of the key's name."""

    user_id = words.Name()


class MemoryHeard(Whose):
    memory_content = words.Content()
    tags = Tags(required=False)
    people_mentioned = People(required=False)
    topic_category = words.Name()
    metadata = words.Metadata(required=False)


class ListAsked(Whose):
    limit = Limit(MOST_LISTED, default=100)
    offset = serializers.IntegerField(min_value=0, max_value=FARTHEST, default=0)


class SearchHeard(Whose):
    query = serializers.CharField(max_length=10_000, allow_blank=True)
    limit = Limit(MOST_FOUND, default=10)
    tags = Tags(required=False)
    people_mentioned = People(required=False)
    topic_category = words.Name()
    temporal_filter = words.Name(max_length=10_000)
    threshold = serializers.FloatField(min_value=0, max_value=1, default=0)


class SpecialHeard(Whose):
    semantic_query = words.Name(max_length=10_000, help_text="Without it the newest come first.")
    limit = Limit(MOST_FOUND, default=10)


class TemporalHeard(SpecialHeard):
    temporal_query = serializers.CharField(max_length=10_000, allow_blank=True)


class TagsHeard(SpecialHeard):
    tags = Tags()
    match_all = serializers.BooleanField(default=False)


class PeopleHeard(SpecialHeard):
    people = People()


class KeyHeard(Words):
    name = serializers.CharField(max_length=100, default="default")


class Valid(serializers.Serializer):
    valid = serializers.BooleanField()
    user_id = serializers.CharField()


class Stored(serializers.Serializer):
    success = serializers.BooleanField()
    message = serializers.CharField()
    memory_id = serializers.UUIDField(allow_null=True)


class TemporalData(serializers.Serializer):
    """Of `timestamp`, in the tenant's time zone."""

    day = serializers.IntegerField()
    hour = serializers.IntegerField()
    year = serializers.IntegerField()
    month = serializers.IntegerField()
    minute = serializers.IntegerField()
    quarter = serializers.IntegerField()
    is_weekend = serializers.BooleanField()
    day_of_week = serializers.CharField(help_text="`monday` to `sunday`.")
    day_of_year = serializers.IntegerField()
    week_of_year = serializers.IntegerField(help_text="As ISO 8601 counts them.")


class Result(serializers.Serializer):
    id = serializers.UUIDField()
    memory = serializers.CharField()
    content = serializers.CharField(help_text="The same as `memory`.")
    user_id = serializers.CharField()
    score = serializers.FloatField(required=False, help_text="Of a search; 1 where nothing was asked by meaning.")
    metadata = serializers.DictField()
    timestamp = serializers.DateTimeField()
    tags = serializers.ListField(child=serializers.CharField())
    people_mentioned = serializers.ListField(child=serializers.CharField())
    topic_category = serializers.CharField()
    temporal_data = TemporalData()


class Results(serializers.Serializer):
    success = serializers.BooleanField()
    message = serializers.CharField()
    results = Result(many=True)


class Listed(Results):
    total = serializers.IntegerField(help_text="On this page and others.")


class DeletedAll(serializers.Serializer):
    success = serializers.BooleanField()
    message = serializers.CharField()
    deleted_count = serializers.IntegerField()
    batch = serializers.UUIDField(help_text="For the native `POST /api/v1/memories/undelete`, to take it back.")


class Revoked(serializers.Serializer):
    success = serializers.BooleanField()
    message = serializers.CharField()


class KeyTold(serializers.Serializer):
    success = serializers.BooleanField()
    api_key = serializers.CharField(help_text="Shown in this answer and never again.")
    user_id = serializers.CharField()
    name = serializers.CharField()


class CurrentUser(serializers.Serializer):
    user_id = serializers.CharField()
    created_at = serializers.DateTimeField(allow_null=True, help_text="Of the key; null for a person.")
    last_used = serializers.DateTimeField(allow_null=True)
    usage_count = serializers.IntegerField(allow_null=True)


class Stats(serializers.Serializer):
    embedding_provider = serializers.CharField()
    embedding_model = serializers.CharField()
    vector_store = serializers.CharField()
    memory_count = serializers.IntegerField()
    status = serializers.CharField()


class UserStats(serializers.Serializer):
    user_id = serializers.CharField()
    memory_count = serializers.IntegerField()
    user_info = serializers.DictField(help_text="When first and last seen, sessions, memories by kind; or empty.")
    storage_backend = serializers.CharField()
    storage_stats = serializers.DictField(child=serializers.IntegerField())


class Pong(serializers.Serializer):
    success = serializers.BooleanField()
    message = serializers.CharField()
    timestamp = serializers.DateTimeField()
    service = serializers.CharField()


class HealthTold(serializers.Serializer):
    status = serializers.ChoiceField(["healthy", "degraded", "unhealthy"])
    service = serializers.CharField()
    version = serializers.CharField()
    storage = serializers.CharField()
    memory_count = serializers.IntegerField(allow_null=True, help_text="Null without a key that reads.")
