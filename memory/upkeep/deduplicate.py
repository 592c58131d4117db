"""Deduplicate: what one user has twice in a namespace is merged, or shown to a person who decides."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from memory.algorithms import conflicts, duplicates
from memory.algorithms.conflicts import Reading, Statement
from memory.algorithms.duplicates import Pairs
from memory.models import Memory, Review
from memory.upkeep.groups import Group, groups
from memory.upkeep.options import option
from memory.upkeep.plan import Change, Reach
from memory.upkeep.settling import Pair, asked, begins, best_of, kept, looked_at, merged

KIND = Review.Kind.DUPLICATE
SUMMARY = Memory.Kind.SUMMARY


@dataclass(frozen=True)
class Options:
    mode: str = option("review", "Show pairs to a person, or merge them.", among=("review", "merge"))
    similarity: float = option(0.85, "From how much alike on two say the same.", least=0.5, most=1.0)
    paraphrases: bool = option(False, "Show pairs from 0.75 on, too, which may say the same in other words.")
    messages: bool = option(False, "Look at the messages of conversations, too.")
    most: int = option(20_000, "Memories that are looked at, user by user.", least=1, most=100_000)


def plan(reach: Reach, options: Options, now: datetime) -> Iterator[Change]:
    """Finds memories that say the same, and merges them or shows them to a person; none is deleted."""
    rows = reach.rows().movable()
    rows = rows if options.messages else rows.exclude(kind=Memory.Kind.MESSAGE)
    seen = looked_at(reach, KIND, Review.Kind.CONTRADICTION)
    settle = _merges if options.mode == "merge" else _reviews
    for group in groups(rows, options.most):
        yield from settle(group, options, seen)


def _pairs(group: Group, options: Options, seen: set[Pair]) -> tuple[Pairs, list[float]]:
    """Pairs that may be one memory."""
    soft = options.similarity
    least = min(duplicates.PARAPHRASE, soft) if options.paraphrases and options.mode == "review" else soft
    pairs, nearest = duplicates.alike(group.vectors, group.texts, least)
    rows = group.rows
    new = {(i, j): score for (i, j), score in pairs.items() if (rows[i].pk, rows[j].pk) not in seen}
    return {(i, j): score for (i, j), score in new.items() if _comparable(rows[i], rows[j], score)}, nearest


def _comparable(one: Memory, other: Memory, score: float) -> bool:
    """A summary is alike to what it sums up, which makes it no double; nor is what another one said, or what differs in
    what it is about.
    """
    if one.author != other.author or (one.kind == SUMMARY) != (other.kind == SUMMARY):
        return False
    return not duplicates.apart(one.content, other.content) and not conflicts.between(_read(one), _read(other), score)


def _read(row: Memory) -> Reading:
    return conflicts.read(Statement(row.content, row.author, begins(row), row.valid_to))


def _merges(group: Group, options: Options, seen: set[Pair]) -> Iterator[Change]:
    """One merge a cluster: the keeper takes the place of those that are alike to itself; the rest of it stays.

    What one word tells apart is shown to a person.
    """
    pairs, nearest = _pairs(group, options, seen)
    texts, done = group.texts, set[int]()
    doubtful = {pair: score for pair, score in pairs.items() if duplicates.one_word_apart(*(texts[at] for at in pair))}
    pairs = {pair: score for pair, score in pairs.items() if pair not in doubtful}
    for members in duplicates.clusters(len(group.rows), pairs):
        place = {group.rows[at].pk: at for at in members}
        keeper = place[best_of([group.rows[at] for at in members]).pk]
        scores = {at: pairs[pair] for at in members if (pair := (min(at, keeper), max(at, keeper))) in pairs}
        yield merged(
            group.rows[keeper], [group.rows[at] for at in scores], score=min(scores.values()),
            why=f"{duplicates.level(min(scores.values()), options.similarity)}, {len(scores) + 1} alike",
        )  # fmt: skip
        done |= {keeper, *scores}
    yield from _asked(group, options, {pair: score for pair, score in doubtful.items() if not done & set(pair)})
    yield from (kept(row, nearest[at]) for at, row in enumerate(group.rows) if at not in done)


def _asked(group: Group, options: Options, pairs: Pairs) -> Iterator[Change]:
    for (i, j), score in pairs.items():
        why = duplicates.level(score, options.similarity)
        why += ", one word differs" if duplicates.one_word_apart(group.texts[i], group.texts[j]) else ""
        yield asked(KIND, group.rows[i], group.rows[j], score=score, why=why)


def _reviews(group: Group, options: Options, seen: set[Pair]) -> Iterator[Change]:
    pairs, nearest = _pairs(group, options, seen)
    yield from _asked(group, options, pairs)
    yield from (kept(row, nearest[at]) for at, row in enumerate(group.rows))
