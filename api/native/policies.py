"""/api/v1/policies: what is done by itself, to whom, and when."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from api.native.accepting import accept_loss
from api.native.base import StrictSerializer, TenantView, hear
from api.native.versions import IF_MATCH, LAST, HistoryParameters, expected
from api.native.words import Moment, Name
from api.pagination import page
from automation import asked, falling, policies, slots
from automation.checking import SCHEDULE
from automation.models import Policy, TaskRun
from automation.schedules import schedule_of

MANAGES = {"GET": "policies.read"} | dict.fromkeys(("POST", "PATCH", "PUT", "DELETE"), "policies.manage")
NIGHTLY = {
    "type": "schedule",
    "time_zone": "Europe/Berlin",
    "jobs": {"forget": {"schedule": {"cron_expression": "0 3 * * *"}, "options": {"most": 1000}}},
}
EXAMPLES = [
    OpenApiExample("forget each night", NIGHTLY, request_only=True),
    OpenApiExample(
        "summarize what a user has, from 500 memories on",
        {"user_id": "ada", "jobs": {"summarize": {"threshold": 500}}},
        request_only=True,
    ),
]


class ScheduleWords(serializers.Serializer):
    """When a job runs: by a cron expression in the policy's time zone, or every so many hours."""

    enabled = serializers.BooleanField(default=True)
    cron_expression = serializers.CharField(allow_null=True, default=None, help_text="Five fields: `0 3 * * *`.")
    interval_hours = serializers.FloatField(allow_null=True, default=None, help_text="From 1 minute to 366 days.")
    run_immediately = serializers.BooleanField(default=False, help_text="Once when the schedule begins to hold.")


class PolicyJobWords(serializers.Serializer):
    """What a policy says of one job."""

    enabled = serializers.BooleanField(default=True, help_text="False: the job is off for whom the policy decides.")
    threshold = serializers.IntegerField(allow_null=True, default=None, help_text="Memories of a user.")
    schedule = ScheduleWords(allow_null=True, default=None)
    options = serializers.DictField(default=dict, help_text="Of the job; what is not said has its default.")


@extend_schema_field(serializers.DictField(child=PolicyJobWords()))
class JobsField(serializers.JSONField):
    """Jobs by name; automation.checking says what is right."""


class PolicyChange(StrictSerializer):
    """What can be said of a policy."""

    name = Name(max_length=100)
    type = serializers.ChoiceField(Policy.Type.choices, required=False, help_text="What starts its jobs.")
    enabled = serializers.BooleanField(required=False)
    jobs = JobsField(
        required=False, help_text="By name. A job that is not named is decided by the next nearest policy."
    )
    extras = serializers.DictField(required=False, help_text="Kept with it, and read by nobody.")
    owner = serializers.CharField(max_length=100, required=False, allow_blank=True, help_text="Who answers for it.")
    starts_at = Moment(required=False, allow_null=True)
    ends_at = Moment(required=False, allow_null=True)
    time_zone = Name(max_length=64, help_text="An IANA name; empty: the tenant's.")
    misfire = serializers.ChoiceField(Policy.Misfire.choices, required=False, help_text="What becomes of missed slots.")
    accept_loss = accept_loss()


class PolicyDraft(PolicyChange):
    """A policy for a user, for a namespace, or without both for the tenant."""

    user_id = Name()
    namespace = Name()


class NextRunWords(serializers.Serializer):
    job = serializers.CharField()
    at = serializers.DateTimeField(allow_null=True)
    says = serializers.CharField(help_text="The schedule in words.")


class PolicyWords(serializers.ModelSerializer):
    jobs = JobsField()
    next_runs = serializers.SerializerMethodField()

    class Meta:
        model = Policy
        fields = (
            "id", "user_id", "namespace", "name", "type", "enabled", "jobs", "extras", "owner", "starts_at", "ends_at",
            "time_zone", "misfire", "version", "next_runs", "created_at", "updated_at",
        )  # fmt: skip
        read_only_fields = fields

    @extend_schema_field(NextRunWords(many=True))
    def get_next_runs(self, policy: Policy) -> list[dict[str, Any]]:
        timers = sorted((timer for timer in policy.timers.all() if timer.by == "clock"), key=lambda timer: timer.job)
        told = [{"job": t.job, "at": t.next_at, "says": slots.explain(schedule_of(t))} for t in timers]
        return list(NextRunWords(told, many=True).data)


