"""What mem0 says of memories, and is told of them."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from api.dialects.base import Words
from api.dialects.mem0.serializers import filters as language
from api.dialects.mem0.serializers.messages import Messages
from api.native import words

MOST = 1_000  # messages of an add, memories of a batch, results of a page


@extend_schema_field({"oneOf": [{"type": "integer"}, {"type": "string", "format": "date-time"}]})
class Instant(serializers.Field):
    """Seconds since 1970, or a time of ISO 8601."""

    def to_internal_value(self, data: Any) -> datetime:
        try:
            return datetime.fromisoformat(language.moment(data))
        except serializers.ValidationError:
            raise serializers.ValidationError("is neither seconds since 1970 nor a time of ISO 8601") from None


class LastDay(serializers.DateField):
    """The last day that a memory lives, as the moment at which that day is over in UTC."""

    def to_internal_value(self, value: Any) -> Any:
        day: date = super().to_internal_value(value)
        if day.year not in words.YEARS or day.year + 1 not in words.YEARS:
            raise serializers.ValidationError("is out of the years that can be stored")
        return datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=1)


def _names() -> serializers.ListField:
    return serializers.ListField(child=serializers.CharField(max_length=100), max_length=100, required=False)


class OwnersHeard(Words):
    """Whose memories. `filters` is mem0's filter language; where something is written it names who it is of."""

    user_id = words.Name()
    agent_id = words.Name()
    app_id = words.Name()
    run_id = words.Name()
    filters = serializers.JSONField(required=False, help_text="The filter language of mem0.")

    def house_filters(self, heard: dict[str, Any]) -> language.House:
        told = language.translated(heard.get("filters") or {})
        named = {name: heard[name] for name in language.OWNERS if heard.get(name)}
        return language.joined(language.translated(named).get("AND", []) + told.get("AND", []))

    def validate(self, heard: dict[str, Any]) -> dict[str, Any]:
        return heard | {"house": self.house_filters(heard)}


class AddHeard(OwnersHeard):
    messages = Messages(max_length=MOST, allow_empty=False)
    metadata = words.Metadata(required=False)
    infer = serializers.BooleanField(default=True)
    categories = _names()
    timestamp = Instant(required=False)
    expiration_date = LastDay(required=False)
    async_mode = serializers.BooleanField(default=False, help_text="Vectors are made after the answer.")
    output_format = words.Name(help_text="`v1.0`: a bare list.")


class NarrowingHeard(OwnersHeard):
    categories = _names()
    metadata = words.Metadata(required=False)
    start_date = words.Name(help_text="Written from then on.")
    end_date = words.Name(help_text="Written until then.")

    def house_filters(self, heard: dict[str, Any]) -> language.House:
        parts = super().house_filters(heard).get("AND", [])
        more = {"categories": heard.get("categories"), "metadata": heard.get("metadata")}
        span = {"gte": heard.get("start_date"), "lte": heard.get("end_date")}
        more["created_at"] = {operator: at for operator, at in span.items() if at}
        told = language.translated({name: value for name, value in more.items() if value}, "body")
        return language.joined(parts + told.get("AND", []))

    def validate(self, heard: dict[str, Any]) -> dict[str, Any]:
        """What narrows nothing is refused, as there: nobody is told of everybody by mistake."""
        told = super().validate(heard)
        if not told["house"]:
            raise serializers.ValidationError({"filters": "are required and cannot be empty"})
        return told


class ListHeard(NarrowingHeard):
    """As a body; `page` and `page_size` also stand in the query."""

    page = serializers.IntegerField(min_value=1, max_value=100_000, default=1)
    page_size = serializers.IntegerField(min_value=1, default=100, help_text=f"At most {MOST}.")
    top_k = serializers.IntegerField(min_value=1, required=False)
    output_format = words.Name()


