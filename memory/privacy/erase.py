"""Erase a person: preview it, ask for it, run it, lift it.

    requested -> running -> done | failed        (asked for again, a failed one is requested)

The row is the job and holds the lease of whoever runs it. From the request on every write about the subject is refused;
once it is done, only work that began before, or all of it if blocked. Nothing comes back: no undo window applies.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from events import actors, ledger, poke
from memory import holds, sealing
from memory.errors import LibraryError, Unconfirmed
from memory.models import Erasure, Memory
from memory.privacy import erasers, gate, receipts
from memory.privacy.erasers import Asked, Counts
from memory.privacy.mentions import mentions
from memory.privacy.subjects import PURPOSE, Subject

log = structlog.get_logger(__name__)
LEASE = timedelta(seconds=120)
RECENT = timedelta(minutes=10)
TRIES = 10  # claims in a row that moved nothing
WAITS = 300  # seconds between two of them at most
PASSES = 20  # over all stores; the last one finds nothing


class Taken(Exception):
    """Another worker has the erasure."""


@dataclass(frozen=True)
class Preview:
    """What every store holds of a subject, and how many other memories say the name; those are not erased."""

    found: Counts
    mentions: int


def preview(subject: Subject) -> Preview:
    return Preview(erasers.found(_now(subject)), mentions(subject))


def _now(subject: Subject) -> Asked:
    now = timezone.now()
    return Asked(subject, now, now)


@transaction.atomic
def request(subject: Subject, confirm_count: int | None, *, block: bool = False) -> tuple[Erasure, bool]:
    """Ask for an erasure; its row, and whether it is new. One that is not over is handed back, a failed one goes on.

    Raises Unconfirmed unless `confirm_count` is the number of memories, with or without those of the last RECENT: who
    is erased may be writing meanwhile. Raises Held where a legal hold stands on any of it. Then nothing has happened.
    """
    gate.shut()
    if held := holds.against(subject):
        raise held
    there = Erasure.objects.filter(mark__in=subject.marks(), erased_at=None, lifted_at=None).first()
    if there is not None:
        return _go_on(there), False
    own = Memory.objects.filter(subject.memories())
    count, older = own.count(), own.filter(created_at__lt=timezone.now() - RECENT).count()
    if confirm_count is None or not older <= confirm_count <= count:
        raise Unconfirmed(count)
    row = Erasure(
        type=subject.type, mark=subject.marks()[0], block=block, confirmed=confirm_count, actor=actors.current()
    )
    row.sealed = sealing.seal(subject.name.encode(), ledger.current_tenant_id(), PURPOSE, str(row.pk))
    row.save(force_insert=True)
    ledger.record("erasure.requested", row, entity=subject.type, count=count, block=block)
    _poke()
    return row, True


def _go_on(row: Erasure) -> Erasure:
    if row.state == Erasure.State.FAILED:
        row.state, row.attempts, row.leased_until, row.reason = Erasure.State.REQUESTED, 0, None, ""
        row.save(update_fields=["state", "attempts", "leased_until", "reason"])
        _poke()
    return row


def _poke() -> None:
    poke.after_commit("memory.tasks.run_erasures", str(ledger.current_tenant_id()))


@transaction.atomic
def lift(erasure_id: UUID) -> Erasure | None:
    """Let everything about the subject be written again, old copies too. None when there is none that is over."""
    over = Erasure.objects.filter(state__in=(Erasure.State.DONE, Erasure.State.FAILED))
    row = over.select_for_update().filter(pk=erasure_id).first()
    if row is not None and row.lifted_at is None:
        row.lifted_at, row.sealed = timezone.now(), b""
        row.save(update_fields=["lifted_at", "sealed"])
        ledger.record("erasure.lifted", row, entity=row.type)
    return row


def of(subject: Subject) -> Any:
    """The erasures of a subject, as a queryset."""
    return Erasure.objects.filter(mark__in=subject.marks())


def pending() -> int:
    """Run this tenant's erasures that wait; how many were worked on."""
    done = 0
    while row := _claim():
        done += 1
        try:
            with actors.acting_as(row.actor, row.created_at):
                _run(Work(row))
        except Taken:
            log.info("erasure was taken over", erasure=str(row.pk))
        except LibraryError as error:  # a later claim tries again, TRIES times
            log.warning("erasure stopped", erasure=str(row.pk), error=str(error))
            again = timezone.now() + timedelta(seconds=min(2**row.attempts, WAITS))
            Erasure.objects.filter(pk=row.pk).update(reason=str(error)[:500], leased_until=again)
    return done


