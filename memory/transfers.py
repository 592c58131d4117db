"""Exports and imports as work: start one, run it, cancel it, read its file, let it expire.

The row is the job. A worker claims it with a lease, and each batch moves the lease on together with the batch's own
result. So when a worker is killed, another goes on behind the last batch that was committed, and nothing is stored
twice. Files are kept in sealed parts; the row names them in order.
"""

import csv
import hashlib
import itertools
from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

import structlog
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from uuid_utils.compat import uuid7

from events import actors, ledger, poke
from memory import places, portability, portable, sealing
from memory.algorithms import lines
from memory.errors import LibraryError, OutsideNamespaces, Unreadable
from memory.models import Transfer
from memory.portable import BadRow
from memory.privacy.subjects import Subject
from memory.tiers.objects import Objects
from memory.types import Scope
from tenants import bounds, lifecycle, preferences

log = structlog.get_logger(__name__)
PURPOSE = "transfer"
PART = 4 * 1024 * 1024
LEASE = timedelta(seconds=60)
TRIES = 5  # claims in a row that moved nothing
KEPT = timedelta(days=7)
LEFT_OVER = timedelta(days=1)  # a younger part without a row may be one of a file that is just being sent
SEEN = 1_000_000  # names that a dry run remembers, to find twins within the file
objects = Objects("transfers")
csv.field_size_limit(lines.LONGEST)


class Taken(Exception):
    """The transfer was cancelled, another worker has it, or the tenant was closed."""


class TooBig(LibraryError):
    """What was sent is larger than its limit."""


def start_export(told: dict[str, Any], form: str) -> Transfer:
    """Ask for an export of {user_id, agent_id, session_id, namespace, filters, versions}, or of all of a {subject}.

    Raises BadFilter.
    """
    total = selection(told).memories().count()
    return _begin(Transfer(direction="export", format=form, filters=told, total=total))


def start_import(stream: Any, form: str, *, dry_run: bool, limit: int) -> Transfer:
    """Keep what `stream.read` gives, up to `limit` bytes, and ask for its import. Raises TooBig, Unreadable."""
    transfer = Transfer(direction="import", format=form, dry_run=dry_run)
    digest, size, count, last = hashlib.sha256(), 0, 0, b"\n"
    try:
        while data := stream.read(PART):
            size += len(data)
            if size > limit:
                raise TooBig(f"An import is at most {limit} bytes.")
            digest.update(data)
            count += data.count(b"\n")
            transfer.parts.append(_keep(transfer, data))
            last = data
    except BaseException:
        _discard(transfer.parts)
        raise
    transfer.checksum, transfer.total = digest.hexdigest(), count + (not last.endswith(b"\n"))
    return _begin(transfer)


@transaction.atomic
def _begin(transfer: Transfer) -> Transfer:
    transfer.actor, transfer.namespaces = actors.current(), list(bounds.current())
    transfer.save(force_insert=True)
    ledger.record(f"{transfer.direction}.started", transfer, format=transfer.format, dry_run=transfer.dry_run)
    poke.after_commit("memory.tasks.run_transfers", str(ledger.current_tenant_id()))
    return transfer


def selection(told: dict[str, Any]) -> portability.Selection:
    scope = Scope(**{name: told.get(name) or "" for name in vars(Scope())})
    subject = Subject(**told["subject"]) if told.get("subject") else None
    return portability.Selection(scope, told.get("filters") or {}, told.get("versions", True), subject)


def cancel(transfer_id: UUID) -> Transfer | None:
    """Stop a transfer that is not over; what an import has stored stays. None when there is none."""
    open_ones = Transfer.objects.filter(pk=transfer_id, state__in=(Transfer.State.PENDING, Transfer.State.RUNNING))
    with transaction.atomic():
        transfer = open_ones.select_for_update().first()
        if transfer is not None:
            gone = transfer.parts
            open_ones.update(state=Transfer.State.CANCELLED, finished_at=timezone.now(), parts=[])
            transaction.on_commit(lambda: _discard(gone))
            ledger.record("transfer.cancelled", transfer, direction=transfer.direction)
    return Transfer.objects.filter(pk=transfer_id).first()


def read_part(transfer: Transfer, number: int) -> bytes:
    """Part `number` of a transfer's file, 0 for the first. Raises Unreadable."""
    name = transfer.parts[number]
    return sealing.unseal(objects.get(name), ledger.current_tenant_id(), PURPOSE, name)


