"""Many messages at once: what is wrong with one keeps no other out, and then the answer is 207."""

from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import partial
from typing import Any
from uuid import UUID

from rest_framework.exceptions import ParseError, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer

from api.dialects.base import phrase
from api.dialects.memory_layer.presenters import answers
from api.dialects.memory_layer.serializers import batches as serializers
from api.dialects.memory_layer.views.base import MISNAMED, MemoryLayerView, id_of
from api.dialects.memory_layer.views.messages import change, draft_of, store
from api.native.base import hear
from api.problems import wrong
from memory.erasing import erase_all
from memory.models import Memory

NOT_THERE = "there is no such message"


class BatchView(MemoryLayerView):
    told = {"POST": serializers.BatchTold}

    def results(self, results: list[dict[str, Any]]) -> Response:
        told = answers.batch(results)
        return self.answer(told, 207 if told["failed"] else None)

    def heard_of(self, words: type[Serializer], item: Any) -> dict[str, Any]:
        """One of many. Raises ValidationError, also for one that names another tenant."""
        told = hear(words, item)
        if not self.is_own(told):
            raise ValidationError(MISNAMED)
        return told


class Batch(BatchView):
    """Store up to 100 messages."""

    heard = serializers.BatchHeard
    success = {"POST": 201}

    def post(self, request: Request) -> Response:
        drafts, results = {}, {}
        for index, item in enumerate(self.hear(request)["messages"]):
            try:
                drafts[index] = draft_of(self.heard_of(serializers.OneMessage, item))
            except ValidationError as error:
                results[index] = answers.result(index, "failed", detail=_said(error))
        outcomes = dict(zip(drafts, store(list(drafts.values()), partial=True), strict=True))
        for index, outcome in outcomes.items():
            status = "created" if outcome.id else "failed"
            results[index] = answers.result(index, status, outcome.id, outcome.reason or None)
        return self.results([results[index] for index in sorted(results)])


class BatchUpdate(BatchView):
    """Change up to 100 messages."""

    heard = serializers.BatchUpdates

    def post(self, request: Request) -> Response:
        return self.results([_one(index, "updated", self._change, item)
                             for index, item in enumerate(self.hear(request)["updates"])])  # fmt: skip

    def _change(self, item: Any) -> Any:
        told = self.heard_of(serializers.OneChange, item)
        memory = change(id_of(told["id"]), told)
        return memory and memory.pk


class BatchDelete(BatchView):
    """Delete up to 100 messages."""

    heard = serializers.BatchDeletes
    operations = {"POST": "memories.erase"}

    def post(self, request: Request) -> Response:
        told = self.hear(request)["message_ids"]
        there = _there(told)
        erase_all(Memory.objects.filter(pk__in=there))
        return self.results([_one(index, "deleted", partial(_taken, there), item) for index, item in enumerate(told)])


def _one(index: int, status: str, do: Callable[[Any], Any], item: Any) -> dict[str, Any]:
    try:
        done = do(item)
    except ValidationError as error:
        return answers.result(index, "failed", detail=_said(error))
    except ParseError as error:
        return answers.result(index, "failed", detail=str(error.detail))
    return answers.result(index, status, done) if done else answers.result(index, "failed", detail=NOT_THERE)


def _there(told: Iterable[str]) -> set[UUID]:
    """Those of these messages that can be deleted."""
    keys = []
    for text in told:
        with suppress(ParseError):  # which its result tells
            keys.append(id_of(text))
    rows = Memory.objects.readable().exclude(state=Memory.State.SUPERSEDED).filter(pk__in=keys)
    return set(rows.values_list("pk", flat=True))


def _taken(there: set[UUID], item: str) -> UUID | None:
    """One of those that were deleted; named again, it is not there."""
    message_id = id_of(item)
    if message_id not in there:
        return None
    there.remove(message_id)
    return message_id


def _said(error: ValidationError) -> str:
    return "; ".join(phrase(at.lstrip("/"), why) for at, why in wrong(error)) + "."
