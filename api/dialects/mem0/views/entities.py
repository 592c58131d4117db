"""Users, agents, apps and runs, and the profiles of users."""

from typing import Any
from uuid import uuid4

from django.db import transaction
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from api.dialects.mem0.presenters import entities as presenters
from api.dialects.mem0.serializers import memories, others
from api.dialects.mem0.views.base import Mem0View, page_links
from api.gate import check_storable
from automation import manager
from memory import briefing, entities
from memory.namespaces import DEFAULT
from tenants import kept

TYPES = {"user": "user", "agent": "agent", "app": "namespace", "run": "session"}
MOST = 10_000  # of each type
KEPT = "mem0.profiles"
TASK = "consolidation"  # what makes lasting statements out of what was said
LABEL = "profiles"


class Entities(Mem0View):
    """List users, agents, apps and runs that memories name."""

    asked = others.EntitiesAsked
    told = {"GET": others.EntitiesTold}

    def get(self, request: Request) -> Response:
        told = self.ask(request)
        by_type = {name: self.of_type(name) for name in TYPES}
        found = [one for several in by_type.values() for one in several]
        totals = {f"total_{name}s": len(several) for name, several in by_type.items()}
        page, size = told.get("page"), told["page_size"]
        shown = found[(page - 1) * size : page * size] if page else found
        links = page_links(request, page, size, len(found)) if page else {"next": None, "previous": None}
        return self.answer({"count": len(found), **links, "results": shown, **totals})

    def of_type(self, name: str) -> list[dict[str, Any]]:
        listed = entities.listed(TYPES[name], by_name=True, limit=MOST)
        return [presenters.entity(name, each) for each in listed if (name, each.name) != ("app", DEFAULT)]


class OneEntity(Mem0View):
    """Delete all of a user, an agent, an app or a run."""

    operations = {"DELETE": "memories.erase"}
    told = {"DELETE": memories.MessageTold}
    type = ""  # as the house calls it

    def delete(self, request: Request, name: str) -> Response:
        check_storable(name)
        if entities.erase_whole(self.type, name) is None:
            raise NotFound
        return self.answer({"message": "Entity deleted successfully!"})


class ProfileView(Mem0View):
    def own_settings(self) -> dict[str, Any]:
        return presenters.settings(kept.read(self.speaker.tenant.pk, KEPT))

    def check_user(self, name: str) -> None:
        check_storable(name)
        if entities.read("user", name) is None:
            raise NotFound


class Profile(ProfileView):
    """What lasts of a user: facts, preferences, goals, habits and constraints."""

    told = {"GET": others.ProfileTold}

    def get(self, request: Request, name: str) -> Response:
        self.check_user(name)
        settings, known = self.own_settings(), briefing.profile(name)
        runs = manager.of_user(name).filter(job=manager.JOBS[TASK])
        status = self.status(settings["enabled"], runs, known)
        schema, made = settings["entities"]["user"]["schema"], runs.filter(state="succeeded").count()
        return self.answer(presenters.profile(name, known, status, schema, made))

    def status(self, enabled: bool, runs: Any, known: briefing.Profile) -> str:
        if not enabled:
            return "not_enabled"
        if known.empty:
            return "pending" if runs.filter(state__in=("pending", "running")).exists() else "insufficient_data"
        return "succeeded"


class Jobs(ProfileView):
    """Have lasting statements made of what one user said, or a sample of users: a run of the job each."""

    operations = {"POST": "runs.start"}
    heard = others.JobHeard
    told = {"POST": others.JobTold}

    def post(self, request: Request) -> Response:
        told = self.hear(request)
        if not self.own_settings()["enabled"]:
            raise ValidationError({"operation": "profiles are not enabled"})
        users = self.users(told)
        job_id = str(uuid4())
        with transaction.atomic():
            for user in users:
                manager.submit(user, TASK, "normal", {LABEL: job_id})
        return self.answer(presenters.begun(job_id, told["operation"], users))

    def users(self, told: dict[str, Any]) -> list[str]:
        if told["operation"] == "sample":
            return [each.name for each in entities.listed("user", limit=told["limit"])]
        self.check_user(told["entity_id"])
        return [told["entity_id"]]


class Job(ProfileView):
    """How far a job is."""

    operations = {"GET": "runs.read"}
    told = {"GET": others.JobStatusTold}

    def get(self, request: Request, job_id: Any) -> Response:
        runs = [manager.told(run) for run in manager.tasks().filter(input__metadata__contains={LABEL: str(job_id)})]
        if not runs:
            raise NotFound
        return self.answer({"job": presenters.job(job_id, [run.status for run in runs])})


class Settings(ProfileView):
    """Read and change how profiles are told."""

    operations = {"GET": "me.read", "POST": "tenant.settings"}
    heard = others.SettingsHeard
    told = {"GET": others.SettingsTold, "POST": others.SettingsTold}

    def get(self, request: Request) -> Response:
        return self.answer(self.own_settings())

    def post(self, request: Request) -> Response:
        told = self.hear(request)
        changes = {name: told[name] for name in ("enabled",) if name in told} | told.get("entities", {}).get("user", {})
        kept.write(self.speaker.tenant.pk, KEPT, changes)
        return self.answer(self.own_settings())
