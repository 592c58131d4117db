"""Sessions: open a conversation, read it, change it, close it, open it again, delete it.

The first memory said in a session opens it too, see remember. A session whose time is over is closed for every reader
at once; the sweep then closes its row.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Count, F, IntegerField, Max, Min, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone
from uuid_utils.compat import uuid7

from events import ledger
from memory.erasing import SLICE, THIN, erase_all, next_thin
from memory.errors import NotStored
from memory.models import Memory, Session
from memory.models.memory import MemoryQuerySet
from memory.namespaces import settled
from memory.places import ELSEWHERE
from memory.privacy import gate
from memory.types import Scope, SessionDraft
from tenants import preferences

CHANGEABLE = {"title", "metadata", "agent_id"}


def _over() -> Q:
    return Q(state=Session.State.CLOSED) | Q(expires_at__lte=timezone.now())


def state_of(session: Session) -> str:
    """`open` or `closed`; closed from the very moment at which its time is over."""
    over = session.expires_at is not None and session.expires_at <= timezone.now()
    return Session.State.CLOSED.value if over else session.state


@transaction.atomic
def open_session(draft: SessionDraft) -> tuple[Session, bool]:
    """The session of this name in its scope, and whether it is new. One that is there stays as it is, closed or not.

    Raises OutsideNamespaces, and NotStored in a namespace that the tenant does not write to.
    """
    now, scope = timezone.now(), settled(draft.scope)
    if not preferences.current().allows(scope.namespace):
        raise NotStored({0: ELSEWHERE})
    session = Session(
        namespace=scope.namespace,
        user_id=scope.user_id,
        session_id=scope.session_id or str(uuid7()),
        agent_id=scope.agent_id,
        title=draft.title,
        metadata=draft.metadata,
        ephemeral=draft.ephemeral,
        expires_at=_end(now, draft.ttl),
    )
    gate.admit(session)
    # Two who open it at once: the unique constraint lets one in, and both read that one.
    Session.objects.bulk_create([session], ignore_conflicts=True)
    kept = Session.objects.get(namespace=session.namespace, user_id=session.user_id, session_id=session.session_id)
    created = kept.pk == session.pk
    if created:
        ledger.record("session.opened", kept, **_thin(kept))
    return kept, created


def _end(now: datetime, ttl: timedelta | None) -> datetime | None:
    return now + ttl if ttl else None


def _thin(session: Session) -> dict[str, Any]:
    return {"namespace": session.namespace, "user_id": session.user_id, "session_id": session.session_id}


def listed(scope: Scope, state: str = "") -> QuerySet[Session]:
    """Sessions of a scope with `memories`, how many live ones each holds; `state` is open, closed or empty for both."""
    named = {name: value for name, value in vars(scope).items() if value}
    rows = Session.objects.filter(**named)
    if state:
        rows = rows.filter(_over()) if state == Session.State.CLOSED else rows.exclude(_over())
    said = Memory.objects.live().exclude(session_id="")  # of none is empty: said, so that the index of sessions serves
    own = said.filter(**{name: OuterRef(name) for name in ("namespace", "user_id", "session_id")})
    counted = own.order_by().values("session_id").annotate(n=Count("id")).values("n")
    each = Coalesce(Subquery(counted, output_field=IntegerField()), 0)
    return rows.annotate(memories=each)  # type: ignore[no-redef]  # the model says of which type it is


def read(session_key: UUID) -> Session | None:
    return listed(Scope()).filter(pk=session_key).first()


def said_in(session: Session) -> MemoryQuerySet:
    """Its live memories; in order by `position`, then `id`."""
    return _all_of(session).live()


def _all_of(session: Session) -> MemoryQuerySet:
    return Memory.objects.filter(**_thin(session))


def counts(session: Session) -> dict[str, Any]:
    """One statement: its live memories, how many by role and by kind, and when the first and the last happened."""
    rows = said_in(session).order_by().values("role", "kind")
    told = list(rows.annotate(n=Count("id"), first=Min("event_time"), last=Max("event_time")))
    return {
        "memories": sum(row["n"] for row in told),
        "roles": _summed(told, "role"),
        "kinds": _summed(told, "kind"),
        "first_at": min((row["first"] for row in told), default=None),
        "last_at": max((row["last"] for row in told), default=None),
    }


def _summed(told: Iterable[Any], name: str) -> dict[str, int]:
    found: dict[str, int] = {}
    for row in told:
        found[row[name]] = found.get(row[name], 0) + row["n"]
    return dict(sorted(found.items()))


def latest(found: Iterable[Session]) -> dict[UUID, datetime]:
    """When the last live memory was stored in each of these, where one was. One statement."""
    keys = {(session.namespace, session.user_id, session.session_id): session.pk for session in found}
    rows = Memory.objects.live().filter(session_id__in={name for _, _, name in keys}).order_by()
    told = rows.values_list("namespace", "user_id", "session_id").annotate(last=Max("created_at"))
    return {keys[names[0], names[1], names[2]]: names[3] for names in told if names[:3] in keys}


@transaction.atomic
def revise_session(session_key: UUID, changes: dict[str, Any]) -> Session | None:
    """Change title, agent_id or metadata, which is merged into what is there. None when there is no such session."""
    session = _claimed(session_key)
    if session is None:
        return None
    if "metadata" in changes:
        changes = changes | {"metadata": session.metadata | changes["metadata"]}
    changed = sorted(name for name in CHANGEABLE & set(changes) if getattr(session, name) != changes[name])
    if "agent_id" in changed:
        gate.admit(Session(agent_id=changes["agent_id"]))
    return _save(session, {name: changes[name] for name in changed}, changed)


def _claimed(session_key: UUID) -> Session | None:
    return Session.objects.select_for_update().filter(pk=session_key).first()


def _save(session: Session, changes: dict[str, Any], fields: list[str]) -> Session:
    """Save what changed, if anything did, and tell it. Never `last_position`, which writers move meanwhile."""
    if fields:
        for name, value in changes.items():
            setattr(session, name, value)
        session.updated_at = timezone.now()
        session.save(update_fields=[*changes, "updated_at"])
        ledger.record("session.updated", session, **_thin(session), fields=fields)
    return session


@transaction.atomic
def close(session_key: UUID) -> Session | None:
    """Close a session; one that is closed stays so. An ephemeral one's memories expire. None when there is none."""
    session = _claimed(session_key)
    if session and session.state == Session.State.OPEN:
        _close([session])
    return session


