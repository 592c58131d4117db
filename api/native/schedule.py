"""/api/v1/schedule: what will run by itself; /api/v1/pauses: when nothing shall."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from api.native.base import PlatformView, StrictSerializer, hear
from api.native.keys import ListedWords
from api.native.policies import MANAGES
from api.native.words import Moment, Name
from api.pagination import page
from automation import calendar, pauses, policies
from automation.calendar import Planned
from automation.models import Pause, Policy

A_WEEK = timedelta(days=7)
A_PAUSE = OpenApiExample(
    "over the holidays",
    {"starts_at": "2026-12-24T00:00:00Z", "ends_at": "2026-12-27T00:00:00Z", "reason": "nobody is there"},
    request_only=True,
)


class ScheduleParameters(StrictSerializer):
    since = Moment(required=False, help_text="Now, when it is not given.")
    until = Moment(required=False, help_text="A week after `since`, when it is not given; 31 days at most.")
    near_minutes = serializers.IntegerField(
        min_value=0,
        max_value=120,
        default=5,
        help_text="Two jobs of one policy that are so near to each other collide.",
    )
    crowd = serializers.IntegerField(
        min_value=1, max_value=10_000, default=calendar.CROWD, help_text="More runs than these in a minute are a crowd."
    )


class PlannedWords(serializers.Serializer):
    at = serializers.DateTimeField()
    policy = serializers.UUIDField(source="policy.id")
    tenant = serializers.CharField(source="policy.tenant.slug")
    user_id = serializers.CharField(source="policy.user_id")
    namespace = serializers.CharField(source="policy.namespace")
    job = serializers.CharField()
    paused = serializers.BooleanField(help_text="A pause lies over it.")


class CollisionWords(serializers.Serializer):
    kind = serializers.ChoiceField(["same_scope", "crowd"])
    at = serializers.DateTimeField(help_text="Of the first run.")
    runs = serializers.ListField(child=serializers.IntegerField(), help_text="Their places in `runs`.")


class ScheduleAnswer(serializers.Serializer):
    runs = PlannedWords(many=True)
    collisions = CollisionWords(many=True)
    truncated = serializers.BooleanField(help_text="There are more runs than are told.")


class PauseDraft(StrictSerializer):
    starts_at = Moment(required=False, help_text="Now, when it is not given.")
    ends_at = Moment()
    reason = Name(max_length=300)


class PauseWords(serializers.ModelSerializer):
    everywhere = serializers.SerializerMethodField(help_text="In all tenants.")

    class Meta:
        model = Pause
        fields = ("id", "starts_at", "ends_at", "reason", "everywhere", "actor", "created_at")
        read_only_fields = fields

    def get_everywhere(self, pause: Pause) -> bool:
        return pause.tenant_id is None


class PausePage(serializers.Serializer):
    data = PauseWords(many=True)  # type: ignore[assignment]  # a field, not the property
    next_cursor = serializers.CharField(allow_null=True)
    has_more = serializers.BooleanField()


class ScheduleView(PlatformView):
    """On the platform it is about all tenants."""

    operations = MANAGES

    @property
    def own(self) -> UUID | None:
        return None if self.speaker.on_platform else self.speaker.tenant.pk


class Schedule(ScheduleView):
    @extend_schema(
        tags=["policies"], operation_id="get_schedule", summary="What will run by itself, and where it collides",
        parameters=[ScheduleParameters], responses=ScheduleAnswer,
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        asked = hear(ScheduleParameters, request.query_params)
        since = asked.get("since") or timezone.now()
        rows = policies.rows() if self.own else Policy.objects.all()
        near = timedelta(minutes=asked["near_minutes"])
        until = asked.get("until") or since + A_WEEK
        found = calendar.between(since, until, rows, tenant_id=self.own, near=near, crowd=asked["crowd"])
        return Response(_told(found))


def _told(found: calendar.Calendar) -> dict[str, Any]:
    places: dict[int, int] = {id(planned): place for place, planned in enumerate(found.runs)}

    def met(runs: tuple[Planned, ...]) -> list[int]:
        return [places[id(planned)] for planned in runs]

    return {
        "runs": PlannedWords(found.runs, many=True).data,
        "collisions": [
            CollisionWords({"kind": c.kind, "at": c.at, "runs": met(c.runs)}).data for c in found.collisions
        ],
        "truncated": found.truncated,
    }


class Pauses(ScheduleView):
    @extend_schema(
        tags=["policies"], operation_id="list_pauses", summary="List pauses, newest first",
        parameters=[ListedWords], responses=PausePage,
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        asked = hear(ListedWords, request.query_params)
        found, rest = page(pauses.of(self.own), asked.get("cursor", ""), asked["limit"])
        return Response({"data": PauseWords(found, many=True).data, **rest})

    @extend_schema(
        tags=["policies"], operation_id="pause", summary="Let no policy start anything by itself for a while",
        request=PauseDraft, responses={201: PauseWords}, examples=[A_PAUSE],
    )  # fmt: skip
    def post(self, request: Request) -> Response:
        said = hear(PauseDraft, request.data)
        starts_at = said.get("starts_at") or timezone.now()
        pause = pauses.add(starts_at, said["ends_at"], said.get("reason", ""), tenant_id=self.own)
        return Response(PauseWords(pause).data, 201)


class OnePause(ScheduleView):
    @extend_schema(
        tags=["policies"], operation_id="end_pause", summary="Take a pause away", responses={204: None},
    )  # fmt: skip
    def delete(self, request: Request, pause_id: UUID) -> Response:
        if not pauses.end(pause_id, tenant_id=self.own):
            raise NotFound
        return Response(status=204)
