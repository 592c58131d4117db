"""/api/v1/selftests: ask for an isolation self-test, and read what it found."""

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from api.models import Selftest
from api.native.base import PlatformView, StrictSerializer, hear
from api.native.words import Name
from api.pagination import page
from api.selftest import runs


class EvidenceWords(serializers.Serializer):
    """What one probe was answered; never content."""

    family = serializers.CharField()
    probe = serializers.CharField()
    side = serializers.ChoiceField(["a", "b"], help_text="Which of the two scratch tenants asked.")
    status = serializers.IntegerField(help_text="Of the answer; 101 or the close code of a socket; 0: it broke.")
    ok = serializers.BooleanField()
    ms = serializers.FloatField()


class SelftestWords(serializers.ModelSerializer):
    """A run, and how far it is."""

    class Meta:
        model = Selftest
        fields = ["id", "state", "total", "done", "failed", "reason", "actor", "created_at", "finished_at"]
        read_only_fields = fields


class SelftestWhole(SelftestWords):
    evidence = EvidenceWords(many=True)

    class Meta(SelftestWords.Meta):
        fields = [*SelftestWords.Meta.fields, "evidence"]
        read_only_fields = fields


class SelftestPage(serializers.Serializer):
    data = SelftestWords(many=True)  # type: ignore[assignment]  # a field, not the property
    next_cursor = serializers.CharField(allow_null=True)
    has_more = serializers.BooleanField()


class Listed(StrictSerializer):
    cursor = Name(help_text="`next_cursor` of the page before.")
    limit = serializers.IntegerField(min_value=1, max_value=200, default=20)


class Nothing(StrictSerializer):
    """No fields."""


class Selftests(PlatformView):
    operations = {"GET": "selftest.run", "POST": "selftest.run"}

    @extend_schema(
        tags=["selftests"], operation_id="start_selftest", summary="Ask for an isolation self-test",
        description="While one is under way the answer is that one.", request=None, responses={202: SelftestWords},
    )  # fmt: skip
    def post(self, request: Request) -> Response:
        hear(Nothing, request.data)
        run = runs.start()
        return Response(SelftestWords(run).data, 202, headers={"Location": f"/api/v1/selftests/{run.pk}"})

    @extend_schema(
        tags=["selftests"], operation_id="list_selftests", summary="List self-tests, newest first",
        parameters=[Listed], responses=SelftestPage,
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        asked = hear(Listed, request.query_params)
        found, rest = page(Selftest.objects.defer("evidence"), asked.get("cursor", ""), asked["limit"])
        return Response({"data": SelftestWords(found, many=True).data, **rest})


class OneSelftest(PlatformView):
    operations = {"GET": "selftest.run"}

    @extend_schema(
        tags=["selftests"], operation_id="get_selftest", summary="A self-test with the evidence of each probe",
        responses=SelftestWhole,
    )  # fmt: skip
    def get(self, request: Request, selftest_id: UUID) -> Response:
        run = Selftest.objects.filter(pk=selftest_id).first()
        if run is None:
            raise NotFound
        return Response(SelftestWhole(run).data)
