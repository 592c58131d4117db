"""Export and import: memories, their versions, sessions and relations as lines of JSON, or memories as CSV.

An export is a row of batches, each asked for by the cursor that the one before gave, so it takes the same room however
long it is, and goes on where it was cut off. Rows are read as they are when their batch comes. An import stores good
rows in batches and says of the others on which line they are and what is wrong with them.
"""

import csv
import io
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import DataError, IntegrityError, models, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from events import actors, ledger, poke
from memory import filters, portable, quotas
from memory.algorithms.lines import safe
from memory.errors import Unreadable
from memory.models import Memory, Relation, Session, Version
from memory.portable import BadRow
from memory.privacy import gate, telling
from memory.privacy.subjects import Subject, named_by
from memory.tiers import cold
from memory.types import Scope

ROWS = 200  # a batch of an export; 200 of the longest memories are 200 MiB
BATCH = 500  # rows of one transaction of an import
KEPT_ERRORS = 1_000
STAGES = ("session", "memory", "version", "relation")


@dataclass(frozen=True)
class Selection:
    """What an export holds: a scope, the filter language, and whether earlier versions come with it.

    Or everything of a subject: deleted and expired memories too, and versions and relations that only touch it.
    """

    scope: Scope = field(default_factory=Scope)
    filters: dict[str, Any] = field(default_factory=dict)
    versions: bool = True
    subject: Subject | None = None

    def memories(self) -> QuerySet[Memory]:
        if self.subject:
            return Memory.objects.filter(self.subject.memories())
        alive = Q(expires_at=None) | Q(expires_at__gt=timezone.now())
        rows = Memory.objects.exclude(state=Memory.State.DELETED).filter(alive).scoped(self.scope)
        return rows.filter(filters.to_q(self.filters))


@dataclass(frozen=True)
class Piece:
    """A batch of an export: its bytes, how many memories it holds, and what to ask for next; None: that was all."""

    data: bytes
    memories: int
    cursor: dict[str, str] | None


def export(chosen: Selection, form: str) -> Iterator[bytes]:
    """The whole export, batch by batch. Raises BadFilter, Unreadable."""
    cursor: dict[str, str] | None = {}
    while cursor is not None:
        piece = batch(chosen, form, cursor)
        yield piece.data
        cursor = piece.cursor


def batch(chosen: Selection, form: str, cursor: dict[str, str]) -> Piece:
    """The batch that a cursor names; the first one for an empty cursor. Raises BadFilter, Unreadable."""
    if not cursor:
        head = _csv([portable.FIELDS["memory"]]) if form == "csv" else _jsonl([_header()])
        return Piece(head, 0, {"stage": "memory" if form == "csv" else STAGES[0], "after": ""})
    stage = cursor["stage"]
    rows = _after(_rows(chosen, stage), cursor["after"])
    told = _told(chosen, stage, rows, form)
    data = _csv([portable.cells(line) for line in told]) if form == "csv" else _jsonl(told)
    return Piece(data, len(rows) if stage == "memory" else 0, _next(chosen, stage, rows, form))


def _header() -> dict[str, Any]:
    return {"type": "header", "format": portable.FORMAT, "exported_at": timezone.now().isoformat()}


def _next(chosen: Selection, stage: str, rows: Sequence[Any], form: str) -> dict[str, str] | None:
    if len(rows) == ROWS:
        return {"stage": stage, "after": str(rows[-1].pk)}
    stages = (*STAGES, *telling.all_told()) if chosen.subject else STAGES
    if form == "csv" or stage == stages[-1]:
        return None
    return {"stage": stages[stages.index(stage) + 1], "after": ""}


def _after(rows: QuerySet[Any], after: str) -> list[Any]:
    return list((rows.filter(pk__gt=UUID(after)) if after else rows).order_by("pk")[:ROWS])


def _rows(chosen: Selection, stage: str) -> QuerySet[Any]:
    if stage == "memory":
        return chosen.memories().light()  # type: ignore[attr-defined]
    if stage == "session":
        return _sessions(chosen)
    if chosen.subject and stage in telling.all_told():
        return telling.all_told()[stage].rows(chosen.subject)
    ids = chosen.memories().values("pk")
    if stage == "version":
        return _strays(chosen, ids)
    if chosen.subject:
        return Relation.objects.filter(Q(source__in=ids) | Q(target__in=ids))
    return Relation.objects.filter(source__in=ids, target__in=ids)


