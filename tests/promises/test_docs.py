"""The docs are complete: whatever the code has, they name. Needs neither Django nor a database.

`python -m pytest -o addopts= -p no:django --noconftest tests/promises/test_docs.py`
"""

import re
from pathlib import Path

import pytest

from events.types import CATALOGUE
from memory import filters
from memory.algorithms import ranking

ROOT = Path(__file__).resolve().parents[2]
READ_IN = ("config/settings.py", "config/env.py", "config/management/commands/up.py")
SOCKETS = sorted(str(path.relative_to(ROOT)) for path in (ROOT / "api/sockets").glob("*.py"))
PAGES = [
    "README.md",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
    *(f"docs/{page.name}" for page in (ROOT / "docs").glob("*.md")),
]


def text(path: str) -> str:
    return (ROOT / path).read_text()


def section(page: str, heading: str) -> str:
    """What stands under a heading of a page, up to the next one of its level or higher."""
    mark = heading.split(" ")[0]
    _, found, rest = text(page).partition(f"\n{heading}\n")
    assert found, f"{page} has no heading {heading!r}"
    return re.split(rf"\n#{{1,{len(mark)}}} ", rest)[0]


def rows(table: str) -> set[str]:
    """What the first cells of a section's tables name in backquotes."""
    cells = re.findall(r"^\| ([^|]*)", table, re.MULTILINE)
    return {name for cell in cells for name in re.findall(r"`([^`]+)`", cell)}


def event_row(name: str) -> str:
    kind = CATALOGUE[name]
    one = [f"one of `{kind.resource}`" if kind.reach == "one" else f"all `{kind.resource}`"] if kind.resource else []
    again = "; ".join(one + [f"all {', '.join(f'`{name}`' for name in kind.also)}"] * bool(kind.also))
    return f"| `{name}` | {kind.says} | {', '.join(f'`{key}`' for key in kind.keys)} | {again} |"


def environment() -> set[str]:
    """Variables by `env.str("NAME")`, `os.environ["NAME"]`, `.get("NAME")`, `.setdefault("NAME")`."""
    read = re.compile(r"""(?:env\.\w+\(|os\.environ\[|os\.environ\.\w+\()\s*"([A-Z][A-Z0-9_]+)\"""")
    return {name for path in READ_IN for name in read.findall(text(path))}


def operators() -> set[str]:
    """Those of the filter language's tables, and those that its code compares by name."""
    compared = re.findall(r"if operator (?:==|in) (\([^)]*\)|\"\w+\")", text("memory/filters.py"))
    return {*filters.COMPARE, *filters.WORDS, *(name for part in compared for name in re.findall(r'"(\w+)"', part))}


def problem_codes() -> set[str]:
    """Ours, and those of REST framework's own errors that reach the handler under their own name."""
    ours = re.findall(r'\b[45]\d\d, "([a-z_]+)"', text("api/problems.py") + text("api/dressing.py"))
    own = [text(path) for path in ("api/gate.py", "api/idempotency.py")]
    of_gate = re.findall(r'default_code = "([a-z_]+)"', "".join(own))
    inherited = ("parse_error", "method_not_allowed", "not_acceptable", "unsupported_media_type")
    return {*ours, *of_gate, *inherited}


def missing(wanted: set[str], there: set[str]) -> list[str]:
    return sorted(wanted - there)


def test_what_is_searched_for_is_found() -> None:
    assert {"DATABASE_URL", "SECRET_KEY", "MEMHOUSE_VAR", "MEMHOUSE_DURABLE", "LOG_JSON"} <= environment()
    assert {"eq", "ne", "in", "nin", "exists", "any", "all", "icontains"} <= operators()
    assert {"not_valid", "bad_filter", "not_found", "body_too_large", "database_unavailable"} <= problem_codes()


@pytest.mark.parametrize("name", CATALOGUE)
def test_each_event_type_has_its_row(name: str) -> None:
    assert event_row(name) in section("docs/events.md", "## Catalogue").splitlines(), f"write: {event_row(name)}"


def test_no_event_type_is_made_up() -> None:
    assert rows(section("docs/events.md", "## Catalogue")) == set(CATALOGUE)


def test_each_environment_variable_is_explained() -> None:
    assert missing(environment(), rows(section("docs/operations.md", "## Settings"))) == []


def test_no_environment_variable_is_made_up() -> None:
    assert missing(rows(section("docs/operations.md", "## Settings")), environment()) == []


def test_each_filter_field_and_operator_is_explained() -> None:
    language = section("docs/api.md", "## Filter language")
    assert missing({*filters.FIELDS, *operators()}, rows(language)) == []
    assert all(f"`{word}`" in language for word in ("AND", "OR", "NOT"))


def test_each_problem_code_is_explained() -> None:
    codes = rows(section("docs/api.md", "## Errors"))
    assert missing(problem_codes(), codes) == []


def test_each_close_code_is_explained() -> None:
    source = "\n".join(text(path) for path in SOCKETS)
    codes = set(re.findall(r'Refused\(\s*(\d{4}), "(\w+)"', source))
    told = set(re.findall(r"^\| (\d{4}) \| `(\w+)` \|", section("docs/sockets.md", "## Close codes"), re.MULTILINE))
    assert len(codes) > 10
    assert missing(codes, told) == []


def test_each_message_of_a_socket_is_explained() -> None:
    handled = set(re.findall(r'^    "(\w+)": ', text("api/sockets/handlers.py"), re.MULTILINE))
    assert {"subscribe", "search"} <= handled
    assert [name for name in handled if f"`{name}`" not in section("docs/sockets.md", "## What you send")] == []


def test_each_part_of_a_score_is_explained() -> None:
    parts = ranking.rank(ranking.blank(["a"]), ranking.idf(1, []))[0].parts
    assert rows(section("docs/api.md", "### Scores")) == set(parts)


def test_each_native_route_is_in_the_table() -> None:
    routes = re.findall(r'\*both\("([^"]+)"', text("api/native/urls.py"))
    paths = {"/api/v1/" + re.sub(r"<\w+:\w+>", "{id}", route) for route in routes}
    told = {re.sub(r"{\w+}", "{id}", name.split(" ")[-1]) for name in rows(text("docs/api.md").partition("\n## ")[0])}
    assert paths
    assert missing(paths, told) == []


def test_each_tick_is_explained() -> None:
    ticks = set(re.findall(r'^    "(\w+)": \{\s*"task":', text("config/settings.py"), re.MULTILINE))
    assert ticks
    assert rows(section("docs/operations.md", "## Ticks")) == ticks


@pytest.mark.parametrize("page", PAGES)
def test_links_between_pages_lead_somewhere(page: str) -> None:
    links = re.findall(r"(?<!!)\[[^\]]+\]\(([^)#:]+)(?:#[^)]*)?\)", text(page))
    assert [link for link in links if not ((ROOT / page).parent / link).exists()] == []
