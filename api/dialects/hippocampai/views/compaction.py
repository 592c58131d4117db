"""Compaction: summaries of what a user said lately, by the job `summarize`."""

from datetime import timedelta
from typing import Any

from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from api.dialects.hippocampai.presenters import upkeep as present
from api.dialects.hippocampai.serializers import types
from api.dialects.hippocampai.serializers import upkeep as words
from api.dialects.hippocampai.views.base import HippocampView
from automation import asking, looking, registry
from memory import stats
from memory.models import Step
from memory.types import Scope
from memory.upkeep.plan import Reach
from memory.upkeep.summarize import KINDS

JOB = "summarize"
TYPES = list(dict.fromkeys(types.TOLD[kind] for kind in KINDS))
MOST_STEPS = 200
LEAST = 2  # memories that a summary is of


def options_of(told: dict[str, Any]) -> dict[str, Any]:
    """As many memories as it wants are enough, however new they are."""
    kinds = [kind for word in told["memory_types"] for kind in types.kinds_of(word)]
    least = max(told.get("min_memories", 5), LEAST)
    return {
        "session": told.get("session_id", ""),
        "hours": told["lookback_hours"],
        "kinds": ",".join(kinds) or ("none" if told["memory_types"] else ""),
        "session_length": least,
        "least": least,
        "age_days": 0,
    }


def filters_of(told: dict[str, Any], options: dict[str, Any]) -> dict[str, Any]:
    since = timezone.now() - timedelta(hours=told["lookback_hours"])
    kinds = options["kinds"].split(",") if options["kinds"] else KINDS
    return {"event_time": {"gte": since.isoformat()}, "kind": {"in": [str(kind) for kind in kinds]}}


def planned(user_id: str, options: dict[str, Any]) -> dict[str, Any]:
    """What the job would do now; nothing is written."""
    job = registry.find(JOB)
    changes = list(job.plan(Reach(user_id=user_id), registry.read_options(job, options), timezone.now()))
    actions = [change.action for change in changes]
    return job.brief(changes) | {"summaries": actions.count("summarize"), "kept": actions.count("keep")}


class Compact(HippocampView):
    """Summarize what a user said lately, or only try."""

    tells_content = True
    operations = {"POST": "runs.start"}
    heard = words.Compact
    told = {"POST": words.CompactionTold}

    def post(self, request: Request) -> Response:
        said = {"memory_types": []} | self.hear(request)
        run = asking.at_once(JOB, Reach(user_id=said["user_id"]), options_of(said), dry_run=said["dry_run"])
        config = {name: said[name] for name in ("lookback_hours", "min_memories", "memory_types")}
        steps = Step.objects.filter(run_id=run.pk, state=Step.State.APPLIED).order_by("number")[:MOST_STEPS]
        return self.answer(present.compaction(run, steps, config))


class Preview(HippocampView):
    """What a compaction would come to."""

    asked = words.PreviewAsked
    told = {"GET": words.PreviewTold}

    def get(self, request: Request) -> Response:
        said = self.ask(request)
        said["memory_types"] = [word.strip() for word in said.get("memory_types", "").split(",") if word.strip()]
        options = options_of(said)
        scope = Scope(user_id=said["user_id"], session_id=said.get("session_id", ""))
        sizes = stats.sizes(scope, filters_of(said, options))
        return self.answer(present.preview(said, sizes, planned(said["user_id"], options)))


class Types(HippocampView):
    """The types of memories that are compacted."""

    told = {"GET": words.TypesTold}

    def get(self, request: Request) -> Response:
        return self.answer({"types": TYPES, "descriptions": {name: present.DESCRIPTIONS[name] for name in TYPES}})


class History(HippocampView):
    """Compactions of a user, newest first."""

    operations = {"GET": "runs.read"}
    asked = words.HistoryAsked
    told = {"GET": words.CompactionLine(many=True)}

    def get(self, request: Request) -> Response:
        wish = self.ask(request)
        rows = looking.here().filter(job=JOB, user_id=wish["user_id"]).order_by("-id")
        return self.answer([present.compaction_line(run) for run in rows[: wish["limit"]]])
