"""Doubles, consolidation and what has expired: runs of the housekeeper, done while the caller waits."""

from datetime import timedelta
from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from api.dialects.hippocampai.presenters import tidying as presenters
from api.dialects.hippocampai.serializers import memories as named
from api.dialects.hippocampai.serializers import tidying as words
from api.dialects.hippocampai.views.base import HippocampView
from automation import asking, looking, worker
from automation.models import TaskRun
from memory import stats
from memory.types import Scope
from memory.upkeep.plan import Reach

PATIENCE = timedelta(seconds=20)  # until it may begin; then a worker does it, and the answer says so
LEAST_SIMILARITY = 0.5  # what the jobs take
DOUBLES = ("merge", "review")
GISTS = ("create", "update", "supersede", "known")


def ran(job: str, user_id: str, options: dict[str, Any], *, dry_run: bool) -> TaskRun:
    """A run of a job on a user's memories, or on all, over if it could begin in time."""
    run = asking.start(job, Reach(user_id=user_id), options, dry_run=dry_run)
    worker.work_on(run, PATIENCE)
    return run


def done(run: TaskRun, actions: tuple[str, ...]) -> list[dict[str, Any]]:
    """What it did, or would do."""
    told = presenters.samples(run, actions)
    return told if run.dry_run else presenters.steps(looking.steps(run.pk), actions)


class Deduplicate(HippocampView):
    """Find memories that say the same, and merge them."""

    operations = {"POST": "runs.start"}
    heard = words.Dry
    told = {"POST": words.DeduplicateTold}

    def post(self, request: Request) -> Response:
        heard = self.hear(request)
        total = stats.overview(Scope(user_id=heard["user_id"])).live
        run = ran("deduplicate", heard["user_id"], {"mode": "merge"}, dry_run=heard["dry_run"])
        merges = looking.steps(run.pk).filter(action="merge")
        removed = sum(len(presenters.others(step)) for step in merges)
        return self.answer(presenters.deduplicated(run, total, removed, done(run, DOUBLES)))


class Consolidate(HippocampView):
    """Keep what recent episodes have in common as knowledge."""

    operations = {"POST": "runs.start"}
    heard = words.ConsolidationHeard
    told = {"POST": words.ConsolidatedTold(many=True)}

    def post(self, request: Request) -> Response:
        heard = self.hear(request)
        run = ran("consolidate", heard["user_id"], similarity(heard, "similarity_threshold"), dry_run=heard["dry_run"])
        of = {"run_id": str(run.pk), "dry_run": run.dry_run}
        return self.answer([one | of for one in done(run, GISTS)])


class Cleanup(HippocampView):
    """Clear away what has expired, of a user or of all."""

    operations = {"POST": "runs.start"}
    heard = named.UserNamed
    told = {"POST": words.CleanedTold}

    def post(self, request: Request) -> Response:
        user_id = self.hear(request).get("user_id", "")
        return self.answer(presenters.cleaned(ran("cleanup", user_id, {}, dry_run=False)))


class Background(HippocampView):
    """What waits and runs in the background."""

    operations = {"GET": "runs.read"}
    told = {"GET": words.BackgroundTold}

    def get(self, request: Request) -> Response:
        depth = looking.depth(looking.here())
        counts = {name: getattr(depth, name) for name in ("pending", "running", "stuck")}
        told = {"active_tasks": depth.running, "total_tasks": depth.pending + depth.running}
        return self.answer({"status": "running" if told["total_tasks"] else "idle"} | counts | told)


class TriggerDeduplicate(HippocampView):
    """Let a worker find memories that say the same."""

    job, usual = "deduplicate", {"mode": "merge"}
    operations = {"POST": "runs.start"}
    asked = words.Trigger
    told = {"POST": words.TidiedTold}

    def post(self, request: Request) -> Response:
        asked = self.ask(request)
        options = {**self.usual, **similarity(asked, "threshold")}
        run = asking.start(self.job, Reach(user_id=asked["user_id"]), options, dry_run=asked["dry_run"])
        return self.answer(presenters.run(run))


class TriggerConsolidate(TriggerDeduplicate):
    """Let a worker consolidate."""

    job = "consolidate"
    usual: dict[str, str] = {}


def similarity(heard: dict[str, Any], name: str) -> dict[str, float]:
    """The option that a threshold sets, within what the jobs take."""
    return {"similarity": max(heard[name], LEAST_SIMILARITY)} if name in heard else {}
