"""Retention: what the tenant's rules archive or delete now, and the usual for what no rule is for."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q

from memory.algorithms import retention
from memory.algorithms.retention import Stored, Usual
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
    archive: bool = option(True, "archive what is due for it")
    delete: bool = option(True, "delete what is due for it")
    archive_days: int = option(0, "what no rule is for is archived after so many days; 0: never", least=0, most=36_500)
    archive_importance: float = option(
        0.0, "what no rule is for is archived when it weighs no more; 0: never", least=0.0, most=1.0
    )
    delete_days: int = option(
        0, "what no rule is for and is archived is deleted after so many days; 0: never", least=0, most=36_500
    )

    def usual(self) -> Usual:
        return Usual(self.archive_days, self.archive_importance, self.delete_days)


def plan(reach: Reach, options: Options, now: datetime) -> Iterator[Change]:
    """Archive and delete what the retention rules say, and what the options say of memories that no rule is for."""
    rules = [rule.as_value() for rule in Rule.objects.filter(enabled=True).order_by("id")]
    usual = options.usual()
    if not rules and usual == Usual():
        return
    wanted = {name for name, on in ((retention.ARCHIVE, options.archive), (retention.DELETE, options.delete)) if on}
    ids = slices.chosen(_due(reach, rules, usual, now), ["created_at"], options.most)
    for memory in slices.read(ids, only=READ):
        verdict = retention.verdict(stored(memory), rules, now)
        if not verdict.rule:
            verdict = retention.usually(stored(memory), memory.tier == Memory.Tier.COLD, usual, now)
        if not verdict.action or verdict.action in wanted:
            yield _change(memory, verdict)


def _due(reach: Reach, rules: Sequence[retention.Rule], usual: Usual, now: datetime) -> MemoryQuerySet:
    """Those old enough for some rule, in whatever state they can be read: what was silenced has its time, too."""
    some = _usually_due(usual, now)
    for rule in rules:
        wanted = {name: getattr(rule, name) for name in ("namespace", "user_id", "kind") if getattr(rule, name)}
        wanted["created_at__lte"] = now - timedelta(days=rule.retention_days)
        some |= Q(**wanted) if rule.action == retention.DELETE else Q(**wanted) & _can_be_archived()
    return reach.rows().readable().free().filter(some)


def _usually_due(usual: Usual, now: datetime) -> Q:
    due = Q(pk__in=[])
    if usual.archive_days:
        due |= Q(created_at__lte=now - timedelta(days=usual.archive_days)) & _can_be_archived()
    if usual.archive_importance:
        due |= Q(importance__lte=usual.archive_importance) & _can_be_archived()
    if usual.delete_days:
        due |= Q(created_at__lte=now - timedelta(days=usual.delete_days), tier=Memory.Tier.COLD)
    return due


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
