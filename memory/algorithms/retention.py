"""What retention rules say of a memory, and where they contradict each other."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

ARCHIVE, DELETE = "archive", "delete"


@dataclass(frozen=True)
class Rule:
    """See memory.models.rule; empty and None do not narrow. `name` is told where two rules meet."""

    key: str
    name: str
    retention_days: int
    action: str = ARCHIVE
    namespace: str = ""
    user_id: str = ""
    kind: str = ""
    min_importance: float | None = None
    min_recalls: int | None = None
    tags_to_preserve: tuple[str, ...] = ()


@dataclass(frozen=True)
class Stored:
    """What rules read of a memory."""

    namespace: str
    user_id: str
    kind: str
    importance: float
    recalls: int
    tags: tuple[str, ...]
    created_at: datetime


@dataclass(frozen=True)
class Verdict:
    """`action` is archive, delete or empty, and `rule` the key of the rule that decides; `why` says so."""

    action: str
    rule: str
    why: str


KEPT = Verdict("", "", "no rule is for it")


@dataclass(frozen=True)
class Usual:
    """What happens to memories that no rule is for; 0: nothing."""

    archive_days: int = 0  # what is older is archived
    archive_importance: float = 0.0  # so is what weighs no more, however new it is
    delete_days: int = 0  # what is archived, and older, is deleted


@dataclass(frozen=True)
class Conflict:
    """Two rules that meet on some memories; the longer one decides there."""

    one: str  # keys
    other: str
    wins: str
    why: str


def verdict(memory: Stored, rules: Sequence[Rule], now: datetime) -> Verdict:
    """What the rules do with a memory now.

    Of those of one action the longest retention decides, and what any of them preserves stays. What is to be deleted
    is not archived.
    """
    matching = [rule for rule in rules if matches(rule, memory)]
    kept = KEPT
    for action in (DELETE, ARCHIVE):
        own = [rule for rule in matching if rule.action == action]
        if own:
            kept = _of_action(memory, own, now)
            if kept.action:
                return kept
    return kept


def _of_action(memory: Stored, rules: list[Rule], now: datetime) -> Verdict:
    longest = governing(rules)
    for rule in rules:
        if why := preserves(rule, memory):
            return Verdict("", rule.key, why)
    if now - memory.created_at < timedelta(days=longest.retention_days):
        return Verdict("", longest.key, f"it is kept for {longest.retention_days} days")
    return Verdict(longest.action, longest.key, f"it is older than {longest.retention_days} days")


def usually(memory: Stored, archived: bool, usual: Usual, now: datetime) -> Verdict:
    """What becomes of a memory that no rule is for."""
    days = (now - memory.created_at) / timedelta(days=1)
    if archived:
        over = 0 < usual.delete_days <= days
        return Verdict(DELETE, "", f"it is archived, and older than {usual.delete_days} days") if over else KEPT
    if 0 < usual.archive_days <= days:
        return Verdict(ARCHIVE, "", f"it is older than {usual.archive_days} days")
    light = memory.importance <= usual.archive_importance and usual.archive_importance > 0
    return Verdict(ARCHIVE, "", f"it weighs no more than {usual.archive_importance:g}") if light else KEPT


def governing(rules: Iterable[Rule]) -> Rule:
    """The one with the longest retention; of equals the one with the first key."""
    return min(rules, key=lambda rule: (-rule.retention_days, rule.key))


def matches(rule: Rule, memory: Stored) -> bool:
    told = ((rule.namespace, memory.namespace), (rule.user_id, memory.user_id), (rule.kind, memory.kind))
    return all(not wanted or wanted == has for wanted, has in told)


def preserves(rule: Rule, memory: Stored) -> str:
    """Why a rule lets a memory stay whatever its age; empty when it does not."""
    if rule.min_importance is not None and memory.importance >= rule.min_importance:
        return "it is important enough"
    if rule.min_recalls is not None and memory.recalls >= rule.min_recalls:
        return "it was recalled often enough"
    return "it has a tag that is preserved" if set(rule.tags_to_preserve) & set(memory.tags) else ""


def conflicts(rules: Sequence[Rule]) -> list[Conflict]:
    """Pairs that meet: two of one action whose retention differs, or one that deletes before another would archive."""
    in_order = sorted(rules, key=lambda rule: rule.key)
    pairs = [(one, other) for place, one in enumerate(in_order) for other in in_order[place + 1 :]]
    return [found for one, other in pairs if _meet(one, other) and (found := _conflict(one, other))]


def _meet(one: Rule, other: Rule) -> bool:
    """Whether there can be a memory that both are for."""
    told = ((one.namespace, other.namespace), (one.user_id, other.user_id), (one.kind, other.kind))
    return all(not mine or not theirs or mine == theirs for mine, theirs in told)


def _conflict(one: Rule, other: Rule) -> Conflict | None:
    if one.action == other.action:
        if one.retention_days == other.retention_days:
            return None
        longer = governing((one, other))
        return Conflict(one.key, other.key, longer.key, f"{longer.name} keeps longer, and decides where both apply")
    archives, deletes = (one, other) if one.action == ARCHIVE else (other, one)
    if deletes.retention_days > archives.retention_days:
        return None
    return Conflict(one.key, other.key, deletes.key, f"{deletes.name} deletes before {archives.name} would archive")
