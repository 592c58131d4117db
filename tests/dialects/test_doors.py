"""Every operation of every dialect: it has a recipe, works, has its slash, and tells nothing of others to nobody.

The operations are those of the dialects' OpenAPI files: a new route without a line in recipes/<name>.py fails here.
"""

import json
import re
from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any
from urllib.parse import quote, urlencode
from uuid import uuid4

import pytest
from django.conf import settings
from django.db import connection, transaction
from django.urls import resolve

from tenants import keys, plans
from tenants.metered import RATES
from tenants.models import Plan, Tenant
from tests.api.test_hostile import BODIES
from tests.conftest import _forget
from tests.dialects.speaking import Dialect, operations
from tests.isolation.recipes import Op
from tests.isolation.test_sweep import filled, whole
from tests.isolation.worlds import World, fingerprint, like

RECIPES: dict[str, dict[str, Op]] = {
    name: import_module(f"tests.dialects.recipes.{name}").OPS for name in settings.DIALECTS
}
CALLS = [(name, operation) for name in settings.DIALECTS for operation in operations(name)]
KNOWN = [(name, operation) for name, operation in CALLS if operation in RECIPES[name]]
WITH_A_BODY = [(name, operation) for name, operation in KNOWN if RECIPES[name][operation].body is not None]
OPEN = re.compile(r"(^| |/)(healthz?|health/|ping)$")  # operations that may be asked by nobody; each says so itself


def kinds(op: Op, path: str) -> set[str]:
    """What of a world a recipe names: `$memory` in its body and query, `{memory_id}` in its path."""
    told = set(re.findall(r'"\$(\w+)"', json.dumps([op.body, op.query])))
    return told | {kind for name in re.findall(r"{(\w+)}", path) if (kind := op.kind(name)) and kind[0] != "="}


def named(op: Op, name: str, things: dict[str, Any]) -> str:
    """What stands for a parameter of the path: a thing, or after `=` the word itself."""
    kind = op.kind(name) or "user"
    return kind[1:] if kind[0] == "=" else str(things[kind])


def call(name: str, operation: str, world: World, things: dict[str, Any], key: str | None = None) -> Any:
    op, (method, path) = RECIPES[name][operation], operation.split(" ")
    stand_in = type("Things", (), {"things": things})()
    path = path.format(**{name: quote(named(op, name, things), safe="") for name in re.findall(r"{(\w+)}", path)})
    body = filled(op.body, stand_in)
    sent = body.encode() if isinstance(body, str) else None if body is None else json.dumps(body).encode()
    query = urlencode(filled(op.query, stand_in))
    speaker = Dialect(name, getattr(world, op.key).key if key is None else key)
    return speaker.raw(method, f"{path}?{query}", sent, **{"Content-Type": op.content_type})


@pytest.fixture(scope="module")
def worlds(django_db_setup: None, django_db_blocker: Any) -> Iterator[tuple[World, World]]:
    """Hers and his, committed once; each test takes back what it did."""
    with django_db_blocker.unblock():
        yield World(Tenant.objects.get(slug="acme")), World(Tenant.objects.get(slug="globex"))
        _forget()


@pytest.fixture(autouse=True)
def taken_back(request: pytest.FixtureRequest) -> Iterator[None]:
    if "worlds" not in request.fixturenames:
        yield
        return
    request.getfixturevalue("worlds")
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


@pytest.mark.parametrize("name", settings.DIALECTS)
def test_each_operation_has_a_recipe_and_each_recipe_an_operation(name: str) -> None:
    assert sorted(set(operations(name)) - set(RECIPES[name])) == [], f"write a line in tests/dialects/recipes/{name}.py"
    assert sorted(set(RECIPES[name]) - set(operations(name))) == []


@pytest.mark.parametrize(("name", "operation"), KNOWN)
def test_each_route_answers_with_its_slash_too(name: str, operation: str) -> None:
    url = f"/compat/{name}/" + re.sub(r"{\w+}", str(uuid4()), operation.split(" ")[1])
    assert resolve(url).func.cls is resolve(f"{url}/").func.cls