def _strays(chosen: Selection, ids: QuerySet[Any]) -> QuerySet[Version]:
    """Versions that name the subject while their memory does not any more; the others come with their memories."""
    if not chosen.subject:
        return Version.objects.none()
    return Version.objects.filter(chosen.subject.memories()).exclude(memory__in=ids).defer("embedding", "search")


def _sessions(chosen: Selection) -> QuerySet[Session]:
    """Those of the scope; with filters, those in which one of the chosen memories was said."""
    if chosen.subject:
        return Session.objects.filter(chosen.subject.sessions())
    named = {name: value for name, value in vars(chosen.scope).items() if value}
    rows = Session.objects.filter(**named)
    if not chosen.filters:
        return rows
    same = {name: OuterRef(name) for name in ("namespace", "user_id", "session_id")}
    return rows.filter(Exists(chosen.memories().filter(**same)))


def _told(chosen: Selection, stage: str, rows: list[Any], form: str) -> list[dict[str, Any]]:
    if stage == "memory" and (unread := cold.fill(rows)):
        raise Unreadable(f"the content of {len(unread)} cold memories cannot be read now")
    tell = telling.line if stage in telling.all_told() else portable.tell
    told = [tell(stage, row) for row in rows]
    if stage == "memory" and form == "jsonl" and chosen.versions:
        earlier = Version.objects.filter(memory__in=[row.pk for row in rows]).defer("embedding", "search")
        told += [portable.tell("version", row) for row in earlier.order_by("memory_id", "version")]
    return told


def _jsonl(lines: list[dict[str, Any]]) -> bytes:
    return "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines).encode()


def _csv(rows: Sequence[Sequence[str]]) -> bytes:
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\r\n").writerows([safe(cell) for cell in row] for row in rows)
    return out.getvalue().encode()


# --- import


@dataclass
class Report:
    """What became of an import's rows: counts per outcome, and the first errors as {line, error}."""

    created: int = 0
    merged: int = 0
    failed: int = 0
    errors: list[dict[str, Any]] = field(default_factory=list)

    def fail(self, line: int, error: str) -> None:
        self.failed += 1
        if len(self.errors) < KEPT_ERRORS:
            self.errors.append({"line": line, "error": error[:300]})


Heard = tuple[int, str, models.Model]
Twins = set[Any]  # ids and fingerprints of a dry run's rows so far


def store(rows: Sequence[Heard], report: Report) -> None:
    """Store rows as (line, kind, row), in the caller's transaction. Those that are there already stay as they are."""
    rows = _admitted(rows, report)
    for kind in ("session", "memory", "version", "relation"):
        of_kind = [(line, row) for line, this, row in rows if this == kind]
        if of_kind:
            _store_kind(kind, of_kind, report)


def _admitted(rows: Sequence[Heard], report: Report) -> Sequence[Heard]:
    """Without those about somebody who was erased since the file was sent, or since the row itself is from."""
    began = actors.since()
    told = [(line, named_by(row), min(began, _from(row))) for line, kind, row in rows if kind != "relation"]
    refused = gate.refused(told)
    for line in sorted(refused):
        report.fail(line, gate.REASON)
    return [heard for heard in rows if heard[0] not in refused]


def _from(row: Any) -> datetime:
    """When a row says that it was written: what an export holds is as old as it was there."""
    return row.until if isinstance(row, Version) else row.created_at


def _store_kind(kind: str, rows: list[tuple[int, Any]], report: Report) -> None:
    ready = _with_ends(kind, rows, report, set())
    model = portable.MODELS[kind]
    there = _there(kind, [row for _, row in ready])
    new = [(line, row) for line, row in ready if not there & _names(kind, row)]
    if kind == "memory":
        full = _without_room(new, report)
        ready, new = ([(line, row) for line, row in rows if line not in full] for rows in (ready, new))
    failed = 0
    try:
        with transaction.atomic():
            model._default_manager.bulk_create([row for _, row in new], ignore_conflicts=True)
    except (DataError, IntegrityError):
        stored = [pair for pair in new if _store_one(*pair, report)]
        failed, new = len(new) - len(stored), stored
    kept = set(model._default_manager.filter(pk__in=[row.pk for _, row in new]).values_list("pk", flat=True))
    created = list({row.pk: row for _, row in new if row.pk in kept}.values())
    report.created += len(created)
    report.merged += len(ready) - failed - len(created)
    if kind == "memory" and created:
        _tell_created(created)


