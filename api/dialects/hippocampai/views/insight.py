"""How recall answers, and why; how fresh a memory is; what the coming weeks bring."""

from typing import Any

from django.utils import timezone
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from analytics.forecasting import forecast
from api.dialects.hippocampai.presenters import insight as presenters
from api.dialects.hippocampai.serializers import insight as words
from api.dialects.hippocampai.serializers.memories import MOST_ASKED
from api.dialects.hippocampai.views.base import HippocampView, one
from memory import recall, stats
from memory.types import Found, Query, Scope
from memory.upkeep import decay, health
from memory.upkeep.plan import Reach

LEARNED_FROM = 90  # days


class Asking(HippocampView):
    """What these have in common: a question is asked, and nobody notes that its answers were asked for."""

    operations = {"POST": "memories.read"}
    buckets = {"POST": "search"}

    def found(self, heard: dict[str, Any], k: int) -> Found:
        return recall.look(Query(heard["query"][:MOST_ASKED], Scope(user_id=heard["user_id"]), min(k, words.MOST)))


class Explain(Asking):
    """Why these memories answer a question."""

    heard = words.AskedHeard
    told = {"POST": words.ExplainTold}

    def post(self, request: Request) -> Response:
        heard = self.hear(request)
        return self.answer(presenters.explained(heard["query"], self.found(heard, heard["k"])))


class Visualize(Asking):
    """The parts of the scores of a question's answers."""

    heard = words.VisualizeHeard
    told = {"POST": words.VisualizeTold}

    def post(self, request: Request) -> Response:
        heard = self.hear(request)
        return self.answer(presenters.visualized(heard["query"], self.found(heard, heard["top_k"])))


class Profile(Asking):
    """How long each stage of a question takes."""

    heard = words.AskedHeard
    told = {"POST": words.ProfileTold}

    def post(self, request: Request) -> Response:
        heard = self.hear(request)
        return self.answer(presenters.profiled(heard["query"], self.found(heard, heard["k"])))


class Freshness(HippocampView):
    """How fresh a memory is."""

    operations = {"POST": "memories.read"}
    heard = words.FreshnessHeard
    told = {"POST": words.FreshnessTold}

    def post(self, request: Request) -> Response:
        heard = self.hear(request)
        memory = one(heard["memory_id"], heard["user_id"])
        told = health.of_one(memory.pk, heard.get("reference_date") or timezone.now())
        if told is None:
            raise NotFound
        return self.answer(presenters.freshness(told))


class Decay(HippocampView):
    """What is left of a memory's importance."""

    operations = {"POST": "memories.read"}
    heard = words.MemoryAsked
    told = {"POST": words.DecayTold}

    def post(self, request: Request) -> Response:
        heard = self.hear(request)
        memory = one(heard["memory_id"], heard.get("user_id", ""))
        return self.answer(presenters.faded(memory, decay.began(memory)[0], decay.faded(memory, timezone.now())))


class Forecast(HippocampView):
    """How many memories the coming days bring, if what was goes on."""

    operations = {"POST": "memories.read"}
    heard = words.ForecastHeard
    told = {"POST": words.ForecastTold}

    def post(self, request: Request) -> Response:
        heard = self.hear(request)
        user_id, days = heard["user_id"], heard["forecast_days"]
        counts = [float(count) for _, count in stats.growth(Scope(user_id=user_id), LEARNED_FROM)]
        return self.answer(presenters.forecast(user_id, days, forecast(counts, days, least=0)))


class ContextWindow(HippocampView):
    """Memories around a question, or the latest ones, and from when to when they are."""

    operations = {"POST": "memories.read"}
    buckets = {"POST": "search"}
    heard = words.WindowHeard
    told = {"POST": words.WindowTold}

    def post(self, request: Request) -> Response:
        heard = self.hear(request)
        text = heard["query"][:MOST_ASKED] if heard["context_type"] == "relevant" else ""
        found = recall.recall(Query(text, Scope(user_id=heard["user_id"])))
        return self.answer(presenters.window(heard["context_type"], found))


class Score(HippocampView):
    """How healthy a user's memories are."""

    operations = {"POST": "health.read"}
    heard = words.UserAsked
    told = {"POST": words.HealthScoreTold}

    def post(self, request: Request) -> Response:
        user_id = self.hear(request)["user_id"]
        return self.answer(presenters.score(user_id, health.report(Reach(user_id=user_id), timezone.now())))
