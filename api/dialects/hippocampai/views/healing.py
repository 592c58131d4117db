"""Healing: how healthy a user's memories are, and jobs that make them healthier. Each can be tried before."""

from typing import Any

from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from api.dialects.hippocampai.presenters import healing as present
from api.dialects.hippocampai.serializers import healing as words
from api.dialects.hippocampai.views.base import HippocampView
from api.native.base import hear
from automation import registry, runner
from memory.models import Step
from memory.upkeep import health
from memory.upkeep.plan import Reach

MOST = 200  # actions that are told
FULL_MOST = 50  # memories that a full check may act on


def report(user_id: str) -> dict[str, Any]:
    return health.report(Reach(user_id=user_id), timezone.now())


def healed(job: str, user_id: str, options: dict[str, Any], *, dry_run: bool) -> dict[str, Any]:
    """Try a job, or run it here and now. What is tried is not a run of its own."""
    found, reach = registry.find(job), Reach(user_id=user_id)
    before = report(user_id)["overall_score"]
    if dry_run:
        changes = found.plan(reach, registry.read_options(found, options), timezone.now())
        planned = [present.planned(change) for change in changes if change.effect]
        return present.healed(planned[:MOST], [], (before, before), dry_run=True)
    run = runner.run_now(job, reach, options)
    assert run  # without a slot there is always one
    steps = list(Step.objects.filter(run_id=run.pk).order_by("number")[:MOST])
    done = [present.applied(step) for step in steps if step.state == Step.State.APPLIED]
    scores = (before, report(user_id)["overall_score"])
    return present.healed([present.applied(step) for step in steps], done, scores, dry_run=False)


class Looking(HippocampView):
    """Reads; its words may stand in the query or in the body."""

    operations = {"POST": "health.read"}

    def both(self, request: Request) -> dict[str, Any]:
        wanted = self.words_of(request.method)
        assert wanted
        body = request.data if isinstance(request.data, dict) else {}
        return hear(wanted, body | request.query_params.dict())


class Health(Looking):
    """How healthy a user's memories are."""

    heard = words.HealthHeard
    told = {"POST": words.HealthTold}

    def post(self, request: Request) -> Response:
        said = self.hear(request)
        return self.answer(present.health(report(said["user_id"]), detailed=said["detailed"]))


class Stale(Looking):
    """Memories that are stale."""

    heard = words.StaleHeard
    told = {"POST": words.StaleTold}

    def post(self, request: Request) -> Response:
        said = self.both(request)
        found = report(said.get("user_id", ""))
        texts = present.texts([one["memory"] for one in found["stale"]])
        return self.answer(present.stale(found, said["threshold_days"], texts))


class Duplicates(Looking):
    """Memories that say the same."""

    heard = words.DuplicatesHeard
    told = {"POST": words.DuplicatesTold}

    def post(self, request: Request) -> Response:
        said = self.both(request)
        found = report(said.get("user_id", ""))
        texts = present.texts([one["representative"] for one in found["duplicates"]])
        return self.answer(present.duplicates(found, said["similarity_threshold"], texts))


class Gaps(Looking):
    """Topics of which little is known, or nothing new."""

    heard = words.UserHeard
    told = {"POST": words.GapsTold}

    def post(self, request: Request) -> Response:
        return self.answer(present.gaps(report(self.both(request).get("user_id", ""))))


class Healing(HippocampView):
    operations = {"POST": "runs.start"}
    told = {"POST": words.HealedTold}


class Cleanup(Healing):
    """Let go what is worth least, by the job `forget`."""

    heard = words.CleanupHeard

    def post(self, request: Request) -> Response:
        said = self.hear(request)
        return self.answer(healed("forget", said["user_id"], {"most": said["max_actions"]}, dry_run=said["dry_run"]))


class Deduplication(Healing):
    """Merge what says the same, by the job `deduplicate`."""

    heard = words.DeduplicationHeard

    def post(self, request: Request) -> Response:
        said = self.hear(request)
        options = {"mode": "merge", "similarity": said["similarity_threshold"]}
        return self.answer(healed("deduplicate", said["user_id"], options, dry_run=said["dry_run"]))


class Consolidate(Healing):
    """Keep the gist of what is alike, by the job `consolidate`."""

    heard = words.ConsolidateHeard

    def post(self, request: Request) -> Response:
        said = self.hear(request)
        options = {"sample": said["max_memories"]}
        return self.answer(healed("consolidate", said["user_id"], options, dry_run=said["dry_run"]))


class Importance(Healing):
    """Score importance anew, by the job `rescore`."""

    heard = words.ImportanceHeard

    def post(self, request: Request) -> Response:
        said = self.hear(request)
        options = {"most": said["max_adjustments"]}
        return self.answer(healed("rescore", said["user_id"], options, dry_run=said["dry_run"]))


class FullCheck(Looking):
    """The health, and all of this, tried or done."""

    operations = {"POST": "runs.start"}
    heard = words.FullCheckHeard
    told = {"POST": words.FullCheckTold}

    def post(self, request: Request) -> Response:
        said = self.both(request)
        user_id, dry_run = said["user_id"], said["dry_run"]
        told = {"success": True, "dry_run": dry_run, "health": present.health(report(user_id))}
        return self.answer(
            told
            | {
                "cleanup": healed("forget", user_id, {"most": FULL_MOST}, dry_run=dry_run),
                "deduplication": healed("deduplicate", user_id, {"mode": "merge"}, dry_run=dry_run),
                "consolidation": healed("consolidate", user_id, {}, dry_run=dry_run),
            }
        )
