"""How recall answers, and why; how fresh a memory is; what the coming weeks bring."""

from datetime import timedelta
from itertools import dropwhile
from typing import Any

from django.db.models import Count, Q, Sum
from django.utils import timezone
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from analytics.forecasting import forecast
from api.dialects.hippocampai.presenters import insight as presenters
from api.dialects.hippocampai.serializers import insight as words
from api.dialects.hippocampai.serializers.memories import MOST_ASKED, MOST_LISTED
from api.dialects.hippocampai.views.base import HippocampView, one
from memory import recall, stats
from memory.listing import Narrowing, listed
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
        return self.answer(presenters.visualized(heard["query"], heard["top_k"], self.found(heard, heard["top_k"])))


class Profile(Asking):
    """How long each stage of a question takes."""

    heard = words.AskedHeard
    told = {"POST": words.ProfileTold}

    def post(self, request: Request) -> Response:
        heard = self.hear(request)
        return self.answer(presenters.profiled(heard, self.found(heard, heard["k"])))


class Heatmap(HippocampView):
    """The memories of a user that were asked for lately, and how often they ever were."""

    operations = {"POST": "memories.read"}
    heard = words.HeatmapHeard
    told = {"POST": words.HeatmapTold}

    def post(self, request: Request) -> Response:
        heard = self.hear(request)
        user_id, days = heard["user_id"], heard["time_period_days"]
        rows = listed(Narrowing(Scope(user_id=user_id)))
        counted = rows.aggregate(memories=Count("id"), accesses=Sum("recalls", default=0))
        lately = rows.filter(recalled_at__gte=timezone.now() - timedelta(days=days))
        asked_for = lately.only("id", "recalls").order_by("-recalls", "-id")[:MOST_LISTED]
        return self.answer(presenters.heatmap(user_id, days, (counted["memories"], counted["accesses"]), asked_for))


class Freshness(HippocampView):
    """How fresh a memory is."""

    operations = {"POST": "memories.read"}
    heard = words.FreshnessHeard
    told = {"POST": words.FreshnessTold}

    def post(self, request: Request) -> Response:
        heard = self.hear(request)
        memory = one(heard["memory_id"], heard["user_id"])
        at = heard.get("reference_date") or timezone.now()
        told = health.of_one(memory.pk, at)
        if told is None:
            raise NotFound
        return self.answer(presenters.freshness(memory, told, at))


class Decay(HippocampView):
    """What is left of a memory's importance."""

    operations = {"POST": "memories.read"}
    heard = words.DecayHeard
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
        groups, _ = stats.grouped(["kind"], Narrowing(Scope(user_id=user_id)))
        counts = _since_the_first(user_id, sum(group["count"] for group in groups))
        return self.answer(presenters.forecast(user_id, days, forecast(counts, days, least=0), groups))


def _since_the_first(user_id: str, total: int) -> list[float]:
    """New memories by day. The days before the first of a user's `total` say nothing of how many there will be."""
    counts = [float(count) for _, count in stats.growth(Scope(user_id=user_id), LEARNED_FROM)]
    return counts if total > sum(counts) else list(dropwhile(lambda count: not count, counts))


class ContextWindow(HippocampView):
    """Memories around a question, the latest ones, or those most often asked for, and from when to when they are."""

    operations = {"POST": "memories.read"}
    buckets = {"POST": "search"}
    heard = words.WindowHeard
    told = {"POST": words.WindowTold}

    def post(self, request: Request) -> Response:
        heard = self.hear(request)
        kind, scope = heard["context_type"], Scope(user_id=heard["user_id"])
        if kind == "seasonal":
            rows = list(listed(Narrowing(scope)).light().order_by("-recalls", "-id")[: words.WINDOW])
        else:
            text = heard["query"][:MOST_ASKED] if kind == "relevant" else ""
            rows = [hit.memory for hit in recall.recall(Query(text, scope, words.WINDOW)).hits]
        return self.answer(presenters.window(heard["query"], kind, rows))


class Score(HippocampView):
    """How healthy a user's memories are."""

    operations = {"POST": "health.read"}
    heard = words.UserAsked
    told = {"POST": words.HealthScoreTold}

    def post(self, request: Request) -> Response:
        user_id = self.hear(request)["user_id"]
        rows = listed(Narrowing(Scope(user_id=user_id))).order_by()
        counted = rows.aggregate(memories=Count("id"), accessed=Count("id", filter=Q(recalls__gt=0)))
        accessed = counted["accessed"] / counted["memories"] if counted["memories"] else 1.0
        report = health.report(Reach(user_id=user_id), timezone.now())
        return self.answer(presenters.score(user_id, report, accessed))
