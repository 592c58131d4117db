"""The words about memories that Cognitive Memory Layer's clients send, and those that they are told."""

from typing import Any

from rest_framework import serializers

from api.dialects.base import Words
from api.native import words
from memory.algorithms.scoring import VERDICTS

LONGEST = 100_000  # characters of a text
TURNS = 500
FORMATS = ("packet", "list", "llm_context")
ACTIONS = {"delete": "deleted", "archive": "archived", "silence": "silenced"}


def tags(**options: Any) -> serializers.ListField:
    return serializers.ListField(child=serializers.CharField(max_length=100), max_length=100, required=False, **options)


class Told(Words):
    """What is said of any new memory."""

    content = words.Content(max_length=LONGEST)
    metadata = words.Metadata(required=False)
    turn_id = words.Name()
    timestamp = words.Moment(required=False, help_text="When it happened; now without it.")


class SessionWriteHeard(Told):
    context_tags = tags()
    memory_type = words.Name(max_length=64, help_text="One of its 15 types; without it an `episodic_event`.")
    namespace = words.Name()
    agent_id = words.Name()


class WriteHeard(SessionWriteHeard):
    session_id = words.Name()


class TurnOfMany(Told):
    session_id = words.Name()


class BatchHeard(Words):
    turns = serializers.ListField(child=TurnOfMany(), max_length=TURNS)


class ReadHeard(Words):
    query = serializers.CharField(max_length=10_000)
    max_results = serializers.IntegerField(min_value=1, max_value=50, default=10)
    context_filter = tags(help_text="Memories with any of these tags.")
    memory_types = serializers.ListField(child=serializers.CharField(max_length=64), max_length=50, required=False)
    since = words.Moment(required=False)
    until = words.Moment(required=False)
    format = serializers.ChoiceField(FORMATS, default="packet")
    user_timezone = words.Name(max_length=64, help_text="Where the days begin that the question names.")
    namespace = words.Name(help_text="Of this namespace alone; of all without it.")


class TurnHeard(Words):
    user_message = words.Content(max_length=LONGEST)
    assistant_response = words.Content(max_length=LONGEST, required=False)
    session_id = words.Name()
    max_context_tokens = serializers.IntegerField(min_value=1, max_value=32_000, default=1500)
    timestamp = words.Moment(required=False)
    user_timezone = words.Name(max_length=64)


class UpdateHeard(Words):
    memory_id = serializers.UUIDField()
    text = words.Content(max_length=LONGEST, required=False)
    confidence = serializers.FloatField(min_value=0, max_value=1, required=False)
    importance = serializers.FloatField(min_value=0, max_value=1, required=False)
    metadata = words.Metadata(required=False, help_text="Merged into what is there.")
    feedback = serializers.ChoiceField(VERDICTS, required=False)


class ForgetHeard(Words):
    memory_ids = serializers.ListField(child=serializers.UUIDField(), max_length=words.BATCH, required=False)
    query = serializers.CharField(max_length=10_000, required=False)
    before = words.Moment(required=False)
    action = serializers.ChoiceField(tuple(ACTIONS), default="delete")

    def validate(self, heard: dict[str, Any]) -> dict[str, Any]:
        if not any(heard.get(name) for name in ("memory_ids", "query", "before")):
            raise serializers.ValidationError({"memory_ids": "say what to forget: memory_ids, query or before"})
        return heard


class Item(serializers.Serializer):
    """A memory among the answers."""

    id = serializers.UUIDField()
    text = serializers.CharField()
    type = serializers.CharField()
    confidence = serializers.FloatField()
    relevance = serializers.FloatField()
    timestamp = serializers.DateTimeField()
    metadata = serializers.DictField()


class WriteTold(serializers.Serializer):
    success = serializers.BooleanField()
    memory_id = serializers.UUIDField(allow_null=True)
    chunks_created = serializers.IntegerField(help_text="1, or 0 when it was there already: texts are kept whole.")
    message = serializers.CharField()
    eval_outcome = serializers.ChoiceField(("stored", "skipped"), required=False, help_text="With `X-Eval-Mode`.")
    eval_reason = serializers.CharField(required=False)


class BatchTold(serializers.Serializer):
    success = serializers.BooleanField()
    turns_processed = serializers.IntegerField()
    chunks_created = serializers.IntegerField()
    message = serializers.CharField()


class ReadTold(serializers.Serializer):
    query = serializers.CharField()
    memories = Item(many=True)
    facts = Item(many=True)
    preferences = Item(many=True)
    episodes = Item(many=True)
    constraints = Item(many=True)
    llm_context = serializers.CharField(allow_null=True)
    retrieval_meta = serializers.DictField()
    total_count = serializers.IntegerField()
    elapsed_ms = serializers.FloatField()


class TurnTold(serializers.Serializer):
    memory_context = serializers.CharField()
    memories_retrieved = serializers.IntegerField()
    memories_stored = serializers.IntegerField()
    reconsolidation_applied = serializers.BooleanField()


class UpdateTold(serializers.Serializer):
    success = serializers.BooleanField()
    memory_id = serializers.UUIDField()
    version = serializers.IntegerField()
    message = serializers.CharField()


class ForgetTold(serializers.Serializer):
    success = serializers.BooleanField()
    affected_count = serializers.IntegerField()
    message = serializers.CharField()


class StatsTold(serializers.Serializer):
    total_memories = serializers.IntegerField(help_text="All that are not deleted.")
    active_memories = serializers.IntegerField()
    silent_memories = serializers.IntegerField()
    compressed_memories = serializers.IntegerField()
    archived_memories = serializers.IntegerField()
    by_type = serializers.DictField(child=serializers.IntegerField())
    avg_confidence = serializers.FloatField()
    avg_importance = serializers.FloatField()
    oldest_memory = serializers.DateTimeField(allow_null=True)
    newest_memory = serializers.DateTimeField(allow_null=True)
    estimated_size_mb = serializers.FloatField(help_text="Of their texts, in millions of bytes.")


class HealthTold(serializers.Serializer):
    status = serializers.ChoiceField(("healthy", "unhealthy"))
    timestamp = serializers.DateTimeField()