def pending(*, seconds: float = 500) -> int:
    """Run this tenant's transfers for about so long; how many were worked on."""
    until = timezone.now() + timedelta(seconds=seconds)
    done = 0
    while (not done or timezone.now() < until) and (transfer := _claim()):
        done += 1
        try:
            acting = actors.acting_as(transfer.actor, transfer.created_at)
            with acting, bounds.bound_to(tuple(transfer.namespaces)):
                _run(transfer, until)
        except Taken:
            log.info("transfer was cancelled or taken over", transfer=str(transfer.pk))
        except LibraryError as error:  # a later claim tries again, TRIES times
            log.warning("transfer stopped", transfer=str(transfer.pk), error=str(error))
            Transfer.objects.filter(pk=transfer.pk).update(reason=str(error)[:500])
    return done


@transaction.atomic
def _claim() -> Transfer | None:
    """The oldest that nobody works on, with a lease. One that stopped again and again has failed."""
    now = timezone.now()
    free = Q(state=Transfer.State.PENDING) | Q(state=Transfer.State.RUNNING, leased_until__lte=now)
    transfer = Transfer.objects.select_for_update(skip_locked=True).filter(free).order_by("id").first()
    if transfer is None:
        return None
    transfer.attempts += 1
    transfer.state, transfer.leased_until = Transfer.State.RUNNING, now + LEASE
    if transfer.attempts > TRIES:
        transfer.state, transfer.finished_at = Transfer.State.FAILED, now
        transfer.reason = transfer.reason or "its workers died"
    transfer.save()
    if transfer.state == Transfer.State.FAILED:
        ledger.record("transfer.failed", transfer, direction=transfer.direction)
        return _claim()
    return transfer


def _run(transfer: Transfer, until: Any) -> None:
    steps = _export_steps(transfer) if transfer.direction == Transfer.Direction.EXPORT else _import_steps(transfer)
    for _ in steps:
        if timezone.now() > until:
            _advance(transfer, leased_until=timezone.now())  # the next claim goes on here
            poke.after_commit("memory.tasks.run_transfers", str(ledger.current_tenant_id()))
            return


def _advance(transfer: Transfer, **changes: Any) -> None:
    """Move the row on if it is still ours: the lease that we gave it last is on it, the tenant open. Raises Taken."""
    if not lifecycle.is_open(ledger.current_tenant_id()):
        raise Taken
    changes = {"leased_until": timezone.now() + LEASE, "attempts": 0, "reason": ""} | changes
    ours = Transfer.objects.filter(pk=transfer.pk, state=Transfer.State.RUNNING, leased_until=transfer.leased_until)
    if not ours.update(**changes):
        raise Taken
    for name, value in changes.items():
        setattr(transfer, name, value)


def _export_steps(transfer: Transfer) -> Iterator[None]:
    chosen = selection(transfer.filters)
    cursor: dict[str, str] | None = transfer.cursor.get("next", {})
    while cursor is not None:
        data, count = bytearray(), 0
        while cursor is not None and len(data) < PART:
            piece = portability.batch(chosen, transfer.format, cursor)
            data += piece.data
            count += piece.memories
            cursor = piece.cursor
        name = _keep(transfer, bytes(data))
        try:
            _advance(transfer, parts=[*transfer.parts, name], done=transfer.done + count, cursor={"next": cursor})
        except Taken:
            _discard([name])
            raise
        yield
    _close_export(transfer)


def _close_export(transfer: Transfer) -> None:
    digest = hashlib.sha256()
    for number in range(len(transfer.parts)):
        digest.update(read_part(transfer, number))
        _advance(transfer)
    with transaction.atomic():
        over = {"state": Transfer.State.DONE, "finished_at": timezone.now(), "leased_until": None}
        _advance(transfer, checksum=digest.hexdigest(), total=transfer.done, **over)
        ledger.record("export.ready", transfer, count=transfer.done)


def _import_steps(transfer: Transfer) -> Iterator[None]:
    if transfer.dry_run:  # what it has seen is lost with its worker: it begins anew
        transfer.cursor, transfer.counts, transfer.errors, transfer.done = {}, {}, [], 0
    report = portability.Report(**_counts(transfer.counts), errors=list(transfer.errors))
    seen: portability.Twins = set()
    records = _records(transfer)
    while taken := list(itertools.islice(records, portability.BATCH)):
        with transaction.atomic():
            rows = list(_heard(taken, report))
            if transfer.dry_run:
                portability.rehearse(rows, report, seen)
            else:
                portability.store(rows, report)
            at = {"line": taken[-1][0], "offset": taken[-1][1]} | _names(transfer, taken)
            _advance(transfer, done=at["line"], counts=_told(report), errors=report.errors, cursor=at)
        if len(seen) > SEEN:
            seen.clear()
        yield
    _close_import(transfer, report)


def _close_import(transfer: Transfer, report: portability.Report) -> None:
    gone = transfer.parts
    with transaction.atomic():
        over = {"state": Transfer.State.DONE, "finished_at": timezone.now(), "leased_until": None}
        _advance(transfer, counts=_told(report), errors=report.errors, done=transfer.total, parts=[], **over)
        facts: dict[str, Any] = _told(report) | {"dry_run": transfer.dry_run}
        ledger.record("import.completed", transfer, **facts)
        transaction.on_commit(lambda: _discard(gone))


