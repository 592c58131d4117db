"""People in messages between services: what names somebody who was erased is not sent, and what did is deleted."""

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from django.db import transaction
from django.db.models import Q, TextField
from django.db.models.functions import Cast

from events import actors
from events.sync import messages
from events.sync.messages import Draft
from events.sync.models import Line, Message, Receipt, Service
from memory.errors import Erased
from memory.privacy import gate
from memory.privacy.erasers import SLICE, Asked, Eraser, Job
from memory.privacy.subjects import Subject, subjects

# How whoever writes to us may call a person's id, in the data of a message.
CALLED = {"user_id": "user", "userId": "user", "agent_id": "agent", "agentId": "agent", "author": "person"}


@transaction.atomic
def send_many(drafts: Sequence[Draft]) -> list[Message]:
    """events.sync.messages.send_many, behind the gate. Raises Erased too."""
    began = actors.since()
    if gate.refused((at, set(named_by(draft.data)), began) for at, draft in enumerate(drafts)):
        raise Erased(gate.REASON)
    return messages.send_many(drafts)


def named_by(data: Any) -> Iterator[Subject]:
    """All whom data names at any depth, by the fields of CALLED."""
    waiting = [data]
    while waiting:
        node = waiting.pop()
        if isinstance(node, dict):
            yield from subjects((CALLED[name], value) for name, value in _told(node))
            waiting.extend(node.values())
        elif isinstance(node, list):
            waiting.extend(node)


def _told(node: dict[str, Any]) -> Iterable[tuple[str, str]]:
    return ((name, value) for name, value in node.items() if name in CALLED and isinstance(value, str))


def _naming(asked: Asked) -> Any:
    """Messages in whose data the name stands anywhere as a whole text, in any case, or that are correlated by it."""
    name = json.dumps(asked.subject.name, ensure_ascii=False)
    rows = Message.objects.annotate(said=Cast("data", TextField()))
    said = Q(said__icontains=name) | Q(correlation_id__iexact=asked.subject.name)
    return rows.filter(said | Q(receipts__error__icontains=asked.subject.name)).distinct()


def _erase(job: Job) -> bool:
    with transaction.atomic():
        ids = list(_naming(job.asked).order_by("pk").values_list("pk", flat=True)[:SLICE])
        if ids:  # a note is progress, and nothing is none
            Message.objects.filter(pk__in=ids).delete()
            job.note({"sync_messages": len(ids)})
    return bool(ids)


# A service is a program: its row, its lines and its receipts say nothing of a person.
sent = Eraser((Message, Receipt, Service, Line), lambda asked: {"sync_messages": _naming(asked).count()}, _erase)