def in_its_words(name: str, answer: Any) -> bool:
    """What is wrong, as this dialect says it, and no problem document."""
    told = answer.json()
    said = told["error"] if name == "persistence" else told["detail"]
    return bool(said) and "code" not in told and answer["Content-Type"] == "application/json"


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
@pytest.mark.parametrize("path", ["", "no/such/path", "no/such/path/", "v0"])
@pytest.mark.parametrize("name", settings.DIALECTS)
def test_where_nothing_is_each_dialect_says_so_in_its_words(acme: Tenant, name: str, path: str, method: str) -> None:
    for key in (keys.issue(acme, "ada")[1], ""):
        answer = Dialect(name, key).raw(method, path, b"{}")
        assert answer.status_code == 404 or (name, key, answer.status_code) == ("mem0", "", 401)
        assert in_its_words(name, answer)
    assert not any(operation.split(" ")[1].startswith(("no/", "{anything}")) for operation in operations(name))


# A reading of each dialect, and how it begins to say that there were too many.
TOO_MANY: dict[str, tuple[str, Callable[[Any], str]]] = {
    "cml": ("api/v1/memory/stats", lambda told: told["detail"]),
    "hippocampai": ("v1/memories/analytics?user_id=ada", lambda told: told["message"]),
    "inmemory": ("v1/memories", lambda told: told["detail"]),
    "mem0": ("v1/memories?user_id=ada", lambda told: told["detail"]),
    "memory_layer": ("v1/conversations", lambda told: told["detail"].split("Tenant rate limit exceeded. ")[1]),
    "persistence": ("api/memory/aggregations", lambda told: told["error"]["message"]),
}


@pytest.mark.parametrize("name", settings.DIALECTS)
def test_too_many_are_told_so_in_the_dialects_words(acme: Tenant, name: str) -> None:
    of_tenant = {rate: None for rate in RATES if rate.startswith("tenant")}  # of which others spent before
    plans.assign(acme, Plan.objects.get(name="free"), of_tenant)
    speaker, (path, said) = Dialect(name, keys.issue(acme, "free")[1]), TOO_MANY[name]
    answers = [speaker.raw("GET", path) for _ in range(11)]
    assert [answer.status_code for answer in answers] == [200] * 10 + [429]
    assert said(answers[-1].json()).startswith("Too many requests")
    assert 0 < int(answers[-1]["Retry-After"]) <= 61
    assert int(answers[-1]["X-RateLimit-Remaining"]) == 0


@pytest.mark.parametrize("name", settings.DIALECTS)
def test_a_method_that_a_path_has_not_is_refused_in_the_dialects_words(acme: Tenant, name: str) -> None:
    speaker = Dialect(name, keys.issue(acme, "ada")[1])
    posts = [path for method, path in map(str.split, operations(name)) if method == "POST" and "{" not in path]
    for path in posts:
        answer = speaker.raw("TRACE", path)
        assert (answer.status_code, in_its_words(name, answer)) == (405, True), path


@pytest.mark.parametrize(("name", "operation"), KNOWN)
def test_each_recipe_works_with_the_own_things(worlds: tuple[World, World], name: str, operation: str) -> None:
    answer = call(name, operation, worlds[0], worlds[0].things)
    assert answer.status_code in RECIPES[name][operation].ok, whole(answer)


@pytest.mark.parametrize(("name", "operation"), KNOWN)
def test_without_a_credential_nothing_is_told(worlds: tuple[World, World], name: str, operation: str) -> None:
    answer = call(name, operation, worlds[0], worlds[0].things, key="")
    assert OPEN.search(operation) or answer.status_code == 401
    assert worlds[0].canary not in whole(answer).decode()


def without(text: str, value: Any) -> str:
    """An answer without what was given, and what differs from one call to the next: ids, times, numbers."""
    for given in filter(None, (json.dumps(value)[1:-1], str(value))):
        text = text.replace(given, "‹given›")
    text = re.sub(r"\b[0-9a-f]{32}\b|[0-9a-f]{8}-[0-9a-f-]{27}", "‹id›", text)
    text = re.sub(r"im_\w+", "‹key›", text)
    return re.sub(r"\d{4}-\d\d-\d\dT[\d:.]+(Z|[+-]\d\d:\d\d)?|\d+(\.\d+)?(e-?\d+)?", "‹n›", text)


