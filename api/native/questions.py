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
from memory import questions
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
