"""Messages: stored, read, changed and deleted, one by one."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from django.utils import timezone
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response
from uuid_utils.compat import uuid7

from api.dialects.base import kept_aside
from api.dialects.memory_layer.presenters import answers
from api.dialects.memory_layer.serializers import messages as serializers
from api.dialects.memory_layer.views.base import MemoryLayerView, id_of
from api.native.base import hear
from memory.models import Memory
from memory.remember import remember_many
from memory.revise import erase, revise
from memory.tiers import cold
from memory.types import Draft, Outcome, Scope

NAMES = {"content": "content", "role": "role", "metadata": "metadata", "importance_override": "importance"}


def draft_of(told: dict[str, Any]) -> Draft:
    """What is said twice was said at two times: each is a message of its own."""
    return Draft(
        told["content"],
        Scope(session_id=told["conversation_id"]),
        kind=Memory.Kind.MESSAGE,
        role=told["role"],
        metadata=told.get("metadata", {}),
        importance=told.get("importance_override"),
        event_time=timezone.now(),
        source="chat",
    )


def store(drafts: Sequence[Draft], **how: Any) -> list[Outcome]:
    """What an assistant repeats is a message all the same: the first try takes it for recalled text, and skips it."""
    outcomes = remember_many(drafts, **how)
    skipped = [index for index, outcome in enumerate(outcomes) if outcome.status == "skipped"]
    again = iter(remember_many([replace(drafts[index], id=uuid7()) for index in skipped], **how))
    return [next(again) if index in skipped else outcome for index, outcome in enumerate(outcomes)]


def change(message_id: UUID, told: dict[str, Any]) -> Memory | None:
    """Metadata is replaced, but for what another dialect keeps there unseen. None when there is no such message."""
    changes = {ours: told[name] for name, ours in NAMES.items() if name in told}
    memory = Memory.objects.readable().filter(pk=message_id).first() if "metadata" in changes else None
    if memory:
        changes["metadata"] |= kept_aside(memory)
    return revise(message_id, changes, merge=False)


class Messages(MemoryLayerView):
    """Store a message: 202 when its vector is still to come, 200 when it is there."""

    heard = serializers.MessageHeard
    told = {"POST": serializers.MessageTold}
    success = {"POST": 202}

    def post(self, request: Request) -> Response:
        told = self.hear(request)
        wait = hear(serializers.Waiting, request.query_params)["wait"]
        (outcome,) = store([draft_of(told)], wait=wait)
        assert outcome.id  # what cannot be stored was refused
        memory = Memory.objects.light().get(pk=outcome.id)
        return self.answer(answers.message(cold.told(memory), self.tenant), 200 if memory.embedding_model else 202)


class Message(MemoryLayerView):
    """One message."""

    heard = serializers.MessageChange
    told = {"GET": serializers.MessageTold, "PUT": serializers.MessageTold}
    success = {"DELETE": 204}

    def get(self, request: Request, message_id: str) -> Response:
        memory = Memory.objects.readable().light().filter(pk=id_of(message_id)).first()
        return self._told(memory)

    def put(self, request: Request, message_id: str) -> Response:
        return self._told(change(id_of(message_id), self.hear(request)))

    def delete(self, request: Request, message_id: str) -> Response:
        if not erase(id_of(message_id)):
            raise NotFound
        return Response(status=204)

    def _told(self, memory: Memory | None) -> Response:
        if memory is None:
            raise NotFound
        return self.answer(answers.message(cold.told(memory), self.tenant))
