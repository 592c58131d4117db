"""/api/v1/runs and /api/v1/jobs: what the housekeeper can do, does, and did; start it, stop it, take it back."""

import re
import time
from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.db import connection
from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from api.native.base import StrictSerializer, TenantView, hear
from api.native.words import Moment, Name
from api.pagination import page
from automation import asking, looking, registry, runner
from automation.models import TaskRun
from memory.models import Step
from memory.upkeep import options
from memory.upkeep.plan import Reach

LONGEST_WAIT = 10.0  # seconds
LOOK_EVERY = 0.2
LAST = 2**31 - 1
WAIT = OpenApiParameter(
    "Prefer", str, OpenApiParameter.HEADER,
    description="`wait=5`: wait up to 5 seconds, and 10 at most, for the run's end, which is then answered with a 200.",
)  # fmt: skip
TRY = OpenApiExample(
    "what would be forgotten of Ada", {"job": "forget", "user_id": "ada", "dry_run": True}, request_only=True
)


class RunDraft(StrictSerializer):
    """What shall be run, for whom. Without user and namespace it is for everybody."""

    job = serializers.CharField(max_length=32, help_text="A name of `/api/v1/jobs`, or `run_all`.")
    user_id = Name()
    namespace = Name()
    options = serializers.DictField(required=False, help_text="See `/api/v1/jobs`; what is not said has its default.")
    dry_run = serializers.BooleanField(default=False, help_text="Only say what it would do, and change nothing.")
    priority = serializers.ChoiceField(list(asking.LANES), default="normal")
    now = Moment(required=False, help_text="What the job takes for now; else it is the time at which it begins.")


class ProgressWords(serializers.Serializer):
    done = serializers.IntegerField()
    total = serializers.IntegerField()


class RunWords(serializers.Serializer):
    """A run of a job. It never holds content."""

    id = serializers.UUIDField()
    job = serializers.CharField()
    state = serializers.ChoiceField(TaskRun.State.choices)
    namespace = serializers.CharField()
    user_id = serializers.CharField()
    dry_run = serializers.BooleanField()
    priority = serializers.ChoiceField(list(asking.LANES))
    progress = ProgressWords()
    attempts = serializers.IntegerField(help_text="How often it was tried; counted before each try.")
    input = serializers.DictField(help_text="`options`, and who is left out since a nearer policy is theirs.")
    result = serializers.DictField(help_text="`counts` by action and the job's own names; of a dry run its forecast.")
    error = serializers.CharField()
    started_by = serializers.CharField()
    policy_id = serializers.UUIDField(allow_null=True)
    slot = serializers.CharField(allow_null=True, help_text="Of a policy: which of its times it is.")
    parent_id = serializers.UUIDField(allow_null=True)
    undoes_id = serializers.UUIDField(allow_null=True, help_text="The run that this one takes back.")
    undone_at = serializers.DateTimeField(allow_null=True)
    duration_ms = serializers.FloatField(allow_null=True, help_text="From its begin to its end, or until now.")
    created_at = serializers.DateTimeField()
    started_at = serializers.DateTimeField(allow_null=True)
    heartbeat_at = serializers.DateTimeField(allow_null=True)
    finished_at = serializers.DateTimeField(allow_null=True)


TOLD = [str(name) for name in RunWords().fields if name not in ("priority", "progress", "duration_ms")]


def told(run: TaskRun) -> dict[str, Any]:
    seconds = looking.took(run, timezone.now())
    plain = {name: getattr(run, name) for name in TOLD}
    return RunWords(
        plain
        | {
            "priority": TaskRun.Priority(run.priority).name.lower(),
            "progress": {"done": run.done, "total": run.total},
            "duration_ms": None if seconds is None else round(seconds * 1000, 1),
        }
    ).data


class RunPage(serializers.Serializer):
    data = RunWords(many=True)  # type: ignore[assignment]  # a field, not the property
    next_cursor = serializers.CharField(allow_null=True)
    has_more = serializers.BooleanField()


