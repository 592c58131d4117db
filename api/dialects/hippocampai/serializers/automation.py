"""Policies, statistics and tasks in HippocampAI's words."""

from dataclasses import fields
from datetime import datetime
from typing import Any

from rest_framework import serializers

from api.dialects.base import Words
from api.native import words
from automation import manager
from automation.vocabulary import AutomationPolicy, AutomationSchedule, PolicyType

MOST = 1_000_000_000
STATES = ("PENDING", "STARTED", "SUCCESS", "FAILURE", "RETRY", "REVOKED")


class ScheduleHeard(Words):
    enabled = serializers.BooleanField(default=True)
    cron_expression = serializers.CharField(max_length=120, required=False)
    interval_hours = serializers.FloatField(required=False)
    run_immediately = serializers.BooleanField(default=False)


def _field(type_of: Any) -> serializers.Field:
    """How a field of the policy is heard, by its type."""
    plain: dict[Any, serializers.Field] = {
        bool: serializers.BooleanField(required=False),
        int: serializers.IntegerField(min_value=1, max_value=MOST, required=False),
        float: serializers.FloatField(required=False),
        str: serializers.CharField(max_length=255, required=False),
        datetime: words.Moment(required=False),
        PolicyType: serializers.ChoiceField([each.value for each in PolicyType], required=False),
        AutomationSchedule | None: ScheduleHeard(required=False),
    }
    return plain[type_of]


class PolicyHeard(Words):
    """An AutomationPolicy, as its `dict()` tells it. What is not said has its default."""

    def get_fields(self) -> dict[str, serializers.Field]:
        return {each.name: _field(each.type) for each in fields(AutomationPolicy)}


class PolicyTold(PolicyHeard):
    """A user's policy."""


class Done(serializers.Serializer):
    status = serializers.CharField(help_text="`success`.")


class TaskHeard(Words):
    """What TaskManager.submit_task is told."""

    task_type = serializers.ChoiceField(manager.TYPES)
    priority = serializers.ChoiceField([each.value for each in manager.TaskPriority], default="normal")
    metadata = serializers.DictField(required=False, help_text="Labels, at most 2,048 bytes; no content.")
    async_execution = serializers.BooleanField(default=True, help_text="False: it is over when this is answered.")


class TasksAsked(Words):
    status = serializers.ChoiceField([each.value for each in manager.TaskStatus], required=False)
    limit = serializers.IntegerField(min_value=1, max_value=1_000, default=100)


class SubmittedTold(serializers.Serializer):
    task_id = serializers.CharField()
    status = serializers.CharField(help_text="`submitted`.")
    message = serializers.CharField()


class TaskStatusTold(serializers.Serializer):
    task_id = serializers.CharField()
    status = serializers.ChoiceField(STATES)
    result = serializers.JSONField(allow_null=True)
    error = serializers.CharField(allow_null=True)
    progress = serializers.DictField(allow_null=True)


class CancelledTold(serializers.Serializer):
    message = serializers.CharField()
    status = serializers.CharField()


class InspectedTold(serializers.Serializer):
    """As Celery's inspection is told: by worker, of which there is one, the house."""

    active_tasks = serializers.DictField()
    scheduled_tasks = serializers.DictField()
    registered_tasks = serializers.DictField()
    stats = serializers.DictField()


class QueuesTold(serializers.Serializer):
    active_queues = serializers.DictField()


class ScheduledTold(serializers.Serializer):
    scheduled_tasks = serializers.DictField(help_text="By name: `task`, `schedule` in words and `options`.")
