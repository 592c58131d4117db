"""/api/v1/analytics/export: counts, tracked events or the learning history as one file."""

from datetime import UTC, datetime

from django.http import StreamingHttpResponse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request

from analytics import exports
from analytics.counts import HOUR, Span, hour_of
from analytics.exports import Export, Piece
from analytics.metrics import find
from api.native.base import StrictSerializer, TenantView, hear
from api.native.transfers import ByAccept, CsvRenderer, streamed
from api.native.words import Moment, Name

BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)


class StudyExportWords(StrictSerializer):
    """What is exported, and how it is written."""

    of = serializers.ChoiceField(tuple(exports.OF), default="counts", help_text="Counts of hours, or events.")
    format = serializers.ChoiceField(exports.FORMATS, default="json")
    domain = Name()
    metric = serializers.ListField(
        child=serializers.CharField(max_length=48),
        max_length=100,
        required=False,
        help_text="Of counts; again and again.",
    )
    since = Moment(required=False, help_text="From the beginning.")
    until = Moment(required=False, help_text="Before this; now.")


class StudyExport(TenantView):
    operations = {"GET": "exports.run"}
    content_negotiation_class = ByAccept
    renderer_classes = [JSONRenderer, CsvRenderer]

    @extend_schema(
        tags=["analytics"], operation_id="export_analytics", summary="Numbers and events as a file",
        description="A stream; `X-Total-Rows` says how many rows it has, so whoever reads it knows how far it is.",
        parameters=[StudyExportWords],
        responses={(200, "application/json"): OpenApiTypes.STR, (200, "text/csv"): OpenApiTypes.STR},
    )  # fmt: skip
    def get(self, request: Request) -> StreamingHttpResponse:
        asked = hear(StudyExportWords, request.query_params)
        span = Span(asked.get("since") or BEGINNING, asked.get("until") or hour_of(timezone.now()) + HOUR)
        metrics = tuple(find(name).name for name in asked.get("metric", ()))
        if metrics and asked["of"] != "counts":
            raise ValidationError({"metric": "is of counts alone"})
        export = Export(asked["of"], asked["format"], span, asked.get("domain", ""), metrics)
        first, form = exports.piece(export), asked["format"]

        def after(piece: Piece) -> Piece | None:
            return None if piece.after is None else exports.piece(export, piece.after)

        response = streamed(request._request, self.speaker, first, after, form, f"{asked['of']}.{form}")
        response["X-Total-Rows"] = str(exports.total(export))
        return response