class SearchHeard(NarrowingHeard):
    query = serializers.CharField(max_length=10_000)
    top_k = serializers.IntegerField(min_value=1, required=False)
    limit = serializers.IntegerField(min_value=1, required=False, help_text="The same as `top_k`.")
    threshold = serializers.FloatField(min_value=0, max_value=1, required=False)
    fields = _names()  # type: ignore[assignment]  # a field, not the property
    reference_date = Instant(required=False, help_text="From when time words of the question are read; now without it.")
    output_format = words.Name()


class ChangeHeard(Words):
    text = words.Content(required=False)
    metadata = words.Metadata(required=False)
    timestamp = Instant(required=False)
    expiration_date = LastDay(required=False, allow_null=True, help_text="null: it does not expire.")


class BatchItem(ChangeHeard):
    memory_id = serializers.UUIDField()


class BatchHeard(Words):
    memories = serializers.ListField(child=BatchItem(), max_length=MOST, allow_empty=False)


class Gone(Words):
    memory_id = serializers.UUIDField()


class GoneHeard(Words):
    memories = serializers.ListField(child=Gone(), max_length=MOST, allow_empty=False)


class FeedbackHeard(Words):
    memory_id = serializers.UUIDField()
    feedback = serializers.ChoiceField(("POSITIVE", "NEGATIVE", "VERY_NEGATIVE"), required=False)
    feedback_reason = words.Name(max_length=10_000)


class LinkedAsked(Words):
    delete_linked = serializers.BooleanField(default=False, help_text="Also the memories whose place it took.")


class MessageTold(serializers.Serializer):
    message = serializers.CharField()


class MemoryTold(serializers.Serializer):
    id = serializers.UUIDField()
    memory = serializers.CharField()
    user_id = serializers.CharField(allow_null=True)
    agent_id = serializers.CharField(allow_null=True)
    app_id = serializers.CharField(allow_null=True)
    run_id = serializers.CharField(allow_null=True)
    session_id = serializers.CharField(allow_null=True, help_text="The same as `run_id`.")
    hash = serializers.CharField()
    metadata = serializers.DictField()
    categories = serializers.ListField(child=serializers.CharField())
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()
    timestamp = serializers.DateTimeField(help_text="When it happened.")
    expiration_date = serializers.DateField(allow_null=True)
    structured_attributes = serializers.DictField(help_text="The parts of `timestamp`.")


class FoundTold(MemoryTold):
    score = serializers.FloatField()


class PageTold(serializers.Serializer):
    count = serializers.IntegerField()
    next = serializers.CharField(allow_null=True)
    previous = serializers.CharField(allow_null=True)
    results = MemoryTold(many=True)


class FoundPage(serializers.Serializer):
    results = FoundTold(many=True)


class AddedItem(serializers.Serializer):
    id = serializers.UUIDField(allow_null=True)
    event = serializers.ChoiceField(("ADD", "UPDATE", "NONE"))
    memory = serializers.CharField()
    data = serializers.DictField()  # type: ignore[assignment]  # a field, not the property


class AddedTold(serializers.Serializer):
    message = serializers.CharField()
    status = serializers.ChoiceField(("SUCCEEDED",))
    event_id = serializers.UUIDField(allow_null=True)
    results = AddedItem(many=True)


class HistoryTold(serializers.Serializer):
    id = serializers.UUIDField()
    memory_id = serializers.UUIDField()
    input = serializers.ListField(child=serializers.DictField())
    old_memory = serializers.CharField(allow_null=True)
    new_memory = serializers.CharField(allow_null=True)
    user_id = serializers.CharField(allow_null=True)
    event = serializers.ChoiceField(("ADD", "UPDATE", "DELETE"))
    metadata = serializers.DictField()
    categories = serializers.ListField(child=serializers.CharField())
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class EventTold(serializers.Serializer):
    id = serializers.UUIDField()
    event_type = serializers.CharField()
    status = serializers.ChoiceField(("PENDING", "RUNNING", "FAILED", "SUCCEEDED"))
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()
    results = AddedItem(many=True)


class FeedbackTold(serializers.Serializer):
    id = serializers.UUIDField(help_text="Of the memory.")
    feedback = serializers.CharField(allow_null=True)
    feedback_reason = serializers.CharField(allow_null=True)
