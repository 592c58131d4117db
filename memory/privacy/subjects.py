"""Subjects: whom an erasure is about, what of the library is theirs, and the digest that names them when they are gone.

A user and an agent are known by the id that callers gave them. A person is known by a name, in any case of its
letters, where a memory says whom it mentions (`people`) or who said it (`author`).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Q
from django.db.models.functions import Lower
from django.db.models.lookups import Exact

from events import ledger
from memory import sealing
from memory.narrowing import mentioning

PURPOSE = "erasure"
OWNED_BY = {"user": "user_id", "agent": "agent_id"}
TYPES = (*OWNED_BY, "person")


@dataclass(frozen=True)
class Subject:
    """`type` is one of TYPES."""

    type: str
    name: str

    def memories(self) -> Q:
        """What is theirs of memories, and of versions."""
        if self.type in OWNED_BY:
            return Q(**{OWNED_BY[self.type]: self.name})
        return Q(mentioning((self.name,))) | Q(Exact(Lower("author"), self.name.lower()))

    def sessions(self) -> Q:
        """Their conversations. One who is only mentioned has none."""
        return Q(**{OWNED_BY[self.type]: self.name}) if self.type in OWNED_BY else Q(pk__in=[])

    def marks(self) -> list[str]:
        """Their digests in this tenant, by each key of DATA_KEYS; the first one is written, any is recognised."""
        name = self.name if self.type in OWNED_BY else self.name.lower()
        return sealing.marks(f"{self.type}\x1f{name}".encode(), ledger.current_tenant_id(), PURPOSE)


def named_by(row: Any) -> set[Subject]:
    """All whom a memory, a version or a session names."""
    said = [*getattr(row, "people", ()), getattr(row, "author", "")]
    told = [("user", row.user_id), ("agent", row.agent_id), *(("person", name) for name in said)]
    return subjects(told)


def subjects(told: Iterable[tuple[str, str]]) -> set[Subject]:
    """Those of (type, name) that are named at all."""
    return {Subject(type, name) for type, name in told if name}
