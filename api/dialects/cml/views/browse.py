"""Memories, browsed: listed in any status, shown whole, put aside and deleted in bulk, and where one comes from."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from api.dialects.cml.presenters import browsing, pages
from api.dialects.cml.presenters.memories import of_types
from api.dialects.cml.serializers import asking, shown
from api.dialects.cml.views.admin import AdminView
from api.dialects.cml.views.changing import VERBS
from events import log
from events.wanted import Wanted
from memory import history, listing, relations, reviews
from memory.models import Memory
from memory.tiers import cold

NEWS = 20  # events of a memory that its page tells
TIES = 1_000  # relations of a memory that are told, the latest


class Memories(AdminView):
    """Memories in pages, in every status but deleted unless one is named."""

    asked = asking.Memories
    told = {"GET": shown.Memories}

    def get(self, request: Request) -> Response:
        asked = self.ask(request)
        filters: dict[str, Any] = of_types([asked["type"]]) if asked.get("type") else {}
        if asked.get("search"):
            filters["content"] = {"icontains": asked["search"]}
        status = asked.get("status", "")
        if status in ("", "all"):
            filters["state"] = {"ne": Memory.State.DELETED.value}
        state = "" if status in ("", "all") else browsing.STATES.get(status, status)
        rows = listing.listed(listing.Narrowing(state=state, filters=filters)).light()
        return self.answer(self._page(browsing.ordered(rows, asked.get("sort_by", ""), asked.get("order", "")), asked))

    def _page(self, rows: Any, asked: dict[str, Any]) -> dict[str, Any]:
        page, size = asked["page"], asked["per_page"]
        shown = list(rows[(page - 1) * size : page * size])
        cold.fill(shown)
        labile = labile_of(shown)
        items = [browsing.item(memory, self.tenant.slug, memory.pk in labile) for memory in shown]
        return pages.told(items, rows.count(), page, size)


class OneMemory(AdminView):
    """A memory with its relations and its latest events."""

    told = {"GET": shown.MemoryDetail}

    def get(self, request: Request, memory_id: UUID) -> Response:
        memory = found(memory_id)
        ties = relations.listed(memory.pk).order_by("-id")[:TIES]
        labile = memory.pk in labile_of([memory])
        told = log.read(self.tenant.pk, per_page=NEWS, wanted=Wanted(subjects=(str(memory.pk),))).events
        return self.answer(browsing.detail(memory, self.tenant.slug, labile, ties, map(browsing.of_memory, told)))


def labile_of(shown: Iterable[Memory]) -> set[UUID]:
    """Those of them that are open to change."""
    asked = reviews.in_question().filter(pk__in=[memory.pk for memory in shown])
    return set(asked.values_list("pk", flat=True))


def found(memory_id: UUID) -> Memory:
    """In any state. Raises NotFound."""
    memory = Memory.objects.light().filter(pk=memory_id).first()
    if memory is None:
        raise NotFound
    return cold.told(memory)


class BulkAction(AdminView):
    """Archive, silence or delete some memories; deleted ones can be restored for a while."""

    operations = {"POST": "memories.erase"}
    heard = asking.BulkHeard
    told = {"POST": shown.Bulk}

    def post(self, request: Request) -> Response:
        heard = self.hear(request)
        count = VERBS[heard["action"]](Memory.objects.filter(pk__in=heard["memory_ids"]))
        return self.answer({"success": True, "affected": count, "action": heard["action"]})


class Lineage(AdminView):
    """What a memory said before, what it comes of, what comes of it, and what took its place."""

    def get(self, request: Request, memory_id: UUID) -> Response:
        memory = found(memory_id)
        ties = [browsing.relation(one) for one in relations.listed(memory.pk).order_by("-id")[:TIES]]
        ours = str(memory.pk)
        told = {
            "memory": browsing.item(memory, self.tenant.slug),
            "versions": [browsing.version(state) for state in history.states(memory.pk, gone=True) or ()],
            "ancestors": [tie for tie in ties if tie["source"] == ours],
            "descendants": [tie for tie in ties if tie["target"] == ours],
            "superseded_by": memory.superseded_by,
        }
        return self.answer(told)
