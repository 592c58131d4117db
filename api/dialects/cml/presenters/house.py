"""The house as a dashboard shows it: components, and what is configured for a tenant."""

from collections.abc import Iterable, Mapping
from typing import Any

from analytics.checks.base import Component, Status
from tenants.preferences import NAMES

KEYED = {"postgres": "postgresql", "neo4j": "", "redis": "redis"}  # as the document keys them
NAMED = {"postgresql": "PostgreSQL", "redis": "Redis", "embedder": "Embedding"}
STATUSES = {Status.OK: "ok", Status.DEGRADED: "degraded", Status.DOWN: "error", Status.UNKNOWN: "unknown"}
# It answers.
SERVER: dict[str, Any] = {"name": "Server", "status": "ok", "latency_ms": None, "details": {}, "error": None}
NO_NEO4J = "There is no Neo4j: the graph is in PostgreSQL."
SAYS = {
    "time_zone": "In which time words are read when a request names none.",
    "undo_days": "How long a deleted memory can be brought back.",
    "cold_after_days": "Memories not recalled for so many days go to cold storage; 0: never.",
    "audit_reads": "Whether each reading of content is an event.",
    "trace_share": "The share of calls that are traced.",
    "trace_slow_ms": "A call that takes so many milliseconds is slow.",
    "trace_days": "How long a trace is kept; 0: none is.",
    "namespaces": "Patterns of the namespaces that may be written to; empty: all.",
}
MASK = "••••••••"


def components(found: Iterable[Component], *, whole: bool) -> dict[str, Any]:
    """A list, and the document's keyed objects beside it. What a component says of the platform is its operator's."""
    told = {one.name: component(one, whole=whole) for one in found}
    keyed = {key: told[name] for key, name in KEYED.items() if name in told}
    neo4j: dict[str, Any] = {"name": "Neo4j", "status": "unknown", "latency_ms": None, "details": {}, "error": NO_NEO4J}
    return {"components": [*told.values(), SERVER, neo4j], **keyed, "neo4j": neo4j}


def component(one: Component, *, whole: bool) -> dict[str, Any]:
    return {
        "name": NAMED.get(one.name, one.name),
        "status": STATUSES[one.status],
        "latency_ms": one.latency_ms,
        "details": dict(one.details) if whole else {},
        "error": None if one.status == Status.OK else one.says if whole else "Its operator knows more.",
    }


def config(own: Mapping[str, Any], defaults: Mapping[str, Any], fixed: Mapping[str, Any], key: str) -> dict[str, Any]:
    """`own` are the preferences in use, with `set`, those that it set itself; `fixed` cannot be changed."""
    settable = [
        item(name, own[name], defaults[name], SAYS[name], editable=True, chosen=name in own["set"]) for name in NAMES
    ]
    limits = [item(name, value, value, "A limit of the plan; null: none.") for name, value in fixed["limits"].items()]
    models = [
        item("embedder", fixed["embedder"], fixed["embedder"], "The embedding model in use."),
        item("writer", fixed["writer"], fixed["writer"], "What writes summaries and gists."),
    ]
    secret = item("api_key", f"{key}{MASK}", "", "The credential of this call.") | {"is_secret": True}
    sections = {"preferences": settable, "limits": limits, "models": models, "access": [secret]}
    return {"sections": [{"name": name, "items": items} for name, items in sections.items()]}


def item(
    key: str, value: Any, default: Any, says: str, *, editable: bool = False, chosen: bool = False
) -> dict[str, Any]:
    return {
        "key": key,
        "value": value,
        "default_value": default,
        "is_secret": False,
        "is_editable": editable,
        "source": "tenant" if chosen else "default",
        "description": says,
        "requires_restart": False,
        "is_required": False,
        "env_var": "",
        "options": None,
    }
