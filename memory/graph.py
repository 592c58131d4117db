"""The graph of whom and what memories are about: names, and how the memories that name them tie them together.

A name is a person, a topic or a user of live memories; one that is several of these is the first of them. Two names
that one memory holds are `mentioned_with` each other; a relation between two memories stands between their names too.
"""
# ruff: noqa: S608  what is put together are our own words and Django's statement; values are bound

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection

from memory.models import Memory
from memory.types import EVERYTHING, Scope

TOGETHER = "mentioned_with"
MOST_DEPTH = 5
NAMED = """
    WITH named AS (
        SELECT m.id, m.confidence, e.type, e.name FROM ({rows}) m(id, confidence, people, topic, own), LATERAL (
            SELECT 'person', unnest(m.people) UNION SELECT 'topic', m.topic UNION SELECT 'user', m.own
        ) e(type, name) WHERE e.name <> ''
    ), node AS (SELECT name, min(type) AS type, count(DISTINCT id) AS memories FROM named GROUP BY name),
    edge(source, target, predicate, memories, confidence) AS (
        SELECT a.name, b.name, %s, count(DISTINCT a.id), max(a.confidence)
        FROM named a JOIN named b ON b.id = a.id AND b.name > a.name GROUP BY a.name, b.name
        UNION ALL
        SELECT a.name, b.name, r.type, count(DISTINCT r.id), max(r.weight) FROM memory_relation r
        JOIN named a ON a.id = r.source_id JOIN named b ON b.id = r.target_id AND b.name <> a.name
        GROUP BY a.name, b.name, r.type
    )
"""


@dataclass(frozen=True)
class Node:
    name: str
    type: str  # person, topic or user
    memories: int  # live ones that name it


@dataclass(frozen=True)
class Edge:
    """`memories` is how many memories, or relations between memories, say so; confidence that of the surest."""

    source: str
    target: str
    predicate: str  # TOGETHER or the type of a relation
    memories: int
    confidence: float


@dataclass(frozen=True)
class Graph:
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]


@dataclass(frozen=True)
class Size:
    types: dict[str, int]  # nodes by type
    edges: int


def size(scope: Scope = EVERYTHING) -> Size:
    types = _ask(scope, "SELECT type, count(*) FROM node GROUP BY type ORDER BY type")
    return Size(dict(types), _ask(scope, "SELECT count(*) FROM edge")[0][0])


def searched(text: str = "", scope: Scope = EVERYTHING, limit: int = 25) -> list[Node]:
    """Names that hold this text, whatever its case; the commonest first."""
    found = "SELECT * FROM node WHERE strpos(lower(name), lower(%s)) > 0 ORDER BY memories DESC, name LIMIT %s"
    return [Node(*row) for row in _ask(scope, found, text, limit)]


def overview(scope: Scope = EVERYTHING, limit: int = 100) -> Graph:
    """The commonest names, and what is between them."""
    return _graph(scope, searched(scope=scope, limit=limit))


def around(name: str, scope: Scope = EVERYTHING, depth: int = 2, limit: int = 100) -> Graph | None:
    """What is up to `depth` (1 to MOST_DEPTH) edges away from a name; the strongest first. None when nobody says it."""
    met = dict.fromkeys(node.name for node in _nodes(scope, [name]))
    if not met:
        return None
    reached = list(met)
    for _ in range(min(depth, MOST_DEPTH)):
        edges = _edges(scope, reached, "source = ANY(%s) OR target = ANY(%s)", limit)
        ends = dict.fromkeys(end for edge in edges for end in (edge.source, edge.target) if end not in met)
        reached = list(ends)[: limit - len(met)]
        met |= dict.fromkeys(reached)
        if not reached:
            break
    return _graph(scope, _nodes(scope, list(met)))


def _graph(scope: Scope, nodes: Sequence[Node]) -> Graph:
    names = [node.name for node in nodes]
    return Graph(tuple(nodes), tuple(_edges(scope, names, "source = ANY(%s) AND target = ANY(%s)", 1_000)))


def _nodes(scope: Scope, names: Sequence[str]) -> list[Node]:
    found = "SELECT * FROM node WHERE name = ANY(%s) ORDER BY memories DESC, name"
    return [Node(*row) for row in _ask(scope, found, list(names))]


def _edges(scope: Scope, names: Sequence[str], which: str, limit: int) -> list[Edge]:
    found = f"SELECT * FROM edge WHERE {which} ORDER BY memories DESC, source, target, predicate LIMIT %s"
    return [Edge(*row) for row in _ask(scope, found, list(names), list(names), limit)]


def _ask(scope: Scope, statement: str, *params: Any) -> list[Any]:
    live = Memory.objects.live().scoped(scope).order_by()
    rows, own = live.values_list("id", "confidence", "people", "topic", "user_id").query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(NAMED.format(rows=rows) + statement, [*own, TOGETHER, *params])
        return cursor.fetchall()
