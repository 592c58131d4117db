"""/api/v1/forget and /api/v1/consolidate: two jobs by name, which only say what they would do unless they are told."""

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from api.native.base import StrictSerializer, TenantView, hear
from api.native.runs import WAIT, RunWords, answered, reach_of, told
from api.native.words import Name
from automation import asking

LOOK = OpenApiExample("what would become of Ada's", {"user_id": "ada"}, request_only=True)
DO = OpenApiExample("do it", {"user_id": "ada", "dry_run": False}, request_only=True)


class ReachDraft(StrictSerializer):
    """Whose memories; without user and namespace everybody's."""

    user_id = Name()
    namespace = Name()
    options = serializers.DictField(required=False, help_text="Those of the job, see `/api/v1/jobs`.")
    dry_run = serializers.BooleanField(default=True, help_text="False: do it, in a run of its own.")


class ForgetWords(RunWords):
    """A run of `forget`, also in the words of the Cognitive Memory Layer."""

    total_scored = serializers.IntegerField()
    actions = serializers.DictField(child=serializers.IntegerField(), help_text="KEEP, DECAY, SILENCE …")


class ConsolidateWords(RunWords):
    """A run of `consolidate`, also in the words of the Cognitive Memory Layer."""

    episodes_sampled = serializers.IntegerField()
    clusters_formed = serializers.IntegerField()
    facts_extracted = serializers.IntegerField()
    migrations_completed = serializers.IntegerField()


class Forget(TenantView):
    operations = {"POST": "runs.start"}

    @extend_schema(
        tags=["runs"], operation_id="forget", summary="Score memories, and let go of those that score low",
        description="A dry run is answered at once with what it would do; else a worker does it.",
        request=ReachDraft, responses={200: ForgetWords, 202: ForgetWords}, examples=[LOOK, DO], parameters=[WAIT],
    )  # fmt: skip
    def post(self, request: Request) -> Response:
        return _told(request, "forget", _forgotten)


class Consolidate(TenantView):
    operations = {"POST": "runs.start"}

    @extend_schema(
        tags=["runs"], operation_id="consolidate", summary="Make lasting facts out of episodes",
        description="A dry run is answered at once with what it would do; else a worker does it.",
        request=ReachDraft, responses={200: ConsolidateWords, 202: ConsolidateWords}, examples=[LOOK, DO],
        parameters=[WAIT],
    )  # fmt: skip
    def post(self, request: Request) -> Response:
        return _told(request, "consolidate", _consolidated)


def _told(request: Request, job: str, words: Any) -> Response:
    heard = hear(ReachDraft, request.data)
    if heard["dry_run"]:
        run = asking.at_once(job, reach_of(heard), heard.get("options"), dry_run=True)
        return Response(told(run) | words(run.result))
    response = answered(asking.start(job, reach_of(heard), **heard), request)
    response.data |= words(response.data["result"])
    return response


def _forgotten(result: dict[str, Any]) -> dict[str, Any]:
    counts: dict[str, int] = result.get("counts", {})
    return {"total_scored": sum(counts.values()), "actions": {name.upper(): count for name, count in counts.items()}}


def _consolidated(result: dict[str, Any]) -> dict[str, Any]:
    names = ("episodes_sampled", "clusters_formed", "facts_extracted", "migrations_completed")
    return {name: result.get(name, 0) for name in names}
