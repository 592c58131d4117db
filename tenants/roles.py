"""Who may do what: one table of roles and operations, asked by the API and by the console alike.

A person has a role in a tenant, an API key has scopes. Whoever acts asks for an operation, and nothing else decides.
docs/roles.md is written from here, by `python manage.py roles`.
"""

from collections.abc import Iterable
from dataclasses import dataclass

ROLES = ("platform", "owner", "admin", "editor", "analyst", "viewer")
SCOPES = ("read", "write", "admin", "platform")
ANY = "any"  # the scope of what every key may


@dataclass(frozen=True)
class Operation:
    """`roles` are those who may; a key may with `scope`."""

    roles: frozenset[str]
    scope: str
    says: str


def _may(marks: str, scope: str, says: str) -> Operation:
    told = marks.split()
    assert len(told) == len(ROLES)
    return Operation(frozenset(role for role, mark in zip(ROLES, told, strict=True) if mark == "x"), scope, says)


# fmt: off
OPERATIONS: dict[str, Operation] = {
    # who may, in the order of ROLES: platform, owner, admin, editor, analyst, viewer
    "me.read":           _may("x x x x x x", ANY, "Ask who one is."),
    "me.revoke":         _may("- - - - - -", ANY, "Revoke the key that asks; a person has none."),
    "memories.read":     _may("x x x x x x", "read", "Read and search memories, relations, entities and numbers."),
    "memories.write":    _may("x x x x - -", "write", "Store, change, relate, judge, archive and delete memories."),
    "memories.erase":    _may("x x x x - -", "write", "Delete many memories at once, or all of an entity."),
    "reviews.read":      _may("x x x x x x", "read", "Read what waits for a decision, and what was decided."),
    "reviews.decide":    _may("x x x x - -", "write", "Decide about doubles and contradictions, and take it back."),
    "health.read":       _may("x x x x x x", "read", "Read how healthy the memories are."),
    "sessions.read":     _may("x x x x x x", "read", "Read sessions."),
    "sessions.write":    _may("x x x x - -", "write", "Open, change, close and delete sessions."),
    "events.read":       _may("x x x x x x", "read", "Read the feed, over HTTP and sockets."),
    "sync.read":         _may("x x x x x x", "read", "Read services, their messages and the queue."),
    "sync.write":        _may("x x x x - -", "write", "Take part as a service: identify, send, acknowledge, requeue."),
    "webhooks.read":     _may("x x x - x -", "admin", "Read webhooks and their deliveries."),
    "webhooks.manage":   _may("x x x - - -", "admin", "Make, change and delete webhooks, roll secrets, replay."),
    "learning.read":     _may("x x x x x x", "read", "Read the learning history, its patterns, metrics and trends."),
    "learning.write":    _may("x x x x - -", "write", "Record learning events and feedback."),
    "analytics.read":    _may("x x x x x x", "read", "Read and export numbers, dashboards, reports and insights."),
    "analytics.write":   _may("x x x x - -", "write", "Track events of an application; dismiss insights."),
    "traces.read":       _may("x x x - x -", "admin", "Read traces of recalls and operations, and replay them."),
    "exports.run":       _may("x x x x x -", "read", "Export memories, and download the files."),
    "imports.run":       _may("x x x x - -", "write", "Import memories."),
    "runs.read":         _may("x x x x x x", "read", "Read the jobs that there are, runs, and what they did."),
    "runs.start":        _may("x x x x - -", "write", "Start, cancel and retry runs of jobs."),
    "runs.undo":         _may("x x x x - -", "write", "Take back what a run did."),
    "tiers.manage":      _may("x x x - - -", "admin", "Compare rows with the objects of the cold storage."),
    "embeddings.manage": _may("x x x - - -", "admin", "Change the embedding model."),
    "people.erase":      _may("x x x - - -", "admin", "Export or erase everything of a person, for good."),
    "policies.read":     _may("x x x x x x", "read", "Read policies, what is due and what holds for whom."),
    "policies.manage":   _may("x x x - - -", "admin", "Make, change, run and delete policies; pause them."),
    "retention.read":    _may("x x x - x -", "admin", "Read retention rules and legal holds."),
    "retention.manage":  _may("x x x - - -", "admin", "Make retention rules, place and release legal holds."),
    "usage.read":        _may("x x x - x -", "admin", "Read usage, limits and quotas."),
    "audit.read":        _may("x x x - x -", "admin", "Read the audit trail and verify it."),
    "keys.manage":       _may("x x x - - -", "admin", "List, issue, rotate and revoke API keys."),
    "members.manage":    _may("x x x - - -", "admin", "List, add, change and remove members."),
    "tenant.settings":   _may("x x x - - -", "admin", "Read and change the tenant's settings."),
    "tenant.delete":     _may("x x - - - -", "platform", "Export the whole tenant, and delete it."),
    "tenants.manage":    _may("x - - - - -", "platform", "Tenants, people, plans, ticks and migrations."),
    "metrics.read":      _may("x - - - - -", "platform", "Read the metrics of all tenants, as Prometheus does."),
    "selftest.run":      _may("x - - - - -", "platform", "Run the isolation self-test."),
}
# fmt: on


def role_may(role: str, operation: str) -> bool:
    """Whether a role may; nobody may what is not in the table, and no role is no right."""
    told = OPERATIONS.get(operation)
    return told is not None and role in told.roles


def scopes_may(scopes: Iterable[str], operation: str) -> bool:
    """Whether a key with these scopes may. `platform` holds all the others."""
    told = OPERATIONS.get(operation)
    return told is not None and (told.scope == ANY or bool({told.scope, "platform"} & set(scopes)))


def page() -> str:
    """docs/roles.md: the whole table as Markdown."""
    head = ("Operation", *ROLES, "Key scope", "What it is")
    lines = [f"| {' | '.join(head)} |", f"|---|{':-:|' * len(ROLES)}---|---|"]
    for name, told in OPERATIONS.items():
        marks = ("✓" if role in told.roles else "–" for role in ROLES)
        lines.append(f"| `{name}` | {' | '.join(marks)} | {told.scope} | {told.says} |")
    return "\n".join([*_HEAD, *lines, ""])


_HEAD = (
    "# Roles and operations",
    "",
    "Written by `python manage.py roles` from `tenants/roles.py`, the one table that the API and the console ask.",
    "Change it there; a test compares.",
    "",
    "A person has one role in each tenant; an operator of the platform has `platform` in all of them. An API key has",
    "scopes in place of a role. Each operation asks a key for one scope: `admin` does not hold `write`, nor `write`",
    "`read`; only `platform` holds all. The rest is in [access.md](access.md).",
    "",
)
