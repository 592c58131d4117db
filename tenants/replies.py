"""Replies kept for those who ask again with the same Idempotency-Key, in `public`: operations, never plain content.

Bodies come here sealed. Who erases people calls `forget`: what was done stays done, and its reply is gone.
"""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone

from tenants.models import KeptReply

KEPT_FOR = timedelta(hours=24)


@contextmanager
def alone(tenant_id: UUID | None, digest: str) -> Iterator[bool]:
    """One transaction for a request and its reply; false, with nothing to do in it, while a twin is in another.

    The locks go with the transaction: whoever gets them next sees what was committed.
    """
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_advisory_xact_lock_shared(%s), pg_try_advisory_xact_lock(%s)",
                [_number(f"replies|{tenant_id}"), _number(f"reply|{digest}")],
            )
            (_, mine) = cursor.fetchone()
        yield mine


def kept(digest: str) -> KeptReply | None:
    """The reply under this digest, unless its time is over."""
    return KeptReply.objects.filter(pk=digest, created_at__gt=timezone.now() - KEPT_FOR).first()


def keep(digest: str, **fields: Any) -> None:
    """Keep a reply, in the transaction of its effect; see KeptReply for the fields."""
    KeptReply.objects.filter(pk=digest).delete()  # one whose time is over, and that no tick has met
    KeptReply.objects.create(digest=digest, **fields)


@transaction.atomic
def forget(tenant_id: UUID) -> int:
    """Empty every kept reply of a tenant, those in flight included; how many there were.

    Call it in no other transaction, once what they tell of is gone: it waits for requests that keep a reply.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_number(f"replies|{tenant_id}")])
    return KeptReply.objects.filter(tenant_id=tenant_id).update(body=None, headers={}, fingerprint="")


def sweep() -> int:
    """Delete what was kept long enough; how many there were."""
    return KeptReply.objects.filter(created_at__lte=timezone.now() - KEPT_FOR).delete()[0]


def _number(name: str) -> int:
    """The number of an advisory lock."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], signed=True)
