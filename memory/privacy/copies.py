"""Erasing a person from copies: files of exports and imports, kept replies, facts, vectors asked for before."""

import json
from functools import cache
from typing import Any
from uuid import UUID

import redis
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from events import forgetting, ledger
from events.models import Event
from memory import transfers
from memory.errors import Unreadable
from memory.models import Transfer
from memory.privacy.erasers import Asked, Counts, Eraser, Job
from memory.privacy.subjects import OWNED_BY
from tenants import replies

VECTORS = "*:vector:*"  # as memory.embeddings.cache and Django's cache name them
STOPPED = "it was stopped, as its file may hold somebody who was erased; send it again without"


def _exports(asked: Asked) -> list[Transfer]:
    rows = Transfer.objects.filter(direction=Transfer.Direction.EXPORT, created_at__lte=asked.until)
    return [row for row in rows.order_by("id") if _may_hold(row, asked)]


def _may_hold(row: Transfer, asked: Asked) -> bool:
    """Not what another user's export holds; unless its filters name them."""
    others = asked.subject.type == "user" and row.filters.get("user_id") not in (None, "", asked.subject.name)
    return not others or asked.subject.name in json.dumps(row.filters, ensure_ascii=False)


def _imports(asked: Asked) -> Any:
    """Those sent before whose file is still there, or whose errors quote it."""
    rows = Transfer.objects.filter(direction=Transfer.Direction.IMPORT, created_at__lte=asked.since)
    return rows.exclude(parts=[], errors=[])


def _found(asked: Asked) -> Counts:
    return {"exports": len(_exports(asked)), "imports": _imports(asked).count()}


def _erase_transfers(job: Job) -> bool:
    """Exports go with their files. An import that is not over stops: what its file holds cannot be told apart."""
    for row in _exports(job.asked):
        _stop(row)
        transfers.purge(row)
        with transaction.atomic():
            job.note({"exports": Transfer.objects.filter(pk=row.pk).delete()[0]})
    for row in _imports(job.asked):
        _stop(row)
        transfers.purge(row)
        with transaction.atomic():
            Transfer.objects.filter(pk=row.pk).update(parts=[], errors=[])
            job.note({"imports": 1})
    return False


def _stop(row: Transfer) -> None:
    """Its worker finds that the row is not its own any more, and leaves nothing behind."""
    going = Transfer.objects.filter(pk=row.pk, state__in=(Transfer.State.PENDING, Transfer.State.RUNNING))
    going.update(state=Transfer.State.CANCELLED, reason=STOPPED, finished_at=timezone.now(), leased_until=None)


@cache
def _redis() -> redis.Redis:
    return redis.Redis.from_url(f"{settings.REDIS_URL}/1", socket_timeout=5, socket_connect_timeout=1)


def _erase_vectors(job: Job) -> bool:
    """All of them: their names are digests, and do not say whose words they stand for. They are made again."""
    if job.cursor.get("vectors"):
        return False
    count = 0
    try:
        for name in _redis().scan_iter(match=VECTORS, count=1000):
            count += _redis().unlink(name)
    except redis.RedisError as error:
        raise Unreadable(f"kept vectors cannot be taken away: {type(error).__name__}") from error
    with transaction.atomic():
        job.note({"vectors": count}, vectors=True)
    return False


def _erase_replies(job: Job) -> bool:
    """All of the tenant's: what they say is sealed. A request that is sent again hears that its reply is gone."""
    if not job.cursor.get("replies"):
        count = replies.forget(_tenant_id())
        with transaction.atomic():
            job.note({"replies": count}, replies=True)
    return False


def _facts(asked: Asked) -> Counts:
    """Facts that name a user or an agent; one whose names are digests already has no salt."""
    if asked.subject.type not in OWNED_BY:
        return {"facts": 0}
    named = {f"data__{OWNED_BY[asked.subject.type]}": asked.subject.name}
    return {"facts": Event.objects.filter(tenant_id=_tenant_id(), salt__isnull=False, **named).count()}


def _erase_facts(job: Job) -> bool:
    """The names in facts become the digests that were chained; what was done stays told, and the chain holds."""
    subject = job.asked.subject
    if subject.type in OWNED_BY:
        count = forgetting.forget(_tenant_id(), OWNED_BY[subject.type], subject.name)
        with transaction.atomic():
            job.note({"facts": count})
    return False


def _tenant_id() -> UUID:
    tenant_id = ledger.current_tenant_id()
    assert tenant_id is not None
    return tenant_id


files = Eraser((Transfer,), _found, _erase_transfers)
kept_replies = Eraser((), lambda asked: {}, _erase_replies)
facts = Eraser((), _facts, _erase_facts)
vectors = Eraser((), lambda asked: {}, _erase_vectors)
