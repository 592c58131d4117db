"""Searching what was said, and letting go of what is old."""

from dataclasses import replace
from typing import Any

from rest_framework.exceptions import NotFound, ParseError
from rest_framework.request import Request
from rest_framework.response import Response

from api.dialects.memory_layer.presenters import answers
from api.dialects.memory_layer.serializers import memory as serializers
from api.dialects.memory_layer.serializers.words import TenantAsked
from api.dialects.memory_layer.views.base import MemoryLayerView, id_of
from automation import asking
from memory import rules
from memory.models import Rule
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
        run = asking.at_once("retain", EVERYBODY, options, dry_run=told["dry_run"])
        counts = run.result.get("counts", {})
        done = {"archived": counts.get("archive", 0), "deleted": counts.get("delete", 0)}
        return self.answer(done | {"dry_run": told["dry_run"]})


class Rules(MemoryLayerView):
    """The tenant's retention rules."""

    heard = serializers.RuleHeard
    asked = TenantAsked
    told = {"GET": serializers.RulesTold, "POST": serializers.RuleTold}
    success = {"POST": 201}
    operations = {"GET": "retention.read", "POST": "retention.manage"}

    def get(self, request: Request) -> Response:
        found = [answers.rule(rule) for rule in rules.listed().order_by("id")]
        return self.answer({"total": len(found), "items": found})

    def post(self, request: Request) -> Response:
        told = self.hear(request)
        action = Rule.Action.DELETE if told["action"] == "delete" else Rule.Action.ARCHIVE
        made = {"name": told["name"], "retention_days": told.get("max_age_days", 1), "enabled": told["enabled"]}
        least = told["importance_threshold"] if told["kind"] == "importance" else None
        return self.answer(answers.rule(rules.create(made | {"action": action, "min_importance": least})))


class OneRule(MemoryLayerView):
    """Delete a retention rule."""

    success = {"DELETE": 204}
    operations = {"DELETE": "retention.manage"}

    def delete(self, request: Request, rule_id: str) -> Response:
        if not rules.delete(id_of(rule_id, "a rule")):
            raise NotFound
        return Response(status=204)
