"""Places: where in its session each new memory stands, and which ids are free."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db import connection
from django.db.models import Q
from django.utils import timezone
from uuid_utils.compat import uuid7

from events import ledger, poke
from memory.algorithms import phrasing
from memory.models import Memory, Session
from memory.types import Scope

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
BEFORE = """
SELECT c.id, coalesce(nullif(p.author, ''), nullif(p.agent_id, ''), p.role), left(p.content, %s)
FROM memory_memory c CROSS JOIN LATERAL (
  SELECT author, agent_id, role, content FROM memory_memory p
  WHERE p.session_id = c.session_id AND p.position < c.position AND p.namespace = c.namespace
    AND p.user_id = c.user_id AND p.state = 'active' AND p.content <> '' ORDER BY p.position DESC LIMIT 1) p
WHERE c.id = ANY(%s) AND c.session_id <> ''
"""
LAST = """
SELECT s.namespace, s.user_id, s.session_id, coalesce(nullif(p.author, ''), nullif(p.agent_id, ''), p.role),
  left(p.content, %s)
FROM unnest(%s::text[], %s::text[], %s::text[]) s(namespace, user_id, session_id) CROSS JOIN LATERAL (
  SELECT author, agent_id, role, content FROM memory_memory p
  WHERE p.session_id = s.session_id AND p.namespace = s.namespace AND p.user_id = s.user_id
    AND p.state = 'active' AND p.content <> '' ORDER BY p.position DESC LIMIT 1) p
"""
# Whoever stands right behind one of these in its session: what the embedder read of it is said no more.
UNSETTLE = """
UPDATE memory_memory f SET embedding = NULL, embedding_model = '', shadow = NULL, shadow_model = ''
FROM memory_memory c CROSS JOIN LATERAL (
  SELECT n.id FROM memory_memory n
  WHERE n.session_id = c.session_id AND n.position > c.position AND n.namespace = c.namespace
    AND n.user_id = c.user_id AND n.state = 'active' ORDER BY n.position LIMIT 1) n
WHERE c.id = ANY(%s) AND c.session_id <> '' AND f.id = n.id
"""
# Their kept versions have vectors too, of the same words.
UNSETTLE_KEPT = """
UPDATE memory_version v SET embedding = NULL, embedding_model = ''
FROM memory_memory c CROSS JOIN LATERAL (
  SELECT n.id FROM memory_memory n
  WHERE n.session_id = c.session_id AND n.position > c.position AND n.namespace = c.namespace
    AND n.user_id = c.user_id ORDER BY n.position LIMIT 1) n
WHERE c.id = ANY(%s) AND c.session_id <> '' AND v.memory_id = n.id AND v.embedding IS NOT NULL
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


def is_over(scope: Scope) -> bool:
    """Whether the session that a scope names is closed, or its time is over."""
    named = {"namespace": scope.namespace, "user_id": scope.user_id, "session_id": scope.session_id}
    closed = Q(state=Session.State.CLOSED) | Q(expires_at__lte=timezone.now())
    return bool(scope.session_id) and Session.objects.filter(closed, **named).exists()


def taken(ids: dict[int, UUID]) -> dict[int, str]:
    """Which of the ids that drafts bring are another memory's, or another draft's, with the reason."""
    if not ids:
        return {}
    # An id is taken in whichever namespace it is.
    there = set(Memory._base_manager.filter(pk__in=ids.values()).values_list("pk", flat=True))
    failed: dict[int, str] = {}
    for index, key in ids.items():
        if key in there:
            failed[index] = TAKEN
        there.add(key)
    return failed


def said_before(ids: list[UUID]) -> dict[UUID, tuple[str, str]]:
    """Of stored memories: who spoke just before in the same session, and the beginning of what they said."""
    with connection.cursor() as cursor:
        cursor.execute(BEFORE, [phrasing.BEFORE_CHARACTERS, ids])
        return {key: (who, words) for key, who, words in cursor.fetchall()}


def before_new(memories: Iterable[Memory]) -> list[tuple[str, str] | None]:
    """The same of memories about to be stored, in their order: who speaks last in the session until then."""
    told = list(memories)
    last = _last({_session(memory) for memory in told if memory.session_id})
    before = []
    for memory in told:
        before.append(last.get(_session(memory)) if memory.session_id else None)
        last[_session(memory)] = memory.author or memory.agent_id or memory.role, memory.content
    return before


def _last(names: set[Name]) -> dict[Name, tuple[str, str]]:
    if not names:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(LAST, [phrasing.BEFORE_CHARACTERS, *map(list, zip(*names, strict=True))])
        return {row[:3]: row[3:] for row in cursor.fetchall()}


def unsettle(ids: list[UUID]) -> None:
    """Take the vectors of those who followed what is changed or deleted now; the worker makes new ones.

    Otherwise a deleted memory would live on in the vector of the next one.
    """
    with connection.cursor() as cursor:
        cursor.execute(UNSETTLE, [ids])
        moved = cursor.rowcount
    if moved:
        poke.after_commit("memory.tasks.embed_pending", str(ledger.current_tenant_id()))


def unsettle_for_good(ids: list[UUID]) -> None:
    """The same before an erasure: the vectors of kept versions of those who followed go as well."""
    unsettle(ids)
    with connection.cursor() as cursor:
        cursor.execute(UNSETTLE_KEPT, [ids])
