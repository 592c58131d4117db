"""Sessions that were deleted, as long as they can be brought back: the undo window."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Max, Q, QuerySet
from django.utils import timezone

from events import ledger
from events.models import Event
from memory import erasing, sessions
from memory.models import Memory, Session
from memory.privacy import gate
from tenants import bounds, preferences


@dataclass(frozen=True)
class Bygone:
    """A session that was deleted, as the fact of it tells; `back`: it is there again."""

    id: UUID
    namespace: str
    user_id: str
    session_id: str
    memories: int
    deleted_at: datetime
    deleted_by: str
    back: bool

    @property
    def began(self) -> datetime:
        """When it was opened, as its id tells: a UUIDv7 begins with 48 bits of time (RFC 9562, 5.7)."""
        return datetime.fromtimestamp((self.id.int >> 80) / 1000, UTC)


def listed(user_id: str = "", limit: int = 100) -> list[Bygone]:
    """The latest first. Two statements."""
    rows = _facts().order_by("-id")
    rows = rows.filter(data__user_id=user_id) if user_id else rows
    return _told(rows[:limit])


def one(session_key: UUID) -> Bygone | None:
    return next(iter(_told(_facts().filter(subject_id=str(session_key)).order_by("-id")[:1])), None)


@transaction.atomic
def bring_back(session_key: UUID) -> Session | None:
    """Open a deleted session again with its memories; one of its name that is there now gets them.

    Its title, agent and metadata are gone. None when there is none, or its time is over.
    """
    found = one(session_key)
    if found is None:
        return None
    names = {name: getattr(found, name) for name in ("namespace", "user_id", "session_id")}
    session = Session(pk=session_key, last_position=_last_position(names), created_at=found.began, **names)
    gate.admit(session)
    Session.objects.bulk_create([session], ignore_conflicts=True)
    kept = Session.objects.get(**names)
    if kept.pk == session_key and not found.back:
        ledger.record("session.opened", kept, **names)
    erasing.undelete(session_key)
    return sessions.read(kept.pk)


def _facts() -> QuerySet[Event]:
    """Of deletions that can be undone; without those whose names an erasure took: it leaves digests and no salt."""
    since = timezone.now() - timedelta(days=preferences.current().undo_days)
    rows = Event.objects.filter(tenant_id=ledger.current_tenant_id(), type="session.deleted", occurred_at__gt=since)
    bound = bounds.current()
    rows = rows.filter(data__namespace__in=list(bound)) if bound else rows
    return rows.filter(Q(seq=None) | Q(salt__isnull=False))


def _told(facts: Iterable[Event]) -> list[Bygone]:
    rows = list(facts)
    keys = {fact.subject_id: UUID(fact.subject_id) for fact in rows}
    there = set(Session.objects.filter(pk__in=keys.values()).values_list("pk", flat=True))
    return [_bygone(fact, keys[fact.subject_id], there) for fact in rows]


def _bygone(fact: Event, key: UUID, there: set[UUID]) -> Bygone:
    data = fact.data
    names = (data["namespace"], data["user_id"], data["session_id"])
    return Bygone(key, *names, data["count"], fact.occurred_at, fact.actor, key in there)


def _last_position(names: dict[str, str]) -> int:
    last: int | None = Memory.objects.filter(**names).aggregate(last=Max("position"))["last"]
    return last or 0