@pytest.mark.parametrize(
    ("name", "operation"), [one for one in KNOWN if kinds(RECIPES[one[0]][one[1]], one[1]) - {"nobody"}]
)
def test_another_tenants_things_are_like_things_that_nobody_has(
    worlds: tuple[World, World], name: str, operation: str
) -> None:
    hers, his = worlds
    before = fingerprint(hers.tenant)
    for kind in sorted(kinds(RECIPES[name][operation], operation.split(" ")[1]) - {"nobody"}):
        answers = []
        for thing in (hers.things[kind], like(hers.things[kind])):
            with transaction.atomic():
                answer = call(name, operation, his, his.things | {kind: thing})
                text = whole(answer).decode()
                assert fingerprint(hers.tenant) == before, kind
                transaction.set_rollback(True)
            assert hers.canary not in without(text, thing), kind
            answers.append((answer.status_code, without(text, thing)))
        assert answers[0] == answers[1], kind


LIBRARY = ("memory_memory", "memory_relation", "memory_session", "memory_rule", "memory_hold", "automation_policy")
SETTINGS = ("tenants_tenant", "tenants_apikey", "tenants_membership", "events_webhook")


def rows(world: World, tables: tuple[str, ...], where: str = "true") -> list[Any]:
    """A hash of what these tables hold, those of the tenant and those of `public` alike."""
    found = []
    with connection.cursor() as cursor:
        cursor.execute(f'SET search_path TO "{world.tenant.schema_name}", public')
        for table in tables:
            text = "to_jsonb(t) - 'last_used_at' - 'recalls' - 'recalled_at'"
            told = f"SELECT md5(string_agg(({text})::text, '|' ORDER BY id)) FROM {table} t WHERE {where}"  # noqa: S608
            cursor.execute(told)
            found.append(cursor.fetchone())
    connection.set_schema_to_public()
    return found


@pytest.mark.parametrize(("name", "operation"), KNOWN)
def test_who_is_bound_to_namespaces_learns_and_changes_nothing_elsewhere(
    worlds: tuple[World, World], name: str, operation: str
) -> None:
    world, op = worlds[0], RECIPES[name][operation]
    bound = keys.issue(world.tenant, "bound", ["read", "write"], namespaces=["elsewhere"])[1]
    before = rows(world, LIBRARY[:1], "namespace <> 'elsewhere'")
    text = whole(call(name, operation, world, world.things, key=bound)).decode()
    assert rows(world, LIBRARY[:1], "namespace <> 'elsewhere'") == before
    for kind in kinds(op, operation.split(" ")[1]):
        text = without(text, world.things[kind])
    assert world.canary not in text


@pytest.mark.parametrize(
    ("name", "operation"),
    [one for one in KNOWN if not one[1].endswith("/revoke-key")],  # which takes itself away
)
@pytest.mark.parametrize(("scope", "tables"), [("read", LIBRARY + SETTINGS), ("write", SETTINGS)])
def test_who_only_reads_writes_nothing_and_who_only_writes_administers_nothing(
    worlds: tuple[World, World], name: str, operation: str, scope: str, tables: tuple[str, ...]
) -> None:
    world = worlds[0]
    weak = keys.issue(world.tenant, scope, [scope])[1]
    before = rows(world, tables)
    call(name, operation, world, world.things, key=weak)
    assert rows(world, tables) == before


@pytest.mark.parametrize(("name", "operation"), WITH_A_BODY)
def test_a_hostile_body_is_refused_in_the_dialects_words(
    worlds: tuple[World, World], name: str, operation: str
) -> None:
    op, (method, path) = RECIPES[name][operation], operation.split(" ")
    own = worlds[0].things
    path = path.format(**{name: quote(named(op, name, own), safe="") for name in re.findall(r"{(\w+)}", path)})
    speaker = Dialect(name, getattr(worlds[0], op.key).key)
    for what, body in BODIES.items():
        with transaction.atomic():
            answer = speaker.raw(method, path, body)
            transaction.set_rollback(True)
        assert answer.status_code < 500, what
        assert answer.json() is not None, what
