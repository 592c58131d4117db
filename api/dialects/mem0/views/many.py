"""Many memories at once, what became of an add, and what is thought of a memory."""

from operator import itemgetter
from typing import Any
from uuid import UUID

from django.db import transaction
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from analytics import thumbs
from api.dialects.mem0.presenters import memories as presenters
from api.dialects.mem0.serializers import memories
from api.dialects.mem0.views.base import Mem0View
from api.dialects.mem0.views.memories import changed
from events import log
from memory.models import Memory
from memory.revise import erase, judge
from memory.types import Query

# How often a memory is judged: what is very wrong loses as much confidence as what was wrong twice.
VERDICTS = {"POSITIVE": ("correct",), "NEGATIVE": ("incorrect",), "VERY_NEGATIVE": ("incorrect", "incorrect")}


class Batch(Mem0View):
    """Change or delete many memories: all of them, or none."""

    operations = {"DELETE": "memories.erase"}
    told = {"PUT": memories.MessageTold, "DELETE": memories.MessageTold}
    heard = {"PUT": memories.BatchHeard, "DELETE": memories.GoneHeard}

    @transaction.atomic
    def put(self, request: Request) -> Response:
        several = self.hear(request)["memories"]
        for one in sorted(several, key=itemgetter("memory_id")):  # so that two who change the same take turns
            changed(one["memory_id"], one)
        return self.answer({"message": f"Successfully updated {len(several)} memories"})

    @transaction.atomic
    def delete(self, request: Request) -> Response:
        several = {one["memory_id"] for one in self.hear(request)["memories"]}
        if not all(erase(memory_id) for memory_id in sorted(several)):
            raise NotFound
        return self.answer({"message": f"Successfully deleted {len(several)} memories"})


class Event(Mem0View):
    """What became of an add; its id is that of the first memory that it stored or found."""

    told = {"GET": memories.EventTold}

    def get(self, request: Request, event_id: UUID) -> Response:
        ids = log.together(self.speaker.tenant.pk, "memory.created", str(event_id)) or [str(event_id)]
        rows = Memory.objects.readable().light().filter(pk__in=ids)
        stored = {str(memory.pk): memory for memory in rows}
        if not stored:
            raise NotFound
        return self.answer(presenters.event(event_id, [stored[key] for key in ids if key in stored]))


class Feedback(Mem0View):
    """Say whether a memory is right."""

    heard = memories.FeedbackHeard
    told = {"POST": memories.FeedbackTold}

    @transaction.atomic
    def post(self, request: Request) -> Response:
        told = self.hear(request)
        said, why = told.get("feedback"), told.get("feedback_reason", "")
        if not Memory.objects.live().filter(pk=told["memory_id"]).exists():
            raise NotFound
        for verdict in VERDICTS.get(said or "", ()):
            judge(told["memory_id"], verdict)
        if said:
            thumbs.give(Query(), told["memory_id"], helpful=said == "POSITIVE", explanation=why)
        answer: dict[str, Any] = {"id": str(told["memory_id"]), "feedback": said, "feedback_reason": why or None}
        return self.answer(answer)
