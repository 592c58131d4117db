"""The gate: whoever was erased is not written of again by work that began before.

Writers hold a shared lock from here to their commit, and an erasure begins and ends under the exclusive one. So whoever
passed the gate has committed before the erasure looks for what to erase, and whoever comes later meets its row.
"""

import hashlib
from collections.abc import Iterable
from datetime import datetime
from typing import Any, TypeVar

from django.db import connection

from events import actors, ledger
from memory.errors import Erased
from memory.privacy.subjects import Subject, named_by

REASON = "whom it names was erased"
# Two statements in one round trip: the second one sees what was committed while the first one waited.
ADMIT = """
SELECT pg_advisory_xact_lock_shared(%s);
SELECT mark, bool_or(block OR erased_at IS NULL), max(erased_at) FROM memory_erasure
WHERE mark = ANY(%s) AND lifted_at IS NULL GROUP BY mark
"""
Key = TypeVar("Key")


def refused(rows: Iterable[tuple[Key, set[Subject], datetime]]) -> set[Key]:
    """Of rows about to be written, told as (key, whom they name, when that was begun), those that may not be.

    In the caller's transaction, before anything is written. One statement, and none where nobody is named.
    """
    told = list(rows)
    known = {subject: subject.marks() for subject in set().union(*(names for _, names, _ in told))}
    standing = _standing([mark for marks in known.values() for mark in marks]) if known else {}
    if not standing:
        return set()
    return {
        key
        for key, names, began in told
        if any(_refuses(standing[mark], began) for name in names for mark in known[name] if mark in standing)
    }


Standing = tuple[bool, datetime | None]


def _standing(marks: list[str]) -> dict[str, Standing]:
    with connection.cursor() as cursor:
        cursor.execute(ADMIT, [lock(), marks])
        cursor.nextset()
        return {mark: (always, erased_at) for mark, always, erased_at in cursor.fetchall()}


def _refuses(standing: Standing, began: datetime) -> bool:
    always, erased_at = standing
    return always or (erased_at is not None and began <= erased_at)


def admit(row: Any) -> None:
    """Let one memory or session be written by the work that is done here. Raises Erased."""
    if refused([(0, named_by(row), actors.since())]):
        raise Erased(REASON)


def admit_user(user_id: str) -> None:
    """Let something that names a user be written by the work that is done here. Raises Erased."""
    if user_id and refused([(0, {Subject("user", user_id)}, actors.since())]):
        raise Erased(REASON)


def shut() -> None:
    """Wait for all who passed, and let nobody pass before this transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [lock()])


def lock() -> int:
    """The number of this tenant's lock; locks are the whole database's."""
    return int.from_bytes(hashlib.sha256(f"erasure|{ledger.current_tenant_id()}".encode()).digest()[:8], signed=True)
