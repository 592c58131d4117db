"""Judging answers: how well a ranking finds what a question expects, and whether it does so worse than before.

Every expected memory counts the same. Recall and reciprocal rank as in Manning, Raghavan and Schütze (2008), chapter 8;
nDCG as in Järvelin and Kekäläinen (2002), with the gain 1 of what is expected and the discount log2(place + 1).
"""

import math
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any

KS = (1, 5, 10, 50)


@dataclass(frozen=True)
class Judged:
    """How one question was answered. `terms` is another where it asks or expects something else.

    `recall` and `ndcg` are of its own limit, `at` the recall at each of KS, `reciprocal` of all places; all 0 to 1.
    """

    key: str
    kind: str
    terms: str
    limit: int
    missing: tuple[str, ...]  # of what is expected, not among the first `limit`
    expected: int
    recall: float
    reciprocal: float
    ndcg: float
    at: dict[int, float]
    ms: float


@dataclass(frozen=True)
class Figures:
    """Means over `n` questions, 0 to 1, and times in ms."""

    n: int
    recall: float
    mrr: float
    ndcg: float
    at: dict[int, float]
    p50_ms: float
    p95_ms: float


@dataclass(frozen=True)
class Against:
    """Two evaluations, by the questions that both asked in the same terms."""

    n: int
    recall: float
    recall_was: float
    mrr: float
    mrr_was: float

    def fell(self, tolerance: float) -> bool:
        """Whether recall or MRR is lower by more than `tolerance`."""
        falls = (self.recall_was - self.recall, self.mrr_was - self.mrr)
        return max(falls) > tolerance + 1e-9


def recall(ranked: Sequence[Any], expected: Collection[Any], k: int) -> float:
    """The share of what is expected among the first k, 0 to 1; 1 where nothing is."""
    wanted = set(expected)
    return len(wanted.intersection(ranked[:k])) / len(wanted) if wanted else 1.0


def reciprocal(ranked: Sequence[Any], expected: Collection[Any]) -> float:
    """1 divided by the place of the first that is expected; 0 where none is among them."""
    wanted = set(expected)
    return next((1 / place for place, one in enumerate(ranked, 1) if one in wanted), 0.0)


def ndcg(ranked: Sequence[Any], expected: Collection[Any], k: int) -> float:
    """The discounted gain of the first k, divided by the best that there could be; 1 where nothing is expected."""
    wanted = set(expected)
    if not wanted:
        return 1.0
    best = sum(1 / math.log2(place + 1) for place in range(1, min(k, len(wanted)) + 1))
    return sum(1 / math.log2(place + 1) for place, one in enumerate(ranked[:k], 1) if one in wanted) / best


def judge(
    key: str, ranked: Sequence[str], expected: Collection[str], limit: int, *, kind: str = "", terms: str = "",
    ms: float = 0.0,
) -> Judged:  # fmt: skip
    """One question by its answers, best first and more of them than `limit`."""
    first = set(ranked[:limit])
    return Judged(
        key=key,
        kind=kind,
        terms=terms,
        limit=limit,
        missing=tuple(one for one in expected if one not in first),
        expected=len(set(expected)),
        recall=recall(ranked, expected, limit),
        reciprocal=reciprocal(ranked, expected),
        ndcg=ndcg(ranked, expected, limit),
        at={k: recall(ranked, expected, k) for k in KS},
        ms=ms,
    )


def figures(judged: Sequence[Judged]) -> Figures | None:
    """None of no question."""
    if not judged:
        return None
    times = sorted(one.ms for one in judged)
    return Figures(
        n=len(judged),
        recall=fmean(one.recall for one in judged),
        mrr=fmean(one.reciprocal for one in judged),
        ndcg=fmean(one.ndcg for one in judged),
        at={k: fmean(one.at[k] for one in judged) for k in KS},
        p50_ms=percentile(times, 0.50),
        p95_ms=percentile(times, 0.95),
    )


def by_kind(judged: Iterable[Judged]) -> dict[str, Figures]:
    """The figures of each kind of question, by its name; those without one are under the empty name."""
    groups: defaultdict[str, list[Judged]] = defaultdict(list)
    for one in judged:
        groups[one.kind].append(one)
    return {kind: told for kind in sorted(groups) if (told := figures(groups[kind]))}


def percentile(ordered: Sequence[float], share: float) -> float:
    """The nearest rank: the least value that `share` of all do not exceed."""
    return ordered[max(math.ceil(share * len(ordered)) - 1, 0)]


def against(now: Mapping[str, Judged], before: Mapping[str, Judged]) -> Against | None:
    """Two evaluations by key of their questions; None where they have none in common."""
    both = [key for key in now if key in before and before[key].terms == now[key].terms]
    if not both:
        return None
    return Against(
        n=len(both),
        recall=fmean(now[key].recall for key in both),
        recall_was=fmean(before[key].recall for key in both),
        mrr=fmean(now[key].reciprocal for key in both),
        mrr_was=fmean(before[key].reciprocal for key in both),
    )


def worse(now: Mapping[str, Judged], before: Mapping[str, Judged]) -> list[str]:
    """The questions that find less of what they expect than before, or its first later; those that lost most first."""
    both = [key for key in now if key in before and before[key].terms == now[key].terms]
    lost = {key: (now[key].recall - before[key].recall, now[key].reciprocal - before[key].reciprocal) for key in both}
    return sorted((key for key in both if min(lost[key]) < -1e-9), key=lambda key: (*lost[key], key))
