"""/api/v1/analytics/events: what happens in an application, to be counted beside what happens in its memory."""

from uuid import UUID

from drf_spectacular.utils import OpenApiExample, PolymorphicProxySerializer, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from analytics import tracking
from analytics.models import TrackedEvent
from analytics.tracking import Happening
from api.native.base import StrictSerializer, TenantView, hear
from api.native.words import Metadata, Moment, Name
from api.pagination import page

MANY = 1_000  # events of one request
SIGNED = OpenApiExample(
    "a contract was signed",
    {"name": "contract_signed", "domain": "legal_analysis", "user_id": "ada", "data": {"value": 1200}},
    request_only=True,
)


class TrackedDraft(StrictSerializer):
    """An event to track."""

    name = serializers.CharField(max_length=64)
    domain = Name(help_text="A namespace; empty: the usual one.")
    service = Name()
    agent = Name()
    user_id = Name()
    data = Metadata(required=False)  # type: ignore[assignment]  # a field, not the property
    occurred_at = Moment(required=False, help_text="When it happened, if not now; not in the future.")


class TrackedBatch(StrictSerializer):
    """Many events; all are kept, or none."""

    events = serializers.ListField(child=TrackedDraft(), min_length=1, max_length=MANY)


ONE_OR_MANY = PolymorphicProxySerializer("TrackedDraftOrBatch", [TrackedDraft, TrackedBatch], None)


class TrackedWords(serializers.ModelSerializer):
    class Meta:
        model = TrackedEvent
        fields = ["id", "name", "domain", "service", "agent", "user_id", "data", "occurred_at", "recorded_at"]
        read_only_fields = fields


class TrackedList(serializers.Serializer):
    data = TrackedWords(many=True)  # type: ignore[assignment]  # a field, not the property


class TrackedPage(TrackedList):
    next_cursor = serializers.CharField(allow_null=True)
    has_more = serializers.BooleanField()


class TrackedListWords(StrictSerializer):
    name = Name(max_length=64)
    domain = Name()
    service = Name()
    agent = Name()
    user_id = Name()
    since = Moment(required=False, help_text="Happened at that time or later.")
    until = Moment(required=False, help_text="Before this.")
    cursor = Name(help_text="`next_cursor` of the page before.")
    limit = serializers.IntegerField(min_value=1, max_value=200, default=50)


class TrackedEvents(TenantView):
    operations = {"GET": "analytics.read", "POST": "analytics.write"}

    @extend_schema(
        tags=["analytics"], operation_id="track_events", summary="Track an event, or up to 1,000",
        request=ONE_OR_MANY, responses={201: TrackedList}, examples=[SIGNED],
    )  # fmt: skip
    def post(self, request: Request) -> Response:
        if isinstance(request.data, dict) and "events" in request.data:
            drafts = hear(TrackedBatch, request.data)["events"]
            rows = tracking.track_all([Happening(**draft) for draft in drafts])
        else:
            rows = [tracking.track(Happening(**hear(TrackedDraft, request.data)))]
        return Response({"data": TrackedWords(rows, many=True).data}, status=201)

    @extend_schema(
        tags=["analytics"], operation_id="list_tracked", summary="Tracked events, last told first",
        parameters=[TrackedListWords], responses=TrackedPage,
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        asked = hear(TrackedListWords, request.query_params)
        cursor, limit = asked.pop("cursor", ""), asked.pop("limit")
        rows, rest = page(tracking.found(**asked), cursor, limit)
        return Response({"data": TrackedWords(rows, many=True).data} | rest)


class OneTrackedEvent(TenantView):
    operations = {"GET": "analytics.read"}

    @extend_schema(tags=["analytics"], operation_id="get_tracked", summary="Read one", responses=TrackedWords)
    def get(self, request: Request, event_id: UUID) -> Response:
        row = TrackedEvent.objects.filter(pk=event_id).first()
        if row is None:
            raise NotFound
        return Response(TrackedWords(row).data)
