"""Telling in short what a selection of memories says, or what is known of a user: made when asked, kept nowhere."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import F, Max, Window
from django.db.models.functions import RowNumber

from memory import llm
from memory.listing import Narrowing, listed
from memory.llm import Written
from memory.models import Memory
from memory.types import Scope
from memory.upkeep import sources

Kind = Memory.Kind
READ = 200  # memories of a summary: the latest
SENTENCES = 6
# What lasts of a user, and the most of each that is told.
LASTING = (Kind.FACT, Kind.PREFERENCE, Kind.GOAL, Kind.HABIT, Kind.CONSTRAINT)
EACH = 20
WEIGHTIEST = ("-importance", "-confidence", "-id")


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
    """Two statements: which of all that lasts are the weightiest of their kind, then these."""
    rows = Memory.objects.live().scoped(Scope(user_id=user_id)).filter(kind__in=LASTING)
    place = Window(RowNumber(), partition_by=F("kind"), order_by=WEIGHTIEST)
    ranked = rows.order_by().annotate(place=place, last=Window(Max("updated_at"))).filter(place__lte=EACH)
    found = dict(ranked.values_list("id", "last"))
    statements: dict[str, list[str]] = {str(kind): [] for kind in LASTING}
    for memory in sources.readable(list(Memory.objects.light().filter(pk__in=found).order_by(*WEIGHTIEST))):
        statements[memory.kind].append(memory.content)
    return Profile(statements, next(iter(found.values()), None))
