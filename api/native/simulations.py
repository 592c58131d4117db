"""/api/v1/policies/simulate: what a job or a policy would do, and what recall would lose; nothing is written."""

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from api.native.base import StrictSerializer, TenantView, hear
from api.native.words import Moment, Name
from automation import ladders, policies, simulate
from automation.simulate import Simulation
from memory.losing import Loss
from memory.upkeep.plan import Reach

STRICTER = OpenApiExample(
    "forgetting with a higher bar, for one user",
    {"job": "forget", "options": {"keep": 0.8}, "user_id": "ada"},
    request_only=True,
)


class SimulateWords(StrictSerializer):
    """A `job` with options, or a policy and which of its jobs; what is said beside a policy takes its place."""

    policy_id = serializers.UUIDField(required=False)
    job = serializers.CharField(max_length=32, required=False, help_text="The first one that the policy switches on.")
    options = serializers.DictField(required=False, help_text="As the job's `options` are described.")
    user_id = Name()
    namespace = Name()
    now = Moment(required=False, help_text="What the job calls now; a run with the same one does what is told here.")
    scores = serializers.BooleanField(default=False, help_text="Tell id, score, action and lane of each change too.")

    def validate(self, heard: dict[str, Any]) -> dict[str, Any]:
        if not heard.get("job") and not heard.get("policy_id"):
            raise serializers.ValidationError({"job": "name a job or a policy"})
        return heard


class SampleWords(serializers.Serializer):
    action = serializers.CharField()
    subject = serializers.UUIDField(allow_null=True)
    score = serializers.FloatField(allow_null=True)
    parts = serializers.DictField(child=serializers.FloatField(), help_text="What the score is the sum of.")
    why = serializers.CharField()


class LossWords(serializers.Serializer):
    """What a saved question finds now and would find then."""

    id = serializers.UUIDField()
    limit = serializers.IntegerField()
    before = serializers.ListField(child=serializers.UUIDField())
    after = serializers.ListField(child=serializers.UUIDField())
    gone = serializers.ListField(child=serializers.UUIDField())
    expected = serializers.IntegerField(help_text="How many memories it expects.")
    expected_before = serializers.IntegerField(help_text="How many of them are among the answers.")
    expected_after = serializers.IntegerField()


class SimulationWords(serializers.Serializer):
    """What would be done."""

    job = serializers.CharField()
    options = serializers.DictField(help_text="All of them, with their defaults.")
    now = serializers.DateTimeField()
    total = serializers.IntegerField(help_text="Things looked at.")
    writes = serializers.IntegerField(help_text="Things that something would be done to.")
    counts = serializers.DictField(child=serializers.IntegerField(), help_text="By action.")
    histogram = serializers.DictField(help_text="By action, how many scores are in each twentieth from 0 to 1.")
    samples = SampleWords(many=True)
    questions = LossWords(many=True)
    recall_before = serializers.FloatField(allow_null=True, help_text="Share of the expected memories that are found.")
    recall_after = serializers.FloatField(allow_null=True)
    seconds = serializers.FloatField(allow_null=True, help_text="At the pace of the latest runs; null without any.")
    took_ms = serializers.FloatField()
    scores = serializers.ListField(required=False, help_text="With `scores`: [id, score, action, lane] of each.")
    thresholds = serializers.ListField(required=False, help_text="The job's options that bound its score.")
    lanes = serializers.ListField(required=False, help_text="The action at or above each threshold, and below all.")


class Simulate(TenantView):
    operations = {"POST": "policies.read"}

    @extend_schema(
        tags=["policies"], operation_id="simulate_policy", summary="What a job would do, without doing it",
        request=SimulateWords, responses=SimulationWords, examples=[STRICTER],
    )  # fmt: skip
    def post(self, request: Request) -> Response:
        heard = hear(SimulateWords, request.data)
        job, told = heard.get("job", ""), heard.get("options", {})
        reach = Reach(heard.get("namespace", ""), heard.get("user_id", ""))
        if heard.get("policy_id"):
            job, told, reach = _of_policy(heard["policy_id"], job, told, reach)
        simulation = simulate.simulate(job, reach, told, heard.get("now"))
        return Response(words_of(simulation) | (_scores(simulation) if heard["scores"] else {}))


def _of_policy(policy_id: Any, job: str, told: dict[str, Any], reach: Reach) -> tuple[str, dict[str, Any], Reach]:
    policy = policies.find(policy_id)
    if policy is None:
        raise NotFound
    asked = simulate.of_policy(policy, job)
    if asked is None:
        raise ValidationError({"job": "is not switched on by this policy"})
    named = reach.namespace or reach.user_id
    return asked.job, asked.options | told, reach if named else asked.reach


def words_of(simulation: Simulation) -> dict[str, Any]:
    predicted, recalled = simulation.forecast, simulation.recalled()
    return {
        "job": simulation.job.name, "options": simulation.options, "now": simulation.now, "total": predicted.total,
        "writes": simulation.writes, "counts": predicted.counts, "histogram": predicted.histogram,
        "samples": predicted.samples, "questions": [_lost(loss) for loss in simulation.losses],
        "recall_before": recalled[0], "recall_after": recalled[1], "seconds": simulation.seconds,
        "took_ms": simulation.took_ms,
    }  # fmt: skip


def _lost(loss: Loss) -> dict[str, Any]:
    question = loss.answers.question
    return {
        "id": question.pk, "limit": question.limit, "before": loss.before, "after": loss.after, "gone": loss.gone,
        "expected": len(question.expected), "expected_before": loss.hit_before, "expected_after": loss.hit_after,
    }  # fmt: skip


def _scores(simulation: Simulation) -> dict[str, Any]:
    """With the lanes of the ladder, so that a caller can move thresholds without asking again."""
    climbed = ladders.ladder(simulation.job, simulation.reach, simulation.options, simulation.now)
    lane_of: dict[Any, int] = {**climbed.lane_of} if climbed else {}
    told = [[rung.subject, rung.score, rung.action, lane_of.get(rung.subject)] for rung in simulation.rungs]
    if climbed is None:
        return {"scores": told}
    return {"scores": told, "thresholds": climbed.thresholds, "lanes": climbed.lanes}
