"""/api/v1/analytics/reports: a report on a span, as JSON or as CSV."""

import csv
import io
from typing import Any

from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from analytics import reports
from analytics.figures import FIGURES
from analytics.reports import Number, Report
from api.native.base import TenantView, hear
from api.native.dashboards import PanelWords, SpanWords, TotalWords, trends
from api.native.insights import InsightWords
from api.native.transfers import ByAccept, CsvRenderer
from memory.algorithms.lines import safe


class ReportAsked(SpanWords):
    type = serializers.ChoiceField(reports.TYPES)
    format = serializers.ChoiceField(("json", "csv"), default="json")


class ReportNumberWords(TotalWords):
    name = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]  # a field, not the property
    unit = serializers.CharField(help_text="Empty for a count; share (0 to 1), ms, score (0 to 100), rate, cost.")


class ReportSectionWords(serializers.Serializer):
    name = serializers.CharField()
    numbers = ReportNumberWords(many=True)


class SuggestionLine(serializers.Serializer):
    id = serializers.UUIDField()
    domain = serializers.CharField()
    priority = serializers.CharField()
    says = serializers.CharField()
    expected_impact = serializers.CharField()


class ReportRangeWords(serializers.Serializer):
    start = serializers.DateTimeField()
    end = serializers.DateTimeField(help_text="Not included.")


class ReportInsideWords(serializers.Serializer):
    overall_score = TotalWords(help_text="0 to 1; null: nothing is known of any part.")
    parts = serializers.DictField(child=serializers.FloatField(allow_null=True))
    sections = ReportSectionWords(many=True)
    trends = PanelWords(many=True)
    insights = InsightWords(many=True)
    suggestions = SuggestionLine(many=True)


class ReportWords(serializers.Serializer):
    """A report; each number's formula is in docs/dashboards.md."""

    report_type = serializers.ChoiceField(reports.TYPES)
    domain = serializers.CharField()
    time_range = ReportRangeWords()
    report = ReportInsideWords()
    generated_at = serializers.DateTimeField()


class OneReport(TenantView):
    operations = {"GET": "analytics.read"}
    content_negotiation_class = ByAccept
    renderer_classes = [JSONRenderer, CsvRenderer]

    @extend_schema(
        tags=["analytics"], operation_id="get_report", summary="A report on a span",
        description="As CSV it is one table: a line for each number, and for each step of the trends.",
        parameters=[ReportAsked],
        responses={(200, "application/json"): ReportWords, (200, "text/csv"): OpenApiTypes.STR},
    )  # fmt: skip
    def get(self, request: Request) -> Response | HttpResponse:
        asked = hear(ReportAsked, request.query_params)
        told = reports.make(asked["type"], asked["span"], timezone.now(), asked.get("domain", ""))
        return as_csv(told) if asked["format"] == "csv" else Response(ReportWords(_words(told)).data)


def as_csv(told: Report) -> HttpResponse:
    """The report as a file that no spreadsheet takes for formulas."""
    out = io.StringIO(newline="")
    rows = ([safe("" if cell is None else str(cell)) for cell in line] for line in reports.lines(told))
    csv.writer(out, lineterminator="\r\n").writerows(rows)
    response = HttpResponse(out.getvalue(), content_type="text/csv; charset=utf-8")
    name = f"{told.type}-{told.span.begin:%Y-%m-%d}-{told.span.end:%Y-%m-%d}.csv"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _words(told: Report) -> dict[str, Any]:
    panels = {name: told.trends.panels[name] for name in reports.PANELS[told.type]}
    return {
        "report_type": told.type,
        "domain": told.domain,
        "time_range": {"start": told.span.begin, "end": told.span.end},
        "generated_at": told.made_at,
        "report": {
            "overall_score": _number(told.overall),
            "parts": told.parts,
            "sections": [
                {"name": name, "numbers": [_number(each) for each in numbers]}
                for name, numbers in told.sections.items()
            ],
            "trends": trends(told.trends, panels),
            "insights": told.insights,
            "suggestions": told.suggestions,
        },
    }


def _number(each: Number) -> dict[str, Any]:
    figure = FIGURES[each.name]
    told = {"name": each.name, "label": figure.label, "unit": figure.unit}
    return told | {"value": each.value, "before": each.before, "change": each.change}
