"""Shortest ways through a graph: breadth first, and of equally short ways the one that weighs most."""

from collections import defaultdict
from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from typing import Any

Key = Any  # whatever names a node; ids in practice


@dataclass(frozen=True)
class Step:
    """One edge as it is walked, from `near` to `far`; `forward` when that is the edge's own direction."""

    id: Any
    near: Key
    far: Key
    type: str
    weight: float
    forward: bool = True


@dataclass(frozen=True)
class Reached:
    """A node, how many steps away it is, the product of their weights, and the steps."""

    key: Key
    depth: int
    weight: float
    path: tuple[Step, ...]


def shortest(start: Hashable, steps: Iterable[Step], depth: int | None = None) -> list[Reached]:
    """Every node that can be reached in up to `depth` steps (None: in any number), nearest first.

    The start is not among them. Of one depth, what weighs more comes first.
    """
    leaving = defaultdict(list)
    for step in steps:
        leaving[step.near].append(step)
    seen = {start}
    layer, found = [Reached(start, 0, 1.0, ())], []
    while layer and (depth is None or layer[0].depth < depth):
        layer = _next(layer, leaving, seen)
        seen |= {reached.key for reached in layer}
        found += layer
    return found


def _next(layer: list[Reached], leaving: dict[Key, list[Step]], seen: set[Key]) -> list[Reached]:
    best: dict[Key, Reached] = {}
    for here in layer:
        for step in leaving[here.key]:
            weight = here.weight * step.weight
            if step.far not in seen and (step.far not in best or weight > best[step.far].weight):
                best[step.far] = Reached(step.far, here.depth + 1, weight, (*here.path, step))
    return sorted(best.values(), key=lambda reached: (-reached.weight, reached.key))
