"""The vocabulary: the few frozen values that rooms pass to each other."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from memory.stages import Stage


@dataclass(frozen=True)
class Scope:
    """Whose memories: empty means any in reading, and none in particular in writing."""

    namespace: str = ""
    user_id: str = ""
    agent_id: str = ""
    session_id: str = ""


EVERYTHING = Scope()


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
    language: str = ""  # a BCP 47 tag; empty is read as English
    source: str = ""  # where it came from: chat, turn, import, tool, web …
    trust: str = "trusted"  # trusted, unverified or untrusted
    event_time: datetime | None = None  # None: when it is written
    expires_at: datetime | None = None
    valid_from: datetime | None = None  # None: since event_time
    valid_to: datetime | None = None  # None: it still holds
    id: UUID | None = None  # None: a new one


@dataclass(frozen=True)
class SessionDraft:
    """A session about to be opened. Its scope names it; without a `session_id` it gets one."""

    scope: Scope = Scope()
    title: str = ""
    metadata: dict[str, Any] = field(default_factory=dict)
    ttl: timedelta | None = None  # None: until somebody closes it
    ephemeral: bool = False  # its memories expire with it


@dataclass(frozen=True)
class Outcome:
    """What became of one draft, and why.

    `created`; `merged` into the memory that already says exactly this; `updated`, as it names a memory that is there;
    `skipped`, as there was nothing to do; `failed`, and nothing of it was stored.
    """

    status: str
    id: UUID | None
    reason: str = ""


@dataclass(frozen=True)
class Query:
    """A question asked of a scope. `limit` is 1 to 200; `filters` is the filter language of memory.filters.

    What is asked by: `text`, or nearness to the memory `like` or to a `vector`, or nothing, and then the newest come
    first. `when` are time words that narrow to a span of event_time ("last week"), read in `timezone`; a time named
    in `text` only lifts what lies in it.
    """

    text: str = ""
    scope: Scope = Scope()
    limit: int = 10
    filters: dict[str, Any] = field(default_factory=dict)
    like: UUID | None = None
    vector: tuple[float, ...] | None = None
    namespaces: tuple[str, ...] = ()  # any of them; empty: the scope's
    tags: tuple[str, ...] = ()
    all_tags: bool = False  # all of `tags`, not any
    people: tuple[str, ...] = ()  # any of them
    when: str = ""
    timezone: str = ""  # an IANA name; empty: the tenant's
    asked_at: datetime | None = None  # from when its time words are read; None: from now
    as_of: datetime | None = None  # what was believed then
    valid_at: datetime | None = None  # what held then; None: what holds now
    min_score: float = 0.0
    language: str = ""  # of the question, as in Draft
    weights: dict[str, float] = field(default_factory=dict)  # factors of parts of the score, see algorithms.ranking


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
    degraded: tuple[str, ...] = ()  # stages that were skipped, such as `semantic` while no embedder answers
    truncated: bool = False  # the scope holds more than these
    stages: tuple[Stage, ...] = ()  # how it came about, in order
