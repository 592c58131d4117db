"""/api/v1/reviews: doubles, contradictions and doubtful memories that wait for a decision, and deciding them."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from api.native.base import StrictSerializer, TenantView, hear
from api.native.words import MemoryWords, Name
from api.pagination import page
from memory import reviews
from memory.models import Review
from memory.tiers import cold

A_MERGE = OpenApiExample("merge the two", {"decision": "merge"}, request_only=True)
KEEP = OpenApiExample("the second one is right", {"decision": "keep_second"}, request_only=True)


class ReviewListWords(StrictSerializer):
    kind = serializers.ChoiceField(Review.Kind.choices, required=False)
    state = serializers.ChoiceField(Review.State.choices, required=False)
    user_id = Name()
    namespace = Name()
    cursor = Name(help_text="`next_cursor` of the page before.")
    limit = serializers.IntegerField(min_value=1, max_value=200, default=50)


class ReviewWords(serializers.ModelSerializer):
    """Two memories, or one, about which a person decides. `run_id` is the run of upkeep that asked."""

    first = MemoryWords()
    second = MemoryWords(allow_null=True)
    decision = serializers.SerializerMethodField(help_text="What was decided; empty: nothing yet.")
    decisions = serializers.SerializerMethodField(help_text="What can be decided.")

    class Meta:
        model = Review
        fields = [
            "id", "kind", "state", "score", "reason", "namespace", "user_id", "first", "second", "decision",
            "decisions", "decided_by", "decided_at", "run_id", "created_at",
        ]  # fmt: skip
        read_only_fields = fields

    def get_decision(self, review: Review) -> str:
        return review.outcome.get("decision", "")

    def get_decisions(self, review: Review) -> list[str]:
        return reviews.decisions(review.kind)


class ReviewPage(serializers.Serializer):
    data = ReviewWords(many=True)  # type: ignore[assignment]  # a field, not the property
    next_cursor = serializers.CharField(allow_null=True)
    has_more = serializers.BooleanField()


class DecisionWords(StrictSerializer):
    decision = serializers.ChoiceField(list(reviews.DECISIONS), help_text="One of the review's `decisions`.")


class Nothing(StrictSerializer):
    """No fields."""


def _told(rows: Iterable[Review]) -> Any:
    found = list(rows)
    cold.fill([memory for review in found for memory in (review.first, review.second) if memory])
    return ReviewWords(found, many=True).data


def _one(review: Review | None) -> Response:
    if review is None:
        raise NotFound
    return Response(_told([review])[0])


class Reviews(TenantView):
    operations = {"GET": "reviews.read"}

    @extend_schema(
        tags=["reviews"], operation_id="list_reviews", summary="List reviews, newest first",
        description="Open ones are left out while a memory of theirs is deleted, expired or superseded.",
        parameters=[ReviewListWords], responses=ReviewPage,
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        asked = hear(ReviewListWords, request.query_params)
        narrowed = {name: asked.get(name) or "" for name in ("kind", "state", "user_id", "namespace")}
        rows, more = page(reviews.listed(**narrowed), asked.get("cursor", ""), asked["limit"])
        return Response({"data": _told(rows)} | more)


class OneReview(TenantView):
    operations = {"GET": "reviews.read"}

    @extend_schema(tags=["reviews"], operation_id="get_review", summary="Read one review", responses=ReviewWords)
    def get(self, request: Request, review_id: UUID) -> Response:
        return _one(reviews.told().filter(pk=review_id).first())


class Decide(TenantView):
    operations = {"POST": "reviews.decide"}

    @extend_schema(
        tags=["reviews"], operation_id="decide_review", summary="Decide a review",
        description="`merge`, `keep_first`, `keep_second`, `keep_both` or `dismiss` of two memories; `accept`, `reject`"
        " or `dismiss` of one. Nothing is deleted: whoever gives way is superseded, what is rejected falls silent.",
        request=DecisionWords, responses=ReviewWords, examples=[A_MERGE, KEEP],
    )  # fmt: skip
    def post(self, request: Request, review_id: UUID) -> Response:
        return _one(reviews.decide(review_id, hear(DecisionWords, request.data)["decision"]))


class UndoDecision(TenantView):
    operations = {"POST": "reviews.decide"}

    @extend_schema(
        tags=["reviews"], operation_id="undo_review", summary="Take a decision back",
        description="With all that it did to the memories, unless they were changed since.",
        request=Nothing, responses=ReviewWords,
    )  # fmt: skip
    def post(self, request: Request, review_id: UUID) -> Response:
        hear(Nothing, request.data)
        return _one(reviews.undo(review_id))
