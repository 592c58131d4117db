"""What is noted of calls while they are answered: kept in this process, and written beside them by a thread.

Nobody who is answered waits for it: a note is one append, without a statement, a lock or a call elsewhere. So a note is
lost with its process, at most the last second's; it is a count, no promise. A flush is one transaction a tenant.
"""

import atexit
import random
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog
from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone
from django.utils.module_loading import import_string
from django_tenants.utils import tenant_context

from analytics import counts, tracing
from analytics.algorithms import histograms
from analytics.counts import Cell
from analytics.models import Trace
from analytics.tracing import Kept
from events import actors
from memory.errors import LibraryError
from memory.observing import Recall
from tenants import bounds, preferences

log = structlog.get_logger(__name__)
EVERY = 1.0  # seconds between two flushes
MOST = 20_000  # notes that wait in this process; what comes then is not noted
TRACES = 100  # of a tenant in one flush
AT_THE_DOOR = (403, 429)  # not traced: who is refused comes again at once, and as often as it likes
DOMAINS = 100  # told apart in one flush of a tenant: a caller may name any number of them
_place: ContextVar[str] = ContextVar("place", default="")


@dataclass(frozen=True, slots=True)
class Note:
    """One call in a tenant, or one refused of nobody. `operation` is empty for a recall, `found` None for all else."""

    tenant: Any
    at: datetime
    took_ms: float
    domain: str = ""
    operation: str = ""
    found: int | None = None
    failed: bool = False
    refused: bool = False
    kept: Kept | None = None


_notes: deque[Note] = deque()
_lost = 0
_thread: threading.Thread | None = None
_starting, _flushing = threading.Lock(), threading.Lock()


@contextmanager
def during(place: str) -> Iterator[None]:
    """What is recalled until the block ends is part of this operation of the API, or page of the console."""
    token = _place.set(place)
    try:
        yield
    finally:
        _place.reset(token)


def recalled(told: Recall) -> None:
    """Note a recall; see settings.RECALL_OBSERVERS. A question that cannot be asked is none."""
    tenant = _noting(getattr(connection, "tenant", None))
    if tenant is None or isinstance(told.error, LibraryError):
        return
    took, found = told.took_ms(), len(told.found.hits) if told.found else None
    why = _why(tenant, took, failed=found is None, empty=found == 0)
    domain = told.query.scope.namespace or _only(told.query.namespaces or bounds.current())
    kept = Kept(why, _place.get(), actors.acting(), recall=tracing.seen(told)) if why else None
    _add(Note(tenant, timezone.now(), took, domain[:255], found=found or 0, failed=found is None, kept=kept))


def called(tenant: Any, operation: str, status: int, took_ms: float, acting: actors.Acting) -> None:
    """Note a request of the API that was answered with this status of HTTP; of nobody (None) only that it was refused.

    Of who speaks on the platform, in no tenant, nothing is noted.
    """
    failed, refused = status >= 500, 400 <= status < 500
    if not (settings.NOTING and refused if tenant is None else _noting(tenant)):
        return
    why = "" if tenant is None or status in AT_THE_DOOR else _why(tenant, took_ms, failed=failed)
    kept = Kept(why, operation, acting, status=status) if why else None
    _add(Note(tenant, timezone.now(), took_ms, operation=operation, failed=failed, refused=refused, kept=kept))


def _noting(tenant: Any) -> Any:
    return tenant if settings.NOTING and getattr(tenant, "id", None) else None


def _only(names: tuple[str, ...]) -> str:
    return names[0] if len(names) == 1 else ""


def _why(tenant: Any, took_ms: float, *, failed: bool, empty: bool = False) -> str:
    """Why a call is traced; empty: it is not."""
    prefers = preferences.of(tenant)
    if not prefers.trace_days:
        return ""
    if failed:
        return Trace.Why.FAILED.value
    if empty:
        return Trace.Why.EMPTY.value
    if took_ms >= prefers.trace_slow_ms:
        return Trace.Why.SLOW.value
    return Trace.Why.SAMPLED.value if random.random() < prefers.trace_share else ""  # noqa: S311  no secret


