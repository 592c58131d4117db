"""Numbers of a user and of the tenant, where a memory comes from, and what happened to it."""

from typing import Any

from django.db.models import Count, Q, Sum
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from api.dialects.hippocampai.presenters import insight as presenters
from api.dialects.hippocampai.serializers import insight as words
from api.dialects.hippocampai.views.base import HippocampView, one
from events import feed, log
from events.wanted import BadWanted, wanted
from memory import entities, history, relations, stats
from memory.listing import Narrowing, listed
from memory.types import Scope

TOP = 10


class Analytics(HippocampView):
    """Numbers about the memories of a user."""

    asked = words.UserAsked
    told = {"GET": words.AnalyticsTold}

    def get(self, request: Request) -> Response:
        return self.answer(_analytics(self.ask(request)["user_id"]))


class Monitoring(HippocampView):
    """The same, and how often they were asked for."""

    operations = {"POST": "memories.read"}
    heard = words.UserAsked
    told = {"POST": words.MonitoringTold}

    def post(self, request: Request) -> Response:
        user_id = self.hear(request)["user_id"]
        rows = listed(Narrowing(Scope(user_id=user_id))).order_by()
        counts = rows.aggregate(
            total_accesses=Sum("recalls", default=0), never_accessed=Count("id", filter=Q(recalls=0))
        )
        return self.answer(_analytics(user_id) | counts)


def _analytics(user_id: str) -> dict[str, Any]:
    scope = Scope(user_id=user_id)
    groups, _ = stats.grouped(["kind"], Narrowing(scope))
    tags, people = (entities.listed(type, scope, limit=TOP) for type in ("tag", "person"))
    return presenters.analytics(user_id, groups, tags, people)


class Stats(HippocampView):
    """How much there is."""

    told = {"GET": words.StatsTold}

    def get(self, request: Request) -> Response:
        return self.answer(presenters.overview(stats.overview()))


class Provenance(HippocampView):
    """Where a memory comes from: its source, what it said before, and what it is related to."""

    operations = {"POST": "memories.read"}
    heard = words.MemoryAsked
    told = {"POST": words.ProvenanceTold}

    def post(self, request: Request) -> Response:
        heard = self.hear(request)
        memory = one(heard["memory_id"], heard.get("user_id", ""))
        related = relations.listed(memory.pk).order_by("id")[: words.MOST]
        return self.answer(presenters.provenance(memory, history.states(memory.pk) or [], related))


class Events(HippocampView):
    """What happened, newest first."""

    operations = {"GET": "events.read"}
    asked = words.EventsAsked
    told = {"GET": words.EventsTold}

    def get(self, request: Request) -> Response:
        asked = self.ask(request)
        named = [asked.get(name) for name in ("event_type", "user_id", "memory_id")]
        types, users, subjects = ([name] if name else [] for name in named)
        try:
            narrowed = wanted(types, users, subjects=subjects)
        except BadWanted as error:
            raise ValidationError({"event_type": error.detail}) from None
        bound = self.speaker.namespaces
        found = log.read(self.speaker.tenant.id, per_page=asked["limit"], wanted=narrowed, namespaces=bound)
        return self.answer({"events": [feed.as_json(event) for event in found.events], "count": len(found.events)})


class AccessPattern(HippocampView):
    """How often a memory was asked for."""

    operations = {"POST": "memories.read"}
    heard = words.MemoryAsked
    told = {"POST": words.AccessTold}

    def post(self, request: Request) -> Response:
        heard = self.hear(request)
        return self.answer(presenters.access(one(heard["memory_id"], heard.get("user_id", ""))))


class AccessPatterns(HippocampView):
    """The memories of a user that were asked for most often."""

    operations = {"POST": "memories.read"}
    heard = words.UserAsked
    told = {"POST": words.AccessesTold}

    def post(self, request: Request) -> Response:
        user_id = self.hear(request)["user_id"]
        rows = listed(Narrowing(Scope(user_id=user_id))).light().order_by("-recalls", "-id")[: words.MOST]
        told = [presenters.access(memory) for memory in rows]
        return self.answer({"user_id": user_id, "patterns": told, "count": len(told)})


class HealthHistory(HippocampView):
    """How a memory's importance and confidence changed."""

    operations = {"POST": "memories.read"}
    heard = words.HistoryHeard
    told = {"POST": words.HistoryTold}

    def post(self, request: Request) -> Response:
        heard = self.hear(request)
        memory = one(heard["memory_id"], heard["user_id"])
        states = history.states(memory.pk, limit=heard["limit"])
        if states is None:
            raise NotFound
        return self.answer(presenters.weighed(memory, states))
