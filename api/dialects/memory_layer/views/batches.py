"""Many messages at once: what is wrong with one keeps no other out, and then the answer is 207."""

from collections.abc import Callable, Mapping
from typing import Any

from rest_framework.exceptions import ParseError, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from api.dialects.memory_layer import serializers
from api.dialects.memory_layer.presenters import answers
from api.dialects.memory_layer.views.base import MemoryLayerView, id_of
from api.dialects.memory_layer.views.messages import changes_of, draft_of, store
from api.native.base import hear
from api.problems import wrong
from memory.revise import erase, revise

NOT_THERE = "there is no such message"


class BatchView(MemoryLayerView):
    told = {"POST": serializers.BatchTold}

    def results(self, results: list[dict[str, Any]]) -> Response:
        told = answers.batch(results)
        return self.answer(told, 207 if told["failed"] else None)


class Batch(BatchView):
    """Store up to 100 messages."""

    heard = serializers.BatchHeard
    success = {"POST": 201}

    def post(self, request: Request) -> Response:
        drafts, failed = {}, {}
        for index, item in enumerate(self.hear(request)["messages"]):
            try:
                drafts[index] = draft_of(hear(serializers.SaidInConversation, item))
            except ValidationError as error:
                failed[index] = answers.result(index, "failed", detail=_said(error))
        outcomes = dict(zip(drafts, store(list(drafts.values()), partial=True), strict=True))
        for index, outcome in outcomes.items():
            status = "created" if outcome.id else "failed"
            failed[index] = answers.result(index, status, outcome.id, outcome.reason or None)
        return self.results([failed[index] for index in sorted(failed)])


class BatchUpdate(BatchView):
    """Change up to 100 messages."""

    heard = serializers.BatchUpdates
    success = {"POST": 200}

    def post(self, request: Request) -> Response:
        return self.results([_one(index, "updated", _change, item)
                             for index, item in enumerate(self.hear(request)["updates"])])  # fmt: skip


class BatchDelete(BatchView):
    """Delete up to 100 messages."""

    heard = serializers.BatchDeletes
    operations = {"POST": "memories.erase"}

    def post(self, request: Request) -> Response:
        return self.results([_one(index, "deleted", _delete, item)
                             for index, item in enumerate(self.hear(request)["message_ids"])])  # fmt: skip


def _one(index: int, status: str, do: Callable[[Any], Any], item: Any) -> dict[str, Any]:
    try:
        done = do(item)
    except ValidationError as error:
        return answers.result(index, "failed", detail=_said(error))
    except ParseError as error:
        return answers.result(index, "failed", detail=str(error.detail))
    return answers.result(index, status, done) if done else answers.result(index, "failed", detail=NOT_THERE)


def _change(item: Any) -> Any:
    told: Mapping[str, Any] = hear(serializers.OneChange, item)
    memory = revise(id_of(told["id"]), changes_of(dict(told)), merge=False)
    return memory and memory.pk


def _delete(item: str) -> Any:
    message_id = id_of(item)
    return message_id if erase(message_id) else None


def _said(error: ValidationError) -> str:
    return "; ".join(f"{at.lstrip('/')} {why}".strip() for at, why in wrong(error))
