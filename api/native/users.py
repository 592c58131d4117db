"""/api/v1/users/…: a user's policy, numbers and tasks in HippocampAI's own words. It only translates."""

from dataclasses import asdict
from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from api.native.base import StrictSerializer, TenantView, hear
from api.native.words import Moment, Name
from api.pagination import page
from automation import controller, manager, policies, vocabulary
from automation.vocabulary import PolicyType

AT_500 = OpenApiExample(
    "summaries from 500 memories on",
    {"auto_summarization": True, "summarization_threshold": 500, "health_monitoring": True}, request_only=True,
)  # fmt: skip
NIGHTLY = OpenApiExample(
    "summaries at two each night",
    {"policy_type": "schedule", "summarization_schedule": {"enabled": True, "cron_expression": "0 2 * * *"}},
    request_only=True,
)  # fmt: skip
SUMMARIZE = OpenApiExample("soon", {"task_type": "summarization", "priority": "high"}, request_only=True)
MOST = 1_000_000_000


class AutomationScheduleWords(StrictSerializer):
    """`cron_expression` or `interval_hours`."""

    enabled = serializers.BooleanField(default=True)
    cron_expression = serializers.CharField(max_length=120, allow_null=True, default=None)
    interval_hours = serializers.FloatField(allow_null=True, default=None)
    run_immediately = serializers.BooleanField(default=False)


def _schedule() -> AutomationScheduleWords:
    return AutomationScheduleWords(required=False, allow_null=True)


def _count(says: str = "") -> serializers.IntegerField:
    return serializers.IntegerField(min_value=1, max_value=MOST, required=False, help_text=says)


class UserPolicyDraft(StrictSerializer):
    """HippocampAI's AutomationPolicy. What is not said has its default."""

    user_id = Name(help_text="That of the path, when it is given.")
    policy_id = serializers.CharField(max_length=100, required=False)
    policy_type = serializers.ChoiceField([each.value for each in PolicyType], required=False)
    enabled = serializers.BooleanField(required=False)
    auto_summarization = serializers.BooleanField(required=False)
    auto_consolidation = serializers.BooleanField(required=False)
    auto_compression = serializers.BooleanField(required=False)
    importance_decay = serializers.BooleanField(required=False)
    health_monitoring = serializers.BooleanField(required=False)
    conflict_resolution = serializers.BooleanField(required=False)
    summarization_threshold = _count("Memories of the user: as many, or more.")
    summarization_age_days = _count()
    summarization_schedule = _schedule()
    consolidation_threshold = _count()
    consolidation_similarity = serializers.FloatField(required=False)
    consolidation_schedule = _schedule()
    compression_threshold = _count()
    compression_target_reduction = serializers.FloatField(required=False)
    compression_schedule = _schedule()
    decay_half_life_days = _count()
    decay_schedule = _schedule()
    health_check_schedule = _schedule()
    health_alert_threshold = serializers.FloatField(required=False, help_text="Of a score from 0 to 100.")
    conflict_strategy = serializers.CharField(max_length=32, required=False)
    auto_resolve_conflicts = serializers.BooleanField(required=False)
    prospective_memory = serializers.BooleanField(required=False, help_text="Kept; nothing here reads it.")
    prospective_eval_interval_seconds = _count("Kept; nothing here reads it.")
    prospective_max_intents = _count("Kept; nothing here reads it.")
    created_at = Moment(required=False)
    updated_at = Moment(required=False, help_text="Heard and replaced: it is when it was changed here.")


class UserPolicyWords(UserPolicyDraft):
    """A user's policy."""


class SetPolicyWords(UserPolicyWords):
    status = serializers.CharField(help_text="`success`, as HippocampAI's document answers.")


class UserPolicy(TenantView):
    operations = {"GET": "policies.read", "POST": "policies.manage", "DELETE": "policies.manage"}

    @extend_schema(
        tags=["users"], operation_id="set_user_policy", summary="Give a user a policy, in the place of the one before",
        request=UserPolicyDraft, responses={200: SetPolicyWords, 201: SetPolicyWords}, examples=[AT_500, NIGHTLY],
    )  # fmt: skip
    def post(self, request: Request, user_id: str) -> Response:
        heard = hear(UserPolicyDraft, request.data)
        if heard.pop("user_id", "") not in ("", user_id):
            raise serializers.ValidationError({"user_id": "is another one than in the path"})
        known = controller.own(user_id) is not None
        told = vocabulary.heard(controller.save(vocabulary.read(heard | {"user_id": user_id})))
        return Response(SetPolicyWords(asdict(told) | {"status": "success"}).data, 200 if known else 201)

    @extend_schema(
        tags=["users"], operation_id="get_user_policy", summary="The policy of a user", responses=UserPolicyWords
    )
    def get(self, request: Request, user_id: str) -> Response:
        row = controller.own(user_id)
        if row is None:
            raise NotFound
        return Response(UserPolicyWords(asdict(vocabulary.heard(row))).data)

    @extend_schema(
        tags=["users"], operation_id="delete_user_policy", summary="Take a user's policy away",
        description="What then holds for the user are the policies of the namespace and of the tenant.",
        request=None, responses={204: None},
    )  # fmt: skip
    def delete(self, request: Request, user_id: str) -> Response:
        row = controller.own(user_id)
        if row is None or not policies.delete(row.pk):
            raise NotFound
        return Response(status=204)


