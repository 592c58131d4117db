"""/v1/memories: store, list and delete."""

from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response
from uuid_utils.compat import uuid7

from api.dialects.base import id_of
from api.dialects.inmemory import presenters, serializers
from api.dialects.inmemory.views.base import InMemoryView
from memory import labels
from memory.erasing import erase_all
from memory.listing import Narrowing, listed
from memory.models import Memory
from memory.remember import remember
from memory.revise import erase
from memory.tiers import cold
from memory.types import Draft
from memory.when import zone_of


class Memories(InMemoryView):
    """Store a memory; list or delete those of a user."""

    operations = {"DELETE": "memories.erase"}
    heard = serializers.MemoryHeard
    asked = serializers.ListAsked
    told = {"POST": serializers.Stored, "GET": serializers.Listed, "DELETE": serializers.DeletedAll}

    def post(self, request: Request) -> Response:
        told = self.hear(request)
        draft = Draft(
            told["memory_content"],
            self.scope(told),
            tags=tuple(dict.fromkeys(tag.lower() for tag in told.get("tags", ()))),
            people=told.get("people_mentioned", ()),
            topic=told.get("topic_category", "").strip().lower(),
            metadata=told.get("metadata", {}),
        )
        outcome = remember(draft, wait=True)  # its users search at once
        if outcome.status == "merged" and outcome.id:
            labels.gain(outcome.id, draft)
        return self.answer(presenters.stored(outcome))

    def get(self, request: Request) -> Response:
        asked = self.ask(request)
        rows = listed(Narrowing(self.scope(asked))).light()
        page = list(rows.order_by("-id")[asked["offset"] : asked["offset"] + asked["limit"]])
        cold.fill(page)
        return self.answer(presenters.listed(page, rows.count(), zone_of("")))

    def delete(self, request: Request) -> Response:
        """All of a user's, and nothing else of theirs; a batch, so that it can be taken back."""
        rows, batch = Memory.objects.scoped(self.scope(self.ask(request))), uuid7()
        return self.answer(presenters.deleted_all(erase_all(rows, batch), batch))


class OneMemory(InMemoryView):
    """Delete a memory of a user."""

    asked = serializers.Whose
    told = {"DELETE": serializers.Stored}

    def delete(self, request: Request, memory_id: str) -> Response:
        theirs = Memory.objects.readable().scoped(self.scope(self.ask(request)))
        key = id_of(memory_id)
        if not theirs.filter(pk=key).exists() or not erase(key):
            raise NotFound
        return self.answer({"success": True, "message": "Memory deleted", "memory_id": str(key)})
