"""What must forget a person: each store with its eraser, and the tables of the tenant's schema that it answers for.

settings.ERASERS names them all, in the order in which they run; a new store adds its own there.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from django.conf import settings
from django.db.models import Model
from django.utils.module_loading import import_string

from memory.privacy.subjects import Subject

SLICE = 200
Counts = dict[str, int]


@dataclass(frozen=True)
class Asked:
    """Who is erased, since when that has been wanted, and until when their content could still be copied."""

    subject: Subject
    since: datetime
    until: datetime


class Job(Protocol):
    """The erasure that runs. `note` adds to its counts and keeps `cursor` values, in the transaction of the caller.

    It raises when another worker has taken the erasure over.
    """

    @property
    def asked(self) -> Asked: ...

    @property
    def cursor(self) -> dict[str, Any]: ...

    def note(self, counts: Counts, **cursor: Any) -> None: ...


@dataclass(frozen=True)
class Eraser:
    """`erase` takes one slice, in transactions of its own, and says whether there may be more.

    It may be killed anywhere and is then called again. `found` counts what is there of a subject.
    """

    tables: tuple[type[Model], ...]
    found: Callable[[Asked], Counts]
    erase: Callable[[Job], bool]


def all_erasers() -> list[Eraser]:
    return [import_string(path) for path in settings.ERASERS]


def found(asked: Asked) -> Counts:
    """How much every store holds of a subject, by name."""
    counts: Counts = {}
    for eraser in all_erasers():
        counts |= eraser.found(asked)
    return counts
