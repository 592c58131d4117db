"""Memories, heard and told in HippocampAI's words."""

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone
from rest_framework import serializers

from api.dialects.base import TenfoldImportance, Words
from api.dialects.hippocampai.serializers import filters, types
from api.native import words
from memory.types import Draft, Query, Scope

LONGEST_TTL_DAYS = 36_500
MOST_FOUND, MOST_LISTED = 200, 1_000
MOST_ASKED = 10_000  # characters of a question that are asked with
# What each of its weights is there, and which part of our score it weighs.
WEIGHTS = {"sim": ("semantic", 0.55), "rerank": ("lexical", 0.20), "recency": ("recency", 0.15),
           "importance": ("importance", 0.10)}  # fmt: skip
HEAVIEST = 10.0


class Owner(serializers.CharField):
    """Whose it is."""

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=255, **options)

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


def _tags() -> serializers.ListField:
    return serializers.ListField(child=serializers.CharField(max_length=100), max_length=100, required=False)


class Filters(serializers.DictField):
    def __init__(self, **options: Any) -> None:
        super().__init__(required=False, help_text="See the description of this API.", **options)

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        return filters.read(super().to_internal_value(data))


class Change(Words):
    """What can be changed of a memory; metadata is merged, key by key."""

    text = words.Content(required=False)
    importance = TenfoldImportance()
    tags = _tags()
    metadata = words.Metadata(required=False)
    expires_at = words.Moment(required=False)

    def to_internal_value(self, data: Any) -> Any:
        heard = super().to_internal_value(data)
        if "text" in heard:
            heard["content"] = heard.pop("text")
        return heard


class Update(Change):
    memory_id = serializers.CharField(max_length=255)


class Updates(Words):
    updates = serializers.ListField(child=Update(), max_length=words.BATCH)


class MemoryHeard(Words):
    """A memory to store. Without a type, or with a foreign one, the text says which it is."""

    text = words.Content()
    user_id = Owner()
    session_id = words.Name()
    type = serializers.JSONField(required=False, help_text="One of the nine types.")
    importance = TenfoldImportance(help_text="0 to 10; worked out when it is not told.")
    tags = _tags()
    metadata = words.Metadata(required=False)
    expires_at = words.Moment(required=False)
    ttl_days = serializers.FloatField(min_value=0, max_value=LONGEST_TTL_DAYS, required=False)


class BatchHeard(Words):
    memories = serializers.ListField(child=MemoryHeard(), max_length=words.BATCH)


class MemoryNamed(Words):
    memory_id = serializers.CharField(max_length=255)
    user_id = words.Name(help_text="When it is told, only a memory of this user is meant.")


class MemoriesNamed(Words):
    memory_ids = serializers.ListField(child=serializers.CharField(max_length=255), max_length=words.BATCH)
    user_id = words.Name(help_text="When it is told, only memories of this user are meant.")


class UserNamed(Words):
    user_id = words.Name()


class RecallHeard(Words):
    query = serializers.CharField()
    user_id = Owner()
    session_id = words.Name()
    k = serializers.IntegerField(min_value=1, default=5, help_text=f"Up to {MOST_FOUND} are found.")
    filters = Filters()
    custom_weights = serializers.DictField(child=serializers.FloatField(min_value=0), required=False)


class GetHeard(Words):
    user_id = Owner()
    filters = Filters()
    limit = serializers.IntegerField(min_value=1, default=100, help_text=f"Up to {MOST_LISTED} are listed.")


class QueryHeard(GetHeard):
    """The same, its filters also by name."""

    memory_type = serializers.JSONField(required=False)
    tags = _tags()
    importance_min = serializers.FloatField(required=False)
    importance_max = serializers.FloatField(required=False)
    created_after = words.Moment(required=False)
    created_before = words.Moment(required=False)
    updated_after = words.Moment(required=False)
    updated_before = words.Moment(required=False)
    search_text = words.Name(max_length=10_000)


