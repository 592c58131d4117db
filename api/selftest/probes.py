"""What is asked of the API in a self-test: one line a probe, asked by both sides.

In a path or body "{memory}" is the id of a memory: of the asking side's own in OWN, of the other side's in FOREIGN,
CLEAN and NAMED. What is planted under which name is in planting.py.
"""

from dataclasses import dataclass
from typing import Any

TEA = {"query": "Who takes tea?"}
MINE = {"content": "This is mine now."}


@dataclass(frozen=True)
class Probe:
    family: str
    name: str
    method: str
    path: str
    body: Any = None
    nothing: int = 404  # what an id that nobody has is answered with


def _probe(line: str, body: Any = None) -> Probe:
    family, name, method, path, *nothing = (part.strip() for part in line.split("|"))
    return Probe(family, name, method, path, body, int(nothing[0]) if nothing else 404)


# The asking side sees its own canary, so that a probe which sees nothing is no proof; and never the other's.
OWN = [
    _probe("get|own memory|GET|memories/{memory}"),
    _probe("list|memories|GET|memories"),
    _probe("list|memories by body|POST|memories/list", {}),
    _probe("list|messages|GET|messages?session_id={talk}&user_id={user}"),
    _probe("search|by meaning and words|POST|memories/search", TEA),
    _probe("search|the own canary|POST|memories/search", {"query": "{canary}"}),
    _probe("search|near to the own memory|POST|memories/search", {"like": "{memory}"}),
    _probe("search|the newest of a user|POST|memories/search", {"user_id": "{user}"}),
    _probe("context|packet|POST|context", TEA),
    _probe("context|prompt|POST|context", TEA | {"shape": "prompt"}),
    _probe("context|turn|POST|turns", {"message": "Tea?", "user_id": "{user}", "session_id": "{talk}"}),
    _probe("stream|hits|GET|memories/stream?query=tea"),
    _probe("stream|everything|GET|memories/stream?all=true"),
    _probe("export|stream|GET|exports/stream"),
    _probe("export|CSV stream|GET|exports/stream?format=csv"),
    _probe("export|file|GET|exports/{export}/file"),
    _probe("stats|by user|GET|stats?group_by=user_id"),
    _probe("entities|users|GET|entities?type=user"),
    _probe("entities|namespaces|GET|namespaces"),
    _probe("entities|one user|GET|entities/user/{user}"),
    _probe("relations|neighbours|GET|memories/{memory}/related"),
    _probe("relations|effects|GET|memories/{memory}/effects"),
    _probe("reviews|open|GET|reviews"),
    _probe("reviews|one|GET|reviews/{review}"),
    _probe("health|report|GET|health-report?fresh=true"),
    _probe("sessions|list|GET|sessions"),
    _probe("sessions|one|GET|sessions/{session}"),
    _probe("sessions|what was said|GET|sessions/{session}/memories"),
    _probe("versions|history|GET|memories/{memory}/history"),
    _probe("versions|difference|GET|memories/{memory}/diff?before=1&after=2"),
    _probe("events|feed|GET|events"),
    _probe("events|audit log|GET|audit"),
    _probe("events|audit export|GET|audit/export"),
    _probe("cold|content out of its object|GET|memories/{cold}"),
    _probe("cold|content out of the hot tier|GET|memories/{cold}"),
]
# The other side's ids: the answer is 404, or what the line says, and the same as for an id that nobody has.
FOREIGN = [
    _probe("get|memory|GET|memories/{memory}"),
    _probe("get|message|GET|messages/{message}"),
    _probe("change|memory|PATCH|memories/{memory}", MINE),
    _probe("change|all of a memory|PUT|memories/{memory}", MINE),
    _probe("change|delete|DELETE|memories/{memory}"),
    _probe("change|supersede|POST|memories/{memory}/supersede", MINE),
    _probe("change|judge|POST|memories/{memory}/feedback", {"verdict": "incorrect"}),
    _probe("change|bring back many|POST|memories/undelete|200", {"batch": "{batch}"}),
    _probe("search|near to a memory|POST|memories/search|422", {"like": "{memory}"}),
    _probe("context|near to a memory|POST|context|422", {"like": "{memory}"}),
    _probe("export|job|GET|exports/{export}"),
    _probe("export|its file|GET|exports/{export}/file"),
    _probe("export|cancel|POST|exports/{export}/cancel"),
    _probe("export|import job|GET|imports/{import}"),
    _probe("export|cancel an import|POST|imports/{import}/cancel"),
    _probe("entities|one user|GET|entities/user/{user}"),
    _probe("relations|neighbours|GET|memories/{memory}/related"),
    _probe("relations|causes|GET|memories/{other}/causes"),
    _probe("relations|one|GET|relations/{relation}"),
    _probe("relations|delete|DELETE|relations/{relation}"),
    _probe("reviews|read|GET|reviews/{review}"),
    _probe("reviews|decide|POST|reviews/{review}/decide", {"decision": "merge"}),
    _probe("reviews|take back|POST|reviews/{review}/undo", {}),
    _probe("relations|make|POST|relations|422", {"source": "{memory}", "target": "{other}", "type": "follows"}),
    _probe("sessions|one|GET|sessions/{session}"),
    _probe("sessions|what was said|GET|sessions/{session}/memories"),
    _probe("sessions|change|PATCH|sessions/{session}", {"title": "mine"}),
    _probe("sessions|close|POST|sessions/{session}/close"),
    _probe("sessions|delete|DELETE|sessions/{session}"),
    _probe("versions|history|GET|memories/{memory}/history"),
    _probe("versions|difference|GET|memories/{memory}/diff?before=1&after=2"),
    _probe("versions|restore|POST|memories/{memory}/restore", {"version": 1}),
    _probe("cold|content|GET|memories/{cold}"),
    _probe("cold|archive|POST|memories/{memory}/archive"),
    _probe("cold|warm|POST|memories/{cold}/warm"),
]
# The other side's names, words and cursors: they work, and find nothing of the other side.
CLEAN = [
    _probe("list|cursor|GET|memories?cursor={cursor}"),
    _probe("list|cursor of messages|GET|messages?session_id={talk}&user_id={user}&cursor={cursor_of_talk}"),
    _probe("list|user|GET|memories?user_id={user}"),
    _probe("list|tag|GET|memories?tag={tag}"),
    _probe("list|filter|POST|memories/list", {"filters": {"metadata.a": "{canary}"}}),
    _probe("search|words|POST|memories/search", {"query": "{canary}"}),
    _probe("search|user|POST|memories/search", {"query": "tea", "user_id": "{user}"}),
    _probe("search|namespaces|POST|memories/search", {"query": "tea", "namespaces": ["{namespace}"]}),
    _probe("context|user|POST|context", {"query": "tea", "user_id": "{user}"}),
    _probe("stream|user|GET|memories/stream?all=true&user_id={user}"),
    _probe("export|user|GET|exports/stream?user_id={user}"),
    _probe("export|cursor|GET|exports?cursor={cursor_of_exports}"),
    _probe("stats|user|GET|stats?user_id={user}"),
    _probe("entities|prefix|GET|entities?type=user&q={user}"),
    _probe("relations|of a memory|GET|relations?memory={memory}"),
    _probe("sessions|user|GET|sessions?user_id={user}"),
    _probe("events|audit of a memory|GET|audit?subject={memory}"),
]
