"""/api/v1/learning/events and /feedback: what an agent learned from, and what people say of that."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Q
from drf_spectacular.utils import OpenApiExample, PolymorphicProxySerializer, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from analytics import history, learning, lessons
from analytics.models import LearningEvent
from analytics.types import SILENT, Judgement, Lesson
from api.native.base import StrictSerializer, TenantView, hear
from api.native.words import Metadata, Moment, Name
from api.pagination import read_place, read_uuid, write_place

MANY = 500  # events of one request
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
LEARNS = {"GET": "learning.read", "POST": "learning.write"}
AN_ANSWER = OpenApiExample(
    "an answer that was right",
    {
        "type": "feedback",
        "domain": "legal_analysis",
        "service": "lora-service",
        "agent": "legal-model-v2",
        "session_id": "session_123",
        "importance": 0.7,
        "input": {"clause": "The term renews automatically."},
        "output": {"prediction": {"risk": "high"}, "alternatives": [{"risk": "medium"}]},
        "confidence": 0.92,
        "feedback": {"rating": 4, "correct": True},
        "model_updated": True,
        "performance_change": 0.02,
        "affected_models": ["legal-model-v2"],
        "processing_ms": 145,
        "tokens": 512,
        "cost": 0.0023,
    },
    request_only=True,
)
OF_A_SESSION = OpenApiExample(
    "of the latest answer in a session", {"session_id": "session_123", "correct": False, "rating": 2}, request_only=True
)
Number = serializers.FloatField
AT_MOST = f"At most {lessons.MOST_BYTES} bytes."


class JudgementWords(StrictSerializer):
    """What people say of an event; one of these at least."""

    correct = serializers.BooleanField(required=False, allow_null=True, default=None)
    improved = serializers.BooleanField(
        required=False, allow_null=True, default=None, help_text="Whether it made things better."
    )
    rating = serializers.IntegerField(min_value=1, max_value=5, required=False, allow_null=True, help_text="1 to 5.")
    explanation = Name(max_length=lessons.MOST_WORDS)


class LearningDraft(StrictSerializer):
    """A learning event to record."""

    type = serializers.ChoiceField(LearningEvent.Type.choices)
    domain = Name(help_text="The namespace of the memories that it is about; empty: the usual one.")
    service = Name()
    agent = Name()
    user_id = Name()
    session_id = Name(help_text="Feedback may come later, by the session.")
    importance = Number(min_value=0, max_value=1, required=False, allow_null=True, help_text="0 to 1.")
    input = serializers.DictField(required=False, help_text=f"What was given. {AT_MOST}")
    context = serializers.DictField(required=False, help_text=f"What was known beside it. {AT_MOST}")  # type: ignore[assignment]  # a field
    output = serializers.DictField(required=False, help_text=f"`prediction`, `alternatives` … {AT_MOST}")
    confidence = Number(
        min_value=0, max_value=1, required=False, allow_null=True, help_text="0 to 1, of the prediction."
    )
    feedback = JudgementWords(required=False, allow_null=True)
    model_updated = serializers.BooleanField(default=False)
    performance_change = Number(required=False, allow_null=True, help_text="Of the model, in a measure of its own.")
    affected_models = serializers.ListField(
        child=serializers.CharField(max_length=255), max_length=lessons.MOST_MODELS, required=False
    )
    processing_ms = Number(min_value=0, required=False, allow_null=True)
    tokens = serializers.IntegerField(min_value=0, max_value=lessons.BIGGEST, required=False, allow_null=True)
    cost = Number(min_value=0, required=False, allow_null=True, help_text="In one currency of the tenant's.")
    metadata = Metadata(required=False)
    occurred_at = Moment(required=False, allow_null=True, help_text="When it was, if not now; not in the future.")


class LearningBatch(StrictSerializer):
    """Many learning events; all are recorded, or none."""

    events = serializers.ListField(child=LearningDraft(), min_length=1, max_length=MANY)


ONE_OR_MANY = PolymorphicProxySerializer("LearningDraftOrBatch", [LearningDraft, LearningBatch], None)


class LearningWords(serializers.ModelSerializer):
    class Meta:
        model = LearningEvent
        fields = [
            "id", "type", "domain", "service", "agent", "user_id", "session_id", "importance", "input", "context",
            "output", "confidence", "correct", "improved", "rating", "explanation", "model_updated",
            "performance_change", "affected_models", "processing_ms", "tokens", "cost", "metadata", "signature",
            "occurred_at", "recorded_at", "judged_at",
        ]  # fmt: skip
        read_only_fields = fields


class LearningList(serializers.Serializer):
    data = LearningWords(many=True)  # type: ignore[assignment]  # a field, not the property


class LearningPage(LearningList):
    next_cursor = serializers.CharField(allow_null=True)
    has_more = serializers.BooleanField()
    total = serializers.IntegerField(required=False, help_text="With `include_total`.")


class HistoryWords(StrictSerializer):
    """Which events; without anything all of them."""

    domain = Name()
    service = Name()
    agent = Name()
    user_id = Name()
    session_id = Name()
    type = serializers.ChoiceField(LearningEvent.Type.choices, required=False)
    signature = Name(max_length=64, help_text="Of a pattern.")
    since = Moment(required=False)
    until = Moment(required=False, help_text="Before this.")
    judged = serializers.BooleanField(
        required=False, allow_null=True, default=None, help_text="Whether it has feedback."
    )
    correct = serializers.BooleanField(required=False, allow_null=True, default=None)
    least_importance = Number(min_value=0, max_value=1, required=False)
    include_total = serializers.BooleanField(default=False, help_text="Count all that match, on this page and others.")
    cursor = Name(help_text="`next_cursor` of the page before.")
    limit = serializers.IntegerField(min_value=1, max_value=200, default=50)


class LessonFeedback(JudgementWords):
    """Feedback on an event by its id, or on the latest event of a session that has none yet."""

    event_id = serializers.UUIDField(required=False)
    session_id = Name()
    domain = Name(help_text="With a session: only events of this domain.")

    def validate(self, heard: dict[str, Any]) -> dict[str, Any]:
        if bool(heard.get("event_id")) == bool(heard.get("session_id")):
            raise serializers.ValidationError({"session_id": "name an event or a session"})
        return heard


def lesson_of(heard: dict[str, Any]) -> Lesson:
    feedback = heard.pop("feedback", None)
    models = tuple(heard.pop("affected_models", ()))
    return Lesson(**heard, affected_models=models, feedback=Judgement(**feedback) if feedback else SILENT)


class LearningEvents(TenantView):
    operations = LEARNS

    @extend_schema(
        tags=["learning"], operation_id="record_learning", summary="Record a learning event, or up to 500",
        request=ONE_OR_MANY, responses={201: LearningList}, examples=[AN_ANSWER],
    )  # fmt: skip
    def post(self, request: Request) -> Response:
        if isinstance(request.data, dict) and "events" in request.data:
            drafts = hear(LearningBatch, request.data)["events"]
            rows = learning.record_all([lesson_of(draft) for draft in drafts])
        else:
            rows = [learning.record(lesson_of(hear(LearningDraft, request.data)))]
        return Response({"data": LearningWords(rows, many=True).data}, status=201)

    @extend_schema(
        tags=["learning"], operation_id="list_learning", summary="The learning history, latest first",
        parameters=[HistoryWords], responses=LearningPage,
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        heard = hear(HistoryWords, request.query_params)
        cursor, limit, counted = heard.pop("cursor", ""), heard.pop("limit"), heard.pop("include_total")
        rows = history.found(history.Asked(**heard))
        total = {"total": rows.count()} if counted else {}
        some = list(after(rows, cursor).order_by("-occurred_at", "-id")[: limit + 1])
        shown, more = some[:limit], len(some) > limit
        place = place_of(shown[-1]) if more else None
        return Response({"data": LearningWords(shown, many=True).data, "next_cursor": place, "has_more": more} | total)


def place_of(row: LearningEvent) -> str:
    """The cursor of a page that ends with this event."""
    return write_place([(row.occurred_at - EPOCH) // timedelta(microseconds=1), row.pk])


def after(rows: Any, cursor: str) -> Any:
    """What comes after a page that ended there. Raises ValidationError."""
    place = read_place(cursor, int, str)
    if place is None:
        return rows
    try:
        moment = EPOCH + timedelta(microseconds=place[0])
    except OverflowError:
        raise ValidationError({"cursor": "is not a cursor that this API gave"}) from None
    return rows.filter(Q(occurred_at__lt=moment) | Q(occurred_at=moment, id__lt=read_uuid(place[1])))


class OneLearningEvent(TenantView):
    operations = LEARNS

    @extend_schema(tags=["learning"], operation_id="get_learning", summary="Read one", responses=LearningWords)
    def get(self, request: Request, event_id: UUID) -> Response:
        row = LearningEvent.objects.filter(pk=event_id).first()
        if row is None:
            raise NotFound
        return Response(LearningWords(row).data)


class LearningFeedback(TenantView):
    operations = LEARNS

    @extend_schema(
        tags=["learning"], operation_id="judge_learning", summary="Give feedback on an event",
        description="By its id, or by its session: then of the latest event there that has none yet.",
        request=LessonFeedback, responses=LearningWords, examples=[OF_A_SESSION],
    )  # fmt: skip
    def post(self, request: Request) -> Response:
        heard = hear(LessonFeedback, request.data)
        named = {name: heard.pop(name) for name in ("event_id", "session_id", "domain") if name in heard}
        return Response(LearningWords(learning.judge(Judgement(**heard), **named)).data)
