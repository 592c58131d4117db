"""/api/v1/questions: the tenant's saved questions, by which one sees what a rule would lose."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from api.native.base import StrictSerializer, TenantView, hear
from api.native.words import Name
from api.pagination import page
from memory import question_sets, questions
from memory.models import Question

LOOKS_AND_WRITES = {
    "GET": "memories.read", "POST": "memories.write", "PATCH": "memories.write", "DELETE": "memories.write",
}  # fmt: skip
TEA = OpenApiExample(
    "what Ada drinks must be found",
    {
        "text": "What does Ada drink in the morning?",
        "user_id": "ada",
        "limit": 5,
        "expected": ["01a1fc31-325e-776f-a220-14f1782bb309"],
    },
    request_only=True,
)

SET = OpenApiExample(
    "two questions, told by what the memories say",
    {
        "questions": [
            {"text": "What does Ada drink?", "user_id": "ada", "kind": "habit", "expected_content": ["Tea, no sugar."]},
            {"text": "When is the deploy?", "expected_content": ["The deploy runs every Friday at noon."]},
        ]
    },
    request_only=True,
)


class QuestionChange(StrictSerializer):
    text = serializers.CharField(max_length=10_000, required=False)
    user_id = Name()
    agent_id = Name()
    session_id = Name()
    namespace = Name(help_text="Empty: all.")
    filters = serializers.DictField(required=False, help_text="The filter language, see the docs.")
    limit = serializers.IntegerField(min_value=1, max_value=50, required=False, help_text="How many answers count; 10.")
    expected = serializers.ListField(
        child=serializers.UUIDField(), max_length=50, required=False, help_text="Memories that should be among them."
    )
    kind = Name(max_length=40, help_text="Any word; figures are told by it: `temporal`, `multi-hop`.")
    note = Name(max_length=500)


class QuestionDraft(QuestionChange):
    """A question to save."""

    text = serializers.CharField(max_length=10_000)


class QuestionWords(serializers.ModelSerializer):
    """A saved question."""

    class Meta:
        model = Question
        fields = ["id", *questions.SAID, "created_at", "updated_at"]
        read_only_fields = fields


class ImportedQuestion(QuestionDraft):
    """A question of a set."""

    expected_content = serializers.ListField(
        child=serializers.CharField(max_length=100_000), max_length=50, required=False,
        help_text="What memories say that should be among them, word for word.",
    )  # fmt: skip


class QuestionSet(StrictSerializer):
    questions = serializers.ListField(child=ImportedQuestion(), min_length=1, max_length=question_sets.MOST)
    dry_run = serializers.BooleanField(default=False, help_text="Only say what would come of it.")


class NotTaken(serializers.Serializer):
    at = serializers.IntegerField(help_text="Its place in the set, from 0.")
    why = serializers.CharField()


class TakenWords(serializers.Serializer):
    """What became of a set."""

    created = serializers.IntegerField()
    changed = serializers.IntegerField(help_text="Of the same text and scope, and said anew.")
    same = serializers.IntegerField()
    failed = NotTaken(many=True)


class QuestionPage(serializers.Serializer):
    data = QuestionWords(many=True)  # type: ignore[assignment]  # a field, not the property
    next_cursor = serializers.CharField(allow_null=True)
    has_more = serializers.BooleanField()


class QuestionListWords(StrictSerializer):
    user_id = Name()
    namespace = Name()
    cursor = Name(help_text="`next_cursor` of the page before.")
    limit = serializers.IntegerField(min_value=1, max_value=200, default=50)


class Questions(TenantView):
    operations = LOOKS_AND_WRITES

    @extend_schema(
        tags=["questions"], operation_id="save_question", summary="Save a question",
        request=QuestionDraft, responses={201: QuestionWords}, examples=[TEA],
    )  # fmt: skip
    def post(self, request: Request) -> Response:
        return Response(QuestionWords(questions.save(hear(QuestionDraft, request.data))).data, status=201)

    @extend_schema(
        tags=["questions"], operation_id="list_questions", summary="List saved questions, newest first",
        parameters=[QuestionListWords], responses=QuestionPage,
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        asked = hear(QuestionListWords, request.query_params)
        rows = questions.listed(asked.get("user_id", ""), asked.get("namespace", ""))
        found, rest = page(rows, asked.get("cursor", ""), asked["limit"])
        return Response({"data": QuestionWords(found, many=True).data, **rest})


class ImportQuestions(TenantView):
    operations = {"POST": "memories.write"}

    @extend_schema(
        tags=["questions"], operation_id="import_questions", summary="Save a set of questions",
        description="It may be sent again: a question of the same text and scope is said anew.",
        request=QuestionSet, responses=TakenWords, examples=[SET],
    )  # fmt: skip
    def post(self, request: Request) -> Response:
        heard = hear(QuestionSet, request.data)
        taken = question_sets.take(heard["questions"], dry_run=heard["dry_run"])
        failed = [{"at": at, "why": why} for at, why in taken.failed.items()]
        told = {"created": taken.created, "changed": taken.changed, "same": taken.same, "failed": failed}
        return Response(told)


class OneQuestion(TenantView):
    operations = LOOKS_AND_WRITES

    @extend_schema(tags=["questions"], operation_id="get_question", summary="Read one", responses=QuestionWords)
    def get(self, request: Request, question_id: UUID) -> Response:
        return _told(Question.objects.filter(pk=question_id).first())

    @extend_schema(
        tags=["questions"], operation_id="change_question", summary="Change the given fields",
        request=QuestionChange, responses=QuestionWords,
    )  # fmt: skip
    def patch(self, request: Request, question_id: UUID) -> Response:
        return _told(questions.change(question_id, hear(QuestionChange, request.data)))

    @extend_schema(
        tags=["questions"], operation_id="delete_question", summary="Delete one", responses={204: None},
    )  # fmt: skip
    def delete(self, request: Request, question_id: UUID) -> Response:
        if not questions.delete(question_id):
            raise NotFound
        return Response(status=204)


def _told(question: Any) -> Response:
    if question is None:
        raise NotFound
    return Response(QuestionWords(question).data)
