"""What administration is asked: the words of its bodies and queries."""

from rest_framework import serializers

from api.dialects.base import Words
from api.dialects.cml.presenters.memories import TYPES
from api.dialects.cml.serializers.memories import FORMATS, tags
from api.native import words
from memory.graph import MOST_DEPTH

METRICS = ("memories", "events")
FAR = 1_000_000  # pages and offsets


class Tenant(Words):
    tenant_id = words.Name(help_text="Of a platform's key the tenant; from others it is not heard.")


class Consolidate(Tenant):
    user_id = words.Name(help_text="Only this user's memories.")


class Forget(Consolidate):
    dry_run = serializers.BooleanField(default=True, help_text="Plan and count, and change nothing.")
    max_memories = serializers.IntegerField(min_value=1, max_value=100_000, default=5_000)


class DryRun(Words):
    dry_run = serializers.BooleanField(default=True)


class Paged(Tenant):
    page = serializers.IntegerField(min_value=1, max_value=FAR, default=1)
    per_page = serializers.IntegerField(min_value=1, max_value=500, default=50)


class Events(Paged):
    event_type = words.Name(max_length=64, help_text="A type, or its beginning such as `session.*`.")
    since = words.Moment(required=False)
    until = words.Moment(required=False)


class Memories(Paged):
    per_page = serializers.IntegerField(min_value=1, max_value=500, default=25)
    type = words.Name(max_length=64)
    status = words.Name(max_length=64)
    search = words.Name(max_length=1_000, help_text="Only those whose text holds this.")
    sort_by = words.Name(max_length=64)
    order = words.Name(max_length=64)


class BulkHeard(Words):
    memory_ids = serializers.ListField(child=serializers.UUIDField(), allow_empty=False, max_length=1_000)
    action = serializers.ChoiceField(("archive", "silence", "delete"))


class Facts(Tenant):
    category = words.Name(max_length=64)
    current_only = serializers.BooleanField(default=True)
    limit = serializers.IntegerField(min_value=1, max_value=1_000, default=50)
    offset = serializers.IntegerField(min_value=0, max_value=FAR, default=0)


class Timeline(Tenant):
    days = serializers.IntegerField(min_value=1, max_value=366, default=30)
    metric = serializers.ChoiceField(METRICS, default="memories")


class Hours(Tenant):
    hours = serializers.IntegerField(min_value=1, max_value=744, default=24)


class Jobs(Tenant):
    limit = serializers.IntegerField(min_value=1, max_value=500, default=50)
    job_type = words.Name(max_length=64)


class Place(Tenant):
    scope_id = words.Name(help_text="A namespace; `default` stands for all of them.")


class Explore(Place):
    entity = serializers.CharField(max_length=255)
    depth = serializers.IntegerField(min_value=1, max_value=MOST_DEPTH, default=2)


class Search(Tenant):
    query = serializers.CharField(max_length=255)
    limit = serializers.IntegerField(min_value=1, max_value=200, default=25)


class ConfigUpdate(Words):
    updates = serializers.DictField()


class ResetHeard(Words):
    confirm = serializers.BooleanField(default=False)


class RetrievalHeard(Tenant):
    query = serializers.CharField(max_length=10_000)
    max_results = serializers.IntegerField(min_value=1, max_value=50, default=10)
    context_filter = tags()
    memory_types = serializers.ListField(child=serializers.CharField(max_length=64), max_length=50, required=False)
    format = serializers.ChoiceField(FORMATS, default="list")


class Write(Tenant):
    content = words.Content()
    memory_type = serializers.ChoiceField(TYPES, required=False)
    context_tags = tags()
    session_id = words.Name()
    namespace = words.Name()
    agent_id = words.Name()
    metadata = words.Metadata(required=False)
    timestamp = words.Moment(required=False)


class Preview(Consolidate):
    max_memories = serializers.IntegerField(min_value=1, max_value=100_000, default=5_000)
