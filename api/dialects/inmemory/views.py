"""InMemory: each view hears, calls a verb of the house, and answers."""

from rest_framework.request import Request
from rest_framework.response import Response

from api.dialects.base import DialectView
from api.dialects.inmemory import presenters, serializers
from memory.remember import remember
from memory.types import Draft, Scope


class InMemoryView(DialectView):
    dialect = "inmemory"

    def user(self, told: str) -> str:
        """Whose memories: who is named, else who the key is of, by its name."""
        return told or (self.speaker.key.name if self.speaker.key else self.speaker.actor)


class Validate(InMemoryView):
    """Ask whether the key is good."""

    operations = {"GET": "me.read"}

    def get(self, request: Request) -> Response:
        return self.answer({"valid": True, "user_id": self.user("")})


class Memories(InMemoryView):
    """Store a memory."""

    heard = serializers.MemoryHeard
    told = {"POST": serializers.MemoryTold}

    def post(self, request: Request) -> Response:
        told = self.hear(request)
        draft = Draft(
            told["memory_content"],
            Scope(user_id=self.user(told.get("user_id", ""))),
            tags=tuple(tag.lower() for tag in told.get("tags", ())),
            people=told.get("people_mentioned", ()),
            topic=told.get("topic_category", "").lower(),
            metadata=told.get("metadata", {}),
        )
        return self.answer(presenters.stored(remember(draft)))
