"""Schemas are switched in few places, and no coroutine touches the database but through tenants/channels.py.

A coroutine that entered a schema and then awaited would read whatever schema another one entered meanwhile.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCES = [
    path
    for room in ("analytics", "api", "automation", "config", "events", "memory", "ops", "tenants")
    for path in sorted((ROOT / room).rglob("*.py"))
    if "migrations" not in path.parts
]
SWITCHES = {"set_schema", "set_tenant", "set_schema_to_public", "schema_context", "SchemaContext", "TenantContext"}
ENTERS = {"tenant_context", "speaking"}
HOPS = {"sync_to_async", "database_sync_to_async", "SyncToAsync", "DatabaseSyncToAsync"}
QUERIES = (
    "get", "create", "get_or_create", "update_or_create", "bulk_create", "bulk_update", "count", "iterator", "latest",
    "earliest", "first", "last", "aggregate", "exists", "contains", "update", "delete", "save", "refresh_from_db",
    "in_bulk", "explain", "add", "set", "clear", "remove", "get_many", "set_many", "delete_many", "incr", "decr", "touch",
)  # fmt: skip
ASYNC_ORM = {f"a{name}" for name in QUERIES}
RAW = {"pool", "connection"}  # of Django's connection: psycopg's own, with whatever search path it had
MAY = {
    "tenants/channels.py": HOPS,  # the one hop
    "tenants/schema.py": SWITCHES,  # makes and migrates schemas, which no tenant is in yet
    "tenants/blueprint.py": SWITCHES,
    "tenants/catalogue.py": SWITCHES,
    "memory/upkeep/vectors.py": RAW,  # COPY, right after a statement of the same transaction
}


def called(tree: ast.AST) -> Iterator[tuple[str, int]]:
    """Names that are called or reached: `f(…)`, `x.f(…)`, `connection.pool`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            yield name, node.lineno
        if isinstance(node, ast.Attribute) and getattr(node.value, "id", "") == "connection" and node.attr in RAW:
            yield node.attr, node.lineno


def banned(source: str, allowed: set[str]) -> list[tuple[str, int]]:
    """What the source may not call, and what a coroutine in it may not."""
    tree = ast.parse(source)
    found = [(name, line) for name, line in called(tree) if name in (SWITCHES | HOPS | ASYNC_ORM | RAW) - allowed]
    for node in ast.walk(tree):
        if isinstance(node, ast.AsyncFunctionDef):
            inner = [child for child in node.body if not isinstance(child, ast.FunctionDef)]
            found += [(name, line) for part in inner for name, line in called(part) if name in ENTERS]
    return found


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_schema_is_switched_outside_the_helpers(path: Path) -> None:
    assert banned(path.read_text(), MAY.get(str(path.relative_to(ROOT)), set())) == []


@pytest.mark.parametrize(
    "source",
    [
        "connection.set_schema('t_acme')",
        "connection.set_tenant(tenant)",
        "async def f():\n    with tenant_context(tenant):\n        await g()",
        "async def f():\n    return await Memory.objects.acount()",
        "async def f():\n    return await cache.aget('x')",
        "async def f():\n    return await sync_to_async(g)()",
        "raw = connection.pool.getconn()",
    ],
)
def test_the_lint_finds_what_it_bans(source: str) -> None:
    assert banned(source, set()) != []


def test_a_hop_that_enters_a_schema_within_itself_is_allowed() -> None:
    hop = "async def f():\n    def hop():\n        with speaking(who):\n            return g()\n    await run(hop)"
    assert banned(hop, set()) == []