class ExtractHeard(Words):
    conversation = serializers.JSONField(help_text="Its messages as a JSON text, or lines such as `User: …`.")
    user_id = Owner()
    session_id = words.Name()


class ClassifyHeard(Words):
    text = words.Content()
    user_id = words.Name()


class MemoryTold(serializers.Serializer):
    id = serializers.UUIDField()
    text = serializers.CharField()
    user_id = serializers.CharField()
    session_id = serializers.CharField(allow_null=True)
    agent_id = serializers.CharField(allow_null=True)
    type = serializers.ChoiceField(list(types.HEARD))
    importance = serializers.FloatField(help_text="0 to 10.")
    confidence = serializers.FloatField()
    tags = serializers.ListField(child=serializers.CharField())
    metadata = serializers.DictField()
    entities = serializers.DictField(allow_null=True)
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField(allow_null=True)
    access_count = serializers.IntegerField()
    text_length = serializers.IntegerField()
    token_count = serializers.IntegerField(help_text="A quarter of the characters.")
    is_archived = serializers.BooleanField(help_text="Its text is in cold storage.")


class HitTold(serializers.Serializer):
    memory = MemoryTold()
    score = serializers.FloatField()
    breakdown = serializers.DictField(child=serializers.FloatField())
    rank = serializers.IntegerField()


class GoneTold(serializers.Serializer):
    success = serializers.BooleanField()
    memory_id = serializers.UUIDField()


class ManyDeletedTold(serializers.Serializer):
    success = serializers.BooleanField()
    deleted_count = serializers.IntegerField()
    total = serializers.IntegerField(help_text="Ids that were sent.")
    results = serializers.DictField(child=serializers.BooleanField(), help_text="By id.")
    not_found = serializers.ListField(child=serializers.CharField())


class ClassTold(serializers.Serializer):
    memory_type = serializers.ChoiceField(list(types.HEARD))
    confidence = serializers.FloatField()
    confidence_level = serializers.ChoiceField(("high", "medium", "low"))
    reasoning = serializers.CharField()
    alternative_type = serializers.CharField(allow_null=True)
    alternative_confidence = serializers.FloatField(allow_null=True)


def draft_of(heard: dict[str, Any]) -> Draft:
    told = {name: heard[name] for name in ("importance", "metadata") if name in heard}
    return Draft(
        heard["text"],
        scope_of(heard),
        kind=types.kind_of(heard.get("type"), heard["text"]),
        tags=tuple(heard.get("tags", ())),
        expires_at=_end(heard),
        **told,
    )


def _end(heard: dict[str, Any]) -> datetime | None:
    days: float | None = heard.get("ttl_days")
    end: datetime | None = heard.get("expires_at")
    return end or (timezone.now() + timedelta(days=days) if days else None)


def scope_of(heard: dict[str, Any]) -> Scope:
    return Scope(user_id=heard.get("user_id", ""), session_id=heard.get("session_id", ""))


def query_of(heard: dict[str, Any]) -> Query:
    return Query(
        heard["query"][:MOST_ASKED],
        scope_of(heard),
        min(heard["k"], MOST_FOUND),
        heard.get("filters", {}),
        weights=weights_of(heard.get("custom_weights", {})),
    )


def weights_of(told: dict[str, float]) -> dict[str, float]:
    """Factors of the parts of our score: how many times as heavy as they usually are there."""
    return {part: min(told[name] / usual, HEAVIEST) for name, (part, usual) in WEIGHTS.items() if name in told}


def narrowed_by(heard: dict[str, Any]) -> dict[str, Any]:
    """Our filters of a query whose filters stand beside it by name."""
    named = {name: value for name, value in heard.items() if name in filters.READERS and name != "user_id"}
    named |= {name: value.isoformat() for name, value in named.items() if isinstance(value, datetime)}
    said = [told for told in (heard.get("filters"), filters.read(named)) if told]
    return {"AND": said} if said else {}
