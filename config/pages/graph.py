"""The relations of one memory, drawn."""

from typing import Any
from uuid import UUID

from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.text import Truncator
from django.views.decorators.http import require_GET

from config.pages.base import between, tenant_here
from memory import relations
from memory.algorithms.paths import Reached, Step
from memory.algorithms.radial import Placed, place
from memory.models import Memory
from memory.tiers import cold

WIDTH, HEIGHT, MARGIN_X, MARGIN_Y = 1000, 640, 200, 40
DRAWN = 60
WORDS_WIDE, WORDS_HIGH = 180, 14  # of a node, at most
Drawing = dict[str, Any]


@require_GET
def graph(request: HttpRequest, memory_id: UUID) -> HttpResponse:
    """A memory in the middle, what is related to it on rings around it."""
    tenant_here(request)
    depth = between(request.GET.get("depth", ""), 1, 3, 2)
    walk = relations.neighbours(memory_id, depth=depth, limit=DRAWN, superseded=True)
    if walk is None:
        raise Http404
    memories = Memory.objects.light().in_bulk([memory_id, *(node.key for node in walk.reached)])
    cold.fill(memories.values())
    placed = place(memory_id, walk.reached)
    nearest_first = [(key, placed[key]) for key in (memory_id, *(node.key for node in walk.reached))]
    context = admin.site.each_context(request) | {
        "title": "Relations of a memory",
        "memory": memories[memory_id],
        "depth": depth,
        "depths": (1, 2, 3),
        "size": (WIDTH, HEIGHT),
        "nodes": _legible([_node(at, memories[key], memory_id) for key, at in nearest_first]),
        "edges": [_edge(node.path[-1], placed) for node in walk.reached],
        "lines": [_line(node, memories[node.key]) for node in walk.reached],
        "truncated": walk.truncated,
    }
    return TemplateResponse(request, "console/graph.html", context)


def _at(placed: Placed) -> tuple[float, float]:
    x = WIDTH / 2 + placed.x * (WIDTH / 2 - MARGIN_X)
    y = HEIGHT / 2 + placed.y * (HEIGHT / 2 - MARGIN_Y)
    return round(x, 1), round(y, 1)


def _node(placed: Placed, memory: Memory, root: UUID) -> Drawing:
    x, y = _at(placed)
    side = "middle" if memory.pk == root else "start" if placed.x >= 0 else "end"
    shift = 0 if side == "middle" else 12 if side == "start" else -12
    words = Truncator(" ".join(memory.content.split()))
    return {
        "memory": memory, "x": x, "y": y, "root": memory.pk == root, "side": side, "text_x": x + shift,
        "text_y": y + (26 if side == "middle" else 4), "short": words.chars(26), "long": words.chars(300),
    }  # fmt: skip


def _legible(nodes: list[Drawing]) -> list[Drawing]:
    """Without the words that would stand on others': the nearest keep theirs, all have a tooltip and a table row."""
    written: list[tuple[float, float]] = []
    for node in nodes:
        left = node["text_x"] - {"start": 0, "middle": 0.5, "end": 1}[node["side"]] * WORDS_WIDE
        if any(abs(left - x) < WORDS_WIDE and abs(node["text_y"] - y) < WORDS_HIGH for x, y in written):
            node["short"] = ""
        else:
            written.append((left, node["text_y"]))
    return nodes


def _edge(step: Step, placed: dict[Any, Placed]) -> Drawing:
    """A line from source to target, cut short so that its arrow is not under the circle."""
    near, far = placed[step.near], placed[step.far]
    (x1, y1), (x2, y2) = (_at(near), _at(far)) if step.forward else (_at(far), _at(near))
    long = max(((x2 - x1) ** 2 + (y2 - y1) ** 2) ** 0.5, 1.0)
    cut_x, cut_y = (x2 - x1) * 11 / long, (y2 - y1) * 11 / long
    ends = {"x1": x1, "y1": y1, "x2": round(x2 - cut_x, 1), "y2": round(y2 - cut_y, 1)}
    middle = {"x": round((x1 + x2) / 2, 1), "y": round((y1 + y2) / 2 - 4, 1)}
    return ends | middle | {"type": step.type, "weight": step.weight, "width": round(1 + 2 * step.weight, 1)}


def _line(node: Reached, memory: Memory) -> Drawing:
    steps = [f"{step.type} →" if step.forward else f"← {step.type}" for step in node.path]
    return {"memory": memory, "depth": node.depth, "weight": node.weight, "steps": "  ".join(steps)}
