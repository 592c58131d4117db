"""Exports of the study: counts of hours, tracked events or the learning history, piece by piece, as JSON or CSV.

An export is a stream that begins with how many rows there are, so whoever reads it knows how far it is.
"""

import csv
import io
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from analytics import counts, history, tracking
from analytics.counts import Span
from analytics.history import Asked
from memory.algorithms import lines

# Rows of one piece: a learning event may be a megabyte.
BATCHES = {"counts": 1_000, "tracked": 500, "learning": 50}
FORMATS = ("json", "csv")
_COUNTS = ("metric", "hour", "kind", "domain", "service", "agent", "n", "total", "least", "most")
_TRACKED = ("id", "name", "domain", "service", "agent", "user_id", "data", "occurred_at", "recorded_at")
_LEARNING = (
    "id", "type", "domain", "service", "agent", "user_id", "session_id", "importance", "input", "context", "output",
    "confidence", "correct", "improved", "rating", "explanation", "model_updated", "performance_change",
    "affected_models", "processing_ms", "tokens", "cost", "metadata", "occurred_at", "recorded_at", "judged_at",
)  # fmt: skip
OF = {"counts": _COUNTS, "tracked": _TRACKED, "learning": _LEARNING}
Row = Sequence[Any]


@dataclass(frozen=True)
class Export:
    """What is exported: `of` one of OF, `form` one of FORMATS, of the span and, unless empty, of one domain."""

    of: str
    form: str
    span: Span
    domain: str = ""
    metrics: tuple[str, ...] = ()  # of counts; empty: all


@dataclass(frozen=True)
class Piece:
    """A part of the file; `after` is where the next one begins, None at the end."""

    data: bytes
    after: Row | None


def total(asked: Export) -> int:
    """How many rows there are."""
    if asked.of == "counts":
        return counts.how_many(asked.metrics, asked.span, asked.domain)
    return int(_rows(asked).count())


def piece(asked: Export, after: Row | None = None) -> Piece:
    """The first piece, or the one behind another; one statement."""
    rows = _read(asked, after)
    last = len(rows) < BATCHES[asked.of]
    write: Callable[..., str] = _csv if asked.form == "csv" else _json
    text = write(OF[asked.of], rows, first=after is None, last=last)
    ends = None if last else (rows[-1][:6] if asked.of == "counts" else rows[-1][:1])
    return Piece(text.encode(), ends)


def _read(asked: Export, after: Row | None) -> list[Row]:
    if asked.of == "counts":
        return counts.listed(asked.metrics, asked.span, asked.domain, after, BATCHES[asked.of])
    rows = _rows(asked)
    rows = rows.filter(pk__gt=after[0]) if after else rows
    return list(rows.order_by("pk").values_list(*OF[asked.of])[: BATCHES[asked.of]])


def _rows(asked: Export) -> Any:
    told = {"domain": asked.domain, "since": asked.span.begin, "until": asked.span.end}
    return tracking.found(**told) if asked.of == "tracked" else history.found(Asked(**told))  # type: ignore[arg-type]  # by name


def _json(names: Sequence[str], rows: Sequence[Row], *, first: bool, last: bool) -> str:
    """A part of one array, a row a line."""
    told = [json.dumps(dict(zip(names, row, strict=True)), ensure_ascii=False, default=_plain) for row in rows]
    return ("[\n" if first else ",\n" if told else "") + ",\n".join(told) + ("\n]\n" if last else "")


def _csv(names: Sequence[str], rows: Sequence[Row], *, first: bool, last: bool) -> str:
    out = io.StringIO()
    writer = csv.writer(out)
    if first:
        writer.writerow(names)
    writer.writerows([_cell(value) for value in row] for row in rows)
    return out.getvalue()


def _cell(value: Any) -> Any:
    if isinstance(value, dict | list):
        value = json.dumps(value, ensure_ascii=False)
    elif isinstance(value, bool):
        value = str(value).lower()
    elif value is not None and not isinstance(value, int | float):
        value = _plain(value)
    return lines.safe(value) if isinstance(value, str) else value


def _plain(value: Any) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
