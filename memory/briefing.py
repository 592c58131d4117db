"""Telling in short what a selection of memories says, or what is known of a user: made when asked, kept nowhere."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Max

from memory import llm
from memory.listing import Narrowing, listed
from memory.llm import Written
from memory.models import Memory
from memory.models.memory import MemoryQuerySet
from memory.types import Scope
from memory.upkeep import sources

Kind = Memory.Kind
READ = 200  # memories of a summary: the latest
SENTENCES = 6
# What lasts of a user, and the most of each that is told.
LASTING = (Kind.FACT, Kind.PREFERENCE, Kind.GOAL, Kind.HABIT, Kind.CONSTRAINT)
EACH = 20


def summary(narrowing: Narrowing, sentences: int = SENTENCES) -> Written:
    """The latest memories of a narrowing in about so many sentences; no text when they tell nothing.

    Raises BadFilter.
    """
    rows = listed(narrowing).light().order_by("-event_time", "-id")[:READ]
    memories = sources.readable(list(rows)[::-1])
    return llm.current().summarize([sources.told(memory) for memory in memories], sentences)


@dataclass(frozen=True)
class Profile:
    """What lasts of a user: statements by kind, the weightiest first, and when the last of them changed."""

    statements: dict[str, list[str]]
    updated_at: datetime | None

    @property
    def empty(self) -> bool:
        return not any(self.statements.values())


def profile(user_id: str) -> Profile:
    rows = Memory.objects.live().scoped(Scope(user_id=user_id)).filter(kind__in=LASTING)
    statements = {str(kind): _weightiest(rows.filter(kind=kind)) for kind in LASTING}
    return Profile(statements, rows.aggregate(last=Max("updated_at"))["last"])


def _weightiest(rows: MemoryQuerySet) -> list[str]:
    chosen = sources.readable(list(rows.light().order_by("-importance", "-confidence", "-id")[:EACH]))
    return [memory.content for memory in chosen]