def _close(open_ones: list[Session]) -> None:
    now = timezone.now()
    for session in open_ones:
        session.state, session.closed_at, session.updated_at = Session.State.CLOSED, now, now
        if session.ephemeral:
            _expire(_all_of(session), now)
    Session.objects.bulk_update(open_ones, ["state", "closed_at", "updated_at"])
    ledger.record_all("session.closed", [(session, _thin(session)) for session in open_ones])


def _expire(rows: MemoryQuerySet, now: datetime) -> None:
    """What was to last longer ends now, each with a fact of its own."""
    lasting = rows.filter(Q(expires_at=None) | Q(expires_at__gt=now)).order_by("id").only(*THIN)
    while batch := list(lasting.select_for_update()[:SLICE]):
        chosen = Memory.objects.filter(pk__in=[memory.pk for memory in batch])
        chosen.update(expires_at=now, version=F("version") + 1)
        fields = {"fields": ["expires_at"]}
        ledger.record_all("memory.updated", [(memory, next_thin(memory) | fields) for memory in batch])


def close_due(batch: int = 500) -> int:
    """Close sessions whose time is over; how many there were. Two sweeps at once share them."""
    done = 0
    while count := _close_some(batch):
        done += count
    return done


@transaction.atomic
def _close_some(batch: int) -> int:
    due = Session.objects.filter(state=Session.State.OPEN, expires_at__lte=timezone.now()).order_by("expires_at")
    claimed = list(due.select_for_update(skip_locked=True)[:batch])
    if claimed:
        _close(claimed)
    return len(claimed)


@transaction.atomic
def reopen(session_key: UUID, ttl: timedelta | None = None) -> Session | None:
    """Open a closed session again, for `ttl` or for good; an open one stays as it is. None when there is none."""
    session = _claimed(session_key)
    if session is None or state_of(session) == Session.State.OPEN:
        return session
    opened = {"state": Session.State.OPEN, "closed_at": None, "expires_at": _end(timezone.now(), ttl)}
    return _save(session, opened, ["state"])


@transaction.atomic
def delete(session_key: UUID) -> int | None:
    """End a session: its memories are deleted. How many; None when there is no session.

    They are one batch, named by the session, and with it can be brought back for UNDO_DAYS, see bygone.
    """
    session = _claimed(session_key)
    if session is None:
        return None
    count = erase_all(_all_of(session), session.pk)
    ledger.record("session.deleted", session, **_thin(session), count=count)
    session.delete()
    return count
