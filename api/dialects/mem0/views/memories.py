"""Memories: add, read, list, search, change, delete."""

import ast
import json
from typing import Any
from uuid import UUID

from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from api.dialects.mem0.presenters import memories as presenters
from api.dialects.mem0.serializers import filters, memories
from api.dialects.mem0.views.base import NAMES, Mem0View, page_links
from api.native.base import hear
from memory.algorithms import gisting
from memory.erasing import erase_all, erase_with_older
from memory.history import states
from memory.listing import Narrowing, listed
from memory.models import Memory
from memory.recall import recall
from memory.remember import remember_many
from memory.revise import erase, revise
from memory.types import Draft, Query, Scope

MOST_FOUND = 200  # by one search
LONGEST_FILTERS = 4_000  # characters, in a query
DELETED = {"message": "Memory deleted successfully!"}
FIELDS = {"text": "content", "metadata": "metadata", "timestamp": "event_time", "expiration_date": "expires_at"}


def bare(told: dict[str, Any], results: list[Any]) -> Any:
    """As the older clients asked for it: a list alone, where they say so."""
    return results if told.get("output_format") == "v1.0" else {"results": results}


def drafts_of(told: dict[str, Any]) -> list[Draft]:
    """With `infer` a statement of each message of the user, or of all who spoke when no user did; else all, as said."""
    scope, rest = filters.split(told["house"])
    if rest or not any(vars(scope).values()):
        raise ValidationError({"filters": "name whose memories these are: user_id, agent_id, app_id or run_id"})
    spoken = [message for message in told["messages"] if message["content"]]
    said = [message for message in spoken if message.get("role") != "system" or not told["infer"]]
    by_user = [message for message in said if message.get("role") in ("user", "", None)]
    chosen = (by_user or said) if told["infer"] else said
    if not chosen:
        raise ValidationError({"messages": "hold nothing that somebody said"})
    return [_draft(message, told, scope) for message in chosen]


def _draft(message: dict[str, Any], told: dict[str, Any], scope: Scope) -> Draft:
    content = message["content"]
    return Draft(
        content,
        scope,
        kind=gisting.kind_of(content) if told["infer"] else Memory.Kind.MESSAGE.value,
        role=message.get("role", ""),
        author=message.get("name", ""),
        tags=tuple(told.get("categories", ())),
        metadata=told.get("metadata", {}),
        event_time=told.get("timestamp"),
        expires_at=told.get("expiration_date"),
        source="chat",
    )


def stored(told: dict[str, Any]) -> list[dict[str, Any]]:
    """What came of each draft of what was said."""
    drafts = drafts_of(told)
    return presenters.added(drafts, remember_many(drafts, wait=not told["async_mode"]))


def narrowing_of(told: dict[str, Any], state: str = "active") -> Narrowing:
    scope, rest = filters.split(told["house"])
    return Narrowing(scope, state=state, filters=rest)


class Add(Mem0View):
    """Store what was said."""

    heard = memories.AddHeard
    told = {"POST": memories.AddedTold}

    def post(self, request: Request) -> Response:
        told = self.hear(request)
        results = stored(told)
        event_id = next((result["id"] for result in results if result["id"]), None)
        done = {"message": "Memories processed successfully", "status": "SUCCEEDED", "event_id": event_id}
        return self.answer(done | {"results": results})


class Listed(Mem0View):
    """List memories, newest first, by filters."""

    operations = {"POST": "memories.read"}
    heard: type[memories.OwnersHeard] = memories.ListHeard
    told = {"POST": memories.PageTold}

    def post(self, request: Request) -> Response:
        paged = {name: value for name in ("page", "page_size") if (value := request.query_params.get(name))}
        body = {**request.data, **paged} if isinstance(request.data, dict) else request.data
        return self.page(request, hear(self.heard, body))

    def page(self, request: Request, told: dict[str, Any]) -> Response:
        rows = listed(narrowing_of(told)).light().order_by("-created_at", "-id")
        size = min(told.get("top_k") or told["page_size"], memories.MOST)
        first, count = (told["page"] - 1) * size, rows.count()
        results = presenters.memories(list(rows[first : first + size]))
        links = page_links(request, told["page"], size, count)
        return self.answer({"count": count, **links, "results": results})


