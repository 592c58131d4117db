"""Changing memories, forgetting some or all of them, and counting what there is."""

from typing import Any
from uuid import UUID

from django.db import transaction
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from api.dialects.cml.presenters import reading
from api.dialects.cml.serializers import memories as words
from api.dialects.cml.views.base import CmlView
from memory import aside, stats
from memory.algorithms import ranking
from memory.erasing import erase_all
from memory.models import Memory
from memory.models.memory import MemoryQuerySet
from memory.recall import look
from memory.revise import erase, judge, revise
from memory.types import Query

# What shall be forgotten says so itself: what stands beside it in a conversation counts nothing here.
OWN = ("semantic", "lexical")
BESIDE = {part: 0.0 for part in ranking.PARTS if part not in OWN}
ABOUT = ranking.to_unit(0.5)  # the score of what means and says so much of it
MOST_FOUND = 200
WRONG = "incorrect"  # a judgement that is also a deletion: nobody is told what is known to be wrong
VERBS = {"delete": erase_all, "archive": aside.outdate, "silence": aside.silence}
CHANGES = {"text": "content", "confidence": "confidence", "importance": "importance", "metadata": "metadata"}


class Update(CmlView):
    """Change a memory, or say whether it is right."""

    heard = words.UpdateHeard
    told = {"POST": words.UpdateTold}

    def post(self, request: Request) -> Response:
        heard = self.hear(request)
        with transaction.atomic():
            memory = self.updated(heard["memory_id"], heard)
        told = {"success": True, "memory_id": memory.pk, "version": memory.version, "message": "Memory updated"}
        return self.answer(told)

    def updated(self, memory_id: UUID, heard: dict[str, Any]) -> Memory:
        """Raises NotFound."""
        if not Memory.objects.live().scoped(self.scope()).filter(pk=memory_id).exists():
            raise NotFound
        memory = revise(memory_id, {name: heard[told] for told, name in CHANGES.items() if told in heard})
        if memory and "feedback" in heard:
            memory = judge(memory_id, heard["feedback"])
        if memory is None:
            raise NotFound
        if heard.get("feedback") == WRONG:
            erase(memory_id)
            memory.refresh_from_db(fields=["version"])
        return memory


class Forget(CmlView):
    """Delete, archive or silence memories: all that each of what is said narrows to."""

    operations = {"POST": "memories.erase"}
    heard = words.ForgetHeard
    told = {"POST": words.ForgetTold}

    def post(self, request: Request) -> Response:
        heard = self.hear(request)
        count = VERBS[heard["action"]](self.chosen(heard))
        message = f"{count} memories {words.ACTIONS[heard['action']]}"
        return self.answer({"success": True, "affected_count": count, "message": message})

    def chosen(self, heard: dict[str, Any]) -> MemoryQuerySet:
        rows = Memory.objects.readable().scoped(self.scope())
        if heard.get("memory_ids"):
            rows = rows.filter(pk__in=heard["memory_ids"])
        if heard.get("before"):
            rows = rows.filter(event_time__lt=heard["before"])
        return rows.filter(pk__in=self.about(heard["query"])) if heard.get("query") else rows

    def about(self, text: str) -> list[UUID]:
        found = look(Query(text, self.scope(), limit=MOST_FOUND, min_score=ABOUT, weights=BESIDE))
        return [hit.memory.pk for hit in found.hits]


class All(CmlView):
    """Delete everything, restorable until the undo window ends."""

    operations = {"DELETE": "people.erase"}
    told = {"DELETE": words.ForgetTold}

    def delete(self, request: Request) -> Response:
        count = erase_all(Memory.objects.scoped(self.scope()))
        return self.answer({"success": True, "affected_count": count, "message": f"{count} memories deleted"})


class Stats(CmlView):
    """How many memories there are, of which types and in which states."""

    told = {"GET": words.StatsTold}

    def get(self, request: Request) -> Response:
        return self.answer(reading.counted(stats.composition(self.scope())))
