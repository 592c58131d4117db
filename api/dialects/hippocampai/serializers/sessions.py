"""Sessions and feedback in HippocampAI's words."""

from rest_framework import serializers

from api.dialects.base import Words
from api.dialects.hippocampai.serializers.memories import Owner
from api.native import words

MOST = 1_000
FEEDBACK = {"relevant": 1.0, "partially_relevant": 0.6, "outdated": 0.1, "not_relevant": 0.0}


class SessionsAsked(Words):
    user_id = Owner()
    include_deleted = serializers.BooleanField(default=False)


class SessionAsked(Words):
    user_id = words.Name(help_text="Whose it is, where several have one of this name.")
    include_deleted = serializers.BooleanField(default=False)


class SoftDelete(Words):
    session_id = serializers.CharField(max_length=255)
    user_id = words.Name(help_text="Whose it is; it is needed where several have one of this name.")
    reason = words.Name(max_length=1_000, help_text="Told back, and not kept.")
    admin_user_id = words.Name(help_text="Told back; who may is decided by the key.")


class Wipe(Words):
    user_id = Owner()
    reason = words.Name(max_length=1_000)
    admin_user_id = words.Name()
    confirm = serializers.BooleanField(default=False)


class Restore(Words):
    record_id = serializers.CharField(max_length=255)
    admin_user_id = words.Name()


class DeletedAsked(Words):
    user_id = words.Name()
    include_restored = serializers.BooleanField(default=False)
    limit = serializers.IntegerField(min_value=1, max_value=MOST, default=100)


class SessionTold(serializers.Serializer):
    session_id = serializers.CharField()
    user_id = serializers.CharField()
    created_at = serializers.DateTimeField()
    last_active_at = serializers.DateTimeField()
    is_active = serializers.BooleanField()
    is_deleted = serializers.BooleanField()
    memory_count = serializers.IntegerField()


class SessionStats(serializers.Serializer):
    total_users = serializers.IntegerField()
    total_sessions = serializers.IntegerField()
    deleted_sessions = serializers.IntegerField()
    total_memories = serializers.IntegerField()


class DeletedTold(serializers.Serializer):
    id = serializers.UUIDField(help_text="What `restore` is told.")
    entity_type = serializers.CharField()
    entity_id = serializers.CharField()
    user_id = serializers.CharField()
    session_id = serializers.CharField()
    deleted_at = serializers.DateTimeField()
    deleted_by = serializers.CharField()
    reason = serializers.CharField(allow_null=True)
    is_restored = serializers.BooleanField()


class WipedTold(serializers.Serializer):
    success = serializers.BooleanField()
    user_id = serializers.CharField()
    sessions_deleted = serializers.IntegerField()
    deleted_by = serializers.CharField()
    reason = serializers.CharField(allow_null=True)
    message = serializers.CharField()


class FeedbackHeard(Words):
    user_id = Owner()
    query = serializers.CharField(max_length=10_000, required=False, allow_blank=True, default="")
    feedback_type = serializers.ChoiceField(list(FEEDBACK))


class FeedbackAsked(Words):
    user_id = Owner()


class FeedbackTold(serializers.Serializer):
    memory_id = serializers.UUIDField()
    feedback_type = serializers.ChoiceField(list(FEEDBACK))
    score = serializers.FloatField()


class ScoreTold(serializers.Serializer):
    memory_id = serializers.UUIDField()
    score = serializers.FloatField(help_text="The mean of what was said; 0.5 where nothing was.")
    event_count = serializers.IntegerField()
    breakdown = serializers.DictField(child=serializers.IntegerField())


class FeedbackStats(serializers.Serializer):
    user_id = serializers.CharField()
    stats = serializers.DictField(child=serializers.IntegerField())
