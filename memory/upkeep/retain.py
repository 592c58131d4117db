"""Retention: what the tenant's rules archive or delete now."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q

from memory.algorithms import retention
from memory.algorithms.retention import Stored
from memory.models import Memory, Rule
from memory.models.memory import MemoryQuerySet
from memory.upkeep import slices
from memory.upkeep.options import option
from memory.upkeep.plan import Change, Reach, Touch

READ = (
    "namespace", "user_id", "kind", "importance", "recalls", "tags", "created_at", "version", "state", "tier",
    "embedding_model",
)  # fmt: skip


@dataclass(frozen=True)
class Options:
    most: int = option(5_000, "memories that are looked at, the oldest first", least=1, most=100_000)


def plan(reach: Reach, options: Options, now: datetime) -> Iterator[Change]:
    """Archive and delete what the retention rules say."""
    rules = [rule.as_value() for rule in Rule.objects.filter(enabled=True).order_by("id")]
    if not rules:
        return
    ids = slices.chosen(_due(reach, rules, now), ["created_at"], options.most)
    for memory in slices.read(ids, only=READ):
        verdict = retention.verdict(stored(memory), rules, now)
        yield _change(memory, verdict)


def _due(reach: Reach, rules: Sequence[retention.Rule], now: datetime) -> MemoryQuerySet:
    """Those old enough for some rule, in whatever state they can be read: what was silenced has its time, too."""
    some = Q(pk__in=[])
    for rule in rules:
        wanted = {name: getattr(rule, name) for name in ("namespace", "user_id", "kind") if getattr(rule, name)}
        wanted["created_at__lte"] = now - timedelta(days=rule.retention_days)
        some |= Q(**wanted) if rule.action == retention.DELETE else Q(**wanted) & _can_be_archived()
    return reach.rows().readable().free().filter(some)


def _can_be_archived() -> Q:
    """What cold storage takes: live, in the table, and known to the embedder, who reads content."""
    return Q(state=Memory.State.ACTIVE, tier=Memory.Tier.WARM, embedding__isnull=False)


def stored(memory: Memory) -> Stored:
    return Stored(
        memory.namespace,
        memory.user_id,
        memory.kind,
        memory.importance,
        memory.recalls,
        tuple(memory.tags),
        memory.created_at,
    )


def _change(memory: Memory, verdict: retention.Verdict) -> Change:
    if verdict.action == retention.ARCHIVE and not _archivable(memory):
        return Change("keep", memory.pk, effect="", why="it is archived already, or waits for its vector")
    if verdict.action == retention.ARCHIVE:
        return Change("archive", memory.pk, effect="archive", why=verdict.why)
    if verdict.action == retention.DELETE:
        touch = Touch(memory.pk, memory.version, {"state": "deleted"})
        return Change("delete", memory.pk, touches=(touch,), why=verdict.why)
    return Change("keep", memory.pk, effect="", why=verdict.why)


def _archivable(memory: Memory) -> bool:
    """As `_can_be_archived` says it to the database; who has a vector has the name of its model."""
    there = (memory.state, memory.tier) == (Memory.State.ACTIVE, Memory.Tier.WARM)
    return there and bool(memory.embedding_model)
