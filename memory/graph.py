"""The graph of whom and what memories are about: names, and how the memories that name them tie them together.

A name is a person, a topic or a user of live memories; one that is several of these is the first of them. Two names
that one memory holds are `mentioned_with` each other; a relation between two memories stands between their names too.

What is asked of some names reads the memories that name them, and those that relations tie to these. The size of the
graph and its commonest names read the whole scope once, so they take longer the more it holds.
"""
# ruff: noqa: S608  what is put together are our own words and Django's statement; values are bound

from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import Q

from memory.models import Memory
from memory.models.memory import MemoryQuerySet
from memory.types import EVERYTHING, Scope

TOGETHER = "mentioned_with"
MOST_DEPTH = 5
MOST_EDGES = 1_000  # of one graph
# Memories with each name once, as what it is first, so that whoever counts them counts no memory twice.
NAMED = """
    SELECT id, confidence,
      CASE WHEN cardinality(people) > 2 OR people[1] = people[2] THEN ARRAY(SELECT DISTINCT unnest(people))
        ELSE people END AS people,
      CASE WHEN topic = ANY (people) THEN '' ELSE topic END AS topic,
      CASE WHEN own = topic OR own = ANY (people) THEN '' ELSE own END AS own
    FROM ({rows}) told(id, confidence, people, topic, own)
"""
# `hit` are the memories that are read, `node` the names that they hold.
NODES = f"""
    WITH hit AS MATERIALIZED ({NAMED.format(rows="{hit}")}), node AS (
        SELECT name, min(type) AS type, count(*) AS memories FROM (
            SELECT unnest(people), 'person' FROM hit
            UNION ALL SELECT topic, 'topic' FROM hit UNION ALL SELECT own, 'user' FROM hit
        ) told(name, type) WHERE name <> '' GROUP BY name
    )
"""
# Relations between two of `hit`, and those between one of `hit` and any other row, read once.
WITHIN = "memory_relation r JOIN hit s ON s.id = r.source_id JOIN hit t ON t.id = r.target_id"
TIE = "SELECT r.id, r.source_id, r.target_id, r.type, r.weight FROM memory_relation r JOIN hit ON hit.id ="
TIES = f"""
    , tie AS MATERIALIZED ({TIE} r.source_id UNION {TIE} r.target_id), far AS MATERIALIZED (
        {NAMED.format(rows="{ends}")} WHERE id IN (SELECT source_id FROM tie UNION ALL SELECT target_id FROM tie)
    )
"""
BEYOND = "tie r JOIN far s ON s.id = r.source_id JOIN far t ON t.id = r.target_id"
# Each saying that two names are tied, by a memory that holds both, or by a relation.
SAID = f"""
    {{ties}}, pair(source, target, confidence) AS (
        SELECT least(a, b), greatest(a, b), confidence FROM (
            SELECT a, b, confidence FROM (
                SELECT a, unnest(people) AS b, confidence
                FROM (SELECT unnest(people) AS a, people, confidence FROM hit WHERE cardinality(people) > 1) one
            ) two WHERE b > a
            UNION ALL SELECT unnest(people), topic, confidence FROM hit WHERE topic <> ''
            UNION ALL SELECT unnest(people), own, confidence FROM hit WHERE own <> ''
            UNION ALL SELECT topic, own, confidence FROM hit WHERE topic <> '' AND own <> ''
        ) met(a, b, confidence) WHERE a <> ''
    ), said(source, target, predicate, confidence) AS (
        SELECT source, target, '{TOGETHER}', confidence FROM pair
        UNION ALL
        SELECT a.name, b.name, r.type, r.weight FROM {{tied}},
        unnest(s.people || s.topic || s.own) a(name), unnest(t.people || t.topic || t.own) b(name)
        WHERE a.name <> '' AND b.name <> '' AND b.name <> a.name
    )
"""
COMMONEST = "ORDER BY memories DESC, name LIMIT %s"
STRONGEST = "GROUP BY source, target, predicate ORDER BY memories DESC, source, target, predicate LIMIT %s"
SIZE = f"""
    {NODES} {SAID} SELECT type, count(*) FROM node GROUP BY type
    UNION ALL SELECT '', count(*) FROM (SELECT DISTINCT source, target, predicate FROM said) edge ORDER BY 1
"""
STEP = f"""
    {NODES} {SAID} SELECT source, target, predicate, count(*) AS memories FROM said
    WHERE source = ANY (%s) OR target = ANY (%s) {STRONGEST}
"""
GRAPH = f"""
    {NODES}, chosen AS MATERIALIZED (SELECT * FROM node {{which}}) {SAID}
    SELECT name, '', type, memories, NULL FROM chosen
    UNION ALL (
        SELECT source, target, predicate, count(*) AS memories, max(confidence) FROM said
        WHERE source IN (SELECT name FROM chosen) AND target IN (SELECT name FROM chosen) {STRONGEST}
    ) ORDER BY memories DESC, 1, 2, 3
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
    types = dict(_ask(SIZE, _live(scope), None))
    return Size(types, types.pop(""))


def searched(text: str = "", scope: Scope = EVERYTHING, limit: int = 25) -> list[Node]:
    """Names that hold this text, whatever its case; the commonest first."""
    found = f"{NODES} SELECT * FROM node WHERE strpos(lower(name), lower(%s)) > 0 {COMMONEST}"
    return [Node(*row) for row in _ask(found, _live(scope), None, text, limit)]


def overview(scope: Scope = EVERYTHING, limit: int = 100) -> Graph:
    """The commonest names, and what is between them."""
    return _graph(_live(scope), COMMONEST, limit)


def around(name: str, scope: Scope = EVERYTHING, depth: int = 2, limit: int = 100) -> Graph | None:
    """What is up to `depth` (1 to MOST_DEPTH) edges away from a name; the strongest first. None when nobody says it."""
    if not name or not _naming(scope, [name]).exists():
        return None
    met, reached = {name: None}, [name]
    for _ in range(min(depth, MOST_DEPTH)):
        edges = _ask(STEP, _naming(scope, reached), _live(scope), reached, reached, limit)
        ends = dict.fromkeys(end for edge in edges for end in edge[:2] if end not in met)
        reached = list(ends)[: limit - len(met)]
        met |= dict.fromkeys(reached)
        if not reached:
            break
    return _graph(_naming(scope, list(met)), "WHERE name = ANY (%s)", list(met))


def _graph(hit: MemoryQuerySet, which: str, *params: Any) -> Graph:
    """Some of the names that these memories hold, and what is between them."""
    rows = _ask(GRAPH.replace("{which}", which), hit, None, *params, MOST_EDGES)
    nodes = (Node(name, type, memories) for name, _, type, memories, sure in rows if sure is None)
    return Graph(tuple(nodes), tuple(Edge(*row) for row in rows if row[-1] is not None))


def _live(scope: Scope) -> MemoryQuerySet:
    return Memory.objects.live().scoped(scope)


def _naming(scope: Scope, names: list[str]) -> MemoryQuerySet:
    """Those that name one of these at least."""
    topic = Q(topic__in=names) & ~Q(topic="")  # which is what the index knows
    return _live(scope).filter(Q(user_id__in=names) | topic | Q(people__overlap=names))  # the costliest last


def _ask(statement: str, hit: MemoryQuerySet, ends: MemoryQuerySet | None, *params: Any) -> list[Any]:
    """`statement` with the memories that it reads, and those that relations may lead to; None: these lie within."""
    told, bound = _sql(hit)
    ties, tied = "", WITHIN
    if ends is not None:
        beyond, theirs = _sql(ends)
        ties, tied, bound = TIES.format(ends=beyond), BEYOND, bound + theirs
    with connection.cursor() as cursor:
        cursor.execute(statement.format(hit=told, ties=ties, tied=tied), [*bound, *params])
        return cursor.fetchall()


def _sql(rows: MemoryQuerySet) -> tuple[str, Any]:
    named = rows.order_by().values_list("id", "confidence", "people", "topic", "user_id")
    statement, params = named.query.sql_with_params()
    return statement, params
