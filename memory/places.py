"""Places: where in its session each new memory stands, and which ids are free."""

from collections import Counter
from datetime import datetime
from uuid import UUID

from django.db import connection
from uuid_utils.compat import uuid7

from events import ledger
from memory.models import Memory, Session

CLOSED = "its session is closed"
TAKEN = "its id is that of another memory"
# One row for each session, in one order for every writer; a session that is over takes no more.
TAKE = """
INSERT INTO memory_session (id, namespace, user_id, session_id, agent_id, title, metadata, state, ephemeral,
  last_position, created_at, updated_at)
SELECT id, namespace, user_id, session_id, agent_id, '', '{}', 'open', false, wanted, now(), now()
FROM unnest(%s::uuid[], %s::text[], %s::text[], %s::text[], %s::text[], %s::int[])
  AS s(id, namespace, user_id, session_id, agent_id, wanted)
ORDER BY namespace, user_id, session_id
ON CONFLICT (namespace, user_id, session_id) DO UPDATE
  SET last_position = memory_session.last_position + EXCLUDED.last_position, updated_at = now()
  WHERE memory_session.state = 'open' AND (memory_session.expires_at IS NULL OR memory_session.expires_at > now())
RETURNING id, namespace, user_id, session_id, last_position, CASE WHEN ephemeral THEN expires_at END
"""
Name = tuple[str, str, str]


def give(memories: dict[int, Memory]) -> dict[int, str]:
    """Number memories inside their sessions, after what is there; those whose session is closed, with the reason.

    The first memory said in a session opens it. In an ephemeral one a memory lives no longer than the session.
    """
    spoken = {index: memory for index, memory in memories.items() if memory.session_id}
    if not spoken:
        return {}
    wanted = Counter(map(_session, spoken.values()))
    taken = _take(wanted, {_session(memory): memory.agent_id for memory in spoken.values()})
    closed = {index: CLOSED for index, memory in spoken.items() if _session(memory) not in taken}
    following = {name: row[0] - wanted[name] for name, row in taken.items()}
    for index, memory in spoken.items():
        if index in closed:
            continue
        name = _session(memory)
        following[name] += 1
        memory.position = following[name]
        if end := taken[name][1]:
            memory.expires_at = min(memory.expires_at or end, end)
    return closed


def _session(memory: Memory) -> Name:
    return memory.namespace, memory.user_id, memory.session_id


def _take(wanted: Counter[Name], agents: dict[Name, str]) -> dict[Name, tuple[int, datetime | None]]:
    """Of each open session its last place now, and when its memories end."""
    names = list(wanted)
    ids = {name: uuid7() for name in names}
    columns = [list(column) for column in zip(*names, strict=True)]
    told = [[ids[name] for name in names], *columns, [agents[name] for name in names], [wanted[n] for n in names]]
    with connection.cursor() as cursor:
        cursor.execute(TAKE, told)
        rows = cursor.fetchall()
    opened = [row for row in rows if row[0] == ids[row[1:4]]]
    ledger.record_all("session.opened", [(Session(id=row[0]), _thin(row[1:4])) for row in opened])
    return {row[1:4]: (row[4], row[5]) for row in rows}


def _thin(name: Name) -> dict[str, str]:
    return dict(zip(("namespace", "user_id", "session_id"), name, strict=True))


def taken(ids: dict[int, UUID]) -> dict[int, str]:
    """Which of the ids that drafts bring are another memory's, or another draft's, with the reason."""
    if not ids:
        return {}
    there = set(Memory.objects.filter(pk__in=ids.values()).values_list("pk", flat=True))
    failed: dict[int, str] = {}
    for index, key in ids.items():
        if key in there:
            failed[index] = TAKEN
        there.add(key)
    return failed
