"""/api/v1/traces: recalls and operations that were traced, one of them whole, and its question asked again."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from analytics import replay, traces
from analytics.models import Trace
from api.native.base import StrictSerializer, TenantView, hear
from api.native.words import Moment, Name
from api.pagination import page
from memory.algorithms import ranking

READS = {"GET": "traces.read", "POST": "traces.read"}
WITHOUT_RECENCY = OpenApiExample(
    "as of then, and age counts for nothing", {"at": "then", "weights": {"recency": 0}}, request_only=True
)


class TraceFilters(StrictSerializer):
    kind = serializers.ChoiceField(Trace.Kind.choices, required=False)
    why = serializers.ChoiceField(Trace.Why.choices, required=False)
    operation = Name(max_length=64, help_text="The id of an operation of the API, or a page of the console.")
    namespace = Name()
    user_id = Name(help_text="Whom the question was asked of.")
    request_id = Name(max_length=64, help_text="`X-Request-Id` of a request.")
    since = Moment(required=False)
    until = Moment(required=False)
    min_took_ms = serializers.FloatField(min_value=0, required=False)
    empty = serializers.BooleanField(default=False, help_text="Recalls that found nothing.")
    cursor = Name(help_text="`next_cursor` of the page before.")
    limit = serializers.IntegerField(min_value=1, max_value=200, default=50)


class TraceLine(serializers.Serializer):
    """A trace without all that it tells."""

    id = serializers.UUIDField()
    kind = serializers.ChoiceField(Trace.Kind.choices)
    why = serializers.ChoiceField(Trace.Why.choices)
    operation = serializers.CharField()
    namespace = serializers.CharField(source="domain")
    user_id = serializers.CharField()
    request_id = serializers.CharField()
    actor = serializers.CharField()
    status = serializers.IntegerField(allow_null=True, help_text="Of HTTP; null for a recall.")
    took_ms = serializers.FloatField()
    found = serializers.IntegerField(allow_null=True, help_text="Hits of a recall.")
    query = serializers.CharField(source="question", allow_null=True)
    occurred_at = serializers.DateTimeField()


class StageWords(serializers.Serializer):
    name = serializers.CharField()
    ms = serializers.FloatField()
    left = serializers.IntegerField(allow_null=True, help_text="Memories after it; null where it chooses none.")


class TraceHit(serializers.Serializer):
    id = serializers.UUIDField(help_text="Of the memory.")
    score = serializers.FloatField()
    parts = serializers.DictField(child=serializers.FloatField())


class TraceWords(TraceLine):
    """A trace. What follows `occurred_at` is a recall's alone."""

    asked = serializers.DictField(allow_null=True, help_text="The question, its scope, filters and labels.")
    stages = StageWords(many=True)
    candidates = serializers.IntegerField(allow_null=True, help_text="Memories that were scored.")
    truncated = serializers.BooleanField(allow_null=True)
    degraded = serializers.ListField(child=serializers.CharField())
    hits = TraceHit(many=True)
    error = serializers.CharField(help_text="The name of the error that it failed with.")
    replayable = serializers.BooleanField()


class TracePage(serializers.Serializer):
    data = TraceLine(many=True)  # type: ignore[assignment]  # a field, not the property
    next_cursor = serializers.CharField(allow_null=True)
    has_more = serializers.BooleanField()


class ReplayAsked(StrictSerializer):
    """How the question is asked again; what is not named is as it was."""

    at = serializers.ChoiceField((replay.NOW, replay.THEN), default=replay.NOW, help_text="`then`: as of the trace.")
    limit = serializers.IntegerField(min_value=1, max_value=replay.LIMIT, required=False)
    min_score = serializers.FloatField(min_value=0, max_value=1, required=False)
    weights = serializers.DictField(
        child=serializers.FloatField(min_value=0, max_value=replay.HEAVIEST), required=False,
        help_text=f"Factors of parts of the score: {', '.join(ranking.PARTS)}.",
    )  # fmt: skip

    def validate_weights(self, told: dict[str, float]) -> dict[str, float]:
        if unknown := set(told) - set(ranking.PARTS):
            raise serializers.ValidationError(dict.fromkeys(sorted(unknown), "is not a part of a score"))
        return told


class MovedWords(serializers.Serializer):
    memory_id = serializers.UUIDField()
    how = serializers.ChoiceField(("entered", "left", "up", "down", "same"))
    before = serializers.IntegerField(allow_null=True, help_text="Its place in the trace, from 1.")
    after = serializers.IntegerField(allow_null=True)
    score_before = serializers.FloatField(allow_null=True)
    score_after = serializers.FloatField(allow_null=True)


class ReplayWords(serializers.Serializer):
    """What is found now; which memories moved since the trace."""

    took_ms = serializers.FloatField()
    candidates = serializers.IntegerField()
    truncated = serializers.BooleanField()
    degraded = serializers.ListField(child=serializers.CharField())
    stages = StageWords(many=True)
    hits = TraceHit(many=True)
    moved = MovedWords(many=True)


class Traces(TenantView):
    operations = READS

    @extend_schema(
        tags=["traces"], operation_id="list_traces", summary="Traces of recalls and operations, newest first",
        parameters=[TraceFilters], responses=TracePage,
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        asked = hear(TraceFilters, request.query_params)
        rows, rest = page(traces.listed(asked), asked.get("cursor", ""), asked["limit"])
        return Response({"data": TraceLine(rows, many=True).data, **rest})


class OneTrace(TenantView):
    operations = READS

    @extend_schema(tags=["traces"], operation_id="get_trace", summary="Read one", responses=TraceWords)
    def get(self, request: Request, trace_id: UUID) -> Response:
        return Response(TraceWords(_whole(_found(trace_id))).data)


class ReplayTrace(TenantView):
    operations = READS
    buckets = {"POST": "search"}

    @extend_schema(
        tags=["traces"], operation_id="replay_trace", summary="Ask its question again, and see what moved",
        description="Nothing is written: the replay is no recall that counts. It tells memories by their ids alone.",
        request=ReplayAsked, responses=ReplayWords, examples=[WITHOUT_RECENCY],
    )  # fmt: skip
    def post(self, request: Request, trace_id: UUID) -> Response:
        asked = hear(ReplayAsked, request.data)
        found, moved = replay.ask(_found(trace_id), replay.Setting(**asked))
        hits = [{"id": hit.memory.pk, "score": hit.score, "parts": hit.parts} for hit in found.hits]
        told = {name: getattr(found, name) for name in ("took_ms", "truncated", "degraded", "stages")}
        told |= {"candidates": found.candidate_count, "hits": hits, "moved": moved}
        return Response(ReplayWords(told).data)


def _found(trace_id: UUID) -> Trace:
    trace = Trace.objects.filter(pk=trace_id).first()
    if trace is None:
        raise NotFound
    return trace


def _whole(trace: Trace) -> dict[str, Any]:
    told = trace.told
    line = {field.name: getattr(trace, field.name) for field in Trace._meta.concrete_fields}
    return line | {
        "question": told.get("asked", {}).get("text"),
        "asked": told.get("asked"),
        "stages": told.get("stages", []),
        "candidates": told.get("candidates"),
        "truncated": told.get("truncated"),
        "degraded": told.get("degraded", []),
        "hits": told.get("hits", []),
        "error": told.get("error", ""),
        "replayable": not replay.why_not(trace),
    }