class PolicyPage(serializers.Serializer):
    data = PolicyWords(many=True)  # type: ignore[assignment]  # a field, not the property
    next_cursor = serializers.CharField(allow_null=True)
    has_more = serializers.BooleanField()


class PolicyParameters(StrictSerializer):
    user_id = Name(help_text="Only the policy of this user.")
    namespace = Name(help_text="Only the policy of this namespace.")
    cursor = Name(help_text="`next_cursor` of the page before.")
    limit = serializers.IntegerField(min_value=1, max_value=200, default=50)


class PolicyVersionWords(serializers.Serializer):
    version = serializers.IntegerField()
    told = serializers.DictField(help_text="What it said.")
    actor = serializers.CharField(help_text="Who said it.")
    created_at = serializers.DateTimeField()


class PolicyVersionPage(serializers.Serializer):
    data = PolicyVersionWords(many=True)  # type: ignore[assignment]  # a field, not the property
    next_cursor = serializers.IntegerField(allow_null=True)
    has_more = serializers.BooleanField()


class PolicyRestoration(StrictSerializer):
    version = serializers.IntegerField(min_value=1, max_value=LAST)
    accept_loss = accept_loss()


class RunWish(StrictSerializer):
    job = Name(max_length=32, help_text="One of its jobs; empty: all that it switches on.")
    dry_run = serializers.BooleanField(default=False, help_text="Only say what would be done.")


class StartedRun(serializers.ModelSerializer):
    class Meta:
        model = TaskRun
        fields = ("id", "job", "user_id", "namespace", "dry_run", "state", "created_at")
        read_only_fields = fields


class StartedRuns(serializers.Serializer):
    data = StartedRun(many=True)  # type: ignore[assignment]  # a field, not the property


class ScopeParameters(StrictSerializer):
    user_id = Name()
    namespace = Name()


class DecisionWords(serializers.Serializer):
    """What holds for one job, and the policy that says so."""

    policy = serializers.UUIDField(source="policy.id")
    type = serializers.CharField(source="policy.type")
    enabled = serializers.BooleanField()
    threshold = serializers.IntegerField(allow_null=True)
    schedule = ScheduleWords(allow_null=True)
    options = serializers.DictField()


class EffectiveWords(serializers.Serializer):
    jobs = serializers.DictField(child=DecisionWords(), help_text="By name; a job that no policy names is not there.")


def told(policy: Policy | None, status: int = 200) -> Response:
    if policy is None:
        raise NotFound
    return Response(PolicyWords(policy).data, status, headers={"ETag": f'"{policy.version}"'})


def one(policy_id: UUID) -> Policy:
    policy = policies.find(policy_id)
    if policy is None:
        raise NotFound
    return policy


class PolicyView(TenantView):
    operations = MANAGES


