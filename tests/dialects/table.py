"""docs/dialects/operations.md: each operation of each dialect, which methods of its clients call it, and what tests it.

Out of the dialects' OpenAPI files, the tables "## Not served" of their READMEs, recipes, golden files, and the tables
METHODS of tests/clients/test_<dialect>*.py, which are read and not imported. `OPERATIONS=write pytest
tests/dialects/test_operations.py` writes the page.
"""

import ast
import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.urls import Resolver404, resolve

from tests.dialects import golden
from tests.dialects.speaking import operations

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "dialects" / "operations.md"
CLIENTS = ROOT / "tests" / "clients"
HEAD = """# Operations of the dialects

Written by `OPERATIONS=write pytest tests/dialects/test_operations.py`; a test compares. Paths are relative to `/compat/<dialect>/`. *Client methods* are those of the published client that call the operation. *Tested* says by what: `sweep` calls it with own things, without a credential, with another tenant's things and with hostile bodies; `client` is the real client against a running house; `golden` is a file of request and response.

"""


@dataclass(frozen=True)
class Row:
    dialect: str
    operation: str
    methods: tuple[str, ...] = ()
    served: str = "yes"  # or why not
    root: bool = False  # it stands at the root, too
    tested: tuple[str, ...] = ()

    def line(self) -> str:
        methods = ", ".join(f"`{method}`" for method in self.methods) or "–"
        where = "yes, also at the root" if self.root else "yes"
        served = where if self.served == "yes" else f"no: {self.served}"
        tested = ", ".join(self.tested) or "–"
        return f"| {self.dialect} | `{self.operation}` | {methods} | {served} | {tested} |"


def shape(operation: str) -> str:
    """The same for two that differ in the names of parameters, or in a slash at an end."""
    method, _, path = operation.partition(" ")
    return f"{method} {re.sub(r'{[^}]*}', '{}', path.strip('/'))}"


def rows() -> list[Row]:
    return [row for name in settings.DIALECTS for row in [*served(name), *refused(name)]]


def served(name: str) -> list[Row]:
    called, recipes = methods(name), import_module(f"tests.dialects.recipes.{name}").OPS
    in_files = {shape(operation) for operation in golden.operations(name)}
    found = []
    for operation in sorted(operations(name), key=lambda told: told.split(" ")[::-1]):
        own = tuple(called[shape(operation)])
        by = {"sweep": operation in recipes, "client": bool(own), "golden": shape(operation) in in_files}
        tested = tuple(kind for kind, does in by.items() if does)
        found.append(Row(name, operation, own, root=at_root(name, operation), tested=tested))
    return found


def at_root(name: str, operation: str) -> bool:
    path = re.sub(r"{[^}]*}", str(UUID(int=17)), operation.partition(" ")[2])
    try:
        view = resolve(f"/{path}").func
    except Resolver404:
        return False
    return getattr(getattr(view, "cls", None), "dialect", "") == name


def refused(name: str) -> list[Row]:
    """The rows of its README's table "## Not served"."""
    text = (ROOT / "api" / "dialects" / name / "README.md").read_text()
    _, _, rest = text.partition("\n## Not served\n")
    table = re.findall(r"^\| (.+?) \| (.+?) \|$", rest.split("\n## ")[0], re.MULTILINE)
    told = [(operation.replace("`", ""), why) for operation, why in table if operation != "operation"]
    return [Row(name, operation, served=why) for operation, why in told if set(operation) != {"-"}]


def unserved(name: str) -> set[str]:
    """What a client calls, by its table METHODS, and the dialect does not have."""
    return set(methods(name)) - {shape(operation) for operation in operations(name)}


def methods(name: str) -> dict[str, list[str]]:
    """By the shape of an operation, the methods of clients that call it."""
    told: dict[str, list[str]] = defaultdict(list)
    for file in sorted(CLIENTS.glob(f"test_{name}*.py")):
        for method, calls in tables(file.read_text()).items():
            for operation in calls.split(", ") if isinstance(calls, str) else calls:
                if method not in told[shape(operation)]:
                    told[shape(operation)].append(method)
    return told


def tables(source: str) -> dict[str, Any]:
    """All that module-level dictionaries named METHODS, or ending so, say."""
    known: dict[str, Any] = {}
    for node in ast.parse(source).body:
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value:
            target = node.targets[0] if isinstance(node, ast.Assign) else node.target
            if isinstance(target, ast.Name) and target.id.isupper():
                known[target.id] = plain(node.value, known)
    found = [value for name, value in known.items() if name.endswith("METHODS") and isinstance(value, dict)]
    return {method: calls for table in found for method, calls in table.items()}


def plain(node: ast.expr, known: dict[str, Any]) -> Any:
    """A value of literals and of names that stand before it; None for any other."""
    if isinstance(node, ast.Name):
        return known.get(node.id)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr | ast.Add):
        left, right = plain(node.left, known), plain(node.right, known)
        if left is None or right is None:
            return left or right
        return left | right if isinstance(node.op, ast.BitOr) else left + right
    if isinstance(node, ast.Dict):
        return _dictionary(node, known)
    if isinstance(node, ast.JoinedStr):
        return "".join(str(plain(part, known)) for part in node.values)
    if isinstance(node, ast.FormattedValue):
        return plain(node.value, known)
    if isinstance(node, ast.Tuple | ast.List | ast.Set):
        return tuple(plain(item, known) for item in node.elts)
    return node.value if isinstance(node, ast.Constant) else None


def _dictionary(node: ast.Dict, known: dict[str, Any]) -> dict[str, Any]:
    told: dict[str, Any] = {}
    for key, value in zip(node.keys, node.values, strict=True):
        told |= plain(value, known) or {} if key is None else {plain(key, known): plain(value, known) or ()}
    return told


def page(told: Iterable[Row]) -> str:
    every = list(told)
    lines = ["| dialect | operation | client methods | served | tested |", "|---|---|---|---|---|"]
    return HEAD + summary(every) + "\n".join([*lines, *(row.line() for row in every), ""])


def summary(told: list[Row]) -> str:
    """How many there are of each dialect."""
    lines = [
        "| dialect | operations served | called by a client | with a golden file | not served |",
        "|---|--:|--:|--:|--:|",
    ]
    for name in settings.DIALECTS:
        own = [row for row in told if row.dialect == name]
        there = [row for row in own if row.served == "yes"]
        by = [sum(kind in row.tested for row in there) for kind in ("client", "golden")]
        lines.append(f"| {name} | {len(there)} | {by[0]} | {by[1]} | {len(own) - len(there)} |")
    return "\n".join([*lines, "", ""])
