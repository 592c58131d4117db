"""Consolidation, its sleep phase: runs of the job `consolidate`, and what the tenant's policy says of it."""

from typing import Any

from django.db.models import Avg, Count, F, IntegerField, Q, QuerySet, Sum
from django.db.models.fields.json import KeyTextTransform, KeyTransform
from django.db.models.functions import Cast
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from api.dialects.hippocampai.presenters import upkeep as present
from api.dialects.hippocampai.serializers import upkeep as words
from api.dialects.hippocampai.views.base import HippocampView, key
from automation import asking, looking, policies, registry, slots
from automation.models import TaskRun, Timer
from memory.upkeep.plan import Reach

JOB = "consolidate"
DAY_HOURS = 24


def runs() -> QuerySet[TaskRun]:
    return looking.here().filter(job=JOB).order_by("-id")


def counts() -> dict[str, Any]:
    """All runs in numbers, with what those came to that were no trials."""
    state, done = TaskRun.State, Q(dry_run=False)
    return runs().aggregate(
        runs=Count("pk"),
        successful=Count("pk", filter=Q(state=state.SUCCEEDED)),
        failed=Count("pk", filter=Q(state__in=(state.FAILED, state.DEAD))),
        took=Avg(F("finished_at") - F("started_at")),
        reviewed=Sum(_number("episodes_sampled"), filter=done),
        deleted=Sum(_number("counts", "withdraw"), filter=done),
        synthesized=Sum(_number("facts_created"), filter=done),
    )


def _number(*path: str) -> Cast:
    """A number of a run's result."""
    value: Any = F("result")
    for name in path[:-1]:
        value = KeyTransform(name, value)
    return Cast(KeyTextTransform(path[-1], value), IntegerField())


def latest() -> dict[str, Any] | None:
    run = runs().first()
    return present.consolidation(run) if run else None


def config() -> dict[str, Any]:
    """What the tenant's policy says; without one what the job does by itself."""
    decided = policies.effective().get(JOB)
    options = registry.read_options(registry.find(JOB), decided.options if decided else {})
    return {
        "enabled": bool(decided and decided.enabled),
        "schedule_hour": _hour(decided.schedule if decided else None),
        "lookback_hours": options.window_days * DAY_HOURS,
        "min_importance": round(options.least_importance * 10, 4),
        "max_memories_per_user": options.sample,
        "dry_run": False,
    }


def _hour(schedule: dict[str, Any] | None) -> int | None:
    """The one hour of each day at which it runs."""
    cron = (schedule or {}).get("cron_expression")
    hour = slots.fields(cron)["hour"] if cron else ""
    return int(hour) if hour.isdigit() else None


class ConsolidationView(HippocampView):
    operations = {"GET": "runs.read", "POST": "runs.start"}


class Status(ConsolidationView):
    """Whether it is on, when, and the last run."""

    told = {"GET": words.ConsolidationStatus}

    def get(self, request: Request) -> Response:
        told = config()
        plain = {name: told[name] for name in ("enabled", "dry_run", "schedule_hour")}
        return self.answer(plain | {"last_run": latest(), "total_runs": runs().count()})


class Runs(ConsolidationView):
    """Runs, newest first."""

    asked = words.RunsAsked
    told = {"GET": words.RunTold(many=True)}

    def get(self, request: Request) -> Response:
        return self.answer([present.consolidation(run) for run in runs()[: self.ask(request)["limit"]]])


class OneRun(ConsolidationView):
    """One run."""

    told = {"GET": words.RunTold}

    def get(self, request: Request, run_id: str) -> Response:
        run = runs().filter(pk=key(run_id)).first()
        if run is None:
            raise NotFound
        return self.answer(present.consolidation(run))


class Stats(ConsolidationView):
    """Its runs in numbers."""

    told = {"GET": words.ConsolidationStats}

    def get(self, request: Request) -> Response:
        timers = Timer.objects.filter(policy__in=policies.rows(), job=JOB, by=Timer.By.CLOCK)
        next_at = timers.exclude(next_at=None).order_by("next_at").values_list("next_at", flat=True).first()
        last = runs().first()
        return self.answer(present.consolidations(counts(), present.began(last) if last else None, next_at))


class Trigger(ConsolidationView):
    """Consolidate the memories of a user now, or only try."""

    heard = words.ConsolidationTrigger
    told = {"POST": words.RunTold}
    errors = HippocampView.errors | {400: "No user"}

    def post(self, request: Request) -> Response:
        said = self.hear(request)
        user_id = said.get("user_id") or request.query_params.get("user_id", "")
        if not user_id:
            return self.answer({"detail": "user_id is required (in body or query param)"}, 400)
        options = {"window_days": -(-said["lookback_hours"] // DAY_HOURS)}
        run = asking.at_once(JOB, Reach(user_id=user_id), options, dry_run=said["dry_run"])
        return self.answer(present.consolidation(run))


class Config(ConsolidationView):
    """What the tenant's policy says of it."""

    operations = {"GET": "policies.read"}
    told = {"GET": words.ConsolidationConfig}

    def get(self, request: Request) -> Response:
        return self.answer(config())


class Latest(ConsolidationView):
    """The last run, or null."""

    told = {"GET": words.RunTold}

    def get(self, request: Request) -> Response:
        return self.answer(latest())