def _counts(told: dict[str, int]) -> dict[str, Any]:
    return {name: told.get(name, 0) for name in ("created", "merged", "failed")}


def _told(report: portability.Report) -> dict[str, int]:
    return {name: getattr(report, name) for name in ("created", "merged", "failed")}


# A record of the file: its last line's number, the offset behind it, and how to hear it.
Record = tuple[int, int, Callable[[], Any]]


def _records(transfer: Transfer) -> Iterator[Record]:
    offset, number = transfer.cursor.get("offset", 0), transfer.cursor.get("line", 0)
    split = lines.split(_bytes_from(transfer, offset), at=offset)
    if transfer.format == Transfer.Format.CSV:
        yield from _csv_records(split, number, transfer)
        return
    for at, line in enumerate(split, start=number + 1):
        yield at, line.after, partial(portability.hear_json, line.text)


def _csv_records(split: Iterable[lines.Line], number: int, transfer: Transfer) -> Iterator[Record]:
    at = {"line": number, "offset": 0}

    def texts() -> Iterator[str]:
        for line in split:
            at["line"] += 1
            at["offset"] = line.after
            # Bytes that are not UTF-8 become what no row may hold, so their row is refused.
            yield (b"\xff" if line.text is None else line.text).decode("utf-8", "surrogateescape") + "\n"

    records = csv.reader(texts(), strict=True)
    names = transfer.cursor.get("names")
    while True:
        try:
            values = next(records)
        except StopIteration:
            return
        except csv.Error as error:
            yield at["line"], at["offset"], partial(_refuse, f"is not CSV: {error}")
            continue
        if names is None:
            names = [lines.unsafe(cell).removeprefix("\ufeff").strip() for cell in values]
            transfer.cursor["names"] = names
        elif values:
            yield at["line"], at["offset"], partial(_hear_cells, names, [lines.unsafe(cell) for cell in values])


def _names(transfer: Transfer, taken: list[Record]) -> dict[str, Any]:
    return {"names": transfer.cursor["names"]} if "names" in transfer.cursor else {}


def _hear_cells(names: list[str], cells: list[str]) -> Any:
    return portable.hear(portable.uncelled(names, cells))


def _refuse(reason: str) -> None:
    raise BadRow(reason)


def _heard(taken: list[Record], report: portability.Report) -> Iterator[portability.Heard]:
    for number, _, hear in taken:
        try:
            if heard := hear():
                _check_namespace(heard[1])
                yield number, *heard
        except (BadRow, OutsideNamespaces) as error:
            report.fail(number, str(error))


def _check_namespace(row: Any) -> None:
    namespace = getattr(row, "namespace", None)
    if namespace is not None and not preferences.current().allows(namespace):
        raise BadRow(places.ELSEWHERE)


def _bytes_from(transfer: Transfer, offset: int) -> Iterator[bytes]:
    """The file from an offset on. All parts but the last are PART long."""
    first, inside = divmod(offset, PART)
    for number in range(first, len(transfer.parts)):
        data = read_part(transfer, number)
        yield data[inside:] if number == first else data


def _keep(transfer: Transfer, data: bytes) -> str:
    name = f"{_folder()}/{transfer.pk}/{uuid7()}.part"
    objects.put(name, sealing.seal(data, ledger.current_tenant_id(), PURPOSE, name))
    return name


def _folder() -> str:
    return f"v1/{ledger.current_tenant_id()}"


def purge(transfer: Transfer) -> None:
    """Delete every part that is kept of a transfer, also those that its row does not name. Raises Unreadable."""
    for name in [name for name, _ in objects.under(f"{_folder()}/{transfer.pk}")]:
        objects.delete(name)


def _discard(names: Iterable[str]) -> None:
    for name in names:
        try:
            objects.delete(name)
        except Unreadable as error:
            log.warning("part left over, its expiry will delete it", error=str(error))


def expire() -> int:
    """Delete transfers that ended, or were left, longer than KEPT ago, and parts that no row names; how many rows."""
    since = timezone.now() - KEPT
    over = list(Transfer.objects.filter(Q(finished_at__lte=since) | Q(finished_at=None, created_at__lte=since)))
    with transaction.atomic():
        Transfer.objects.filter(pk__in=[transfer.pk for transfer in over]).delete()
        transaction.on_commit(lambda: _discard(name for transfer in over for name in transfer.parts))
    for name, written in objects.under(_folder()):
        if written < timezone.now() - LEFT_OVER and not Transfer.objects.filter(parts__contains=[name]).exists():
            _discard([name])
    return len(over)