class SizeWords(serializers.Serializer):
    count = serializers.IntegerField()
    total_chars = serializers.IntegerField()
    total_tokens = serializers.IntegerField()
    avg_chars = serializers.FloatField()
    avg_tokens = serializers.FloatField()


class StatisticsWords(serializers.Serializer):
    """Numbers about the live memories of a user; a token is four characters."""

    total_memories = serializers.IntegerField()
    total_characters = serializers.IntegerField()
    total_tokens = serializers.IntegerField()
    avg_memory_size_chars = serializers.FloatField()
    avg_memory_size_tokens = serializers.FloatField()
    largest_memory_chars = serializers.IntegerField()
    smallest_memory_chars = serializers.IntegerField()
    by_type = serializers.DictField(child=SizeWords())
    automation_enabled = serializers.BooleanField(required=False, help_text="Only where a policy is there.")
    automation_features = serializers.DictField(child=serializers.BooleanField(), required=False)


class Statistics(TenantView):
    @extend_schema(
        tags=["users"], operation_id="get_user_statistics", summary="How much is remembered of a user",
        responses=StatisticsWords,
    )  # fmt: skip
    def get(self, request: Request, user_id: str) -> Response:
        return Response(controller.statistics(user_id))


class TaskDraft(StrictSerializer):
    """A job for the user's memories, whatever the policy says; its options are those of the policy."""

    task_type = serializers.ChoiceField(manager.TYPES)
    priority = serializers.ChoiceField([each.value for each in manager.TaskPriority], default="normal")
    metadata = serializers.DictField(required=False, help_text="Labels, at most 2,048 bytes; no content.")


class TaskWords(serializers.Serializer):
    """HippocampAI's BackgroundTask. `task_id` is the id of a run, see `/api/v1/runs`."""

    task_id = serializers.UUIDField()
    user_id = serializers.CharField()
    task_type = serializers.ChoiceField(manager.TYPES)
    priority = serializers.ChoiceField([each.value for each in manager.TaskPriority])
    status = serializers.ChoiceField([each.value for each in manager.TaskStatus])
    created_at = serializers.DateTimeField()
    started_at = serializers.DateTimeField(allow_null=True)
    completed_at = serializers.DateTimeField(allow_null=True)
    error = serializers.CharField(allow_null=True)
    result = serializers.DictField(allow_null=True)
    retry_count = serializers.IntegerField()
    max_retries = serializers.IntegerField()
    metadata = serializers.DictField()


class TaskPage(serializers.Serializer):
    data = TaskWords(many=True)  # type: ignore[assignment]  # a field, not the property
    next_cursor = serializers.CharField(allow_null=True)
    has_more = serializers.BooleanField()


class TasksAsked(StrictSerializer):
    status = serializers.ChoiceField([each.value for each in manager.TaskStatus], required=False)
    cursor = Name(help_text="`next_cursor` of the page before.")
    limit = serializers.IntegerField(min_value=1, max_value=200, default=50)


def _told(run: Any) -> dict[str, Any]:
    return TaskWords(asdict(manager.told(run))).data


class UserTasks(TenantView):
    operations = {"GET": "runs.read", "POST": "runs.start"}

    @extend_schema(
        tags=["users"], operation_id="submit_task", summary="Ask for a task",
        request=TaskDraft, responses={202: TaskWords}, examples=[SUMMARIZE],
    )  # fmt: skip
    def post(self, request: Request, user_id: str) -> Response:
        heard = hear(TaskDraft, request.data)
        run = manager.submit(user_id, heard["task_type"], heard["priority"], heard.get("metadata", {}))
        return Response(_told(run), 202, headers={"Location": f"/api/v1/tasks/{run.pk}"})

    @extend_schema(
        tags=["users"], operation_id="list_tasks", summary="The tasks of a user, newest first",
        parameters=[TasksAsked], responses=TaskPage,
    )  # fmt: skip
    def get(self, request: Request, user_id: str) -> Response:
        asked = hear(TasksAsked, request.query_params)
        found, rest = page(manager.of_user(user_id, asked.get("status")), asked.get("cursor", ""), asked["limit"])
        return Response({"data": [_told(run) for run in manager.with_parts(found)], **rest})


class OneTask(TenantView):
    operations = {"GET": "runs.read"}

    @extend_schema(tags=["users"], operation_id="get_task", summary="How far a task is", responses=TaskWords)
    def get(self, request: Request, task_id: UUID) -> Response:
        return Response(_told(_found(task_id)))


class CancelTask(TenantView):
    operations = {"POST": "runs.start"}

    @extend_schema(
        tags=["users"], operation_id="cancel_task", summary="Cancel a task that has not begun",
        description="One that has is answered as it is; `POST /api/v1/runs/{id}/cancel` stops it, too.",
        request=None, responses=TaskWords,
    )  # fmt: skip
    def post(self, request: Request, task_id: UUID) -> Response:
        run = _found(task_id)
        if manager.cancel(run):
            run.refresh_from_db()
        return Response(_told(run))


def _found(task_id: UUID) -> Any:
    run = manager.find(str(task_id))
    if run is None:
        raise NotFound
    return run
