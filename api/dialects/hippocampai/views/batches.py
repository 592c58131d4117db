"""Many memories at once: store, change, read, delete."""

from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from api.dialects.hippocampai.presenters import memories as presenters
from api.dialects.hippocampai.serializers import memories as words
from api.dialects.hippocampai.views.base import HippocampView, kept, keys
from memory.erasing import erase_all
from memory.models import Memory
from memory.models.memory import MemoryQuerySet
from memory.remember import remember_many
from memory.revise import revise

WAITED_FOR = 50  # memories of one batch that get their vectors before the answer


class Batch(HippocampView):
    """Many memories."""

    operations = {"DELETE": "memories.erase"}
    heard = {"POST": words.BatchHeard, "PATCH": words.Updates, "DELETE": words.MemoriesNamed}
    told = {
        "POST": words.MemoryTold(many=True), "PATCH": words.MemoryTold(many=True), "DELETE": words.ManyDeletedTold,
    }  # fmt: skip
    success = {"POST": 201}

    def post(self, request: Request) -> Response:
        drafts = [words.draft_of(heard) for heard in self.hear(request)["memories"]]
        return self.answer(kept(remember_many(drafts, wait=len(drafts) <= WAITED_FOR)))

    def patch(self, request: Request) -> Response:
        """Those that are there; an id that is not is left out."""
        changes = [(heard.pop("memory_id"), heard) for heard in self.hear(request)["updates"]]
        known = keys([told for told, _ in changes])
        rows = [revise(known[told], change) for told, change in changes if told in known]
        return self.answer(presenters.memories(row for row in rows if row))

    def delete(self, request: Request) -> Response:
        return self.answer(_deleted(self.hear(request)))


class BatchGet(HippocampView):
    """Read memories by their ids; those that are not there are left out."""

    operations = {"POST": "memories.read"}
    heard = words.MemoriesNamed
    told = {"POST": words.MemoryTold(many=True)}

    def post(self, request: Request) -> Response:
        heard = self.hear(request)
        known = keys(heard["memory_ids"])
        found = _rows(heard, Memory.objects.readable().light()).in_bulk(known.values())
        return self.answer(presenters.memories(found[one] for one in dict.fromkeys(known.values()) if one in found))


class BatchDelete(HippocampView):
    """Delete memories by their ids."""

    operations = {"POST": "memories.erase"}
    heard = words.MemoriesNamed
    told = {"POST": words.ManyDeletedTold}

    def post(self, request: Request) -> Response:
        return self.answer(_deleted(self.hear(request)))


def _rows(heard: dict[str, Any], rows: MemoryQuerySet) -> MemoryQuerySet:
    return rows.filter(user_id=heard["user_id"]) if heard.get("user_id") else rows


def _deleted(heard: dict[str, Any]) -> dict[str, Any]:
    known = keys(heard["memory_ids"])
    rows = _rows(heard, Memory.objects.readable().filter(pk__in=known.values()))
    there = set(rows.values_list("pk", flat=True))
    missing = [told for told in dict.fromkeys(heard["memory_ids"]) if known.get(told) not in there]
    return presenters.many_deleted(erase_all(Memory.objects.filter(pk__in=there)), heard["memory_ids"], missing)
