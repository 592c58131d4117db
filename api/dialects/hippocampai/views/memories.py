"""One memory: remember, read, change, delete."""

from uuid import UUID

from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from api.dialects.hippocampai.presenters import memories as presenters
from api.dialects.hippocampai.serializers import memories as words
from api.dialects.hippocampai.views.base import HippocampView, kept, key, one
from memory.remember import remember
from memory.revise import erase, revise


class Remember(HippocampView):
    """Remember a text."""

    heard = words.MemoryHeard
    told = {"POST": words.MemoryTold}

    def post(self, request: Request) -> Response:
        outcome = remember(words.draft_of(self.hear(request)), wait=True)
        return self.answer(kept([outcome])[0])


class Memories(Remember):
    """Store a memory."""

    success = {"POST": 201}


class Memory(HippocampView):
    """One memory."""

    heard = words.Change
    asked = words.UserNamed
    told = {"GET": words.MemoryTold, "PATCH": words.MemoryTold, "DELETE": words.GoneTold}

    def get(self, request: Request, memory_id: str) -> Response:
        return self.answer(presenters.memory(one(memory_id, self.ask(request).get("user_id", ""))))

    def patch(self, request: Request, memory_id: str) -> Response:
        return self.answer(changed(key(memory_id), self.hear(request)))

    def delete(self, request: Request, memory_id: str) -> Response:
        return self.answer(gone(memory_id, self.ask(request).get("user_id", "")))


class Update(HippocampView):
    """Change a memory that the body names."""

    heard = words.Update
    told = {"PATCH": words.MemoryTold}

    def patch(self, request: Request) -> Response:
        heard = self.hear(request)
        return self.answer(changed(key(heard.pop("memory_id")), heard))


class Delete(HippocampView):
    """Delete a memory that the body names."""

    heard = words.MemoryNamed
    told = {"DELETE": words.GoneTold}

    def delete(self, request: Request) -> Response:
        heard = self.hear(request)
        return self.answer(gone(heard["memory_id"], heard.get("user_id", "")))


def changed(memory_id: UUID, changes: dict[str, object]) -> dict[str, object]:
    """The memory with its changes. Raises NotFound."""
    memory = revise(memory_id, changes)
    if memory is None:
        raise NotFound
    return presenters.memory(memory)


def gone(told: str, user_id: str) -> dict[str, object]:
    """Delete it, if it is of this user where one is named. Raises NotFound."""
    memory = one(told, user_id)
    if not erase(memory.pk):
        raise NotFound
    return presenters.deleted(memory.pk)
