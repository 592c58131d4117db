"""The graph of whom and what memories are about: names, and how the memories that name them tie them together.

A name is a person, a topic or a user of live memories; one that is several of these is the first of them. Two names
that one memory holds are `mentioned_with` each other; a relation between two memories stands between their names too.

What is asked of some names reads the memories that name them, and those that relations tie to these. The size of the
graph and its commonest names read the whole scope, so they take longer the more it holds.
"""
# ruff: noqa: S608  what is put together are our own words and Django's statement; values are bound

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import Q

from memory.models import Memory
from memory.models.memory import MemoryQuerySet
from memory.types import EVERYTHING, Scope

TOGETHER = "mentioned_with"
MOST_DEPTH = 5
MOST_EDGES = 1_000  # of a graph that is told
# `hit` are the memories that are read; a row is one as `NAMED` tells it.
NAMED = "(id, confidence, people, topic, own)"
NODES = f"""
    SELECT e.name, min(e.type) AS type, count(*) AS memories FROM ({{hit}}) m{NAMED}, LATERAL (
        SELECT name, min(type) AS type FROM (
            SELECT unnest(m.people), 'person' UNION ALL SELECT m.topic, 'topic' UNION ALL SELECT m.own, 'user'
        ) told(name, type) WHERE name <> '' GROUP BY name
    ) e GROUP BY e.name
"""
# Each saying that two names are tied: `id` is of the memory that holds both, or of the relation between two.
BETWEEN = f"""
    WITH hit{NAMED} AS MATERIALIZED ({{hit}}), tie AS (
        SELECT r.id, r.source_id, r.target_id, r.type, r.weight
        FROM memory_relation r JOIN hit ON hit.id = r.source_id
        UNION SELECT r.id, r.source_id, r.target_id, r.type, r.weight
        FROM memory_relation r JOIN hit ON hit.id = r.target_id
    ), said(source, target, predicate, id, confidence) AS (
        SELECT a.name, b.name, %s, m.id, m.confidence
        FROM hit m, unnest(m.people || m.topic || m.own) a(name), unnest(m.people || m.topic || m.own) b(name)
        WHERE a.name <> '' AND b.name > a.name
        UNION ALL
        SELECT a.name, b.name, tie.type, tie.id, tie.weight FROM tie
        JOIN ({{rows}}) s{NAMED} ON s.id = tie.source_id JOIN ({{rows}}) t{NAMED} ON t.id = tie.target_id,
        unnest(s.people || s.topic || s.own) a(name), unnest(t.people || t.topic || t.own) b(name)
        WHERE a.name <> '' AND b.name <> '' AND b.name <> a.name
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
    types = _of_nodes(f"SELECT type, count(*) FROM ({NODES}) node GROUP BY type ORDER BY type", _live(scope))
    pairs = "SELECT count(*) FROM (SELECT DISTINCT source, target, predicate FROM said) edge"
    ((edges,),) = _of_edges(pairs, _live(scope), None)
    return Size(dict(types), edges)


def searched(text: str = "", scope: Scope = EVERYTHING, limit: int = 25) -> list[Node]:
    """Names that hold this text, whatever its case; the commonest first."""
    found = "strpos(lower(name), lower(%s)) > 0 ORDER BY memories DESC, name LIMIT %s"
    return _nodes(_live(scope), found, text, limit)


def overview(scope: Scope = EVERYTHING, limit: int = 100) -> Graph:
    """The commonest names, and what is between them."""
    return _graph(scope, searched(scope=scope, limit=limit))


def around(name: str, scope: Scope = EVERYTHING, depth: int = 2, limit: int = 100) -> Graph | None:
    """What is up to `depth` (1 to MOST_DEPTH) edges away from a name; the strongest first. None when nobody says it."""
    met = dict.fromkeys(node.name for node in _named(scope, [name]))
    if not met:
        return None
    reached = list(met)
    for _ in range(min(depth, MOST_DEPTH)):
        edges = _edges(_naming(scope, reached), _live(scope), reached, "source = ANY(%s) OR target = ANY(%s)", limit)
        ends = dict.fromkeys(end for edge in edges for end in (edge.source, edge.target) if end not in met)
        reached = list(ends)[: limit - len(met)]
        met |= dict.fromkeys(reached)
        if not reached:
            break
    return _graph(scope, _named(scope, list(met)))


def _graph(scope: Scope, nodes: Sequence[Node]) -> Graph:
    names = [node.name for node in nodes]
    edges = _edges(_naming(scope, names), None, names, "source = ANY(%s) AND target = ANY(%s)", MOST_EDGES)
    return Graph(tuple(nodes), tuple(edges))


def _named(scope: Scope, names: list[str]) -> list[Node]:
    return _nodes(_naming(scope, names), "name = ANY(%s) ORDER BY memories DESC, name", names)


def _nodes(hit: MemoryQuerySet, which: str, *params: Any) -> list[Node]:
    return [Node(*row) for row in _of_nodes(f"SELECT * FROM ({NODES}) node WHERE {which}", hit, *params)]


def _edges(hit: MemoryQuerySet, rows: MemoryQuerySet | None, names: list[str], which: str, limit: int) -> list[Edge]:
    found = f"""
        SELECT source, target, predicate, count(DISTINCT id) AS memories, max(confidence) FROM said WHERE {which}
        GROUP BY source, target, predicate ORDER BY memories DESC, source, target, predicate LIMIT %s
    """
    return [Edge(*row) for row in _of_edges(found, hit, rows, names, names, limit)]


def _live(scope: Scope) -> MemoryQuerySet:
    return Memory.objects.live().scoped(scope)


def _naming(scope: Scope, names: list[str]) -> MemoryQuerySet:
    """Those that name one of these at least."""
    return _live(scope).filter(Q(people__overlap=names) | Q(topic__in=names) | Q(user_id__in=names))


def _of_nodes(statement: str, hit: MemoryQuerySet, *params: Any) -> list[Any]:
    """Of a statement around NODES, of the names in these memories."""
    told, own = _sql(hit)
    return _read(statement.format(hit=told), [*own, *params])


def _of_edges(statement: str, hit: MemoryQuerySet, rows: MemoryQuerySet | None, *params: Any) -> list[Any]:
    """Of a statement after BETWEEN; `rows` are the memories that relations may lead to, None: they lie among `hit`."""
    told, own = _sql(hit)
    ends, theirs = _sql(rows) if rows is not None else ("SELECT * FROM hit", ())
    return _read((BETWEEN + statement).format(hit=told, rows=ends), [*own, TOGETHER, *theirs, *theirs, *params])


def _sql(rows: MemoryQuerySet) -> tuple[str, tuple[Any, ...]]:
    named = rows.order_by().values_list("id", "confidence", "people", "topic", "user_id")
    statement, params = named.query.sql_with_params()
    return statement, tuple(params)


def _read(statement: str, params: list[Any]) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        return cursor.fetchall()
