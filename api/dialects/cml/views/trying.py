"""Trying: ask a question and see why, and see what a write or a night of forgetting would do without doing it."""

from rest_framework.request import Request
from rest_framework.response import Response

from api.dialects.cml.presenters import reading, trying
from api.dialects.cml.serializers import asking, shown
from api.dialects.cml.views.admin import AdminView
from api.dialects.cml.views.memory import draft_of, query_of
from api.dialects.cml.views.upkeep import options_for
from automation import asking as reaching
from automation.simulate import simulate
from memory.recall import look
from memory.rehearsing import rehearse
from memory.types import EVERYTHING, Scope
from memory.upkeep.plan import Reach


class Retrieval(AdminView):
    """Ask a question as a read does; it counts as no access."""

    operations = {"POST": "memories.read"}
    buckets = {"POST": "search"}
    heard = asking.RetrievalHeard
    told = {"POST": shown.Retrieval}

    def post(self, request: Request) -> Response:
        asked = self.hear(request)
        found = look(query_of(asked, EVERYTHING))
        told = reading.read(asked["query"], found, asked["format"], 0.0)["llm_context"]
        results = trying.results(found.hits)
        counts = {"total_count": len(results), "elapsed_ms": self.elapsed_ms()}
        return self.answer({"query": asked["query"], "results": results, "llm_context": told, **counts})


class Explain(AdminView):
    """The same with the parts of each score, and what each step took and left."""

    operations = {"POST": "memories.read"}
    buckets = {"POST": "search"}
    heard = asking.RetrievalHeard

    def post(self, request: Request) -> Response:
        asked = self.hear(request)
        return self.answer(trying.explained(asked["query"], look(query_of(asked, EVERYTHING))))


class SimulateWrite(AdminView):
    """What would become of a memory if it were written now; nothing is stored."""

    heard = asking.Write

    def post(self, request: Request) -> Response:
        heard = self.hear(request)
        scope = Scope(**{name: heard.get(name, "") for name in ("namespace", "agent_id", "session_id")})
        return self.answer(trying.written(rehearse(draft_of(heard, scope))))


class PreviewForgetting(AdminView):
    """What forgetting would do now, memory by memory; nothing is changed."""

    operations = {"POST": "runs.read"}
    heard = asking.Preview

    def post(self, request: Request) -> Response:
        heard = self.hear(request)
        user = heard.get("user_id", "")
        options = options_for("forget", user) | {"most": heard["max_memories"]}
        told = simulate("forget", reaching.within(Reach(user_id=user)), options, asking=False)
        return self.answer(trying.preview(told))