class Memories(Listed):
    """Store what was said; list memories; delete all of somebody."""

    operations = {"POST": "memories.write", "DELETE": "memories.erase"}
    heard = memories.AddHeard
    asked = memories.ListHeard
    told = {"POST": memories.AddedTold, "GET": memories.PageTold, "DELETE": memories.MessageTold}

    def post(self, request: Request) -> Response:
        told = self.hear(request)
        return self.answer(bare(told, stored(told)))

    def get(self, request: Request) -> Response:
        return self.page(request, hear(memories.ListHeard, self.query(request)))

    def delete(self, request: Request) -> Response:
        """What does not say whom it deletes, or says it in words that are not known, deletes nobody."""
        query = self.query(request)
        known = {*filters.OWNERS, "filters", *NAMES}
        if unknown := sorted(set(query) - known):
            raise ValidationError(dict.fromkeys(unknown, "is not known here, and nothing was deleted"))
        told = hear(memories.OwnersHeard, query)
        if not told["house"]:
            raise ValidationError({"filters": "say whose memories: user_id, agent_id, app_id or run_id"})
        erase_all(listed(narrowing_of(told, state="")))
        return self.answer({"message": "Memories deleted successfully!"})

    def query(self, request: Request) -> dict[str, Any]:
        """The query, with its filters read: as JSON, or as Python writes an object, for so the client sends them."""
        query: dict[str, Any] = request.query_params.dict()
        if "categories" in query:
            query["categories"] = request.query_params.getlist("categories")
        if text := query.pop("filters", ""):
            query["filters"] = _read(text)
        return query


def _read(text: str) -> Any:
    try:
        return json.loads(text) if len(text) <= LONGEST_FILTERS else None
    except (ValueError, RecursionError):
        pass
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        raise ValidationError({"filters": "is not an object"}) from None


class Search(Mem0View):
    """Find memories by meaning and by words."""

    operations = {"POST": "memories.read"}
    buckets = {"POST": "search"}
    heard = memories.SearchHeard
    told = {"POST": memories.FoundPage}
    threshold = 0.1  # where none is said

    def post(self, request: Request) -> Response:
        told = self.hear(request)
        return self.answer(bare(told, presenters.found(recall(self.query(told)).hits, told.get("fields", ()))))

    def query(self, told: dict[str, Any]) -> Query:
        scope, rest = filters.split(told["house"])
        limit = min(told.get("top_k") or told.get("limit") or 10, MOST_FOUND)
        least, at = told.get("threshold", self.threshold), told.get("reference_date")
        return Query(told["query"], scope, limit, rest, min_score=least, asked_at=at)


class SearchOfTwo(Search):
    """Find memories by meaning and by words, as the second version does it."""

    threshold = 0.3


class OneMemory(Mem0View):
    """Read, change or delete a memory."""

    heard = memories.ChangeHeard
    asked = memories.LinkedAsked
    told = {"GET": memories.MemoryTold, "PUT": memories.MemoryTold, "DELETE": memories.MessageTold}

    def get(self, request: Request, memory_id: UUID) -> Response:
        found = list(Memory.objects.readable().light().filter(pk=memory_id))
        if not found:
            raise NotFound
        return self.answer(presenters.memories(found)[0])

    def put(self, request: Request, memory_id: UUID) -> Response:
        return self.answer(presenters.memories([changed(memory_id, self.hear(request))])[0])

    def delete(self, request: Request, memory_id: UUID) -> Response:
        linked = self.ask(request)["delete_linked"]
        if not (erase_with_older(memory_id) if linked else erase(memory_id)):
            raise NotFound
        return self.answer(DELETED)


def changed(memory_id: UUID, told: dict[str, Any]) -> Memory:
    """The memory with what is said of it now. Raises NotFound, and ValidationError where nothing is said."""
    changes = {FIELDS[name]: value for name, value in told.items() if name in FIELDS}
    if not changes:
        raise ValidationError({"text": "say what to change: text, metadata, timestamp or expiration_date"})
    memory = revise(memory_id, changes)
    if memory is None:
        raise NotFound
    return memory


class History(Mem0View):
    """What was done to a memory, oldest first: the latest 200 steps."""

    told = {"GET": memories.HistoryTold(many=True)}
    MOST = 200  # steps that are told, the latest

    def get(self, request: Request, memory_id: UUID) -> Response:
        told = states(memory_id, limit=self.MOST + 1, gone=True)  # one more: what the first of the steps began with
        if told is None:
            raise NotFound
        return self.answer(presenters.history(memory_id, told)[-self.MOST :])
