"""Tasks on memories: done at once, and their results kept for a day to be fetched by `status`."""

from abc import ABC, abstractmethod
from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from api import errands
from api.dialects.hippocampai.presenters import automation as present
from api.dialects.hippocampai.presenters import memories as presenters
from api.dialects.hippocampai.serializers import automation, memories
from api.dialects.hippocampai.serializers import errands as words
from api.dialects.hippocampai.views.base import HippocampView, kept, one
from api.dialects.hippocampai.views.memories import changed, gone
from memory.recall import recall
from memory.remember import remember_many


class Errand(HippocampView, ABC):
    told = {"POST": automation.SubmittedTold}
    named = ""

    def post(self, request: Request) -> Response:
        said = self.hear(request)
        key = errands.run(self.speaker.tenant.pk, lambda: self.done(said))
        return self.answer(present.submitted(key, f"Memory {self.named} task"))

    @abstractmethod
    def done(self, said: dict[str, Any]) -> Any:
        """Do it; what `status` answers."""


class Create(Errand):
    """Remember a text."""

    heard = words.TaskCreate
    named = "creation"

    def done(self, said: dict[str, Any]) -> Any:
        return kept(remember_many([memories.draft_of(said)]))[0]


class BatchCreate(Errand):
    """Remember several texts."""

    heard = words.TaskBatch
    named = "batch creation"

    def done(self, said: dict[str, Any]) -> Any:
        return kept(remember_many([memories.draft_of(each) for each in said["memories"]]))


class Recall(Errand):
    """Find the memories of a user that answer a question."""

    operations = {"POST": "memories.read"}
    buckets = {"POST": "search"}
    heard = memories.RecallHeard
    named = "recall"

    def done(self, said: dict[str, Any]) -> Any:
        return presenters.hits(recall(memories.query_of(said)).hits)


class Update(Errand):
    """Change a memory of a user."""

    heard = words.TaskUpdate
    named = "update"

    def done(self, said: dict[str, Any]) -> Any:
        return changed(one(said["memory_id"], said["user_id"]).pk, said["updates"])


class Delete(Errand):
    """Delete a memory of a user."""

    heard = words.TaskDelete
    named = "deletion"

    def done(self, said: dict[str, Any]) -> Any:
        return gone(said["memory_id"], said["user_id"])