class Policies(PolicyView):
    @extend_schema(
        tags=["policies"], operation_id="list_policies", summary="List policies, newest first",
        parameters=[PolicyParameters], responses=PolicyPage,
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        asked_for = hear(PolicyParameters, request.query_params)
        scope = {name: asked_for[name] for name in ("user_id", "namespace") if asked_for.get(name)}
        rows: QuerySet[Policy] = policies.rows().filter(**scope).prefetch_related("timers")
        found, rest = page(rows, asked_for.get("cursor", ""), asked_for["limit"])
        return Response({"data": PolicyWords(found, many=True).data, **rest})

    @extend_schema(
        tags=["policies"], operation_id="create_policy", summary="Make a policy", request=PolicyDraft,
        responses={201: PolicyWords}, examples=EXAMPLES,
    )  # fmt: skip
    def post(self, request: Request) -> Response:
        said = hear(PolicyDraft, request.data)
        scope = {name: said.pop(name, "") for name in ("namespace", "user_id")}
        if not said.pop("accept_loss"):
            falling.check_policy(said, **scope)
        return told(policies.create(said, **scope), 201)


class OnePolicy(PolicyView):
    @extend_schema(tags=["policies"], operation_id="get_policy", summary="Read one policy", responses=PolicyWords)
    def get(self, request: Request, policy_id: UUID) -> Response:
        return told(one(policy_id))

    @extend_schema(
        tags=["policies"], operation_id="change_policy", summary="Change the given fields", parameters=[IF_MATCH],
        description="`jobs` replaces all jobs.", request=PolicyChange, responses=PolicyWords,
    )  # fmt: skip
    def patch(self, request: Request, policy_id: UUID) -> Response:
        changes = hear(PolicyChange, request.data)
        if not changes.pop("accept_loss"):
            falling.check_policy(changes, one(policy_id))
        return told(policies.change(policy_id, changes, expected=expected(request)))

    @extend_schema(
        tags=["policies"], operation_id="replace_policy", summary="Say all of it anew", parameters=[IF_MATCH],
        request=PolicyChange, responses=PolicyWords,
    )  # fmt: skip
    def put(self, request: Request, policy_id: UUID) -> Response:
        said = hear(PolicyChange, request.data)
        if not said.pop("accept_loss"):
            falling.check_policy(said, one(policy_id), whole=True)
        return told(policies.replace(policy_id, said, expected=expected(request)))

    @extend_schema(
        tags=["policies"], operation_id="delete_policy", summary="Delete a policy", description="Its runs stay.",
        parameters=[IF_MATCH], responses={204: None},
    )  # fmt: skip
    def delete(self, request: Request, policy_id: UUID) -> Response:
        if not policies.delete(policy_id, expected=expected(request)):
            raise NotFound
        return Response(status=204)


class PolicyVersions(PolicyView):
    @extend_schema(
        tags=["policies"], operation_id="list_policy_versions", summary="What it said, newest first",
        parameters=[HistoryParameters], responses=PolicyVersionPage,
    )  # fmt: skip
    def get(self, request: Request, policy_id: UUID) -> Response:
        asked_for = hear(HistoryParameters, request.query_params)
        rows = policies.versions(one(policy_id).pk)
        rows = rows.filter(version__lt=asked_for["cursor"]) if "cursor" in asked_for else rows
        found = list(rows[: asked_for["limit"] + 1])
        has_more, found = len(found) > asked_for["limit"], found[: asked_for["limit"]]
        last = found[-1].version if has_more else None
        return Response({"data": PolicyVersionWords(found, many=True).data, "next_cursor": last, "has_more": has_more})


class RestorePolicy(PolicyView):
    @extend_schema(
        tags=["policies"], operation_id="restore_policy", summary="Say again what a version said",
        parameters=[IF_MATCH], request=PolicyRestoration, responses=PolicyWords,
    )  # fmt: skip
    def post(self, request: Request, policy_id: UUID) -> Response:
        wish = hear(PolicyRestoration, request.data)
        version = wish["version"]
        if not wish["accept_loss"]:
            falling.check_version(one(policy_id), version)
        return told(policies.restore(policy_id, version, expected=expected(request)))


class RunPolicy(PolicyView):
    @extend_schema(
        tags=["policies"], operation_id="run_policy", summary="Run its jobs now",
        description="By a worker, one run for each job, also where the policy is off.",
        request=RunWish, responses={202: StartedRuns},
    )  # fmt: skip
    def post(self, request: Request, policy_id: UUID) -> Response:
        wish = hear(RunWish, request.data)
        runs = asked.run(one(policy_id), wish.get("job", ""), dry_run=wish["dry_run"])
        return Response({"data": StartedRun(runs, many=True).data}, 202)


class Effective(PolicyView):
    @extend_schema(
        tags=["policies"], operation_id="effective_policy", summary="What holds for a user's memories in a namespace",
        parameters=[ScopeParameters], responses=EffectiveWords,
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        scope = hear(ScopeParameters, request.query_params)
        found = policies.effective(scope.get("namespace", ""), scope.get("user_id", ""))
        return Response({"jobs": {job: DecisionWords(found[job]).data for job in sorted(found)}})


assert set(ScheduleWords().fields) == set(SCHEDULE)
