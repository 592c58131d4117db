"""/api/v1/evaluations: how well saved questions are answered, now and before, and what to blame when it is worse."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from api.native.base import StrictSerializer, TenantView, hear
from api.native.policies import StartedRun
from api.native.words import Name
from api.pagination import page
from automation import runner
from memory import evaluations
from memory.models import Evaluation
from memory.upkeep.plan import Reach

NOW = OpenApiExample("of everybody's questions, by a worker", {}, request_only=True)


class EvaluationAsked(StrictSerializer):
    user_id = Name(help_text="Of this user; empty: of the tenant as a whole.")
    namespace = Name()
    cursor = Name(help_text="`next_cursor` of the page before.")
    limit = serializers.IntegerField(min_value=1, max_value=200, default=50)


class EvaluationWish(StrictSerializer):
    """What is evaluated; empty: all questions."""

    user_id = Name()
    namespace = Name()
    dry_run = serializers.BooleanField(default=False, help_text="Only say what it would come to, and keep nothing.")


class EvaluationLine(serializers.ModelSerializer):
    """The figures, each from 0 to 1; see docs/quality.md for the formulas."""

    class Meta:
        model = Evaluation
        fields = ["id", "user_id", "namespace", *evaluations.FIGURES, "run_id", "created_at"]
        read_only_fields = fields


class EvaluationPage(serializers.Serializer):
    data = EvaluationLine(many=True)  # type: ignore[assignment]  # a field, not the property
    next_cursor = serializers.CharField(allow_null=True)
    has_more = serializers.BooleanField()


class FigureWords(serializers.Serializer):
    n = serializers.IntegerField(help_text="Questions.")
    recall = serializers.FloatField(help_text="Of each question's own limit.")
    mrr = serializers.FloatField()
    ndcg = serializers.FloatField()
    at = serializers.DictField(child=serializers.FloatField(), help_text="Recall among the first 1, 5, 10 and 50.")
    p50_ms = serializers.FloatField()
    p95_ms = serializers.FloatField()


class AgainstWords(serializers.Serializer):
    """The questions that both evaluations asked in the same terms."""

    n = serializers.IntegerField()
    recall = serializers.FloatField()
    recall_was = serializers.FloatField()
    mrr = serializers.FloatField()
    mrr_was = serializers.FloatField()


class JudgedWords(serializers.Serializer):
    question = serializers.UUIDField(source="key")
    kind = serializers.CharField()
    limit = serializers.IntegerField()
    expected = serializers.IntegerField(help_text="How many memories it expects.")
    missing = serializers.ListField(child=serializers.UUIDField(), help_text="Of these, not among the first `limit`.")
    recall = serializers.FloatField()
    reciprocal = serializers.FloatField(help_text="1 divided by the place of the first that it expects, of 50.")
    ndcg = serializers.FloatField()
    ms = serializers.FloatField()


class LostWords(serializers.Serializer):
    memory = serializers.UUIDField()
    now = serializers.CharField(help_text="answers, silent, superseded, over, deleted, archived … or gone.")
    run = serializers.UUIDField(allow_null=True, help_text="The latest run of a job that changed it since.")
    fact = serializers.CharField(allow_null=True, help_text="The latest fact about it since.")


class WorseWords(serializers.Serializer):
    question = serializers.UUIDField()
    recall = serializers.FloatField()
    recall_was = serializers.FloatField()
    reciprocal = serializers.FloatField()
    reciprocal_was = serializers.FloatField()
    lost = LostWords(many=True)


class EvaluationWords(EvaluationLine):
    at = serializers.DictField(child=serializers.FloatField(), source="told.at")
    unasked = serializers.IntegerField(source="told.unasked", help_text="Questions that cannot be asked any more.")
    degraded = serializers.BooleanField(source="told.degraded", help_text="No embedder answered.")
    kinds = serializers.DictField(child=FigureWords(), source="told.kinds", help_text="By kind of question.")
    setup = serializers.DictField(source="told.setup", help_text="embedder, ranking, version, time_zone")
    before = serializers.UUIDField(allow_null=True, source="told.before", help_text="What it is held against.")
    against = AgainstWords(allow_null=True, source="told.against")
    worse = WorseWords(many=True, source="told.worse")
    changes = serializers.ListField(
        child=serializers.DictField(), source="told.changes", help_text="what, type, at, subject, actor, data"
    )
    lines = JudgedWords(many=True, source="told.lines", help_text="Empty where somebody was erased since.")

    class Meta(EvaluationLine.Meta):
        fields = [
            *EvaluationLine.Meta.fields, "at", "unasked", "degraded", "kinds", "setup", "before", "against", "worse",
            "changes", "lines",
        ]  # fmt: skip
        read_only_fields = fields


class Evaluations(TenantView):
    operations = {"GET": "health.read", "POST": "runs.start"}

    @extend_schema(
        tags=["quality"], operation_id="list_evaluations", summary="How well questions were answered, newest first",
        parameters=[EvaluationAsked], responses=EvaluationPage,
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        asked = hear(EvaluationAsked, request.query_params)
        rows = evaluations.of(asked.get("user_id", ""), asked.get("namespace", ""))
        found, rest = page(rows.defer("told"), asked.get("cursor", ""), asked["limit"])
        return Response({"data": EvaluationLine(found, many=True).data, **rest})

    @extend_schema(
        tags=["quality"], operation_id="evaluate", summary="Ask the saved questions now",
        description="A run of the job `evaluate`, by a worker.", request=EvaluationWish, responses={202: StartedRun},
        examples=[NOW],
    )  # fmt: skip
    def post(self, request: Request) -> Response:
        wish = hear(EvaluationWish, request.data)
        reach = Reach(wish.get("namespace", ""), wish.get("user_id", ""))
        return Response(StartedRun(runner.start("evaluate", reach, dry_run=wish["dry_run"])).data, 202)


class OneEvaluation(TenantView):
    operations = {"GET": "health.read"}

    @extend_schema(
        tags=["quality"], operation_id="get_evaluation", summary="One, with each question and what changed",
        responses=EvaluationWords,
    )  # fmt: skip
    def get(self, request: Request, evaluation_id: UUID) -> Response:
        row: Any = Evaluation.objects.filter(pk=evaluation_id).first()
        if row is None:
            raise NotFound
        return Response(EvaluationWords(row).data)