def _add(note: Note) -> None:
    global _lost
    if len(_notes) >= MOST:
        _lost += 1
        return
    _notes.append(note)
    if _thread is None and settings.MEMHOUSE_ROLE == "web":
        _start()


def _start() -> None:
    """One thread a process, from its first note on: what was forked before has its own."""
    global _thread
    with _starting:
        if _thread is None:
            _thread = threading.Thread(target=_go_on, name="noting", daemon=True)
            _thread.start()


def _go_on() -> None:
    while True:
        time.sleep(EVERY)
        try:
            settle()
        finally:
            connection.close()  # to the pool: a thread that sleeps needs none


def settle() -> None:
    """Write all that was noted until now, on this thread's connection; what cannot be written is dropped."""
    global _lost
    with _flushing:
        lost, _lost = _lost, 0
        if lost:
            log.warning("calls not noted", count=lost)
        for tenant, notes in _taken().items():
            try:
                _write(tenant, notes)
            except Exception as error:  # its schema is gone, the database is away: the other tenants' are written
                slug = tenant.slug if tenant else ""
                log.warning("calls not noted", tenant=slug, count=len(notes), error=type(error).__name__)


def forget() -> None:
    """Drop all that was noted and is not written."""
    _notes.clear()


def _taken() -> dict[Any, list[Note]]:
    told: dict[Any, list[Note]] = {}
    for _ in range(len(_notes)):  # what is noted meanwhile is the next flush's
        note = _notes.popleft()
        told.setdefault(note.tenant, []).append(note)  # a tenant is equal to another read of it
    return told


def _write(tenant: Any, notes: list[Note]) -> None:
    cells = list(_cells(notes))
    if tenant is None:
        _tell(cells)
        return
    with tenant_context(tenant):
        with transaction.atomic():
            kept = [(note.kept, note.at, note.took_ms, note.domain, note.found) for note in notes if note.kept]
            tracing.keep(kept[:TRACES])
            counts.add(cells)
        _tell(cells)  # after the commit


def _tell(cells: list[Cell]) -> None:
    for name in settings.NOTE_READERS:  # in the tenant's schema, if it is one's
        import_string(name)(cells)


def _cells(notes: list[Note]) -> Iterator[Cell]:
    told: dict[tuple[str, datetime, str, str], list[Note]] = {}
    domains: set[str] = set()
    for note in notes:
        domain = note.domain if note.domain in domains or len(domains) < DOMAINS else ""
        domains.add(domain)
        for metric, kind in _metrics(note):
            told.setdefault((metric, counts.hour_of(note.at), kind, domain), []).append(note)
    for (metric, hour, kind, domain), same in told.items():
        yield _cell(metric, hour, kind, domain, same)


def _metrics(note: Note) -> Iterator[tuple[str, str]]:
    """What a note counts for, with its kind. A recall that failed neither found anything nor found nothing."""
    if note.operation:
        yield "requests" if note.tenant else "request_strangers", note.operation
        if note.refused and note.tenant:
            yield "request_refusals", note.operation
        if note.failed:
            yield "request_errors", note.operation
    elif not note.failed:
        yield "searches", "found" if note.found else "empty"
        yield "search_hits", ""


def _cell(metric: str, hour: datetime, kind: str, domain: str, notes: list[Note]) -> Cell:
    if metric == "search_hits":
        return Cell(metric, hour, kind, domain, n=sum(note.found or 0 for note in notes))
    took = [note.took_ms for note in notes]
    if metric in ("request_errors", "request_refusals", "request_strangers"):
        return Cell(metric, hour, kind, domain, n=len(took))
    return Cell(
        metric, hour, kind, domain, n=len(took), total=sum(took), least=min(took), most=max(took),
        buckets=histograms.of(took),
    )  # fmt: skip


def _last() -> None:
    """What a process that ends by itself has not written yet; one that is killed loses it."""
    if _notes:
        settle()
        connection.close()


atexit.register(_last)
