"""Recall, and lists of a user's memories."""

from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from api.dialects.hippocampai.presenters import memories as presenters
from api.dialects.hippocampai.serializers import memories as words
from api.dialects.hippocampai.views.base import HippocampView
from memory.listing import Narrowing, listed
from memory.recall import recall
from memory.types import Scope


class Recall(HippocampView):
    """Find the memories of a user that answer a question."""

    operations = {"POST": "memories.read"}
    buckets = {"POST": "search"}
    heard = words.RecallHeard
    told = {"POST": words.HitTold(many=True)}

    def post(self, request: Request) -> Response:
        return self.answer(presenters.hits(recall(words.query_of(self.hear(request))).hits))


class Get(HippocampView):
    """List the memories of a user, newest first."""

    operations = {"POST": "memories.read"}
    heard = words.GetHeard
    told = {"POST": words.MemoryTold(many=True)}

    def post(self, request: Request) -> Response:
        heard = self.hear(request)
        return self.answer(_listed(heard, heard.get("filters", {})))


class Query(HippocampView):
    """List the memories of a user, narrowed by name."""

    operations = {"POST": "memories.read"}
    heard = words.QueryHeard
    told = {"POST": words.MemoryTold(many=True)}

    def post(self, request: Request) -> Response:
        heard = self.hear(request)
        return self.answer(_listed(heard, words.narrowed_by(heard)))


def _listed(heard: dict[str, Any], filters: dict[str, Any]) -> list[dict[str, Any]]:
    rows = listed(Narrowing(Scope(user_id=heard["user_id"]), filters=filters)).light()
    return presenters.memories(rows.order_by("-created_at", "-id")[: min(heard["limit"], words.MOST_LISTED)])
