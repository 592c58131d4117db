"""Drawings: every node has a place of its own, on the ring of its depth, and branches do not cross."""

import math

from hypothesis import given
from hypothesis import strategies as st

from memory.algorithms.paths import Step, shortest
from memory.algorithms.radial import place

EDGES = st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12)), max_size=40)


@given(EDGES)
def test_each_node_stands_on_its_ring_and_nowhere_else(edges: list[tuple[int, int]]) -> None:
    reached = shortest(0, [Step(i, a, b, "x", 1.0) for i, (a, b) in enumerate(edges)], 3)
    placed = place(0, reached)
    deepest = max((node.depth for node in reached), default=1)
    assert set(placed) == {0, *(node.key for node in reached)}
    assert (placed[0].x, placed[0].y) == (0, 0)
    for node in reached:
        at = placed[node.key]
        assert math.isclose(math.hypot(at.x, at.y), node.depth / deepest)
    assert len({(round(at.x, 9), round(at.y, 9)) for at in placed.values()}) == len(placed)


def test_a_branch_is_as_wide_as_it_has_leaves() -> None:
    steps = [Step(i, a, b, "x", 1.0) for i, (a, b) in enumerate([(0, 1), (0, 2), (1, 3), (1, 4), (1, 5)])]
    placed = place(0, shortest(0, steps))
    assert math.isclose(placed[1].angle, -math.pi / 2 + 3 * math.pi / 4)
    assert math.isclose(placed[2].angle, -math.pi / 2 + 7 * math.pi / 4)
