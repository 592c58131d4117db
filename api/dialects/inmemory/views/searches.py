"""/v1/search and the searches of /v1/memories: by meaning, by time, by tags, by people."""

from abc import ABC, abstractmethod
from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from api.dialects.inmemory import presenters, serializers
from api.dialects.inmemory.views.base import InMemoryView
from memory.errors import BadTime
from memory.recall import recall
from memory.types import Hit, Query
from memory.when import zone_of

LONGEST_TIME = 100  # characters; no time takes more to say


class SearchView(InMemoryView, ABC):
    operations = {"POST": "memories.read"}
    buckets = {"POST": "search"}
    told = {"POST": serializers.Results}

    def post(self, request: Request) -> Response:
        told = self.hear(request)
        narrowed = self.narrowed(told)
        text = told.get("query") or told.get("semantic_query", "")
        query = Query(text, self.scope(told), told["limit"], **narrowed)
        by_nothing = "query" not in told and not any(narrowed.values())  # by no tag, nobody or no time
        hits = () if by_nothing else _found(query)
        return self.answer(presenters.found(hits, zone_of("")))

    @abstractmethod
    def narrowed(self, told: dict[str, Any]) -> dict[str, Any]:
        """What of a Query this search says."""


def _found(query: Query) -> tuple[Hit, ...]:
    """Words that nobody understands as a time find nothing here."""
    if len(query.when) > LONGEST_TIME:
        return ()
    try:
        return recall(query).hits
    except BadTime:
        return ()


def _labelled(tags: tuple[str, ...]) -> tuple[str, ...]:
    """As InMemory keeps them, and as others may have said them."""
    return tuple(dict.fromkeys(form for tag in tags for form in (tag.lower(), tag)))


class Search(SearchView):
    """Search memories by meaning and by words."""

    heard = serializers.SearchHeard

    def narrowed(self, told: dict[str, Any]) -> dict[str, Any]:
        topic = told.get("topic_category", "").strip()
        return {
            "tags": _labelled(told.get("tags", ())),
            "people": told.get("people_mentioned", ()),
            "filters": {"topic": {"in": [topic.lower(), topic]}} if topic else {},
            "when": told.get("temporal_filter", ""),
            "min_score": told["threshold"],
        }


class SearchMemories(Search):
    """Search memories: the document's path."""


class TemporalSearch(SearchView):
    """Memories of a time, such as `yesterday`, `q2` or `friday evenings`."""

    heard = serializers.TemporalHeard

    def narrowed(self, told: dict[str, Any]) -> dict[str, Any]:
        return {"when": told["temporal_query"]}


class TagSearch(SearchView):
    """Memories with any of some tags, or with all of them."""

    heard = serializers.TagsHeard

    def narrowed(self, told: dict[str, Any]) -> dict[str, Any]:
        if not told["match_all"]:
            return {"tags": _labelled(told["tags"])}
        each = [{"tags": {"any": list(_labelled((tag,)))}} for tag in told["tags"]]
        return {"filters": {"AND": each} if each else {}}


class PeopleSearch(SearchView):
    """Memories that mention any of some people."""

    heard = serializers.PeopleHeard

    def narrowed(self, told: dict[str, Any]) -> dict[str, Any]:
        return {"people": told["people"]}
