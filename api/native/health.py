"""/api/v1/health-report: how healthy the memories of a user or of the tenant are, now and before."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from api.native.base import StrictSerializer, TenantView, hear
from api.native.words import Name
from api.pagination import page
from memory import reports
from memory.algorithms import health as scores
from memory.models import Report
from memory.upkeep import health
from memory.upkeep.plan import Reach

STATUSES = [name for _, name in scores.BANDS]


class ReportAsked(StrictSerializer):
    user_id = Name(help_text="Of this user; empty: of all.")
    namespace = Name()
    fresh = serializers.BooleanField(default=False, help_text="Compute it now, and keep nothing.")


class HistoryAsked(StrictSerializer):
    user_id = Name(help_text="Of this user; empty: of the tenant as a whole.")
    namespace = Name()
    cursor = Name(help_text="`next_cursor` of the page before.")
    limit = serializers.IntegerField(min_value=1, max_value=200, default=50)


class HealthWords(serializers.Serializer):
    """A health report; the scores are 0 to 100, see docs/health.md for each formula."""

    id = serializers.UUIDField(allow_null=True, help_text="Null: it was computed just now.")
    user_id = serializers.CharField()
    namespace = serializers.CharField()
    run_id = serializers.UUIDField(allow_null=True)
    created_at = serializers.DateTimeField()
    overall_score = serializers.FloatField()
    status = serializers.ChoiceField(STATUSES)
    total_memories = serializers.IntegerField(help_text="How many were looked at, up to 1,000.")
    healthy_memories = serializers.IntegerField()
    stale_memories = serializers.IntegerField()
    low_quality_memories = serializers.IntegerField()
    duplicate_clusters = serializers.IntegerField()
    freshness_score = serializers.FloatField()
    diversity_score = serializers.FloatField()
    consistency_score = serializers.FloatField()
    coverage_score = serializers.FloatField()
    engagement_score = serializers.FloatField()
    issues = serializers.ListField(
        child=serializers.DictField(), help_text="severity, category, message, affected_memory_ids, suggestions"
    )
    recommendations = serializers.ListField(child=serializers.CharField())
    metrics = serializers.DictField()
    stale = serializers.ListField(
        child=serializers.DictField(), help_text="memory, reason, score, recommendation, days"
    )
    duplicates = serializers.ListField(
        child=serializers.DictField(), help_text="type, memories, representative, similarity"
    )
    topics = serializers.ListField(
        child=serializers.DictField(), help_text="topic, memories, level, quality (0 to 100), gaps"
    )


class HealthLine(serializers.ModelSerializer):
    """A report of before, without its details."""

    overall_score = serializers.FloatField(source="overall")

    class Meta:
        model = Report
        fields = ["id", "user_id", "namespace", "overall_score", "status", "run_id", "created_at"]
        read_only_fields = fields


class HealthPage(serializers.Serializer):
    data = HealthLine(many=True)  # type: ignore[assignment]  # a field, not the property
    next_cursor = serializers.CharField(allow_null=True)
    has_more = serializers.BooleanField()


def _scope(asked: dict[str, Any]) -> dict[str, Any]:
    return {name: asked.get(name) or "" for name in ("user_id", "namespace")}


def told(report: Report | None, fresh: dict[str, Any] | None = None) -> dict[str, Any]:
    """A kept report, or a fresh one, as the API tells it."""
    whole: dict[str, Any] = {"id": None, "run_id": None, "created_at": timezone.now()} | (fresh or {})
    if report:
        whole = report.told | {"id": report.pk, "run_id": report.run_id, "created_at": report.created_at}
    return {str(name): whole[str(name)] for name in HealthWords().fields}


class HealthReport(TenantView):
    operations = {"GET": "health.read"}

    @extend_schema(
        tags=["health"], operation_id="get_health_report", summary="How healthy the memories are",
        description="The latest report that a health check made of a user or, without `user_id`, of the tenant. With "
        "`fresh` it is computed now, and nothing is written.",
        parameters=[ReportAsked], responses=HealthWords,
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        asked = hear(ReportAsked, request.query_params)
        scope = _scope(asked)
        if asked["fresh"]:
            return Response(HealthWords(told(None, health.report(Reach(**scope), timezone.now()))).data)
        report = reports.latest(**scope)
        if report is None:
            raise NotFound("No report was made yet; ask with fresh=true.")
        return Response(HealthWords(told(report)).data)


class HealthReports(TenantView):
    operations = {"GET": "health.read"}

    @extend_schema(
        tags=["health"], operation_id="list_health_reports", summary="Health reports, newest first",
        parameters=[HistoryAsked], responses=HealthPage,
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        asked = hear(HistoryAsked, request.query_params)
        rows, more = page(reports.of(**_scope(asked)).defer("told"), asked.get("cursor", ""), asked["limit"])
        return Response({"data": HealthLine(rows, many=True).data} | more)
