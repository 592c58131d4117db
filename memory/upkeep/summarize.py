"""Summaries of long conversations and of what is old. Their sources stay as they are, and findable.

A memory is summarized once: one that a summary is derived from is not taken again, and one whose summary was deleted
is. A summary goes when one of its sources is deleted. What is said later in a session is summarized when there is
enough of it, in a summary beside the first.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db.models import Case, Count, DateTimeField, Exists, F, Func, JSONField, Max, OuterRef, Q, Sum, Value, When
from django.db.models.fields.json import KeyTransform
from django.db.models.functions import Length, TruncMonth

from memory import llm
from memory.algorithms.summarizing import Told
from memory.llm import Written
from memory.models import Memory, Relation
from memory.models.memory import MemoryQuerySet
from memory.upkeep import known, sources
from memory.upkeep.options import option
from memory.upkeep.plan import Change, Reach

Kind = Memory.Kind
# The others stand by themselves.
KINDS = (Kind.MESSAGE, Kind.EVENT, Kind.FACT, Kind.CONTEXT, Kind.HYPOTHESIS, Kind.TASK)
NAME = ("namespace", "user_id", "session_id", "month")
SLICE = 500  # rows that are read in one statement, of groups that are smaller
SOURCE = "summarize"  # of the memories that are made here
FAN = 5  # summaries that one of the next level is made of
LEVELS = 3


@dataclass(frozen=True)
class Options:
    session_length: int = option(20, "memories of a session that are summarized at once", least=2, most=1_000)
    age_days: int = option(30, "days after which what is left is summarized, by session or month", least=0, most=3_650)
    least: int = option(4, "old memories that are worth a summary", least=2, most=1_000)
    batch: int = option(50, "memories of one summary; more get several, and one over these", least=5, most=500)
    sentences: int = option(6, "about so many in a summary", least=1, most=20)
    follow_deletions: bool = option(True, "whether a summary is deleted when one of its sources is")
    session: str = option("", "only what was said in the session of this name; empty: any")
    kinds: str = option("", "only these kinds, with commas between; empty: all that are summarized")
    hours: int = option(0, "only what is no older than so many hours; 0: any age", least=0, most=87_600)
    most: int = option(5_000, "memories that are summarized in one run", least=1, most=100_000)


@dataclass(frozen=True)
class Group:
    """Memories of one user that belong together: of a session, or of a month outside of sessions."""

    namespace: str
    user_id: str
    session_id: str
    month: datetime | None  # its first moment, in UTC and without saying so
    count: int
    due: bool

    def which(self) -> Q:
        rows = Q(namespace=self.namespace, user_id=self.user_id, session_id=self.session_id)
        if self.month is None:
            return rows
        first = self.month.replace(tzinfo=UTC)
        return rows & Q(event_time__gte=first, event_time__lt=(first + timedelta(days=32)).replace(day=1))


def brief(changes: Sequence[Change]) -> dict[str, Any]:
    """How much a plan reads and writes: memories, by kind too, and characters; those of cold ones are not counted."""
    made = [change for change in changes if change.draft]
    keys = {link.target for change in made for link in change.links}
    rows = Memory.objects.filter(pk__in=keys).order_by().values_list("kind")
    told = list(rows.annotate(n=Count("id"), characters=Sum(Length("content")))) if keys else []
    return {
        "memories_summarized": sum(n for _, n, _ in told),
        "kinds_summarized": dict(sorted((kind, n) for kind, n, _ in told)),
        "characters_read": sum(characters or 0 for _, _, characters in told),
        "characters_written": sum(len(change.draft["content"]) for change in made),
    }


def plan(reach: Reach, options: Options, now: datetime) -> Iterator[Change]:
    """Summarize long sessions, and what is old by session or month."""
    if options.follow_deletions:
        yield from sources.withdrawn(_outlived(reach), options.most, "something that it sums up was deleted")
    rows = _unsummarized(reach).filter(_asked(options, now))
    due = []
    for group in _groups(rows, options, now):
        if group.due:
            due.append(group)
        else:
            yield Change("keep", effect="", why=f"{group.count} memories are neither enough nor old")
    for group, memories in _read(rows, due, options.most):
        yield from _summarized(group, memories, options)


def _asked(options: Options, now: datetime) -> Q:
    """What the options narrow a run to."""
    rows = Q(session_id=options.session) if options.session else Q()
    kinds = [kind.strip() for kind in options.kinds.split(",") if kind.strip()]
    rows &= Q(kind__in=kinds) if kinds else Q()
    return rows & Q(event_time__gte=now - timedelta(hours=options.hours)) if options.hours else rows


def _outlived(reach: Reach) -> MemoryQuerySet:
    """Summaries that say of more memories than are left of them. Compared as JSON, for metadata may hold anything."""
    rows = sources.left(reach, SOURCE).annotate(of=KeyTransform("sources", "metadata"))
    return rows.filter(kind=Kind.SUMMARY, of__gt=Func(F("left"), function="to_jsonb", output_field=JSONField()))


def _unsummarized(reach: Reach) -> MemoryQuerySet:
    summaries = Relation.objects.filter(target=OuterRef("pk"), type="derived_from", source__kind=Kind.SUMMARY)
    there = Exists(summaries.exclude(source__state=Memory.State.DELETED))
    rows = sources.lasting(reach.rows().movable()).filter(~there, kind__in=KINDS).exclude(source=known.SOURCE)
    outside = When(session_id="", then=TruncMonth("event_time", tzinfo=UTC))
    return rows.annotate(month=Case(outside, default=Value(None), output_field=DateTimeField()))


def _groups(rows: MemoryQuerySet, options: Options, now: datetime) -> list[Group]:
    """Those that are due first, so that the others never keep them from being read."""
    long = Q(count__gte=options.session_length) & ~Q(session_id="")
    old = Q(count__gte=options.least, last__lt=now - timedelta(days=options.age_days))
    told = rows.order_by().values(*NAME).annotate(count=Count("id"), last=Max("event_time"))
    told = told.annotate(due=Case(When(long | old, then=Value(1)), default=Value(0)))
    told = told.values(*NAME, "count", "due")
    found = told.order_by("-due", "namespace", "user_id", F("month").asc(nulls_first=True), "session_id")
    return [Group(**row | {"due": bool(row["due"])}) for row in found[: options.most]]


def _read(rows: MemoryQuerySet, groups: Sequence[Group], most: int) -> Iterator[tuple[Group, list[Memory]]]:
    """Each group with its memories in the order in which they happened, up to `most` in all."""
    for several, room in _slices(groups, most):
        wanted = Q()
        for group in several:
            wanted |= group.which()
        found: dict[Any, list[Memory]] = {}
        told = rows.filter(wanted).only("id", "position", *sources.COLUMNS)
        for memory in told.order_by("event_time", "position", "id")[:room]:
            found.setdefault(tuple(getattr(memory, name) for name in NAME), []).append(memory)
        for group in several:
            name = (group.namespace, group.user_id, group.session_id, group.month)
            if memories := sources.readable(found.get(name, [])):
                yield group, memories


def _slices(groups: Sequence[Group], most: int) -> Iterator[tuple[list[Group], int]]:
    """Groups that are read in one statement, and how many rows of them: only a group alone is ever cut."""
    several: list[Group] = []
    held, left = 0, most
    for group in groups:
        if several and held + group.count > min(SLICE, left):
            yield several, held
            several, held, left = [], 0, left - held
        if left <= 0:
            return
        several, held = [*several, group], held + group.count
    if several:
        yield several, min(held, left)


def _summarized(group: Group, memories: Sequence[Memory], options: Options) -> Iterator[Change]:
    """A summary of each part of the group, and over several parts one of the next level."""
    writer = llm.current()
    level = []
    for part in sources.parts(memories, options.batch):
        level.append((part, writer.summarize([sources.told(memory) for memory in part], options.sentences)))
        yield _change(group, *level[-1], depth=1)
    for depth in range(2, LEVELS + 1):
        if len(level) < 2:
            return
        size = FAN if depth < LEVELS else len(level)
        below, level = level, []
        for several in sources.parts(below, size):
            level.append(_over(several, options))
            yield _change(group, *level[-1], depth)


def _over(several: Sequence[tuple[Sequence[Memory], Written]], options: Options) -> tuple[list[Memory], Written]:
    """One summary of several: of what these kept."""
    kept: list[Told] = [told for _, written in several for told in written.kept]
    return [memory for part, _ in several for memory in part], llm.current().summarize(kept, options.sentences)


def _change(group: Group, memories: Sequence[Memory], written: Written, depth: int) -> Change:
    if not written.text:
        return Change("keep", memories[0].pk, effect="", why="there is nothing in it to tell")
    where = f"of a session, level {depth}" if group.month is None else f"of a month, level {depth}"
    why = f"{len(memories)} memories {where}" + (", written without the model" if written.failed else "")
    draft = _draft(group, memories, written, depth)
    return Change("summarize", memories[0].pk, draft=draft, links=sources.links(memories), why=why)


def _draft(group: Group, memories: Sequence[Memory], written: Written, depth: int) -> dict[str, Any]:
    """It stands outside of the session: inside it would be one of the things that were said there."""
    about = {"session_id": group.session_id} if group.month is None else {"month": f"{group.month:%Y-%m}"}
    span = {"from": min(m.event_time for m in memories), "until": max(m.event_time for m in memories)}
    metadata = about | {name: at.isoformat() for name, at in span.items()}
    metadata |= {"level": depth, "sources": len(memories)} | sources.made_by(written)
    confidence = round(sum(memory.confidence for memory in memories) / len(memories), 4)
    own = {"content": written.text, "kind": Kind.SUMMARY, "source": SOURCE, "confidence": confidence}
    return sources.fields(memories) | own | {"metadata": metadata}
