"""/api/v1/usage: what the tenant used by day and key, and how far its quotas are."""

from datetime import timedelta
from typing import Any

from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from api.native.base import StrictSerializer, TenantView, hear
from tenants import limits, metering, plans

DAYS = 30  # when no range is asked for
MOST_DAYS = 366
EXAMPLE = OpenApiExample(
    "by day",
    {
        "plan": "trial",
        "from": "2026-11-01",
        "to": "2026-11-21",
        "rates": [{"policy": "hour-per-tenant", "seconds": 3600, "limit": 100, "left": 73, "back_in": 412}],
        "quotas": [{"quota": "memories", "used": 9500, "soft": 8000, "hard": 10000}],
        "data": [
            {"day": "2026-11-21", "reads": 12, "writes": 4, "searches": 9, "admin": 0, "refused": 0, "bytes_in": 5120}
        ],
        "next_cursor": None,
        "has_more": False,
    },
    response_only=True,
)


class UsageParameters(StrictSerializer):
    to = serializers.DateField(required=False, help_text="The last day, in UTC; today when absent.")
    group_by = serializers.ListField(
        child=serializers.ChoiceField(("day", "key")), max_length=2, required=False, help_text="Both when absent."
    )
    limit = serializers.IntegerField(min_value=1, max_value=200, default=100)
    cursor = serializers.RegexField(r"\A[0-9]{1,6}\Z", required=False)

    def get_fields(self) -> dict[str, serializers.Field]:
        # `from` is a word of Python
        first = serializers.DateField(
            required=False, help_text="The first day, in UTC; 30 days up to `to` when absent."
        )
        return {"from": first} | super().get_fields()

    def validate(self, told: dict[str, Any]) -> dict[str, Any]:
        last = told.setdefault("to", metering.today())
        first = told.setdefault("from", metering.days_before(last, DAYS) if last.year > 1 else last)
        if not timedelta() <= last - first < timedelta(days=MOST_DAYS):
            raise serializers.ValidationError({"from": f"is up to {MOST_DAYS - 1} days before `to`"})
        return told


class QuotaWords(serializers.Serializer):
    quota = serializers.ChoiceField(metering.QUOTAS)
    used = serializers.IntegerField(help_text="Up to a minute late.")
    soft = serializers.IntegerField(allow_null=True, help_text="Warned from here.")
    hard = serializers.IntegerField(allow_null=True, help_text="No more than this.")


class RateWords(serializers.Serializer):
    policy = serializers.CharField(source="name", help_text="As in `RateLimit-Policy`.")
    seconds = serializers.IntegerField()
    limit = serializers.IntegerField(help_text="Requests in any so many seconds.")
    left = serializers.IntegerField()
    back_in = serializers.IntegerField(help_text="Seconds until some of what was spent is back.")


class UsedWords(serializers.Serializer):
    day = serializers.DateField(required=False)
    key = serializers.CharField(required=False, help_text="Who called, as the `actor` of events.")
    reads = serializers.IntegerField()
    writes = serializers.IntegerField()
    searches = serializers.IntegerField()
    admin = serializers.IntegerField()
    refused = serializers.IntegerField(help_text="By a limit or a quota.")
    bytes_in = serializers.IntegerField(help_text="Of request bodies.")


class UsageAnswer(serializers.Serializer):
    plan = serializers.CharField()
    rates = RateWords(many=True, help_text="Of the caller and of the tenant, of all buckets.")
    quotas = QuotaWords(many=True)
    data = UsedWords(many=True)  # type: ignore[assignment]  # a field, not the property
    next_cursor = serializers.CharField(allow_null=True)
    has_more = serializers.BooleanField()

    def get_fields(self) -> dict[str, serializers.Field]:
        return super().get_fields() | {"from": serializers.DateField(), "to": serializers.DateField()}


class Usage(TenantView):
    operations = {"GET": "usage.read"}

    @extend_schema(
        tags=["usage"], operation_id="usage", summary="What was used, and how far the quotas are",
        description="Counts are added every ten seconds, and are not exact where Redis was lost.",
        parameters=[UsageParameters, OpenApiParameter("group_by", str, many=True, enum=["day", "key"])],
        responses=UsageAnswer, examples=[EXAMPLE],
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        asked = hear(UsageParameters, request.query_params)
        tenant = self.speaker.tenant
        rows = metering.used(asked["from"], asked["to"], asked.get("group_by") or ("day", "key"), tenant)
        start = int(asked.get("cursor", 0))
        end = start + asked["limit"]
        more = end < len(rows)
        about = {"plan": plans.plan_of(tenant).name, "from": asked["from"], "to": asked["to"]}
        page = {"data": rows[start:end], "next_cursor": str(end) if more else None, "has_more": more}
        rates = RateWords(limits.standing([self.speaker]), many=True).data
        return Response(about | {"rates": rates, "quotas": metering.quotas(tenant)} | page)