@transaction.atomic
def _claim() -> Erasure | None:
    """The oldest that nobody works on, with a lease. One that stopped again and again has failed."""
    now = timezone.now()
    free = Q(state=Erasure.State.REQUESTED) | Q(state=Erasure.State.RUNNING, leased_until__lte=now)
    row = Erasure.objects.select_for_update(skip_locked=True).filter(free).order_by("id").first()
    if row is None:
        return None
    row.attempts += 1
    row.state, row.leased_until = Erasure.State.RUNNING, now + LEASE
    if row.attempts > TRIES:
        row.state, row.leased_until, row.reason = Erasure.State.FAILED, None, row.reason or "its workers died"
    row.save(update_fields=["attempts", "state", "leased_until", "reason"])
    if row.state == Erasure.State.FAILED:
        ledger.record("erasure.failed", row, entity=row.type)
        return _claim()
    return row


@dataclass
class Work:
    """An erasure that runs here: what the erasers are handed, see erasers.Job."""

    row: Erasure
    subject: Subject = field(init=False)
    moved: int = 0

    def __post_init__(self) -> None:
        name = sealing.unseal(bytes(self.row.sealed), ledger.current_tenant_id(), PURPOSE, str(self.row.pk))
        self.subject = Subject(self.row.type, name.decode())

    @property
    def cursor(self) -> dict[str, Any]:
        return self.row.cursor

    @property
    def asked(self) -> Asked:
        until = self.cursor.get("until")
        since = self.row.created_at
        return Asked(self.subject, since, datetime.fromisoformat(until) if until else since)

    def note(self, counts: Counts, **cursor: Any) -> None:
        """Add to the counts and move the lease on, if it is still ours. Raises Taken."""
        told = {name: self.row.counts.get(name, 0) + count for name, count in counts.items()}
        self.moved += sum(counts.values())
        self.advance(counts=self.row.counts | told, cursor=self.cursor | cursor)

    def advance(self, **changes: Any) -> None:
        changes = {"leased_until": timezone.now() + LEASE, "attempts": 0, "reason": ""} | changes
        ours = Erasure.objects.filter(pk=self.row.pk, state=Erasure.State.RUNNING, leased_until=self.row.leased_until)
        if not ours.update(**changes):
            raise Taken
        for name, value in changes.items():
            setattr(self.row, name, value)


def _run(work: Work) -> None:
    """Pass over all stores until a pass finds nothing; each slice is committed by itself. Raises Held: it waits."""
    for _ in range(PASSES):
        work.moved = 0
        if held := holds.against(work.subject):
            raise held
        for eraser in erasers.all_erasers():
            while eraser.erase(work):
                pass
        if not work.moved and _finish(work):
            return
    raise LibraryError("something about it keeps being written")


def _finish(work: Work) -> bool:
    """Close it, with its receipt, unless something is there all the same."""
    with transaction.atomic():
        gate.shut()
        remaining = erasers.found(work.asked)
        if any(remaining.values()):
            return False
        row, now = work.row, timezone.now()
        row.erased_at = now
        told = {"state": Erasure.State.DONE, "erased_at": now, "sealed": b"", "cursor": {}, "leased_until": None}
        work.advance(**told, receipt=receipts.made(row, work.subject, remaining))
        facts = {"entity": row.type, "count": row.counts.get("memories", 0), "checksum": row.receipt["checksum"]}
        ledger.record("erasure.completed", row, **facts)
    return True
