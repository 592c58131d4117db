"""Upkeep, asked for and awaited: consolidation, forgetting and reconsolidation are the house's jobs, run at once."""

from typing import Any
from uuid import UUID

from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from api.dialects.base import Words
from api.dialects.cml.presenters import runs
from api.dialects.cml.serializers import answers
from api.dialects.cml.serializers import asking as words
from api.dialects.cml.views.admin import AdminView
from automation import asking, looking, policies
from automation.models import TaskRun
from memory.upkeep.plan import Reach


def options_for(job: str, user_id: str) -> dict[str, Any]:
    """Those of the nearest policy that names the job; else the house's defaults, which are the document's."""
    decided = policies.effective(user_id=user_id).get(job)
    return dict(decided.options) if decided else {}


class Upkeep(AdminView):
    """Run a job for the tenant, or for one of its users."""

    operations = {"GET": "runs.read", "POST": "runs.start"}
    heard: type[Words] | None = words.Consolidate
    job = ""

    def post(self, request: Request) -> Response:
        return self.answer(self.run(**self.hear(request)))

    def run(self, user_id: str = "", dry_run: bool = False, max_memories: int = 0, **more: Any) -> dict[str, Any]:
        name = runs.JOBS[self.job]
        options = options_for(name, user_id) | ({"most": max_memories} if max_memories else {})
        run = asking.at_once(name, Reach(user_id=user_id), options, dry_run=dry_run)
        return runs.TOLD[self.job](run, self.tenant.slug)


class Consolidate(Upkeep):
    """Run the sleep cycle: episodes that speak of the same become facts."""

    job = runs.CONSOLIDATE
    told = {"POST": answers.Consolidated}


class Forget(Upkeep):
    """Score all memories, and decay, silence, compress or delete what is worth little."""

    job = runs.FORGET
    heard = words.Forget
    told = {"POST": answers.Forgotten}


class Reconsolidate(Upkeep):
    """Find memories that contradict each other; end the validity of one, or let a person decide."""

    job = runs.RECONSOLIDATE
    told = {"POST": answers.Reconsolidated}


class ConsolidateUser(Upkeep):
    """Run the sleep cycle of one user."""

    job = runs.CONSOLIDATE
    heard = None
    told = {"POST": answers.Consolidated}

    def post(self, request: Request, user_id: str = "") -> Response:
        return self.answer(_ended(self.run(user_id=user_id), "consolidation_completed"))


class ForgetUser(Upkeep):
    """Forget of one user; `dry_run` in the query, true when it is not said."""

    job = runs.FORGET
    heard = None
    asked = words.DryRun
    told = {"POST": answers.Forgotten}

    def post(self, request: Request, user_id: str = "") -> Response:
        return self.answer(_ended(self.run(user_id=user_id, **self.ask(request)), "forgetting_completed"))


def _ended(report: dict[str, Any], status: str) -> dict[str, Any]:
    return report | {"status": status} if report["status"] == "completed" else report


class Jobs(AdminView):
    """Runs of jobs, newest first."""

    operations = {"GET": "runs.read"}
    asked = words.Jobs
    told = {"GET": answers.Jobs}
    only = ""  # one type of job

    def get(self, request: Request) -> Response:
        wanted = self.ask(request)
        job = self.only or wanted.get("job_type", "")
        rows = looking.narrowed(looking.here(), {"job": runs.JOBS.get(job, job)})
        present = runs.summary if self.only else runs.job
        items = [present(run, self.tenant.slug) for run in rows.order_by("-id")[: wanted["limit"]]]
        return self.answer({"items": items, "total": rows.count()})


class ConsolidationRuns(Jobs):
    """Runs of consolidation, newest first."""

    only = runs.CONSOLIDATE


class ReconsolidationRuns(Jobs):
    """Runs of reconsolidation, newest first."""

    only = runs.RECONSOLIDATE


class OneJob(AdminView):
    """One run of a job."""

    operations = {"GET": "runs.read"}
    told = {"GET": answers.Job}
    only = ""

    def get(self, request: Request, run_id: UUID) -> Response:
        run = looking.one(run_id)
        if run is None or (self.only and run.job != runs.JOBS[self.only]):
            raise NotFound
        present = runs.summary if self.only else runs.job
        return self.answer(present(run, self.tenant.slug))


class OneConsolidation(OneJob):
    """One run of consolidation."""

    only = runs.CONSOLIDATE


class OneReconsolidation(OneJob):
    """One run of reconsolidation."""

    only = runs.RECONSOLIDATE


class ConsolidationStatus(AdminView):
    """How consolidation does: what runs, and what ran last."""

    operations = {"GET": "runs.read"}

    def get(self, request: Request) -> Response:
        rows = looking.here().filter(job=runs.JOBS[runs.CONSOLIDATE])
        last = rows.exclude(state__in=TaskRun.OPEN).order_by("-id").first()
        waits = looking.depth(rows)
        told = {"running": waits.running, "pending": waits.pending}
        return self.answer(told | {"last_run": runs.summary(last, self.tenant.slug) if last else None})
