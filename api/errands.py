"""Work that a caller wants done later and comes back for: it is done at once, and its answer kept for a day.

Answers lie sealed among the replies for an Idempotency-Key, so that erasing a person takes them along.
"""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from rest_framework.renderers import JSONRenderer
from uuid_utils.compat import uuid7

from memory import sealing
from memory.errors import Unreadable
from tenants import bounds, replies
from tenants.models import KeptReply

PURPOSE = "errand"
LONGEST = 1024 * 1024  # bytes; of a longer answer only the fact is kept


@dataclass(frozen=True)
class Errand:
    """One that is done."""

    answer: Any  # None where it is gone, or was too long


def run(tenant_id: UUID, work: Callable[[], Any]) -> UUID:
    """Do it and keep what it answers; the id to come back with. Who is bound to other namespaces does not find it.

    In one transaction, so that an erasure waits for it and empties the answer.
    """
    key = uuid7()
    digest = _digest(tenant_id, key)
    with replies.alone(tenant_id, digest):
        body = JSONRenderer().render(work())
        sealed = sealing.seal(body, tenant_id, PURPOSE, digest) if len(body) <= LONGEST else None
        replies.keep(digest, tenant_id=tenant_id, fingerprint=PURPOSE, status=200, headers={}, body=sealed)
    return key


def find(tenant_id: UUID, key: UUID) -> Errand | None:
    """None where there was no such errand of late."""
    known = replies.kept(_digest(tenant_id, key))
    return None if known is None else Errand(_read(known))


def _read(known: KeptReply) -> Any:
    if known.body is None:
        return None
    try:
        return json.loads(sealing.unseal(bytes(known.body), known.tenant_id, PURPOSE, known.digest))
    except Unreadable:
        return None


def _digest(tenant_id: UUID, key: UUID) -> str:
    parts = (PURPOSE, tenant_id, ",".join(sorted(bounds.current())), key)
    return hashlib.sha256("\x1f".join(map(str, parts)).encode()).hexdigest()
