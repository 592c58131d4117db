"""The vocabulary: the few frozen values that rooms pass to each other."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID


@dataclass(frozen=True)
class Scope:
    """Whose memories: empty means any in reading, and none in particular in writing."""

    namespace: str = ""
    user_id: str = ""
    agent_id: str = ""
    session_id: str = ""


@dataclass(frozen=True)
class Draft:
    """A memory about to be written."""

    content: str
    scope: Scope = Scope()
    kind: str = "fact"
    role: str = ""
    author: str = ""
    tags: tuple[str, ...] = ()
    people: tuple[str, ...] = ()
    topic: str = ""
    metadata: dict[str, Any] = field(default_factory=dict)
    importance: float | None = None  # None: scored by algorithms.scoring
    confidence: float = 1.0
    event_time: datetime | None = None  # None: when it is written
    expires_at: datetime | None = None


@dataclass(frozen=True)
class Outcome:
    """What became of one draft: `created`, or `merged` into the memory that already says exactly this."""

    status: str
    id: UUID
    reason: str = ""


@dataclass(frozen=True)
class Query:
    """A question asked of a scope. `limit` is 1 to 200; `filters` is the filter language of memory.filters."""

    text: str
    scope: Scope = Scope()
    limit: int = 10
    filters: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Hit:
    """A memory found: its score in [0, 1], higher is better, and the parts that the raw score is the sum of."""

    memory: Any
    score: float
    parts: dict[str, float]


@dataclass(frozen=True)
class Found:
    """The answer to a Query: hits best first, and how many memories were scored to choose them."""

    hits: tuple[Hit, ...]
    candidate_count: int
    took_ms: float
