"""Searching what was said, and letting go of what is old."""

from dataclasses import replace
from typing import Any

from rest_framework.exceptions import ParseError
from rest_framework.request import Request
from rest_framework.response import Response

from api.dialects.memory_layer import serializers
from api.dialects.memory_layer.presenters import answers
from api.dialects.memory_layer.views.base import MemoryLayerView
from automation import asking, runner
from memory.recall import recall
from memory.types import Query, Scope
from memory.upkeep.plan import EVERYBODY

MOST_FOUND, MOST_CANDIDATES = 8, 80
USUAL = {"archive_days": 30, "archive_importance": 0.35, "delete_days": 90}


class Search(MemoryLayerView):
    """Find what was said, by meaning, importance and age."""

    asked = serializers.SearchAsked
    told = {"GET": serializers.SearchTold}
    buckets = {"GET": "search"}

    def get(self, request: Request) -> Response:
        asked = self.ask(request)
        scope = Scope(session_id=asked.get("conversation_id", ""))
        query = Query(asked["query"], scope, limit=min(asked["candidate_limit"], MOST_CANDIDATES))
        if least := asked.get("importance_min"):
            query = replace(query, filters={"importance": {"gte": least}})
        return self.answer(answers.found(recall(query).hits, min(asked["top_k"], MOST_FOUND)))


class Retention(MemoryLayerView):
    """Archive and delete what is due for it, now; a dry run says what it would come to."""

    heard = serializers.RetentionHeard
    told = {"POST": serializers.RetentionTold}
    operations = {"POST": "runs.start"}

    def post(self, request: Request) -> Response:
        told = self.hear(request)
        if not told["actions"]:
            raise ParseError("Name one action at least: archive or delete.")
        options: dict[str, Any] = USUAL | {name: name in told["actions"] for name in ("archive", "delete")}
        run = runner.run_now("retain", asking.within(EVERYBODY), options, dry_run=told["dry_run"])
        assert run is not None  # without a slot nobody can have been faster
        counts = run.result.get("counts", {})
        done = {"archived": counts.get("archive", 0), "deleted": counts.get("delete", 0)}
        return self.answer(done | {"dry_run": told["dry_run"]})
