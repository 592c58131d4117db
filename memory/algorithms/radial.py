"""A graph drawn around one node: rings by depth, each branch in a sector as wide as it has leaves."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from memory.algorithms.paths import Reached


@dataclass(frozen=True)
class Placed:
    """A node at `x`, `y` from -1 to 1, the root in the middle; `angle` in radians, clockwise from the right."""

    key: Any
    x: float
    y: float
    angle: float


def place(root: Any, reached: Sequence[Reached]) -> dict[Any, Placed]:
    """Where each node stands. Every node is drawn below the one before it on its path."""
    children: dict[Any, list[Any]] = {}
    for node in reached:
        children.setdefault(node.path[-1].near, []).append(node.key)
    leaves: dict[Any, int] = {}
    for key in [*(node.key for node in reversed(reached)), root]:  # the farthest first, so children before parents
        leaves[key] = sum(leaves[child] for child in children.get(key, ())) or 1
    ring = 1 / max((node.depth for node in reached), default=1)
    placed = {root: Placed(root, 0.0, 0.0, 0.0)}
    waiting = [(root, 0, -math.pi / 2, 2 * math.pi)]
    while waiting:
        key, depth, start, width = waiting.pop()
        for child in children.get(key, ()):
            share = width * leaves[child] / leaves[key]
            angle, radius = start + share / 2, ring * (depth + 1)
            placed[child] = Placed(child, radius * math.cos(angle), radius * math.sin(angle), angle)
            waiting.append((child, depth + 1, start, share))
            start += share
    return placed
