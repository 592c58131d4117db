"""Clusters of vectors, greedily by nearness to a cluster's middle; the same for the same vectors in the same order.

The procedure of the Cognitive Memory Layer's consolidation: a memory joins the cluster whose middle is nearest, when
its cosine is at least 0.7, less a tolerance of 0.01; otherwise it begins one.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

NEAR, TOLERANCE = 0.7, 0.01
FLOOR = 0.6  # cosine to the nearest cluster from which one of a too small cluster still joins it
LEAST, MOST = 2, 20
SHARED = 0.5  # of a cluster's members that name what they have in common


@dataclass(frozen=True)
class Cluster:
    """`members` are places in the list, in their order; `nearness` is the mean cosine of them to the middle."""

    members: tuple[int, ...]
    middle: np.ndarray
    nearness: float


def clusters(
    vectors: np.ndarray, *, near: float = NEAR, least: int = LEAST, most: int = MOST, floor: float = FLOOR
) -> list[Cluster]:
    """Clusters of unit vectors, shape (n, dimension): the largest first, at most `most`, each of `least` or more.

    Members of a cluster that is too small, or one too many, join the nearest that stays, if they are `floor` near to
    its middle; who is near to none is in no cluster.
    """
    found = _greedy(np.asarray(vectors, dtype=np.float64), near - TOLERANCE)
    found.sort(key=lambda members: (-len(members), members[0]))
    kept = [members for members in found if len(members) >= least][:most]
    loose = sorted(place for members in found if members not in kept for place in members)
    return [_cluster(vectors, members) for members in _joined(np.asarray(vectors, np.float64), kept, loose, floor)]


def _greedy(vectors: np.ndarray, near: float) -> list[list[int]]:
    found: list[list[int]] = []
    sums = np.zeros((0, vectors.shape[1] if vectors.ndim == 2 else 0))
    for place, vector in enumerate(vectors):
        close = _cosines(sums, vector)
        best = int(close.argmax()) if len(close) else -1
        if best >= 0 and close[best] >= near:
            found[best].append(place)
            sums[best] += vector
        else:
            found.append([place])
            sums = np.vstack([sums, vector])
    return found


def _joined(vectors: np.ndarray, kept: list[list[int]], loose: list[int], floor: float) -> list[list[int]]:
    """The clusters with those who are near enough to one; nearness is to the middles as they were before."""
    if not kept:
        return []
    middles = np.stack([vectors[members].sum(axis=0) for members in kept])
    joined = [list(members) for members in kept]
    for place in loose:
        close = _cosines(middles, vectors[place])
        if close.max() >= floor:
            joined[int(close.argmax())].append(place)
    return [sorted(members) for members in joined]


def _cosines(sums: np.ndarray, vector: np.ndarray) -> np.ndarray:
    """Of each sum of vectors to one vector, rounded so that ties break alike on every machine."""
    lengths = np.linalg.norm(sums, axis=1) * np.linalg.norm(vector)
    return np.round((sums @ vector) / np.where(lengths > 0, lengths, 1.0), 6)


def _cluster(vectors: np.ndarray, members: list[int]) -> Cluster:
    own = np.asarray(vectors, dtype=np.float64)[members]
    total = own.sum(axis=0)
    length = np.linalg.norm(total)
    return Cluster(tuple(members), total / (length or 1.0), float(_cosines(own, total).mean()))


def common(named: Sequence[Sequence[str]]) -> list[str]:
    """What at least half of the members name, the commonest first."""
    counts = Counter(name for names in named for name in dict.fromkeys(names))
    shared = [name for name, count in counts.items() if count >= SHARED * len(named)]
    return sorted(shared, key=lambda name: (-counts[name], name))


def ordered(names: Iterable[str]) -> list[str]:
    """Each name once, the commonest first."""
    counts = Counter(names)
    return sorted(counts, key=lambda name: (-counts[name], name))
