"""/api/v1/suggestions: changes of policies that the learning history asks for; simulated, accepted, rejected."""

from typing import Any
from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from analytics import effects, suggestions
from analytics.models import Suggestion
from api.native.accepting import accept_loss
from api.native.base import StrictSerializer, TenantView, hear
from api.native.policies import PolicyJobWords
from api.native.runs import WAIT, Nothing, RunWords, answered
from api.native.simulations import SimulationWords, words_of
from api.native.words import Name
from api.pagination import page

DECIDES = {"POST": "policies.manage"}


class SuggestionWords(serializers.ModelSerializer):
    """A change of what a domain's policy says of one job, and why."""

    change = PolicyJobWords()
    numbers = serializers.DictField(help_text="What its rule was decided by.")

    class Meta:
        model = Suggestion
        fields: tuple[str, ...] = (
            "id", "domain", "reason", "priority", "says", "expected_impact", "numbers", "job", "change", "state",
            "run_id", "policy_id", "created_at", "decided_at", "decided_by",
        )  # fmt: skip
        read_only_fields = fields


class EffectSideWords(serializers.Serializer):
    """The events of one side. Null: nobody said."""

    events = serializers.IntegerField()
    feedback_rate = serializers.FloatField(allow_null=True)
    accuracy = serializers.FloatField(allow_null=True)
    confidence = serializers.FloatField(allow_null=True)
    rating = serializers.FloatField(allow_null=True)
    performance = serializers.FloatField(allow_null=True)
    cost_per_improvement = serializers.FloatField(allow_null=True)


class EffectWords(serializers.Serializer):
    """The week before it was accepted, and the week since, as far as it is over. It proves no cause."""

    before = EffectSideWords()
    after = EffectSideWords()
    until = serializers.DateTimeField()


class SuggestionDetail(SuggestionWords):
    effect = serializers.SerializerMethodField()

    class Meta:
        model = Suggestion
        fields = read_only_fields = (*SuggestionWords.Meta.fields, "effect")

    @extend_schema_field(EffectWords(allow_null=True))
    def get_effect(self, row: Suggestion) -> Any:
        found = effects.of(row, timezone.now())
        return EffectWords(found).data if found else None


class SuggestionPage(serializers.Serializer):
    data = SuggestionWords(many=True)  # type: ignore[assignment]  # a field, not the property
    next_cursor = serializers.CharField(allow_null=True)
    has_more = serializers.BooleanField()


class SuggestionListWords(StrictSerializer):
    state = serializers.ChoiceField(Suggestion.State.choices, required=False)
    domain = Name()
    cursor = Name(help_text="`next_cursor` of the page before.")
    limit = serializers.IntegerField(min_value=1, max_value=200, default=50)


class LookWords(serializers.Serializer):
    created = serializers.IntegerField(help_text="How many are new.")


def _told(row: Suggestion | None) -> Response:
    if row is None:
        raise NotFound
    return Response(SuggestionDetail(row).data)


def _one(suggestion_id: UUID) -> Suggestion:
    row = Suggestion.objects.filter(pk=suggestion_id).first()
    if row is None:
        raise NotFound
    return row


class Suggestions(TenantView):
    operations = {"GET": "learning.read"}

    @extend_schema(
        tags=["learning"], operation_id="list_suggestions", summary="List suggested changes of policies, newest first",
        parameters=[SuggestionListWords], responses=SuggestionPage,
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        asked = hear(SuggestionListWords, request.query_params)
        rows = suggestions.listed(asked.get("state", ""), asked.get("domain", ""))
        found, rest = page(rows, asked.get("cursor", ""), asked["limit"])
        return Response({"data": SuggestionWords(found, many=True).data, **rest})


class OneSuggestion(TenantView):
    operations = {"GET": "learning.read"}

    @extend_schema(
        tags=["learning"], operation_id="get_suggestion", summary="Read one, with its effect once it is accepted",
        responses=SuggestionDetail,
    )  # fmt: skip
    def get(self, request: Request, suggestion_id: UUID) -> Response:
        return _told(_one(suggestion_id))


class LookForSuggestions(TenantView):
    operations = {"POST": "learning.write"}

    @extend_schema(
        tags=["learning"], operation_id="look_for_suggestions", summary="Look for suggestions now",
        description="As it is done each night: new ones are made, and those withdrawn whose reason is gone.",
        request=Nothing, responses=LookWords,
    )  # fmt: skip
    def post(self, request: Request) -> Response:
        hear(Nothing, request.data)
        return Response({"created": suggestions.look()})


class SimulateSuggestion(TenantView):
    operations = {"POST": "policies.read"}

    @extend_schema(
        tags=["learning"], operation_id="simulate_suggestion", summary="What accepting would do, without doing it",
        request=Nothing, responses=SimulationWords,
    )  # fmt: skip
    def post(self, request: Request, suggestion_id: UUID) -> Response:
        hear(Nothing, request.data)
        return Response(words_of(suggestions.simulated(_one(suggestion_id))))


class TrySuggestion(TenantView):
    operations = {"POST": "runs.start"}

    @extend_schema(
        tags=["learning"], operation_id="try_suggestion", summary="Start a dry run, which the suggestion remembers",
        request=Nothing, responses={200: RunWords, 202: RunWords}, parameters=[WAIT],
    )  # fmt: skip
    def post(self, request: Request, suggestion_id: UUID) -> Response:
        hear(Nothing, request.data)
        told = suggestions.try_out(suggestion_id)
        if told is None:
            raise NotFound
        return answered(told[1], request)


class AcceptWish(StrictSerializer):
    accept_loss = accept_loss()


class AcceptSuggestion(TenantView):
    operations = DECIDES

    @extend_schema(
        tags=["learning"], operation_id="accept_suggestion", summary="Let the domain's policy say so from now on",
        request=AcceptWish, responses=SuggestionDetail,
    )  # fmt: skip
    def post(self, request: Request, suggestion_id: UUID) -> Response:
        wish = hear(AcceptWish, request.data)
        return _told(suggestions.accept(suggestion_id, accept_loss=wish["accept_loss"]))


class RejectSuggestion(TenantView):
    operations = DECIDES

    @extend_schema(
        tags=["learning"], operation_id="reject_suggestion", summary="Reject it; it does not come back for two weeks",
        request=Nothing, responses=SuggestionDetail,
    )  # fmt: skip
    def post(self, request: Request, suggestion_id: UUID) -> Response:
        hear(Nothing, request.data)
        return _told(suggestions.reject(suggestion_id))