class RunsAsked(StrictSerializer):
    job = Name(max_length=32)
    state = serializers.ChoiceField(TaskRun.State.choices, required=False)
    user_id = Name()
    namespace = Name()
    policy_id = serializers.UUIDField(required=False)
    parent_id = serializers.UUIDField(required=False, help_text="Those of one `run_all`.")
    dry_run = serializers.BooleanField(required=False, allow_null=True, default=None)
    cursor = Name(help_text="`next_cursor` of the page before.")
    limit = serializers.IntegerField(min_value=1, max_value=200, default=50)


class Runs(TenantView):
    operations = {"GET": "runs.read", "POST": "runs.start"}

    @extend_schema(
        tags=["runs"], operation_id="list_runs", summary="List runs, newest first",
        parameters=[RunsAsked], responses=RunPage,
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        asked = hear(RunsAsked, request.query_params)
        cursor, limit = asked.pop("cursor", ""), asked.pop("limit")
        found, rest = page(looking.narrowed(looking.here(), asked), cursor, limit)
        return Response({"data": [told(run) for run in found], **rest})

    @extend_schema(
        tags=["runs"], operation_id="start_run", summary="Run a job, or only say what it would do",
        description="A worker takes it up; `Location` says where to look. `run_all` makes one run a job.",
        request=RunDraft, responses={200: RunWords, 202: RunWords}, examples=[TRY], parameters=[WAIT],
    )  # fmt: skip
    def post(self, request: Request) -> Response:
        heard = hear(RunDraft, request.data)
        return answered(asking.start(heard.pop("job"), reach_of(heard), **heard), request)


def reach_of(heard: dict[str, Any]) -> Reach:
    return Reach(namespace=heard.pop("namespace", ""), user_id=heard.pop("user_id", ""))


def answered(run: TaskRun, request: Request) -> Response:
    """A run with its address: 200 when it is over, else 202. It is waited for as `Prefer` says."""
    wait = preferred_wait(request.headers.get("Prefer", ""))
    # In a transaction, as with an Idempotency-Key, no worker sees the run before it is answered.
    if wait and not connection.in_atomic_block:
        run = waited_for(run, wait)
    headers = {"Location": f"/api/v1/runs/{run.pk}"} | ({"Preference-Applied": f"wait={wait:g}"} if wait else {})
    return Response(told(run), 202 if run.state in TaskRun.OPEN else 200, headers=headers)


def preferred_wait(prefer: str) -> float:
    """Seconds out of the header `Prefer` of RFC 7240; 0: not to wait."""
    found = re.search(r"(?:^|[\s,;])wait\s*=\s*\"?(\d{1,6})", prefer, re.IGNORECASE)
    return min(float(found[1]), LONGEST_WAIT) if found else 0.0


def waited_for(run: TaskRun, seconds: float) -> TaskRun:
    until = time.monotonic() + seconds
    while run.state in TaskRun.OPEN and (left := until - time.monotonic()) > 0:
        time.sleep(min(LOOK_EVERY, left))
        run.refresh_from_db()
    return run


class OneRun(TenantView):
    operations = {"GET": "runs.read"}

    @extend_schema(
        tags=["runs"], operation_id="get_run", summary="How far a run is, and what came of it", responses=RunWords
    )
    def get(self, request: Request, run_id: UUID) -> Response:
        return Response(told(found(run_id)))


def found(run_id: UUID) -> TaskRun:
    run = looking.one(run_id)
    if run is None:
        raise NotFound
    return run


class RunStepWords(serializers.ModelSerializer):
    """One thing that a run did, or would do; what it says is in the memory itself."""

    class Meta:
        model = Step
        fields = ["number", "action", "subject", "state", "score", "parts", "why"]
        read_only_fields = fields


class RunStepPage(serializers.Serializer):
    data = RunStepWords(many=True)  # type: ignore[assignment]  # a field, not the property
    next_cursor = serializers.IntegerField(allow_null=True)
    has_more = serializers.BooleanField()


class StepsAsked(StrictSerializer):
    action = Name(max_length=32)
    state = serializers.ChoiceField(Step.State.choices, required=False)
    cursor = serializers.IntegerField(min_value=1, max_value=LAST, required=False, help_text="`next_cursor` before.")
    limit = serializers.IntegerField(min_value=1, max_value=200, default=50)


class Steps(TenantView):
    operations = {"GET": "runs.read"}

    @extend_schema(
        tags=["runs"], operation_id="list_steps", summary="What a run did, step by step",
        description="In the order of its plan. A dry run lays none down.",
        parameters=[StepsAsked], responses=RunStepPage,
    )  # fmt: skip
    def get(self, request: Request, run_id: UUID) -> Response:
        asked = hear(StepsAsked, request.query_params)
        rows = looking.steps(found(run_id).pk).filter(number__gt=asked.get("cursor", 0))
        rows = rows.filter(**{name: asked[name] for name in ("action", "state") if asked.get(name)})
        some = list(rows[: asked["limit"] + 1])
        shown = some[: asked["limit"]]
        more = len(some) > len(shown)
        rest = {"next_cursor": shown[-1].number if more else None, "has_more": more}
        return Response({"data": RunStepWords(shown, many=True).data, **rest})


def _act(name: str, operation: str, summary: str, says: str, act: Callable[[UUID], TaskRun | None]) -> type[TenantView]:
    """What is done to a run, without a body."""

    @extend_schema(
        tags=["runs"], operation_id=f"{name}_run", summary=summary, description=says, request=None,
        responses={200: RunWords, 202: RunWords}, parameters=[WAIT] if name != "cancel" else [],
    )  # fmt: skip
    def post(self: TenantView, request: Request, run_id: UUID) -> Response:
        hear(Nothing, request.data)
        run = act(found(run_id).pk)
        if run is None:
            raise NotFound
        return answered(run, request)

    return type(name.title(), (TenantView,), {"operations": {"POST": operation}, "post": post})


class Nothing(StrictSerializer):
    """No fields."""


Cancel = _act(
    "cancel", "runs.start", "Stop a run",
    "One that waits is over at once, one that runs after its step. What was applied stays.", runner.cancel,
)  # fmt: skip
Retry = _act(
    "retry", "runs.start", "Try a run again that failed, died or was cancelled",
    "It goes on where it stopped: what was applied is not applied again.", runner.retry,
)  # fmt: skip
Undo = _act(
    "undo", "runs.undo", "Take back what a run did",
    "Another run, which undoes its steps, the last one first. What has moved on since is left as it is.", runner.undo,
)  # fmt: skip


class OptionWords(serializers.Serializer):
    name = serializers.CharField()
    type = serializers.ChoiceField(["boolean", "integer", "number", "text"])
    default = serializers.JSONField()
    least = serializers.FloatField(allow_null=True)
    most = serializers.FloatField(allow_null=True)
    among = serializers.ListField(child=serializers.CharField(), help_text="One of these; empty: anything.")
    says = serializers.CharField()


class JobWords(serializers.Serializer):
    """A job of the catalogue."""

    name = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]  # a field
    says = serializers.CharField()
    options = OptionWords(many=True)
    undoable = serializers.BooleanField()
    threshold = serializers.IntegerField(help_text="Memories of a user, when its policy says none; 0: it has none.")


class JobList(serializers.Serializer):
    data = JobWords(many=True)  # type: ignore[assignment]  # a field, not the property


class Jobs(TenantView):
    operations = {"GET": "runs.read"}

    @extend_schema(
        tags=["runs"], operation_id="list_jobs", summary="The jobs that there are, with their options",
        responses=JobList,
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        return Response({"data": JobWords([_job(job) for job in registry.JOBS.values()], many=True).data})


def _job(job: registry.Job) -> dict[str, Any]:
    plain = {name: getattr(job, name) for name in ("name", "label", "says", "undoable", "threshold")}
    return plain | {"options": options.described(job.options)}
