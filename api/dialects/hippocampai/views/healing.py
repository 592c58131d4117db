"""Healing: how healthy a user's memories are, and jobs that make them healthier. Each can be tried before."""

from typing import Any

from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from api.dialects.hippocampai.presenters import healing as present
from api.dialects.hippocampai.presenters.healing import Healed
from api.dialects.hippocampai.serializers import healing as words
from api.dialects.hippocampai.views.base import HippocampView
from api.native.base import hear
from automation import asking, registry
from automation.models import TaskRun
from memory.models import Step
from memory.upkeep import health
from memory.upkeep.plan import Reach

FULL_MOST = 50  # memories that a full check may act on


def report(user_id: str) -> dict[str, Any]:
    return health.report(Reach(user_id=user_id), timezone.now())


def healed(job: str, user_id: str, options: dict[str, Any], *, dry_run: bool) -> Healed:
    """Try a job, or run it here and now. What is tried is not a run of its own."""
    found, reach = registry.find(job), Reach(user_id=user_id)
    before = report(user_id)["overall_score"]
    if dry_run:
        changes = found.plan(reach, registry.read_options(found, options), timezone.now())
        return Healed([present.planned(change) for change in changes if change.effect], [], before, before, dry_run)
    run = asking.at_once(job, reach, options)
    steps = list(Step.objects.filter(run_id=run.pk).order_by("number"))
    acts, done = ([present.applied(step) for step in rows] for rows in (steps, filter(_was_done, steps)))
    success = run.state == TaskRun.State.SUCCEEDED
    return Healed(acts, done, before, report(user_id)["overall_score"], dry_run, success)


def _was_done(step: Step) -> bool:
    return step.state == Step.State.APPLIED


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
        rows = present.rows_of([one["memory"] for one in found["stale"]])
        return self.answer(present.stale(found, said["threshold_days"], rows))


class Duplicates(Looking):
    """Memories that say the same."""

    heard = words.DuplicatesHeard
    told = {"POST": words.DuplicatesTold}

    def post(self, request: Request) -> Response:
        said = self.both(request)
        found = report(said.get("user_id", ""))
        rows = present.rows_of([one["representative"] for one in found["duplicates"]])
        return self.answer(present.duplicates(found, said["similarity_threshold"], rows))


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
        options = {"most": min(said["max_actions"], words.MOST_ACTIONS)}
        return self.answer(present.healed(healed("forget", said["user_id"], options, dry_run=said["dry_run"])))


class Deduplication(Healing):
    """Merge what says the same, by the job `deduplicate`."""

    heard = words.DeduplicationHeard
    told = {"POST": words.DeduplicatedTold}

    def post(self, request: Request) -> Response:
        said = self.hear(request)
        options = {"mode": "merge", "similarity": said["similarity_threshold"]}
        done = healed("deduplicate", said["user_id"], options, dry_run=said["dry_run"])
        return self.answer(present.deduplicated(done))


class Consolidate(Healing):
    """Keep the gist of what is alike, by the job `consolidate`."""

    heard = words.ConsolidateHeard
    told = {"POST": words.GistsTold}

    def post(self, request: Request) -> Response:
        said = self.hear(request)
        options = {"sample": min(said["max_memories"], words.MOST_SAMPLED)}
        return self.answer(
            present.consolidated(healed("consolidate", said["user_id"], options, dry_run=said["dry_run"]))
        )


class Importance(Healing):
    """Score importance anew, by the job `rescore`."""

    heard = words.ImportanceHeard
    told = {"POST": words.AdjustedTold}

    def post(self, request: Request) -> Response:
        said = self.hear(request)
        options = {"most": min(said["max_adjustments"], words.MOST_ACTIONS)}
        return self.answer(present.adjusted(healed("rescore", said["user_id"], options, dry_run=said["dry_run"])))


class FullCheck(Looking):
    """The health, and all of this, tried or done."""

    operations = {"POST": "runs.start"}
    heard = words.FullCheckHeard
    told = {"POST": words.FullCheckTold}

    def post(self, request: Request) -> Response:
        said = self.both(request)
        user_id, dry_run = said["user_id"], said["dry_run"]
        health = present.health(report(user_id))
        told = {
            "cleanup": healed("forget", user_id, {"most": FULL_MOST}, dry_run=dry_run),
            "deduplication": healed("deduplicate", user_id, {"mode": "merge"}, dry_run=dry_run),
            "consolidation": healed("consolidate", user_id, {}, dry_run=dry_run),
        }
        return self.answer(present.checked(health, told, timezone.now()))
