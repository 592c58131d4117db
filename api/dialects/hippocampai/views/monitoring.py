"""Numbers of a user and of the tenant, where a memory comes from, and what happened to it."""

from typing import Any

from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from api.dialects.hippocampai.presenters import monitoring as presenters
from api.dialects.hippocampai.serializers import insight as words
from api.dialects.hippocampai.serializers import monitoring as said
from api.dialects.hippocampai.views.base import HippocampView, one
from events import log
from events.wanted import BadWanted, wanted
from memory import entities, history, relations, stats
from memory.listing import Narrowing, listed
from memory.models import Memory, Relation
from memory.types import Scope

TOP = 10
DERIVED = Relation.Type.DERIVED_FROM


class Analytics(HippocampView):
    """Numbers about the memories of a user."""

    asked = words.UserAsked
    told = {"GET": said.AnalyticsTold}

    def get(self, request: Request) -> Response:
        return self.answer(_analytics(self.ask(request)["user_id"]))


class Monitoring(HippocampView):
    """The same, and how often they were asked for."""

    operations = {"POST": "memories.read"}
    heard = words.UserAsked
    told = {"POST": said.MonitoringTold}

    def post(self, request: Request) -> Response:
        user_id = self.hear(request)["user_id"]
        narrowing = Narrowing(Scope(user_id=user_id))
        never = listed(narrowing).filter(recalls=0).count()
        found = stats.recalled(narrowing, presenters.MOST_ASKED_FOR)
        return self.answer(presenters.monitored(_analytics(user_id), found, never))


def _analytics(user_id: str) -> dict[str, Any]:
    scope = Scope(user_id=user_id)
    groups, _ = stats.grouped(["kind"], Narrowing(scope))
    tags, people = (entities.listed(type, scope, limit=TOP) for type in ("tag", "person"))
    return presenters.analytics(user_id, groups, tags, people)


class Stats(HippocampView):
    """How much there is."""

    told = {"GET": said.StatsTold}

    def get(self, request: Request) -> Response:
        return self.answer(presenters.overview(stats.overview()))


class Provenance(HippocampView):
    """Where a memory comes from: its source, what it said before, and what it is related to."""

    operations = {"POST": "memories.read"}
    heard = words.MemoryAsked
    told = {"POST": said.ProvenanceTold}

    def post(self, request: Request) -> Response:
        heard = self.hear(request)
        memory = one(heard["memory_id"], heard.get("user_id", ""))
        related = list(relations.listed(memory.pk).order_by("id")[: words.MOST])
        made_of = [one.target_id for one in related if one.type == DERIVED and one.source_id == memory.pk]
        parents = Memory.objects.readable().light().filter(pk__in=made_of).order_by("-id")
        return self.answer(presenters.provenance(memory, parents, history.states(memory.pk) or [], related))


class Events(HippocampView):
    """What happened, newest first."""

    operations = {"GET": "events.read"}
    asked = said.EventsAsked
    told = {"GET": said.EventsTold}

    def get(self, request: Request) -> Response:
        asked = self.ask(request)
        word = asked.get("event_type", "")
        if word in presenters.NEVER:
            return self.answer({"total": 0, "events": []})
        named = [presenters.EVENTS.get(word, word), asked.get("user_id"), asked.get("memory_id")]
        types, users, subjects = ([name] if name else [] for name in named)
        try:
            narrowed = wanted(types, users, subjects=subjects)
        except BadWanted as error:
            raise ValidationError({"event_type": error.detail}) from None
        bound, most = self.speaker.namespaces, min(asked["limit"], words.MOST)
        found = log.read(self.speaker.tenant.id, per_page=most, wanted=narrowed, namespaces=bound).events
        return self.answer({"total": len(found), "events": [presenters.event(fact) for fact in found]})


class AccessPattern(HippocampView):
    """How often a memory was asked for."""

    operations = {"POST": "memories.read"}
    heard = words.MemoryAsked
    told = {"POST": said.AccessTold}

    def post(self, request: Request) -> Response:
        heard = self.hear(request)
        return self.answer(presenters.access(one(heard["memory_id"], heard.get("user_id", ""))))


class AccessPatterns(HippocampView):
    """The memories of a user that were asked for most often."""

    operations = {"POST": "memories.read"}
    heard = words.UserAsked
    told = {"POST": said.AccessesTold}

    def post(self, request: Request) -> Response:
        user_id = self.hear(request)["user_id"]
        rows = listed(Narrowing(Scope(user_id=user_id))).light().order_by("-recalls", "-id")[: words.MOST]
        told = [presenters.access(memory) for memory in rows]
        return self.answer({"user_id": user_id, "total_memories": len(told), "patterns": told})


class HealthHistory(HippocampView):
    """How a memory's importance and confidence changed."""

    operations = {"POST": "memories.read"}
    heard = said.HistoryHeard
    told = {"POST": said.HistoryTold}

    def post(self, request: Request) -> Response:
        heard = self.hear(request)
        memory = one(heard["memory_id"], heard["user_id"])
        states = history.states(memory.pk, limit=min(heard["limit"], words.MOST))
        if states is None:
            raise NotFound
        return self.answer(presenters.weighed(memory, states))