def _without_room(new: list[tuple[int, Any]], report: Report) -> set[int]:
    """Lines that the tenant's quotas leave no room for; they fail."""
    full = quotas.refused(dict(new), alone=True)
    for line, reason in full.items():
        report.fail(line, reason)
    return set(full)


def _store_one(line: int, row: models.Model, report: Report) -> bool:
    """Store alone what the database refused among others, to know which of them it was."""
    try:
        with transaction.atomic():
            type(row)._default_manager.bulk_create([row], ignore_conflicts=True)
    except (DataError, IntegrityError):
        report.fail(line, "the database refused this row")
        return False
    return True


def _tell_created(created: list[Memory]) -> None:
    facts: list[tuple[models.Model | None, dict[str, Any]]] = [
        (m, {"kind": m.kind, "namespace": m.namespace, "user_id": m.user_id, "version": m.version}) for m in created
    ]
    ledger.record_all("memory.created", facts)
    poke.after_commit("memory.tasks.embed_pending", str(ledger.current_tenant_id()))


def rehearse(rows: Sequence[Heard], report: Report, seen: Twins) -> None:
    """Count what `store` would do, and do nothing. `seen` goes from batch to batch."""
    rows = _admitted(rows, report)
    for kind in ("session", "memory", "version", "relation"):
        ready = _with_ends(kind, [(line, row) for line, this, row in rows if this == kind], report, seen)
        there = _there(kind, [row for _, row in ready])
        for _, row in ready:
            names = _names(kind, row)
            known = bool(names & (there | seen))
            seen |= names
            report.merged += known
            report.created += not known


def _names(kind: str, row: Any) -> Twins:
    """By what a row is known to be there: its id, and what is unique of it."""
    if kind == "memory":
        return {row.pk, row.fingerprint} if row.state == Memory.State.ACTIVE else {row.pk}
    if kind == "session":
        return {row.pk, (row.namespace, row.user_id, row.session_id)}
    if kind == "version":
        return {row.pk, (row.memory_id, row.version)}
    return {row.pk, (row.source_id, row.target_id, row.type)}


def _there(kind: str, rows: list[Any]) -> Twins:
    """The names of those of these rows that the database has."""
    if not rows:
        return set()
    same = Q(pk__in=[row.pk for row in rows])
    if kind == "memory":
        prints = [row.fingerprint for row in rows]
        same |= Q(fingerprint__in=prints, state=Memory.State.ACTIVE)
        found: Any = Memory.objects.filter(same).only("id", "fingerprint", "state")
    elif kind == "session":
        found = Session.objects.filter(same | Q(session_id__in={row.session_id for row in rows}))
    elif kind == "version":
        same |= Q(memory_id__in={row.memory_id for row in rows})
        found = Version.objects.filter(same).only("id", "memory_id", "version")
    else:
        found = Relation.objects.filter(same | Q(source_id__in={row.source_id for row in rows}))
    return set().union(*(_names(kind, row) for row in found))


def _with_ends(kind: str, rows: list[tuple[int, Any]], report: Report, seen: Twins) -> list[tuple[int, Any]]:
    """Those whose memories are there; the others fail."""
    ends = {"version": ("memory_id",), "relation": ("source_id", "target_id")}.get(kind)
    if not ends or not rows:
        return rows
    asked = {getattr(row, end) for _, row in rows for end in ends}
    there = seen | set(Memory.objects.filter(pk__in=asked).values_list("pk", flat=True))
    ready = []
    for line, row in rows:
        if missing := [end for end in ends if getattr(row, end) not in there]:
            report.fail(line, f"{missing[0]}: no such memory")
        elif kind == "relation" and row.source_id == row.target_id:
            report.fail(line, "a relation joins two memories")
        else:
            ready.append((line, row))
    return ready


def hear_json(text: bytes | None) -> tuple[str, models.Model] | None:
    """A line of JSON as kind and row; None for a header, an empty line or one that is told alone. Raises BadRow."""
    if text is None:
        raise BadRow("is longer than 2 MiB")
    if not text.strip():
        return None
    try:
        line = json.loads(text.removeprefix(b"\xef\xbb\xbf").decode())
    except (ValueError, RecursionError):
        raise BadRow("is not JSON in UTF-8") from None
    if not isinstance(line, dict):
        raise BadRow("is not an object")
    if line.get("type") == "header":
        if line.get("format") != portable.FORMAT:
            raise BadRow(f"is of format {line.get('format')!r:.20}, and {portable.FORMAT} is known here")
        return None
    told_alone = line.get("type") in list(telling.all_told())
    return None if told_alone else portable.hear(line)
